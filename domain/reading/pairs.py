"""Two at once: الرئيسان الروسي والصيني، وزيرا خارجية روسيا وفرنسا are an office of each nation that follows.

It must not know verbs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from domain.reading.mentions import Mention, joined, resolve, single_names
from domain.reading.registry import Registry
from domain.reading.text import Word, words

_APART = 6  # words from one nation to the next, between which the first one's name may stand


def find_mentions(run: Sequence[Word], registry: Registry, day: date | None) -> list[Mention]:
    """The mentions in a run of words, in order, none inside another."""
    return joined(_paired(run, single_names(run, registry, day), registry, day), run, registry, day)


def _paired(run: Sequence[Word], found: Sequence[Mention], registry: Registry, day: date | None) -> list[Mention]:
    hits = registry.duals.find(run)
    if not hits:
        return list(found)
    pairs: list[Mention] = []
    for hit in hits:
        nations = _nations(run, hit.last, found, registry)
        if len(nations) > 1:
            starts = [hit.first, *(first for first, _, _ in nations[1:])]
            for start, (first, last, actor) in zip(starts, nations, strict=True):
                made = _member(hit.values[0], run[first:last], actor, registry, day)
                pairs.append(replace(made, first=start, last=last, front=hit.front if start == hit.first else "و"))
    taken = {index for m in pairs for index in range(m.first, m.last)}
    kept = [m for m in found if taken.isdisjoint(range(m.first, m.last))]
    return sorted([*kept, *pairs], key=lambda m: m.first)


def _nations(
    run: Sequence[Word], start: int, found: Sequence[Mention], registry: Registry
) -> list[tuple[int, int, str]]:
    """The nations behind a dual title, each where it stands, by adjective or by name."""
    starting = {m.first: m for m in found if m.kind in ("actor", "capital")}
    nations: list[tuple[int, int, str]] = []
    index, stop = start, start + 1
    while index < min(len(run), stop):
        text = run[index].text
        bare = text if not nations else text.removeprefix("و")
        actor = registry.nations.get(bare.removeprefix("ال")) if bare.startswith("ال") else None
        named = starting.get(index)
        if (nations and bare == text) or (actor is None and named is None):
            if not nations:
                return []
            index += 1
            continue
        last = named.last if actor is None and named is not None else index + 1
        nations.append((index, last, actor if actor is not None else found[found.index(named)].actor))
        index, stop = last, last + _APART
    return nations


def _member(title: str, nation: Sequence[Word], actor: str, registry: Registry, day: date | None) -> Mention:
    """Who holds the office of one nation; the nation itself where no office is meant, or none is known."""
    spelled = " ".join([title, *(word.text for word in nation)]).replace(" و", " ", 1).strip()
    run = words(spelled)
    for hit in registry.names.find(run) if title else ():
        mention = resolve(hit, run, registry, day)
        if hit.first == 0 and mention is not None and mention.kind == "office" and mention.actor == actor:
            return mention
    name = registry.actors[actor].english.lower().replace(" ", "-")
    return Mention(first=0, last=1, kind="people", id=actor, actor=actor, speaker=name, level="leaders")
