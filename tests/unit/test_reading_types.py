# ruff: noqa: E501
"""Statements, commitments and threats told apart, two speakers at once, and sides that hang on one word of denial."""

from __future__ import annotations

from datetime import date

import pytest

from domain.events import Commitment, Event, Statement, Threat
from workers.bootstrap import App
from workers.settings import load_settings

DAY = date(2025, 9, 5)
TYPES = {"commitment": Commitment, "statement": Statement, "threat": Threat}


@pytest.fixture(scope="module")
def app() -> App:
    return App(load_settings({}))


def told(app: App, text: str) -> list[Event]:
    return app.extractor.read(text, published=DAY)


KINDS = [
    ("commitment", "USA", "تعهد الرئيس الأمريكي بتزويد أوكرانيا بصواريخ باتريوت."),
    ("commitment", "FRA", "وعد ماكرون نظيره الأوكراني بتسليم طائرات ميراج قبل نهاية العام."),
    ("commitment", "USA", "أعلن وزير الدفاع الأمريكي أن بلاده ستقدم مساعدات عسكرية جديدة لأوكرانيا بقيمة مليار دولار."),
    ("commitment", "FRA", "أقرت فرنسا حزمة مساعدات عسكرية جديدة لكييف."),
    ("commitment", "USA", "أعلنت الخزانة الأمريكية فرض عقوبات على شركتي روسنفت ولوك أويل."),
    ("commitment", "FRA", "أعلنت فرنسا أنها ستعترف بدولة فلسطين في سبتمبر المقبل."),
    ("commitment", "FRA", "قال ماكرون إن 26 دولة التزمت بنشر قوات في أوكرانيا."),
    ("commitment", "FRA", "أعلنت باريس استعدادها للمشاركة في قوة حفظ سلام في أوكرانيا."),
    ("commitment", "RUS", "وعدت روسيا بتقديم مساعدات إنسانية لسوريا."),
    ("threat", "USA", "قال ترامب إنه سيفرض عقوبات قاسية على روسيا إذا لم توافق على وقف إطلاق النار."),
    ("threat", "RUS", "قال بوتين إن أي قوات غربية في أوكرانيا ستكون أهدافا مشروعة."),
    ("threat", "RUS", "قال بيسكوف إن مصادرة الأصول الروسية لن تمر دون رد."),
    ("threat", "USA", "هدد ترامب إيران بقصف لم تر مثله إذا لم تبرم اتفاقا نوويا."),
    ("statement", "RUS", "قال بيسكوف إن العقوبات على روسيا غير قانونية."),
    ("statement", "FRA", "رحب ماكرون بوقف إطلاق النار في غزة."),
    ("statement", "NATO", "أكد روته أن مكان أوكرانيا في حلف الناتو."),
    ("statement", "USA", "دعا روبيو إلى استئناف المفاوضات بين روسيا وأوكرانيا."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "actor", "text"), KINDS)
def test_what_is_said_is_told_from_what_is_undertaken(app: App, kind: str, actor: str, text: str) -> None:
    found = [e for e in told(app, text) if getattr(e, "actor", None) == actor]
    assert [e for e in found if isinstance(e, TYPES[kind])]


BOTH = [
    ("RUS USA", "nuclear.arms-control", "اتفق وزيرا خارجية روسيا والولايات المتحدة على تمديد معاهدة نيو ستارت."),
    ("RUS USA", "russia.us-dialogue", "اتفق الرئيسان الأمريكي والروسي على استئناف الحوار بين البلدين."),
    ("FRA USA", "gaza.ceasefire", "ودعا الرئيسان الفرنسي والأمريكي إلى وقف إطلاق النار في غزة."),
    ("RUS USA", "russia.us-dialogue", "وأعلنت موسكو وواشنطن اتفاقهما على تطبيع العلاقات."),
    ("FRA USA", "ukraine.arms-supplies", "وأكد الجانبان الأمريكي والفرنسي دعم أوكرانيا بالسلاح."),
    ("RUS", "ukraine.foreign-troops", "أكد الرئيسان الروسي والصيني رفضهما نشر قوات غربية في أوكرانيا."),
    ("FRA", "russia.sanctions", "وأكد قادة فرنسا وألمانيا وبريطانيا أن العقوبات على روسيا ستستمر."),
]  # fmt: skip


@pytest.mark.parametrize(("actors", "issue", "text"), BOTH)
def test_two_who_speak_at_once_are_both_heard(app: App, actors: str, issue: str, text: str) -> None:
    found = {e.actor for e in told(app, text) if isinstance(e, (Statement, Commitment)) and e.issue == issue}
    assert found == set(actors.split())


SIDES = [
    ("opposes", "palestine.recognition", "قالت السفيرة الأميركية إنها لا ترى أن منح فلسطين عضوية كاملة في الأمم المتحدة سيساعد في التوصل إلى حل."),
    ("opposes", "ukraine.nato-membership", "ذكر هيغسيث أن واشنطن لا تعتقد أن عضوية أوكرانيا في حلف الناتو نتيجة واقعية للتفاوض."),
    ("opposes", "nuclear.arms-control", "علقت روسيا مشاركتها في معاهدة نيو ستارت مع الولايات المتحدة."),
    ("opposes", "nuclear.arms-control", "أعلن بوتين أن روسيا علقت مشاركتها في معاهدة الأسلحة الهجومية الاستراتيجية."),
    ("undecided", "ukraine.foreign-troops", "قال ماكرون إنه لا ينبغي استبعاد إرسال قوات غربية إلى أوكرانيا."),
    ("undecided", "ukraine.foreign-troops", "قال ماكرون إن إرسال قوات برية غربية إلى أوكرانيا ليس من المستبعد."),
    ("opposes", "russia.sanctions", "قال لافروف إن العقوبات الغربية على روسيا أصبحت حجر عثرة أمام الاتفاق."),
    ("opposes", "ukraine.arms-supplies", "ذكرت زاخاروفا أن موافقة الولايات المتحدة على بيع صواريخ بعيدة المدى إلى أوكرانيا تتعارض مع جهود السلام."),
    ("opposes", "ukraine.arms-supplies", "جمدت فرنسا تسليم الأسلحة إلى أوكرانيا."),
    ("supports", "russia.sanctions", "لا تعتقد باريس أن العقوبات على روسيا غير مجدية."),
]  # fmt: skip


@pytest.mark.parametrize(("stance", "issue", "text"), SIDES)
def test_a_denied_opinion_and_a_deed_that_ends_turn_the_side(app: App, stance: str, issue: str, text: str) -> None:
    sides = [e.stance for e in told(app, text) if isinstance(e, (Statement, Commitment)) and e.issue == issue]
    assert sides == [stance]
