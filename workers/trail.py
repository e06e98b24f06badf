"""What ties the lines of the log together, from an entry of a feed to the alerts that its article led to.

A correlation is the beginning of the article's id, which follows from its address; the events of the log carry the
whole id. It must not know what is done in a step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec
from structlog.contextvars import bind_contextvars, bound_contextvars

LENGTH = 12


class _Quote(msgspec.Struct):
    url: str = ""


class _Change(msgspec.Struct):
    evidence: tuple[_Quote, ...] = ()


class _Data(_Change):
    changes: tuple[_Change, ...] = ()


class _Message(msgspec.Struct):
    data: _Data


@contextmanager
def step(kind: str, subject: str) -> Iterator[None]:
    """Every line of the block tells which piece of work it is of, and `about` which articles."""
    with bound_contextvars(step=kind, subject=subject, correlation=""):
        yield


def about(correlations: Iterable[str]) -> None:
    """The lines from here to the end of the step are about these articles."""
    bind_contextvars(correlation=",".join(sorted(set(correlations))))


def of_address(url: str) -> str:
    """The correlation of the article at an address."""
    return hashlib.sha256(url.encode()).hexdigest()[:LENGTH]


def of_message(body: str) -> list[str]:
    """The correlations of the articles that a message rests on; none for one that is no alert."""
    try:
        data = msgspec.json.decode(body, type=_Message).data
    except msgspec.MsgspecError:
        return []
    return [of_address(quote.url) for change in (data, *data.changes) for quote in change.evidence]
