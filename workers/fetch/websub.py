"""WebSub as a subscriber speaks it (W3C Recommendation, 2018): where a feed names its hub, requests, signatures.

Pure but for the one request to a hub. It must not know a database, nor who listens for pushes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Protocol
from urllib.parse import urlencode

LEASE_SECONDS = 10 * 24 * 3600
_LINK = re.compile(r"<([^<>]{1,2000})>((?:\s*;\s*[\w*]+\s*=\s*(?:\"[^\"]*\"|[^\s\",;]+))*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.IGNORECASE)
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})


class Posting(Protocol):
    """What sends; see `workers.fetch.client`."""

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> object: ...


def header_links(value: str) -> dict[str, str]:
    """The first address of each relation that a Link header names (RFC 8288)."""
    found: dict[str, str] = {}
    for match in _LINK.finditer(value[:20_000]):
        rel = _REL.search(match[2])
        for name in (rel[1] or rel[2] or "").lower().split() if rel is not None else ():
            found.setdefault(name, match[1].strip())
    return found


def ask_hub(client: Posting, hub: str, *, topic: str, callback: str, secret: str) -> None:
    """Ask a hub to push a topic to us; it answers by a question to the callback.

    Raises:
        TemporaryFailure: the hub cannot be had now.
        PermanentFailure: it refuses, or its address may not be dialled.
    """
    form = {
        "hub.mode": "subscribe", "hub.topic": topic, "hub.callback": callback, "hub.secret": secret,
        "hub.lease_seconds": str(LEASE_SECONDS),
    }  # fmt: skip
    client.post(hub, urlencode(form).encode(), {"content-type": "application/x-www-form-urlencoded"})


def signature_holds(header: str, secret: str, body: bytes) -> bool:
    """Whether `X-Hub-Signature` was made with the secret over that body."""
    method, _, digest = header.partition("=")
    if method not in _METHODS:
        return False
    made = hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()
    return hmac.compare_digest(made.encode(), digest.strip().lower().encode())
