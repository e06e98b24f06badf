"""The stable names of messages to subscribers. What they say and who wants them is in `domain.alerts`. Pure."""

from __future__ import annotations

import hashlib

from domain.alerts.matching import matches


def idempotency_key(subscription_id: int, channel_id: int, change_key: str, turn: int = 0) -> str:
    """The name of a message, the same at every attempt and on every rebuild (Standard Webhooks: `webhook-id`).

    `turn`: 0 for a change itself, then 1, 2, … for what is said of it later.
    """
    name = f"{subscription_id}/{channel_id}/{change_key}" + (f"/{turn}" if turn else "")
    return "msg_" + hashlib.sha256(name.encode()).hexdigest()[:32]


__all__ = ["idempotency_key", "matches"]
