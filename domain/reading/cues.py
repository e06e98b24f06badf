"""Which words report, evaluate, threaten or pledge: cues in a run of words, with their form.

The lexicon gives stems; inflection by gender, number and future is formed here by rule. It must not know who speaks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

import msgspec

from domain.reading.registry import Class, Cue, Lexicon
from domain.reading.text import Word, level

Form = Literal["past", "present", "participle", "noun"]
Gender = Literal["m", "f", "p"]


class CueForm(msgspec.Struct, frozen=True):
    """One inflected form of a cue. `second`: a word (or the clitic ب) that must follow for the meaning to hold."""

    lemma: str
    kind: Class
    form: Form
    gender: Gender
    second: str = ""


class CueHit(msgspec.Struct, frozen=True):
    """A cue at a word of a run. `joined`: the word carries a conjunction; `suffixed`: a pronoun hangs on it.

    `word`: the form that was found; `object`: the verb carries its object (ورفضها).
    """

    index: int
    cue: CueForm
    joined: bool = False
    suffixed: bool = False
    future: bool = False
    word: str = ""
    object: bool = False


# Written like nouns or particles of everyday use: cues only where a subject or its content follows at once.
_TEXT = """
    هنا رفع نشر منح حظر سلم بحث عد ظن فتح أسر روى حسم
    رد بين عرض طلب كتب دعم قدر حمل وعد قرار نقل راي زاد مضي ختم قبل علق شرح وقع فضل اكمل لام برر ضغط امل حث مهله
    نفي رفض سخر فرض درس تردد سعي وصف ثمن دعوه قوله القول تصريح تصريحات توقيع يعد تعد مدح بارك كشف اراد يريد تريد
    اقر يري تري ذكر تهديد تهديدات التزام موافقه واصل طالبا تحذير تحذيرات اتهام ادانه معارضه تابع مقررا يوقع هاجم
    تاكيد انتقادات يقبل قدم تقدم ردا امر تامر تمسك رهن ربط الح دان متحدثا دارسا موقعا عارضا يعرض قابلا استعداد
    مطالبه احتجاج اعلان شكر
"""
AMBIGUOUS = frozenset(level(word) for word in _TEXT.split())

_TOWARDS = frozenset({"الي", "حد", "علي"})
_OPENERS = frozenset({"علي", "الي", "من"})
_LASTING = frozenset({"تزال", "يزال", "يزالون", "زال", "زالت", "تظل", "يظل", "ظلت", "ظل", "تبقي", "يبقي", "باتت"})
_LASTING_REACH = 6
_BEING = frozenset({"كان", "كانت", "يكون", "تكون", "بات", "اصبح", "ليس", "يعد", "تعد", "غير"})
_OBJECTS = ("ها", "هم", "هما", "ني", "نا", "ه")
_MIN_VERB = 4
_ROOTED_TEXT = """
    بلد بلاد بين بعد بعض بحث بيان بدا بدء بقي برنامج بنود بري بوت باري برل بايد بلين بيس باكو بيرو بغداد بول
    بكين بروك بيلا
"""
_ROOTED = tuple(_ROOTED_TEXT.split())  # beginnings of words whose ب is no preposition
_NOUNS = frozenset({"فايده", "وفايده"})  # read as a verb with its clitics, and never meant so
_CACHED = 32768


class Cues:
    """The forms of all cues, ready for look-up."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._table: dict[str, list[CueForm]] = {}
        for cue in lexicon.cue:
            for word, form in _inflect(cue):
                if form.form == "past" and word == form.lemma + "ا" and form.lemma in AMBIGUOUS:
                    continue  # دعما is the noun far more often than the dual
                self._table.setdefault(word, []).append(form)
        self._readings = lru_cache(maxsize=_CACHED)(self._read)

    def find(self, run: Sequence[Word]) -> list[CueHit]:
        """The cues of a run of words, in order; at most one a word."""
        hits = []
        for index in range(len(run)):
            hit = self._at(run, index)
            if hit is not None:
                hits.append(hit)
        return hits

    def _at(self, run: Sequence[Word], index: int) -> CueHit | None:
        for reading in self._readings(run[index].text):
            hit = _lasting(_manner(reading, run, index), run, index)
            if hit.cue.form == "participle" and not _circumstantial(run, index, hit.word):
                continue
            if not hit.cue.second or _followed_by(run, index, hit.cue.second):
                return msgspec.structs.replace(hit, index=index)
        return None

    def _read(self, word: str) -> tuple[CueHit, ...]:
        """What a word by itself can be, the likeliest first; cached, since news repeats its verbs."""
        found: list[CueHit] = []
        if word in _NOUNS:
            return ()
        for text, joined, future in _verb_readings(word):
            for form in self._table.get(text, ()):
                suffixed = form.form == "noun" and text.endswith(("ه", "ها", "هم")) and not text.endswith("ره")
                found.append(CueHit(0, form, joined, suffixed, future, text))
        return (*found, *self._with_object(word))

    def _with_object(self, word: str) -> Iterator[CueHit]:
        """ورفضها، أبلغه: a verb with a pronoun for its object."""
        for suffix in _OBJECTS:
            if not word.endswith(suffix) or len(word) - len(suffix) < _MIN_VERB:
                continue
            for text, joined, future in _verb_readings(word.removesuffix(suffix)):
                for form in self._table.get(text, ()):
                    if not form.second and (form.form == "past" or (form.form == "present" and text[0] != "ا")):
                        yield CueHit(0, form, joined, False, future, text, True)


def _circumstantial(run: Sequence[Word], index: int, text: str) -> bool:
    """Whether a participle tells how somebody speaks: مؤكدا does; مؤكدة only behind a pause, كان متوقعا describes."""
    if index and run[index - 1].text in _BEING:
        return False
    if text.startswith(("بال", "لل", "ال")):
        return _opens(run, index)
    return text.endswith("ا") or run[index].pause or index == 0


def _manner(hit: CueHit, run: Sequence[Word], index: int) -> CueHit:
    """مضى إلى القول إن: a noun of speech behind such a word tells how somebody speaks, as بالقول does."""
    toward = hit.word.startswith("ال") and index > 0 and run[index - 1].text in _TOWARDS
    if hit.cue.form != "noun" or not toward or not _opens(run, index):
        return hit
    return msgspec.structs.replace(hit, cue=msgspec.structs.replace(hit.cue, form="participle"))


def _lasting(hit: CueHit, run: Sequence[Word], index: int) -> CueHit:
    """لا تزال باريس متمسكة بـ: a stance that lasts, told by a participle, is held as a verb in the present tells it."""
    before = {word.text for word in run[max(0, index - _LASTING_REACH) : index]}
    if hit.cue.form != "participle" or run[index].pause or not before & _LASTING:
        return hit
    return msgspec.structs.replace(hit, cue=msgspec.structs.replace(hit.cue, form="present"))


def _opens(run: Sequence[Word], index: int) -> bool:
    """Whether what is said begins right behind a word."""
    if index + 1 >= len(run):
        return False
    following = run[index + 1]
    return following.pause or following.text in _OPENERS or following.text.startswith(("ان", "بان"))


def _verb_readings(text: str) -> Iterator[tuple[str, bool, bool]]:
    fronts = [(text, False)]
    if len(text) > 2 and text[0] in "وف":
        fronts.append((text[1:], True))
    for front, joined in fronts:
        yield front, joined, False
        if len(front) > 4 and front[0] == "س" and front[1] in "يت":
            yield front[1:], joined, True
        if len(front) > 4 and front[0] in "بل" and not joined:
            yield front[1:], False, False


def _followed_by(run: Sequence[Word], index: int, second: str) -> bool:
    following = run[index + 1 : index + (5 if len(second) == 1 else 8)]
    if len(second) == 1:
        return any(word.text.startswith(second) and not word.text.startswith(_ROOTED) for word in following)
    return any(word.text == second or word.text in (second + "ه", second + "ها") for word in following)


def _inflect(cue: Cue) -> Iterator[tuple[str, CueForm]]:
    past, _, second = level(cue.past).partition(" ")
    for word, gender in past_forms(past):
        yield word, CueForm(past, cue.kind, "past", gender, second)
    present, _, second = level(cue.present).partition(" ")
    if present:
        for word, gender in present_forms(present):
            yield word, CueForm(past, cue.kind, "present", gender, second)
    participle, _, second = level(cue.participle).partition(" ")
    if participle:
        stem = participle.removesuffix("ا")
        genders: tuple[tuple[str, Gender], ...] = ((participle, "m"), (stem + "ه", "f"), (stem + "ين", "p"))
        for word, gender in genders:
            yield word, CueForm(past, cue.kind, "participle", gender, second)
    for noun in cue.nouns:
        word = level(noun)
        if word.startswith("ال"):  # بالقول، للقول
            yield "ب" + word, CueForm(past, cue.kind, "participle", "m")
            yield "ل" + word[1:], CueForm(past, cue.kind, "participle", "m")
        yield word, CueForm(past, cue.kind, "noun", "m")


def past_forms(past: str) -> list[tuple[str, Gender]]:
    """The third person's forms of a past stem, with their gender (p: dual or plural)."""
    weak = past[-1] in "ايه" and len(past) > 2
    stem = past[:-1] if weak else past
    return [
        (past, "m"),
        (stem + "ت", "f"),
        (stem + "وا", "p"),
        (past + "ا" if not weak else stem + "يا", "p"),
        (stem + "تا", "p"),
    ]


def present_forms(present: str) -> list[tuple[str, Gender]]:
    """The forms of a present stem in all persons that news uses, with their gender (p: plural)."""
    stem = present.removeprefix("ي")
    plural = stem[:-1] if stem[-1:] in "يو" and len(stem) > 3 else stem
    return [(present, "m"), ("ت" + stem, "f"), ("ي" + plural + "ون", "p"), ("ن" + stem, "p"), ("ا" + stem, "m")]
