"""Who speaks: one table a wording, each with sentences of our own and the speaker that a careful reader names."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from domain.reading.clauses import Carry, Clause, ClauseReader
from domain.reading.pairs import find_mentions
from domain.reading.registry import FILES, Registry, load_registry
from domain.reading.text import sentences

DAY = date(2025, 9, 5)
SEEDS = Path(__file__).parents[2] / "seeds" / "registry"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry({name: (SEEDS / name).read_text(encoding="utf-8") for name in FILES})


@pytest.fixture(scope="module")
def reader(registry: Registry) -> ClauseReader:
    return ClauseReader(registry)


def read(reader: ClauseReader, registry: Registry, text: str) -> list[list[Clause]]:
    """The clauses of every sentence of a text."""
    carry = Carry()
    return [
        reader.read(index, sentence, find_mentions(sentence.words, registry, DAY), carry)
        for index, sentence in enumerate(sentences(text))
    ]


def voices(clauses: list[Clause]) -> set[str]:
    """Whose words the clauses give: speakers, and the members they tell of on their own side."""
    own = {c.speaker.id for c in clauses if c.speaker is not None}
    return own | {i.voice.id for c in clauses for i in c.inner if i.voice is not None}


BEHIND_THE_VERB = [
    ("قال بوتين إن القوات ستنسحب.", "putin"),
    ("قال الرئيس الروسي فلاديمير بوتين إن القوات ستنسحب.", "putin"),
    ("أعلن الكرملين أن الموعد لم يحدد.", "kremlin"),
    ("وأكدت موسكو أنها مستعدة للحوار.", "russia"),
    ("وأكدت باريس أنها مستعدة للحوار.", "france"),
    ("رحبت باريس وبرلين بالهدنة.", "france"),
    ("وقالت وزارة الخارجية الروسية إن الرد قادم.", "russian-foreign-ministry"),
    ("ورفضت الرئاسة الفرنسية، في بيان، تغيير الحدود.", "elysee"),
    ("ورفض الكرملين الفكرة.", "kremlin"),
    ("وقال أمس الخميس الرئيس الفرنسي إيمانويل ماكرون إن الحوار ضروري.", "macron"),
    ("قالت المتحدثة باسم الخارجية الروسية ماريا زاخاروفا إن الأمر خطير.", "zakharova"),
    ("وأكد السفير الأميركي لدى الحلف ماثيو ويتاكر أن بلاده باقية.", "whitaker"),
    ("قال الموفد الأميركي الخاص إلى أوكرانيا كيث كيلوغ إن بلاده تريد الهدنة.", "kellogg"),
    ("وقال المندوب الروسي الدائم في فيينا ميخائيل أوليانوف إن القرار خاطئ.", "ulyanov"),
    ("وسخر المبعوث الاقتصادي للكرملين كيريل دميترييف من القرار.", "dmitriev"),
    ("ونفى نائبه سيرغي ريابكوف أن يكون الموعد قد حدد.", "ryabkov"),
    ("وجدد الأمين العام لحلف شمال الأطلسي مارك روته دعوته.", "rutte"),
    ("قال الناتو إن الدعم مستمر.", "nato"),
    ("وتعهد ترمب بمواصلة الضغط.", "trump"),
    ("وتعهد ترامب بمواصلة الضغط.", "trump"),
    ("وصرح ديميتري بيسكوف بأن الأمر سابق لأوانه.", "peskov"),
    ("ووجه بيسكوف انتقادات حادة إلى القرار.", "peskov"),
    ("وتطلع ماكرون إلى هدنة قريبة.", "macron"),
    ("وقطع ماكرون وعدا بالاعتراف.", "macron"),
    ("وشكر ترامب الوسطاء على جهدهم.", "trump"),
    ("وعاودت زاخاروفا التأكيد أن الأمر خطير.", "zakharova"),
]

IN_SOMEBODYS_NAME = [
    ("قال متحدث باسم البيت الأبيض إن الموعد لم يحدد.", "white-house"),
    ("وأكدت متحدثة باسم وزارة الخارجية الأميركية أن الموعد لم يحدد.", "us-state-department"),
    ("ورفض ناطق رسمي باسم الكرملين الفكرة.", "kremlin"),
    ("وأوضح متحدث باسم حلف شمال الأطلسي أن الدعم مستمر.", "nato"),
    ("وقال مدير إدارة الشؤون الأوروبية في الخارجية الروسية إيفان بتروف إن الأمر خطير.", "russian-foreign-ministry"),
    ("وذكر بيان للبيت الأبيض أن اللقاء كان مفيدا.", "white-house"),
    ("وأورد بيان الإليزيه أن اللقاء كان مفيدا.", "elysee"),
    ("وصدر عن البيت الأبيض أن الموعد لم يحدد.", "white-house"),
]

MANNERS = [
    ("واختتم لافروف حديثه بالقول إن الأمر خطير.", "lavrov"),
    ("وذهب بوتين إلى حد القول إن الأمر خطير.", "putin"),
    ("وعاد ماكرون للقول إن الهدنة ممكنة.", "macron"),
    ("وسارع الكرملين إلى التأكيد أن الموعد لم يحدد.", "kremlin"),
    ("ولا تزال باريس متمسكة بالاتفاق.", "france"),
    ("وما زال بوتين مصرا على شروطه.", "putin"),
]

BEFORE_THE_VERB = [
    ("ترامب قال إن الاتفاق قريب.", "trump"),
    ("وقال بارو إن روسيا ترفض الهدنة.", "barrot"),
    ("لكن بوتين رفض الفكرة.", "putin"),
    ("أما موسكو فرفضت الفكرة.", "russia"),
    ("أما الروس فيقترحون هدنة قصيرة.", "russia"),
    ("أما المندوب الفرنسي جيروم بونافون فربط بين الأمرين.", "bonnafont"),
    ("وكان ماكرون قد أعلن أن الدعم باق.", "macron"),
    ("ورحب كثيرون، إلا أن كلا من الولايات المتحدة وبريطانيا أعلنتا أنهما باقيتان.", "united-states"),
    ("بيسكوف الذي نفى الخبر، غادر القاعة.", "peskov"),
    ("ولم يصدر تعليق من موسكو التي تعارض وجود قوات غربية.", "russia"),
    ("وجاء الرد على لسان ماكرون الذي دعا حماس إلى الإفراج عن الرهائن.", "macron"),
]

ONE_SUBJECT = [
    ("التقى روبيو رئيس الوزراء الإسرائيلي بنيامين نتنياهو، وقال إن بلاده تفضل التفاوض.", "rubio"),
    ("وفي القدس، التقى وزير الخارجية الأميركي ماركو روبيو نتنياهو، وقال إن بلاده تفضل التفاوض.", "rubio"),
    ("ووصل المبعوث الروسي كيريل دميترييف إلى دافوس حيث التقى ستيف ويتكوف، وتحدث عن لقاء مفيد.", "dmitriev"),
    ("وشارك المبعوث الأميركي ستيف ويتكوف في الاجتماع، وأكد أن بلاده ملتزمة.", "witkoff"),
    ("ونأى روته بنفسه عن السجال، لكنه قال إن إصرار ترامب رائع.", "rutte"),
    ("وسئل ترامب عن الصواريخ التي تلح عليها كييف، فأجاب بأنه لا يفكر في الأمر.", "trump"),
    ("استقبل ماكرون زيلينسكي في باريس، وأكد له دعم بلاده.", "macron"),
    ("واستغل وزير الحرب الأميركي بيت هيغسيث المناسبة ليطالب الأعضاء بالمزيد.", "hegseth"),
    ("اختتم بوتين زيارته، معتبرا أن اللقاء كان مفيدا.", "putin"),
    ("وكان ماكرون قد زار الدوحة، وأكد هناك أن بلاده تدعم الوساطة.", "macron"),
    ("ميز الرئيس الروسي فلاديمير بوتين بين مسارين تسلكهما كييف، فأعلن أن بلاده لا تعارض الأول.", "putin"),
    ("أثار ماكرون عاصفة بعدما قال، في ختام المؤتمر، إن إرسال الجنود ممكن.", "macron"),
]

SOURCES = [
    ("وستستمر المحادثات الأسبوع المقبل، على ما أعلن الكرملين.", "kremlin"),
    ("والموعد لم يحدد بعد، كما قال بيسكوف.", "peskov"),
    ("وبحسب الكرملين، فالموعد لم يحدد بعد.", "kremlin"),
    ("وتؤيد روسيا رفع العقوبات، وفق ما جاء على لسان نائب وزير خارجيتها سيرغي فيرشينين.", "vershinin"),
    ("ورحبت باريس بالخطة على لسان الرئيس إيمانويل ماكرون.", "macron"),
    ("وتفضل موسكو، على حد قول بيسكوف، الطرق السياسية.", "peskov"),
    ("ورد الكرملين سريعا على لسان دميتري بيسكوف.", "peskov"),
    ("ونقلت وكالة تاس عن لافروف قوله إن العلاقات تتحسن.", "lavrov"),
    ("ونقلت وكالة ريا نوفوستي عن مستشار الرئيس الروسي يوري أوشاكوف أن اللقاء ممكن.", "ushakov"),
    ("«لن نقبل بذلك أبدا ولن نغير موقفنا»، قال بوتين.", "putin"),
    ("«نرفض نشر أي قوات على حدودنا»، قال لافروف في موسكو.", "lavrov"),
    ("وجاء في بيان للكرملين أن الجانبين بحثا الأمر.", "kremlin"),
    ("وجاء في بيان صادر عن الإليزيه أن اللقاء كان مفيدا.", "elysee"),
]

CARRIED = [
    ("قال بوتين إن الأمر صعب. وأضاف أن الحوار ممكن.", "putin"),
    ("قال بوتين إن الأمر صعب.\n\nوتابع أن الحوار ممكن.", "putin"),
    ("قالت زاخاروفا إن الأمر صعب. ولفتت إلى أن الحوار ممكن.", "zakharova"),
    ("قال بوتين إن الأمر صعب. وردا على سؤال، قال إن الحوار ممكن.", "putin"),
    ("قال بوتين إن الأمر صعب. وفي مؤتمر صحفي، أوضح أن الحوار ممكن.", "putin"),
    ("قال بوتين إن الأمر صعب. كما أعلن أنه سيزور الصين.", "putin"),
    ("قالت زاخاروفا في موسكو إن الأمر صعب. وأجاب لافروف بأن الحوار ممكن. وأضافت أن الرد قادم.", "zakharova"),
    ("أغلق مارك روته باب الاستثناءات أمام الدول. وقال إن على الجميع الدفع.", "rutte"),
    ("قال وزير الخارجية الروسي سيرغي لافروف إن الأمر صعب. وأكد الوزير الروسي أن بلاده صابرة.", "lavrov"),
    ("قال لافروف إن الأمر صعب. وأكد الوزير أن بلاده صابرة.", "lavrov"),
    ("قالت وزارة الدفاع الروسية إنها صدت الهجوم. وأضافت الوزارة أن القتال مستمر.", "russian-defence-ministry"),
    ("التقى روبيو وزير الخارجية الروسي سيرغي لافروف. وقال الوزير الروسي إن اللقاء مفيد.", "lavrov"),
    ("قال ألكسندر نوفاك إن السوق مستقرة. وتوعد نوفاك الدول التي تحدد سقفا.", "novak"),
    ("قال ألكسندر نوفاك إن السوق مستقرة. لكن نوفاك قال إن الأسعار ستهبط.", "novak"),
    ("قال بوتين: «الأمر صعب علينا جميعا». «لكننا سنصل إلى غايتنا ولن نتراجع».", "putin"),
    ("انتقدت فرنسا وبريطانيا وألمانيا إيران. وقالت الدول الثلاث إن الباب مفتوح.", "france"),
]

NOBODY = [
    "وقال محللون إن الأمر صعب.",
    "قال بوتين إن الأمر صعب. وقال محللون إن الحل بعيد.",
    "قال بوتين إن الأمر صعب. من جهته، أكد أن الحل بعيد.",
    "قال بوتين إن الأمر صعب. وكان الأمير فهد ذكر أن الحل بعيد.",
    "وقال أستاذ في جامعة القاهرة إن الحل بعيد.",
    "ورأت صحيفة لوموند أن الحل بعيد.",
    "وقالت زوجته إن الحل بعيد.",
    "وقال السيناتور ليندسي غراهام إن الحل بعيد.",
    "وقال السفير الفرنسي المتقاعد جان دو غلينياستي إن الحل بعيد.",
    "وسيزداد الضغط إذا رفضت موسكو الهدنة.",
    "ورفع المتظاهرون لافتات تطالب باريس ولندن بالاعتراف.",
    "قال بوتين إن الأمر صعب. فقراءة «النص الكامل للاتفاق» تكشف أن الحل بعيد.",
    "قال بوتين إن الأمر صعب. ويتوقع أن يطول الانتظار.",
    "قال بوتين إن الأمر صعب. جوناه بلانك، الخبير في الشؤون الآسيوية، قال إن الحل بعيد.",
    "قال بوتين إن الأمر صعب. وبفضل هذه الجهود، سيرفع العلم غدا.",
    "وسئل الخبير عما إذا كانت واشنطن تدرس الأمر.",
    "وتعد روسيا أكبر بلد في العالم.",
    "يذكر أن الاتفاق وقع عام 2015.",
    "ويختم الكاتب مقاله بالقول إن الولايات المتحدة تقدم المليارات.",
    "وقال مسؤول أوكراني كبير إن بلاده صامدة.",
    "وأثرت العقوبات التي أعلنتها واشنطن في الأسعار.",
]


@pytest.mark.parametrize(
    ("text", "speaker"),
    BEHIND_THE_VERB + IN_SOMEBODYS_NAME + MANNERS + BEFORE_THE_VERB + ONE_SUBJECT + SOURCES,
)
def test_the_speaker_of_a_sentence(reader: ClauseReader, registry: Registry, text: str, speaker: str) -> None:
    assert speaker in voices([c for found in read(reader, registry, text) for c in found])


@pytest.mark.parametrize(("text", "speaker"), CARRIED)
def test_the_speaker_carried_to_the_last_sentence(
    reader: ClauseReader, registry: Registry, text: str, speaker: str
) -> None:
    assert voices(read(reader, registry, text)[-1]) >= {speaker}


@pytest.mark.parametrize("text", NOBODY)
def test_nobody_registered_speaks_in_the_last_sentence(reader: ClauseReader, registry: Registry, text: str) -> None:
    tracked = {
        c.speaker.id for c in read(reader, registry, text)[-1] if c.speaker and c.speaker.actor in registry.tracked
    }
    assert tracked == set()


ATTRIBUTION = [
    ("ترفض موسكو نشر قوات غربية.", "russia", "outlet"),
    ("وتعتبر موسكو التجميد سرقة.", "russia", "outlet"),
    ("وقالت موسكو إن التجميد سرقة.", "russia", "self"),
    ("وأبدى زيلينسكي استعداده للقاء بوتين الذي يرفض ذلك.", "putin", "outlet"),
    ("قال مسؤول أميركي إن القرار قريب.", "united-states", "anonymous"),
    ("ونقلت شبكة عن مسؤول في البيت الأبيض أن الرئيس الأميركي حث أوروبا ودعاها إلى الضغط.", "trump", "anonymous"),
    ("وقالت مصادر في البيت الأبيض إن القرار قريب.", "white-house", "anonymous"),
    ("وقال الرئيس التركي رجب طيب أردوغان إن ترامب تعهد له بإلزام إسرائيل بالهدنة.", "trump", "third-party"),
    ("وروى فيكو أن بوتين أبلغه بأنه لا يمانع في اللقاء.", "putin", "third-party"),
]


@pytest.mark.parametrize(("text", "speaker", "attribution"), ATTRIBUTION)
def test_the_weakest_link_of_the_chain(
    reader: ClauseReader, registry: Registry, text: str, speaker: str, attribution: str
) -> None:
    found = [c.speaker for clauses in read(reader, registry, text) for c in clauses if c.speaker is not None]
    assert (speaker, attribution) in {(s.id, s.attribution) for s in found}


def test_a_noun_behind_a_preposition_says_nothing(reader: ClauseReader, registry: Registry) -> None:
    [clauses] = read(reader, registry, "وجاء ذلك بعد سنوات من كشف بوتين النقاب عن الصاروخ.")
    assert [c.first == c.last for c in clauses] == [True]


def test_objects_are_no_subjects(reader: ClauseReader, registry: Registry) -> None:
    for text in ("قال بوتين إن الأمر صعب، وطالب الولايات المتحدة بالرد.", "قال بوتين إن الأمر صعب، وانتقد واشنطن."):
        assert voices(read(reader, registry, text)[0]) == {"putin"}, text


def test_two_speakers_of_one_sentence_keep_their_words_apart(reader: ClauseReader, registry: Registry) -> None:
    (clauses,) = read(reader, registry, "ندد بيسكوف بالإعلان، وقالت زاخاروفا إن الرد قادم.")
    assert [c.speaker.id for c in clauses if c.speaker] == ["peskov", "zakharova"]
    assert clauses[0].last <= clauses[1].first


def test_states_named_together_speak_together(reader: ClauseReader, registry: Registry) -> None:
    (clauses,) = read(reader, registry, "وقدمت الولايات المتحدة وفرنسا وبريطانيا مشروع القرار.")
    assert {c.speaker.actor for c in clauses if c.speaker} == {"USA", "FRA", "GBR"}


def test_a_foreign_act_inside_the_content_is_marked(reader: ClauseReader, registry: Registry) -> None:
    (clauses,) = read(reader, registry, "قال ماكرون إن موسكو ترفض الهدنة.")
    assert [inner.foreign for inner in clauses[0].inner] == [True]


def test_an_office_is_whoever_held_it_on_the_day(reader: ClauseReader, registry: Registry) -> None:
    for day, holder in ((date(2015, 7, 1), "obama"), (date(2018, 7, 1), "trump"), (date(2022, 7, 1), "biden")):
        (sentence,) = sentences("قال الرئيس الأميركي إن الاتفاق جيد.")
        found = reader.read(0, sentence, find_mentions(sentence.words, registry, day), Carry())
        assert voices(found) == {holder}
