"""The message about one change or several: what is still to be told when it goes, as a CloudEvent (1.0, JSON).

What is told is decided at the last moment, by what was told before and what stands now; so a change that was taken back
meanwhile is not told, and one that was told is corrected. Pure; it must not know how a message travels.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, Protocol

import msgspec

from domain.alerts.terms import Language
from domain.positions.outcome import Change

SOURCE = "urn:marsad:positions"
_MOST_QUOTES = 20  # pieces of evidence that a message carries of one change
Why = Literal["undone", "replaced", "evidence", "again"]
Verdict = Literal["change", "undone", "replaced", "evidence", "again"]


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence in words: the sentences as they stand in the article. `occurred_on`: an ISO day."""

    text: str
    url: str
    outlet: str
    title: str = ""
    speaker: str | None = None
    occurred_on: str | None = None


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What a subscriber was last told of a change: that it stands, or not, and by which articles (their addresses).

    `key`: under which it was told, where that was another day's (see `domain.alerts.heirs`).
    """

    standing: bool
    articles: tuple[str, ...] = ()
    key: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A change that a message could tell of. `first_key`: of the message that told it first; `memory`: None before.

    `borne`: its words stand, also where it is withdrawn since other words decide.
    """

    delivery: int
    change: Change
    withdrawn: bool = False
    borne: bool = True
    quotes: tuple[Quote, ...] = ()
    memory: Memory | None = None
    first_key: str = ""


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken back. `of`: the id of the message that told it; `lost`: addresses of articles that bear it no more.

    `why`: the change is `undone`; it is `replaced`, its words standing, since other words tell what was held; it stands
    though some `evidence` of it fell; or it stands `again`.
    """

    of: str
    why: Why
    lost: tuple[str, ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One change as a message has it; the names are those of the message's language."""

    key: str
    actor: str
    issue: str
    kind: str
    before: str | None = msgspec.field(name="from")
    after: str | None = msgspec.field(name="to")
    on: str
    speaker: str | None
    sources: int
    confidence: float
    contested: bool = False
    correction: Correction | None = None
    actor_name: str = ""
    issue_title: str = ""
    speaker_name: str = ""
    url: str | None = None
    evidence: tuple[Quote, ...] = ()


class Data(Told, frozen=True, kw_only=True):
    """The newest change of the message, and its words. `changes`: all, oldest first, where there are several."""

    language: Language = "en"
    title: str = ""
    text: str = ""
    changes: tuple[Told, ...] = ()

    @property
    def all(self) -> tuple[Told, ...]:
        """Every change of the message, oldest first."""
        return self.changes or (self,)


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The message."""

    specversion: str = "1.0"
    id: str
    source: str = SOURCE
    type: str
    subject: str
    time: str
    datacontenttype: str = "application/json"
    data: Data


class Composed(msgspec.Struct, frozen=True, kw_only=True):
    """A message ready to go, and what the subscriber then knows, by delivery; its other items were not to be told."""

    event: CloudEvent
    memories: dict[int, Memory]

    @property
    def body(self) -> str:
        """The JSON text."""
        return msgspec.json.encode(self.event).decode()


class Names(Protocol):
    """How people call things, in a language."""

    def actor(self, actor: str, language: Language) -> str: ...

    def issue(self, issue: str, language: Language) -> str: ...

    def speaker(self, speaker: str | None, language: Language) -> str: ...


class Wording(Protocol):
    """The words of a message; see `domain.alerts.wording`."""

    def __call__(self, data: Data) -> tuple[str, str]:
        """Title and text."""
        ...


def verdict(item: Item) -> Verdict | None:
    """What is to be told of a change now; None for nothing."""
    if item.memory is None:
        return None if item.withdrawn else "change"
    if item.memory.standing and item.withdrawn:
        return "replaced" if item.borne else "undone"
    if not item.memory.standing and not item.withdrawn:
        return "again"
    if item.memory.standing and lost(item.memory.articles, item.change):
        return "evidence"
    return None


def lost(articles: Sequence[str], change: Change) -> tuple[str, ...]:
    """Those of the articles that do not bear the change any more."""
    present = {ref.url for ref in change.evidence}
    return tuple(url for url in articles if url not in present)


def compose(
    items: Sequence[Item], *, key: str, at: datetime, language: Language, names: Names, wording: Wording
) -> Composed | None:
    """The message that tells of these changes, given oldest first; None where nothing is left to tell.

    `key`: the id of the message; `at`: an aware time.
    """
    verdicts = [(item, verdict(item)) for item in items]
    told = {item.delivery: _told(item, why, language, names) for item, why in verdicts if why is not None}
    if not told:
        return None
    shown = tuple(told.values())
    data = _data(shown, language)
    title, text = wording(data)
    event = CloudEvent(
        id=key,
        type=_type(shown),
        subject=f"{data.actor}/{data.issue}" if len({(t.actor, t.issue) for t in shown}) == 1 else "digest",
        time=at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        data=msgspec.structs.replace(data, title=title, text=text),
    )
    memories = {
        item.delivery: memory_of(item.change, item.memory, standing=not item.withdrawn)
        for item, why in verdicts
        if why is not None
    }
    return Composed(event=event, memories=memories)


def memory_of(change: Change, before: Memory | None = None, *, standing: bool = True) -> Memory:
    """What a subscriber knows who was told that a change stands, or not. `before`: what he knew of it."""
    articles = tuple(dict.fromkeys(ref.url for ref in change.evidence)) if standing else ()
    return Memory(standing=standing, articles=articles, key="" if before is None else before.key)


def _told(item: Item, why: Verdict, language: Language, names: Names) -> Told:
    change = item.change
    correction: Correction | None = None
    if why != "change":
        before = item.memory.articles if item.memory is not None else ()
        gone = before if why == "undone" else () if why == "replaced" else lost(before, change)
        correction = Correction(of=item.first_key, why=why, lost=gone)
    return Told(
        key=change.key if item.memory is None else item.memory.key or change.key,
        actor=change.actor,
        issue=change.issue,
        kind=change.kind,
        before=change.before,
        after=change.after,
        on=change.on,
        speaker=change.speaker,
        sources=change.sources,
        confidence=change.confidence,
        contested=change.contested,
        correction=correction,
        actor_name=names.actor(change.actor, language),
        issue_title=names.issue(change.issue, language),
        speaker_name=names.speaker(change.speaker, language),
        url=item.quotes[0].url if item.quotes else None,
        evidence=() if why == "undone" else item.quotes[:_MOST_QUOTES],
    )


def _data(shown: Sequence[Told], language: Language) -> Data:
    """The newest change; where all are of one position, from the stance before the first of them."""
    newest = shown[-1]
    values = {name: getattr(newest, name) for name in Told.__struct_fields__}
    one_position = len({(t.actor, t.issue) for t in shown}) == 1
    if one_position and all(t.correction is None for t in shown):
        values["before"] = shown[0].before
    return Data(**values, language=language, changes=tuple(shown) if len(shown) > 1 else ())


def _type(shown: Sequence[Told]) -> str:
    if all(t.correction is not None and t.correction.why != "again" for t in shown):
        return "marsad.position.correction"
    if len({(t.actor, t.issue) for t in shown}) > 1:
        return "marsad.positions.digest"
    return f"marsad.position.{shown[-1].kind}"
