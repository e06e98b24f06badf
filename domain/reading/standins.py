"""Names of the text's own: a surname that stands for somebody whom the text has introduced by his office.

It must not know verbs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.reading.mentions import Mention
from domain.reading.speakers import Speaker
from domain.reading.text import Word


def stand_ins(run: Sequence[Word], mentions: Sequence[Mention], aliases: Mapping[str, Speaker]) -> list[Mention]:
    """The mentions of a run of words with those of `aliases` added, in order; no word is in two of them."""
    if not aliases:
        return list(mentions)
    taken = {i for m in mentions for i in range(m.first, m.last)}
    found = [
        _mention(index, front, speaker)
        for index, word in enumerate(run) if index not in taken
        for front, speaker in [_bearer(word, aliases)] if speaker is not None
    ]  # fmt: skip
    return sorted([*mentions, *found], key=lambda m: m.first)


def _bearer(word: Word, aliases: Mapping[str, Speaker]) -> tuple[str, Speaker | None]:
    """Whom a word names, and the clitics before the name; a name has no article and no pronoun that it did not have."""
    for form in word.forms:
        if form in aliases and word.text.endswith(form):
            return word.text.removesuffix(form), aliases[form]
    return "", None


def _mention(index: int, front: str, speaker: Speaker) -> Mention:
    return Mention(
        first=index, last=index + 1, kind="person", id=speaker.id, actor=speaker.actor, speaker=speaker.id,
        seniority=speaker.seniority, level=speaker.level, front=front,
    )  # fmt: skip
