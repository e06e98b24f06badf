"""Which side sentences take by the rules alone, family of wording by family; no trained model takes part."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from domain.events import Summit
from domain.reading.dates import load_calendar
from domain.reading.extractor import RuleExtractor
from domain.reading.registry import FILES, load_registry

REGISTRY = Path(__file__).parents[2] / "seeds" / "registry"
READER = RuleExtractor(
    load_registry({name: (REGISTRY / name).read_text(encoding="utf-8") for name in FILES}),
    load_calendar((REGISTRY / "calendar.toml").read_text(encoding="utf-8")),
)
PUBLISHED = date(2025, 9, 5)

# A denial or a doubt stands before the clause that it denies.
RAISED = """
    opposes | ukraine.nato-membership | أكد هيغسيث أن واشنطن لا تعتقد أن عضوية أوكرانيا في الناتو حل واقعي
    opposes | ukraine.arms-supplies | قال بيسكوف إن الكرملين لا يرى أن تزويد كييف بالسلاح يساعد على السلام
    opposes | russia.sanctions | قال ترامب إنه لا يعتقد أن فرض عقوبات جديدة على روسيا ضروري
    supports | russia.sanctions | قال ماكرون إنه لا يرى أن رفع العقوبات عن روسيا أمر مناسب
    opposes | palestine.recognition | قال ترامب إنه لا يظن أن الاعتراف بالدولة الفلسطينية خطوة صحيحة
    opposes | ukraine.ceasefire | قال لافروف إنه لا يرى أي فائدة في هدنة مؤقتة مع أوكرانيا
    supports | ukraine.arms-supplies | قال ماكرون إنه لا يعتبر أن تزويد أوكرانيا بصواريخ بعيدة المدى تصعيد
    supports | russia.us-dialogue | قال بيسكوف إنه لا يعتقد أن الحوار مع الولايات المتحدة مستحيل
    supports | ukraine.eu-membership | قال بيسكوف إن روسيا لا ترى مشكلة في انضمام أوكرانيا إلى الاتحاد الأوروبي
    supports | ukraine.peace-talks | قال بيسكوف إنه لا يرى ما يمنع عقد لقاء بين بوتين وزيلينسكي
    opposes | palestine.recognition | اعتبر روبيو أنه لا يوجد أي مبرر للاعتراف بدولة فلسطين
    opposes | ukraine.peace-talks | شكك ترامب في جدوى مفاوضات مباشرة بين كييف وموسكو
    opposes | nuclear.arms-control | قال ميدفيديف إنه ليس مقتنعا بأن معاهدة الحد من الأسلحة النووية ضرورية
    supports | ukraine.arms-supplies | قال ماكرون إنه سيزود أوكرانيا بالسلاح ولا يرى فائدة في تمويل الصناعة الأميركية
"""
# What is not ruled out, or not decided, is left open.
OPEN = """
    undecided | ukraine.foreign-troops | قال ماكرون إنه لا ينبغي استبعاد إرسال قوات غربية إلى أوكرانيا
    undecided | ukraine.foreign-troops | قال ماكرون إن إرسال جنود غربيين إلى أوكرانيا لا يمكن استبعاده
    undecided | ukraine.foreign-troops | قال ماكرون إن إرسال قوات برية إلى أوكرانيا أمر لا يجوز إسقاطه من الحساب
    undecided | ukraine.arms-supplies | قال ماكرون إن إرسال مقاتلات إلى أوكرانيا ليس مستبعدا
    undecided | russia.sanctions | لم يستبعد البيت الأبيض رفع العقوبات عن روسيا
    undecided | russia.sanctions | قال البيت الأبيض إن جميع الخيارات مفتوحة بشأن العقوبات على روسيا
    undecided | nuclear.arms-control | قال بيسكوف إن روسيا لم تتخذ قرارا بشأن استئناف التجارب النووية
    undecided | ukraine.peace-talks | قال بيسكوف إن عقد لقاء بين بوتين وزيلينسكي لم يتقرر بعد
    opposes | ukraine.foreign-troops | استبعد ترامب إرسال قوات أميركية إلى أوكرانيا
"""


def _rows(*families: str) -> list[tuple[str, str, str]]:
    rows = [line.strip().split(" | ") for family in families for line in family.strip().splitlines()]
    return [(stance, issue, text) for stance, issue, text in rows]


@pytest.mark.parametrize(("stance", "issue", "text"), _rows(RAISED, OPEN))
def test_the_side_that_a_sentence_takes(stance: str, issue: str, text: str) -> None:
    events = [e for e in READER.read(text, published=PUBLISHED) if e.issue == issue and not isinstance(e, Summit)]
    assert [e.stance for e in events][:1] == [stance]
