"""The page of subscriptions: who is told of which changes; forms to add, change, try out and end them; for operators.

It must not know how a message travels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from domain.alerts.terms import PACES
from domain.errors import InputError
from domain.reading.registry import Registry
from workers.asking import KINDS, moment, number
from workers.ports import Channel, Subscription
from workers.store.store import Store
from workers.subscribing import Subscribing, SubscriptionView, Target, Wishes, shown, view
from workers.web.access import Fields, address_of, form, needed
from workers.web.render import Renderer

_DAYS = 90


class Subscriptions:
    """The routes."""

    def __init__(self, store: Store, subscribing: Subscribing, registry: Registry, renderer: Renderer) -> None:
        self._store = store
        self._subscribing = subscribing
        self._registry = registry
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Where each answers."""
        return [
            Route("/subscriptions", self.listed, methods=["GET"]),
            Route("/subscriptions", form(self.add), methods=["POST"]),
            Route("/subscriptions/{id:int}", self.one, methods=["GET"]),
            Route("/subscriptions/{id:int}", form(self.change), methods=["POST"]),
        ]

    def listed(self, request: Request) -> Response:
        """All of them, and an empty form."""
        needed(request, "operate")
        return self._listed(request)

    def add(self, request: Request, fields: Fields) -> Response:
        """A new one; secrets of new webhooks are on the page that follows, and nowhere else."""
        user = needed(request, "operate")
        try:
            added = self._subscribing.add(_targets(fields), _wishes(fields))
        except InputError as exc:
            return self._listed(request, wrong=str(exc), given=fields, status=422)
        self._note(request, user.name, "subscribed", added.id)
        return self._listed(request, added=added)

    def one(self, request: Request) -> Response:
        """One of them with a form, and what it would have sent lately."""
        needed(request, "operate")
        return self._one(request, self._found(request))

    def change(self, request: Request, fields: Fields) -> Response:
        """What its buttons do: save, test, enable or end."""
        user = needed(request, "operate")
        found, what = self._found(request), fields.get("do", "")
        if what == "end":
            self._store.remove_subscription(found.id, now=self._renderer.now())
            self._note(request, user.name, "unsubscribed", found.id)
            return RedirectResponse("/subscriptions", status_code=303)
        if what == "test":
            return self._one(request, found, tried=self._subscribing.test(found))
        if what == "enable":
            self._subscribing.enable(found)
        elif what == "save":
            try:
                edited = self._subscribing.edit(found, _wishes(fields), _targets(fields, found.channels))
            except InputError as exc:
                return self._one(request, found, wrong=str(exc), status=422)
            self._note(request, user.name, "subscription-edited", found.id)
            return self._one(request, self._found(request), edited=edited)
        else:
            raise HTTPException(400, "There is no such button.")
        return RedirectResponse(f"/subscriptions/{found.id}", status_code=303)

    def _found(self, request: Request) -> Subscription:
        found = self._store.subscription(request.path_params["id"])
        if found is None:
            raise HTTPException(404, "There is no such subscription.")
        return found

    def _listed(
        self, request: Request, *, added: SubscriptionView | None = None, wrong: str = "", given: Fields | None = None,
        status: int = 200,
    ) -> Response:  # fmt: skip
        found = [view(s) for s in self._store.owned(None, limit=1000)]
        return self._page(
            request, "subscriptions.html", found=found, added=added, wrong=wrong, given=given or {}, status=status
        )

    def _one(
        self, request: Request, found: Subscription, *, wrong: str = "", tried: Any = (), status: int = 200,
        edited: SubscriptionView | None = None,
    ) -> Response:  # fmt: skip
        return self._page(
            request, "subscription.html", it=view(found), sent=self._subscribing.backtest(found, _DAYS), days=_DAYS,
            tried=tried, wrong=wrong, added=edited, given=_fields_of(found), status=status,
        )  # fmt: skip

    def _page(self, request: Request, template: str, **values: Any) -> Response:
        answer = self._renderer.page(
            request, template, here="subscriptions", paces=PACES, actors=sorted(self._registry.tracked),
            issues=sorted(self._registry.issues), change_kinds=KINDS, **values,
        )  # fmt: skip
        answer.headers["cache-control"] = "no-store"
        return answer

    def _note(self, request: Request, who: str, what: str, subscription: int) -> None:
        self._store.accounts.note(
            who, what, subject=f"subscription {subscription}", address=address_of(request), now=self._renderer.now()
        )


def _targets(fields: Fields, present: Sequence[Channel] = ()) -> list[Target]:
    """The channels of a form: one a line, the kind by its form; a line as it was shown is the channel that is there."""
    lines = [line.strip() for line in fields.get("channels", "").splitlines() if line.strip()]
    kept = {shown(channel): channel for channel in present}
    return [
        msgspec.convert({"kind": kept[line].kind, "target": kept[line].target}, Target)
        if line in kept
        else Target(kind=_kind(line), target=line)
        for line in lines
    ]


def _kind(target: str) -> Any:
    if target.startswith(("http://", "https://")):
        return "webhook"
    return "apprise" if "://" in target else "mail"


def _wishes(fields: Fields) -> Wishes:
    """The filters and terms of a form, which names all of them: what is empty filters nothing."""
    muted = moment(fields.get("muted_until", "").strip() or None, "muted_until")
    quiet = fields.get("quiet", "").replace("–", "-").strip()
    start, _, end = quiet.partition("-")
    try:
        confidence = float(fields.get("min_confidence", "").strip() or 0)
    except ValueError as exc:
        raise InputError("min_confidence: write a number from 0 to 1") from exc
    given: dict[str, Any] = {
        name: tuple(word.strip() for word in fields.get(name, "").replace("،", ",").split(",") if word.strip())
        for name in ("actors", "issues", "changes", "stances")
    }
    given |= {
        "min_confidence": confidence, "digest": fields.get("digest", "now"), "language": fields.get("language", "en"),
        "min_sources": number(fields.get("min_sources", "").strip() or None, "min_sources", low=0, high=1000) or 0,
        "hour": number(fields.get("hour", "").strip() or "8", "hour", low=0, high=23) or 0,
        "zone": fields.get("zone", "").strip() or "UTC",
        "quiet": (start.strip(), end.strip()) if quiet else None, "muted_until": muted,
    }  # fmt: skip
    try:
        return msgspec.convert(given, Wishes)
    except msgspec.ValidationError as exc:
        raise InputError(f"the form cannot be used: {exc}") from exc


def _fields_of(found: Subscription) -> dict[str, str]:
    """A subscription as its form shows it."""
    terms = found.terms
    return {
        "channels": "\n".join(shown(channel) for channel in found.channels),
        "actors": ", ".join(found.actors), "issues": ", ".join(found.issues), "changes": ", ".join(found.changes),
        "stances": ", ".join(terms.stances), "min_confidence": f"{terms.confidence:g}",
        "min_sources": str(terms.sources), "digest": terms.pace, "hour": str(terms.hour), "zone": terms.zone,
        "quiet": "-".join(terms.quiet or ()), "language": terms.language,
        "muted_until": "" if terms.muted_until is None else f"{terms.muted_until:%Y-%m-%dT%H:%M}Z",
    }  # fmt: skip
