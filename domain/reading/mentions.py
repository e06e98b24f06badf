"""Who is named where: persons, offices, institutions, actors and places in a run of words.

A title beside its holder's name is one mention; an office alone is whoever held it on the publication day. It must not
know verbs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from domain.events import Seniority
from domain.reading.phrases import Hit
from domain.reading.registry import SENIORITY, Actor, Level, Named, Registry
from domain.reading.text import Word, level

_GAP = 3  # words that may stand between a name and its title (الرئيس الروسي السابق، …)
_PLACE_BEFORE = frozenset({
    "في", "الي", "من", "قرب", "بمدينه", "مدينه", "العاصمه", "نحو", "باتجاه", "خارج", "داخل", "شرق", "غرب", "جنوب",
    "شمال",
})  # fmt: skip
_PARTING = frozenset({"بين", "مع", "ان", "انه", "انها", "في", "من", "الي", "علي", "عن", "لدي", "خلال", "بعد"})
_SHORT_NAME = 4  # letters
_FORMER = frozenset({"المتقاعد", "المتقاعده", "السابق", "السابقه", "الاسبق", "الراحل", "سابق", "سابقا"})
_POSTED = frozenset({"لدي", "في", "الي", "ب"})
# Who speaks in the name of a body, and who serves in one: what stands between is the rest of his title.
_SPOKESMEN = frozenset({"متحدث", "متحدثه", "ناطق", "ناطقه", "متحدثون", "متحدثان", "ناطقون"})
_SERVANTS = frozenset({"مدير", "مديره", "مساعد", "مساعده", "وكيل", "وكيله", "منسق", "منسقه", "نايب", "نايبه"})
_TITLE_REACH = 5
_KIND_ORDER = ("person", "office", "institution", "actor", "capital", "people", "place")


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """One mention: words [first, last). `speaker` is the id by which events name it; None for a place.

    `acts` is False for a capital where things happen rather than act, and for a place.
    """

    first: int
    last: int
    kind: str
    id: str
    actor: str
    speaker: str | None
    seniority: Seniority = "other"
    level: Level | None = None
    acts: bool = True
    place: str | None = None
    former: bool = False
    former_title: bool = False
    front: str = ""
    anonymous: bool = False

    def label(self) -> str:
        """For explanations."""
        return f"{self.kind} {self.id}"


def single_names(run: Sequence[Word], registry: Registry, day: date | None) -> list[Mention]:
    """Every name by itself, before titles and names are joined."""
    return [m for hit in registry.names.find(run) for m in [resolve(hit, run, registry, day)] if m is not None]


def joined(found: Sequence[Mention], run: Sequence[Word], registry: Registry, day: date | None) -> list[Mention]:
    """Titles and the names of their holders made one, and what counts only beside another left out."""
    return [m for m in _join(_in_name_of(found, run), run, registry, day) if not _only_beside(m)]


def _in_name_of(found: Sequence[Mention], run: Sequence[Word]) -> list[Mention]:
    """متحدث باسم الكرملين، مدير إدارة أوروبا في الخارجية الروسية: a body named behind such a title is its bearer."""
    result: list[Mention] = []
    for mention in found:
        start = result[-1].last if result else 0
        first = _title_start(mention, run, start) if mention.kind in ("institution", "actor") else None
        result.append(mention if first is None else _titled(mention, run[first], first))
    return result


def _title_start(mention: Mention, run: Sequence[Word], start: int) -> int | None:
    """Where the title begins that a body's name closes; None where none does."""
    at = mention.first - 1
    named = at >= start and run[at].text == "باسم"
    within = mention.kind == "institution" and (mention.front == "ب" or (at >= start and run[at].text == "في"))
    if not named and not within:
        return None
    titles = _SPOKESMEN if named else _SERVANTS
    for index in range(at, max(start, at - _TITLE_REACH) - 1, -1):
        if run[index].text in _FORMER or run[index + 1].pause:
            return None
        if any(form in titles for form in run[index].forms):
            return index
    return None


def _titled(body: Mention, title: Word, first: int) -> Mention:
    """The bearer of a title that a body's name closes."""
    bare = next(f for f in title.forms if f in _SPOKESMEN or f in _SERVANTS)
    front = title.text.partition(bare)[0].removesuffix("ال")
    speaks = bare in _SPOKESMEN
    return msgspec.structs.replace(
        body, first=first, kind="office", front=front, seniority="spokesman" if speaks else "other", level="envoys",
        acts=True, place=None,
    )  # fmt: skip


def _only_beside(mention: Mention) -> bool:
    return mention.kind in ("bare", "surname")


def resolve(hit: Hit[Named], run: Sequence[Word], registry: Registry, day: date | None) -> Mention | None:
    """The mention that a found name makes on a day; None where it names nobody here."""
    found = _named(hit, run, registry, day)
    return found and msgspec.structs.replace(found, front=hit.front)


def _named(hit: Hit[Named], run: Sequence[Word], registry: Registry, day: date | None) -> Mention | None:
    sure = [n for n in hit.values if not n.ambiguous]
    values = sorted(sure or hit.values, key=lambda n: _KIND_ORDER.index(n.kind))
    named = _best(values, registry, day)
    if named.kind == "person" and _is_chance(hit, run[hit.first]):
        return None
    former = hit.last < len(run) and run[hit.last].text in _FORMER
    if named.kind == "person":
        return _person(hit, named.id, registry, day, former=former, sure=bool(sure))
    if named.kind == "office":
        return _office(hit, [n.id for n in values if n.kind == "office"], registry, day, former=former, sure=bool(sure))
    if named.kind == "institution":
        return Mention(
            first=hit.first, last=hit.last, kind="institution", id=named.id, actor=named.actor, speaker=named.id,
            seniority="spokesman", level="envoys",
        )  # fmt: skip
    return _actor_or_place(hit, named, run, registry)


def _is_chance(hit: Hit[Named], word: Word) -> bool:
    """Whether a short name alone behind a preposition is rather another word (وبنودا is not نودا)."""
    governed = hit.last - hit.first == 1 and hit.front[-1:] in ("ب", "ل", "ك")
    return governed and len(word.text) - len(hit.front) <= _SHORT_NAME


def _best(values: Sequence[Named], registry: Registry, day: date | None) -> Named:
    """Of several bearers of one name the one who was in office, else the first of a tracked actor."""
    if len(values) > 1 and values[0].kind == "person":
        people = [n for n in values if n.kind == "person"]
        inoffice = [n for n in people if day and any(t.holds(day) for t in registry.persons[n.id].terms)]
        return (inoffice or people)[0]
    return values[0]


def _person(
    hit: Hit[Named], person: str, registry: Registry, day: date | None, *, former: bool, sure: bool
) -> Mention | None:
    entry = registry.persons[person]
    offices = registry.offices_of(person, day)
    seniority: Seniority = SENIORITY[offices[0].rank] if offices else "other"
    return Mention(
        first=hit.first, last=hit.last, kind="person" if sure else "surname", id=person,
        actor=offices[0].actor if offices else entry.actor, speaker=entry.speaker or person, seniority=seniority,
        level=offices[0].level if offices else None, former=former or _out_of_office(entry.terms, day) or not offices,
    )  # fmt: skip


def _out_of_office(terms: Sequence[object], day: date | None) -> bool:
    return day is not None and bool(terms) and not any(t.holds(day) for t in terms)  # type: ignore[attr-defined]


def _office(
    hit: Hit[Named], ids: Sequence[str], registry: Registry, day: date | None, *, former: bool, sure: bool
) -> Mention:
    office = registry.offices[ids[0]]
    for candidate in ids:
        if registry.holders(candidate, day):
            office = registry.offices[candidate]
            break
    holders = registry.holders(office.id, day) if day is not None else []
    speaker = office.speaker or registry.actors[office.actor].english.lower().replace(" ", "-")
    if len(holders) == 1 and not former:
        speaker = registry.persons[holders[0]].speaker or holders[0]
    return Mention(
        first=hit.first, last=hit.last, kind="office" if sure else "bare", id=office.id, actor=office.actor,
        speaker=speaker, seniority=SENIORITY[office.rank], level=office.level, former=former, former_title=former,
        anonymous=office.anonymous,
    )  # fmt: skip


def _actor_or_place(hit: Hit[Named], named: Named, run: Sequence[Word], registry: Registry) -> Mention | None:
    if named.kind == "place":
        return Mention(
            first=hit.first, last=hit.last, kind="place", id=named.id, actor=named.actor, speaker=None, acts=False,
            place=registry.place_english[named.id],
        )  # fmt: skip
    actor = registry.actors[named.actor]
    if _beside(hit, run, actor.not_after, before=True) or _beside(hit, run, actor.not_before, before=False):
        return None
    located = _is_located(hit, run) or (named.kind != "people" and _is_adjective(run[hit.first], actor))
    name = actor.english.lower().replace(" ", "-")
    return Mention(
        first=hit.first, last=hit.last, kind=named.kind, id=actor.id, actor=actor.id, speaker=name, level="leaders",
        acts=not located,
        place=actor.capital_english if named.kind == "capital" else (actor.english if named.kind == "actor" else None),
    )  # fmt: skip


def _is_adjective(word: Word, actor: Actor) -> bool:
    """الإيراني beside إيران: an article that the name does not have."""
    bare = word.text.lstrip("وفبك")
    if not bare.startswith("ال"):
        return False
    return not any(level(name).split()[0] == bare for name in (*actor.names, *actor.capital, *actor.metonyms))


def _beside(hit: Hit[Named], run: Sequence[Word], stops: Sequence[str], *, before: bool) -> bool:
    index = hit.first - 1 if before else hit.last
    if not stops or not 0 <= index < len(run):
        return False
    return any(stop in run[index].forms for stop in map(_level_cached, stops))


def _level_cached(word: str) -> str:
    return word.translate(str.maketrans("أإآىةؤئ", "ااايهوي"))


def _is_located(hit: Hit[Named], run: Sequence[Word]) -> bool:
    """Whether a name stands after a preposition of place."""
    return hit.front.endswith("ب") or (hit.first > 0 and run[hit.first - 1].text in _PLACE_BEFORE)


def _join(found: Sequence[Mention], run: Sequence[Word], registry: Registry, day: date | None) -> list[Mention]:
    """Titles and names that stand together become one mention of the person."""
    result: list[Mention] = []
    for mention in found:
        previous = result[-1] if result else None
        merged = _merge(previous, mention, run, registry, day) if previous is not None else None
        posted = None if merged is not None else _posted(result, mention, run, registry, day)
        if merged is not None:
            result[-1] = merged
        elif posted is not None:
            result[-2:] = [posted]
        else:
            result.append(mention)
    return result


def _posted(
    found: Sequence[Mention], person: Mention, run: Sequence[Word], registry: Registry, day: date | None
) -> Mention | None:
    """السفير الأميركي لدى الحلف ماثيو ويتاكر: a title, the post it is held at, and the name at once behind."""
    if len(found) < 2 or person.kind not in ("person", "surname") or person.front != "":
        return None
    title, post = found[-2:]
    at = post.front in ("ب", "ل") or run[post.first - 1].text in _POSTED
    close = person.first == post.last and not run[person.first].pause and post.first - title.last <= _GAP
    if title.kind not in ("office", "bare") or post.kind not in ("actor", "capital", "place", "institution"):
        return None
    same = title.actor == person.actor or _held_ever(person.id, title.id, registry)
    return _fused(title, person, registry, day) if at and close and same else None


def _merge(one: Mention, two: Mention, run: Sequence[Word], registry: Registry, day: date | None) -> Mention | None:
    gap = two.first - one.last
    titles, people = ("office", "bare", "institution"), ("person", "surname")
    if gap > _GAP or {one.kind, two.kind} & {"actor", "capital", "place", "people"}:
        return None
    if any(word.text in _PARTING for word in run[one.last : two.first]) or (one.kind == "institution" and gap > 1):
        return None
    if one.kind == "institution" and any(word.pause for word in run[one.last : two.first + 1]):
        return None
    if one.kind == "bare" and two.kind in people and gap <= 1:
        return msgspec.structs.replace(two, first=one.first, kind="person", front=one.front)
    if one.kind in titles and two.kind in people:
        if one.actor != two.actor and not _held_ever(two.id, one.id, registry):
            return None
        if two.front.startswith("و") and gap == 0 and one.kind == "office":
            return None
        return _fused(one, two, registry, day)
    if one.kind in people and two.kind in ("office", "bare") and gap <= 1 and _held_ever(one.id, two.id, registry):
        return _fused(two, one, registry, day, first=one.first, last=two.last)
    return None


def _held_ever(person: str, office: str, registry: Registry) -> bool:
    entry = registry.persons.get(person)
    return entry is not None and any(t.office == office for t in entry.terms)


def _fused(
    title: Mention,
    person: Mention,
    registry: Registry,
    day: date | None,
    first: int | None = None,
    last: int | None = None,
) -> Mention:
    office = registry.offices.get(title.id)
    held = office is not None and _held_ever(person.id, office.id, registry)
    seniority = SENIORITY[office.rank] if office is not None and held else person.seniority
    return msgspec.structs.replace(
        person, kind="person", first=title.first if first is None else first, last=last or person.last,
        seniority=seniority, level=office.level if office is not None and held else person.level,
        actor=office.actor if office is not None and held else person.actor,
        former=title.former_title or (person.former and day is not None and not held),
        former_title=title.former_title,
        front=person.front if first is not None else ("" if title.kind == "institution" else title.front),
    )  # fmt: skip
