"""Whose words a clause gives, and who may speak on in the sentences after it.

It must not know how subjects are found.
"""

from __future__ import annotations

import msgspec

from domain.events import Attribution, Seniority
from domain.reading.cues import Gender
from domain.reading.registry import Level

NARRATED = frozenset({"actor", "capital", "people"})


class Speaker(msgspec.Struct, frozen=True, kw_only=True):
    """Whose words a clause gives. `how` says how the speaker was found, for explanations."""

    actor: str
    id: str
    seniority: Seniority = "other"
    level: Level | None = None
    attribution: Attribution = "self"
    gender: Gender = "m"
    kind: str = "person"
    how: str = ""


class Carry(msgspec.Struct):
    """The speaker whom later sentences may continue, and whom titles stand for; changes while a text is read.

    `seen`: the last person named of an actor and a seniority; `aliases`: names that the registry does not list, by
    their bearer's office; `group`: the actors named together last; `topic`: whom a sentence without words told of.
    """

    speaker: Speaker | None = None
    by_gender: dict[str, Speaker] = msgspec.field(default_factory=dict)
    by_rank: dict[str, Speaker] = msgspec.field(default_factory=dict)
    seen: dict[tuple[str, str], Speaker] = msgspec.field(default_factory=dict)
    aliases: dict[str, Speaker] = msgspec.field(default_factory=dict)
    group: tuple[Speaker, ...] = ()
    topic: Speaker | None = None

    def set(self, speaker: Speaker | None) -> None:
        """Remember who spoke last; None forgets."""
        self.speaker, self.topic = speaker, None
        if speaker is None:
            self.by_gender.clear()
            return
        self.by_gender[speaker.gender] = speaker
        self.by_rank[speaker.seniority] = speaker
        self.by_rank["any"] = speaker

    def see(self, speaker: Speaker) -> None:
        """Remember a person who is named, whether or not he speaks."""
        for key in ((speaker.actor, speaker.seniority), ("", speaker.seniority)):
            self.seen.pop(key, None)
            self.seen[key] = speaker

    def about(self, person: Speaker) -> None:
        """A sentence told of somebody who said nothing in it; the next may give his words."""
        if person.kind not in NARRATED:
            self.topic = person

    def agreeing(self, gender: Gender, *, adding: bool = False) -> Speaker | None:
        """Of whom a verb of a gender can tell: whom the text spoke of, the last speaker, or the last of that gender.

        `adding`: the verb continues words (وأضاف), so that the last speaker comes first.
        """
        topic = self.topic
        if topic is not None and not (adding and self.speaker is not None) and gender in (topic.gender, "p"):
            return msgspec.structs.replace(topic, how=f"carried on from {topic.id}")
        speaker = self.speaker
        if speaker is not None and gender not in ("p", speaker.gender):
            speaker = self.by_gender.get(gender)
        return speaker and msgspec.structs.replace(speaker, how=f"carried on from {speaker.id}")
