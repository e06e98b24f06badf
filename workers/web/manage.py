"""The API for those who are told and those who run the service: subscriptions, deliveries, quarantine.

A token that allows `subscriptions` sees its own alone; what belongs to others is, for it, not there. It must not know
the store, only what it asks of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import InputError
from workers.asking import number
from workers.ports import Attempt, Clock, Delivery, DeliveryOutcome, Subscription, WorkItem
from workers.subscribing import (
    ChannelView,
    SendingView,
    Subscribing,
    SubscriptionView,
    Target,
    Wishes,
    refuse_foreign_kinds,
    sending,
    shown,
    view,
)
from workers.web.gate import Caller
from workers.web.openapi import CURSOR, ID, LIMIT, Operation, Param
from workers.web.questions import asked, cursor_of, id_of, json, limit_of, page, unknown

STATUSES = ("waiting", "delivered", "dead", "dropped")
_MOST_SUBSCRIPTIONS = 1000  # of one token


class NewSubscription(Wishes, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to send where."""

    channels: tuple[Target, ...]


class Edited(Wishes, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be otherwise; channels that are named replace all."""

    channels: tuple[Target, ...] | msgspec.UnsetType = msgspec.UNSET


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which webhook gets a new secret, and for how many hours the old one signs too."""

    channel: int | None = None
    overlap: int = 24


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """The new secret, shown this once."""

    secret: str
    old_until: datetime


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel made of a test message."""

    channel: int
    status: str
    http_status: int | None
    error: str | None


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery without secrets. `message`: the CloudEvent, None until it goes.

    `told_by`: the delivery whose message tells this one too; `dropped`: nothing was left to tell.
    """

    id: int
    key: str
    subscription: int
    channel: int
    target: str
    status: str
    attempts: int
    error: str | None
    told_by: int | None
    message: msgspec.Raw | None


class _Listed(DeliveryView, frozen=True, kw_only=True):
    """The same, described: `message` is an object."""

    message: dict[str, Any] | None  # type: ignore[assignment] # what the raw text holds


class Managed(Protocol):
    """What is asked of the store; see `workers.ports`."""

    def owned(self, owner: int | None, *, after: int = 0, limit: int = 100) -> list[Subscription]: ...

    def subscription(self, subscription_id: int) -> Subscription | None: ...

    def remove_subscription(self, subscription_id: int, *, now: datetime) -> bool: ...

    def delivery(self, delivery_id: int) -> Delivery | None: ...

    def deliveries(
        self,
        *,
        status: str | None = None,
        limit: int = 100,
        subscription: int | None = None,
        owner: int | None = None,
        below: int | None = None,
    ) -> list[Delivery]: ...

    def attempts(self, delivery_id: int) -> list[Attempt]: ...

    def resend(self, delivery_id: int, *, now: datetime) -> bool: ...

    def quarantined(self) -> list[WorkItem]: ...

    def retry(self, work_id: int, *, now: datetime) -> bool: ...

    def drop(self, work_id: int, *, now: datetime) -> bool: ...


class Manage:
    """The endpoints."""

    def __init__(self, store: Managed, subscribing: Subscribing, clock: Clock) -> None:
        self._store = store
        self._subscribing = subscribing
        self._clock = clock

    def operations(self) -> list[Operation]:
        """What can be asked."""
        return [*self._of_subscriptions(), *self._of_deliveries(), *self._of_quarantine()]

    def _of_subscriptions(self) -> list[Operation]:
        one = "/subscriptions/{id}"
        days = Param("days", {"type": "integer", "minimum": 1, "maximum": 3650}, "How far back.")
        return [
            Operation(name="subscriptions", path="/subscriptions", handle=self.subscriptions, scope="subscriptions",
                      summary="Subscriptions, oldest first.", answer=list[SubscriptionView], listed=True,
                      params=(CURSOR, LIMIT)),
            Operation(name="subscribe", path="/subscriptions", method="POST", handle=self.subscribe, status=201,
                      scope="subscriptions", body=NewSubscription, answer=SubscriptionView,
                      summary="Be told from now on; the secrets of new webhooks are in the answer, this once."),
            Operation(name="subscription", path=one, handle=self.subscription, scope="subscriptions",
                      summary="One subscription.", answer=SubscriptionView, params=(ID,)),
            Operation(name="edit", path=one, method="PATCH", handle=self.edit, scope="subscriptions", body=Edited,
                      summary="Other filters, terms or channels, from now on.", answer=SubscriptionView, params=(ID,)),
            Operation(name="unsubscribe", path=one, method="DELETE", handle=self.unsubscribe, scope="subscriptions",
                      summary="End a subscription; messages that wait are given up.", status=204, params=(ID,)),
            Operation(name="test", path=one + "/test", method="POST", handle=self.test, scope="subscriptions",
                      summary="Send a test message by each channel now.", answer=list[Tried], params=(ID,)),
            Operation(name="backtest", path=one + "/backtest", handle=self.backtest, scope="subscriptions",
                      summary="What it would have sent lately.", answer=list[SendingView], params=(ID, days)),
            Operation(name="rotate", path=one + "/rotate", method="POST", handle=self.rotate, scope="subscriptions",
                      body=Rotation, answer=Rotated, params=(ID,),
                      summary="A new secret for a webhook; the old one signs beside it for a while."),
            Operation(name="enable", path=one + "/enable", method="POST", handle=self.enable, scope="subscriptions",
                      summary="Take disabled channels into use again.", answer=SubscriptionView, params=(ID,)),
        ]  # fmt: skip

    def _of_deliveries(self) -> list[Operation]:
        one = "/deliveries/{id}"
        status = Param("status", {"type": "string", "enum": list(STATUSES)}, "Only these.")
        whose = Param("subscription", ID.schema, "Of this subscription.")
        return [
            Operation(name="deliveries", path="/deliveries", handle=self.deliveries, scope="subscriptions", listed=True,
                      summary="Messages and what became of them, newest first.", answer=list[_Listed],
                      params=(status, whose, CURSOR, LIMIT)),
            Operation(name="delivery", path=one, handle=self.delivery, scope="subscriptions", answer=_Listed,
                      summary="One message.", params=(ID,)),
            Operation(name="attempts", path=one + "/attempts", handle=self.attempts, scope="subscriptions",
                      summary="Every attempt to send it, oldest first.", answer=list[Attempt], params=(ID,)),
            Operation(name="resend", path=one + "/resend", method="POST", handle=self.resend, scope="subscriptions",
                      summary="Send a dead one again, with the same id.", answer=_Listed, status=202, params=(ID,)),
        ]  # fmt: skip

    def _of_quarantine(self) -> list[Operation]:
        one = "/quarantine/{id}"
        return [
            Operation(name="quarantine", path="/quarantine", handle=self.quarantine, scope="operate", listed=True,
                      summary="Work that failed too often, newest first.", answer=list[WorkItem],
                      params=(CURSOR, LIMIT)),
            Operation(name="quarantined", path=one, handle=self.quarantined, scope="operate", answer=WorkItem,
                      summary="One piece of work with its error.", params=(ID,)),
            Operation(name="retry", path=one + "/retry", method="POST", handle=self.retry, scope="operate", status=204,
                      summary="Try it again.", params=(ID,)),
            Operation(name="drop", path=one, method="DELETE", handle=self.drop, scope="operate", status=204,
                      summary="Give it up for good.", params=(ID,)),
        ]  # fmt: skip

    def subscriptions(self, request: Request, caller: Caller) -> Response:
        """Those that the caller may see; `cursor`, `limit`."""
        given = asked(request, "cursor", "limit")
        limit = limit_of(given)
        found = self._store.owned(caller.owner, after=cursor_of(given) or 0, limit=limit + 1)
        return page(request, given, [view(s) for s in found], limit, lambda s: s.id)

    def subscribe(self, request: Request, caller: Caller, wanted: NewSubscription) -> Response:
        """A new subscription of the caller's."""
        asked(request)
        owner = 0 if caller.token is None else caller.token.id
        with _sense():
            if caller.owner is not None:
                refuse_foreign_kinds(wanted.channels)
            if len(self._store.owned(owner, limit=_MOST_SUBSCRIPTIONS)) >= _MOST_SUBSCRIPTIONS:
                raise InputError(f"a token has at most {_MOST_SUBSCRIPTIONS} subscriptions")
            added = self._subscribing.add(wanted.channels, _wishes(wanted), owner=owner)
        where = f"{request.url.path}/{added.id}"
        return json(added, status=201, headers={"location": where, "cache-control": "no-store"})

    def subscription(self, request: Request, caller: Caller) -> Response:
        """One of them."""
        asked(request)
        return json(view(self._mine(request, caller)))

    def edit(self, request: Request, caller: Caller, wanted: Edited) -> Response:
        """Change one."""
        asked(request)
        found = self._mine(request, caller)
        targets = None if wanted.channels is msgspec.UNSET else wanted.channels
        with _sense():
            if caller.owner is not None and targets is not None:
                refuse_foreign_kinds(targets)
            edited = self._subscribing.edit(found, _wishes(wanted), targets)
        if edited is None:
            raise unknown()
        return json(edited, headers={"cache-control": "no-store"})

    def unsubscribe(self, request: Request, caller: Caller) -> Response:
        """End one."""
        asked(request)
        if not self._store.remove_subscription(self._mine(request, caller).id, now=self._clock()):
            raise unknown()
        return Response(status_code=204)

    def test(self, request: Request, caller: Caller) -> Response:
        """Send a test message."""
        asked(request)
        outcomes = self._subscribing.test(self._mine(request, caller))
        return json([_tried(channel, outcome) for channel, outcome in outcomes])

    def backtest(self, request: Request, caller: Caller) -> Response:
        """What would have been sent."""
        given = asked(request, "days")
        days = number(given.get("days"), "days", low=1, high=3650) or 90
        return json([sending(s) for s in self._subscribing.backtest(self._mine(request, caller), days)])

    def rotate(self, request: Request, caller: Caller, wanted: Rotation) -> Response:
        """A new secret."""
        asked(request)
        found = self._mine(request, caller)
        with _sense():
            if not 0 <= wanted.overlap <= 24 * 90:
                raise InputError("overlap: write 0 to 2160 hours")
            secret, until = self._subscribing.rotate(found, wanted.channel, hours=wanted.overlap)
        return json(Rotated(secret=secret, old_until=until), headers={"cache-control": "no-store"})

    def enable(self, request: Request, caller: Caller) -> Response:
        """Take its channels into use again."""
        asked(request)
        found = self._mine(request, caller)
        self._subscribing.enable(found)
        return json(view(self._store.subscription(found.id) or found))

    def deliveries(self, request: Request, caller: Caller) -> Response:
        """Messages; `status`, `subscription`, `cursor`, `limit`."""
        given = asked(request, "status", "subscription", "cursor", "limit")
        status = given.get("status")
        if status is not None and status not in STATUSES:
            raise InputError(f"status: write one of {', '.join(STATUSES)}")
        limit = limit_of(given)
        found = self._store.deliveries(
            status=status, limit=limit + 1, owner=caller.owner, below=cursor_of(given),
            subscription=number(given.get("subscription"), "subscription", low=1, high=10**15),
        )  # fmt: skip
        return page(request, given, [delivery_view(d) for d in found], limit, lambda d: d.id)

    def delivery(self, request: Request, caller: Caller) -> Response:
        """One message."""
        asked(request)
        return json(delivery_view(self._my_delivery(request, caller)))

    def attempts(self, request: Request, caller: Caller) -> Response:
        """Every attempt to send it."""
        asked(request)
        return json(self._store.attempts(self._my_delivery(request, caller).id))

    def resend(self, request: Request, caller: Caller) -> Response:
        """Send a dead one again."""
        asked(request)
        found = self._my_delivery(request, caller)
        if not self._store.resend(found.id, now=self._clock()):
            raise HTTPException(422, f"Delivery {found.id} is not dead, but {found.status}: only dead ones go again.")
        return json(delivery_view(self._store.delivery(found.id) or found), status=202)

    def quarantine(self, request: Request, _caller: Caller) -> Response:
        """Work that was given up; `cursor` (how many to pass over), `limit`."""
        given = asked(request, "cursor", "limit")
        first, limit = cursor_of(given) or 0, limit_of(given)
        return page(request, given, self._store.quarantined()[first:], limit, lambda _: first + limit)

    def quarantined(self, request: Request, _caller: Caller) -> Response:
        """One piece of it."""
        asked(request)
        wanted = id_of(request)
        for item in self._store.quarantined():
            if item.id == wanted:
                return json(item)
        raise unknown()

    def retry(self, request: Request, _caller: Caller) -> Response:
        """Try it again."""
        asked(request)
        if not self._store.retry(id_of(request), now=self._clock()):
            raise unknown()
        return Response(status_code=204)

    def drop(self, request: Request, _caller: Caller) -> Response:
        """Give it up."""
        asked(request)
        if not self._store.drop(id_of(request), now=self._clock()):
            raise unknown()
        return Response(status_code=204)

    def _mine(self, request: Request, caller: Caller) -> Subscription:
        found = self._store.subscription(id_of(request))
        if found is None or caller.owner not in (None, found.owner):
            raise unknown()
        return found

    def _my_delivery(self, request: Request, caller: Caller) -> Delivery:
        found = self._store.delivery(id_of(request))
        if found is None or caller.owner not in (None, found.subscription.owner):
            raise unknown()
        return found


def _tried(channel: ChannelView, outcome: DeliveryOutcome) -> Tried:
    return Tried(channel=channel.id, status=outcome.status, http_status=outcome.http_status, error=outcome.error)


def delivery_view(found: Delivery) -> DeliveryView:
    """A delivery for its owner."""
    return DeliveryView(
        id=found.id, key=found.key, subscription=found.subscription.id, channel=found.channel.id,
        target=shown(found.channel), status=found.status, attempts=found.attempts, error=found.error,
        told_by=found.carried_by, message=msgspec.Raw(found.body.encode()) if found.body else None,
    )  # fmt: skip


def _wishes(wanted: Wishes) -> Wishes:
    return Wishes(**{name: getattr(wanted, name) for name in Wishes.__struct_fields__})


class _sense:  # noqa: N801 -- reads as the word that it is
    """A well-formed body that makes no sense is 422, not 400."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, exc: BaseException | None, _at: object) -> None:
        if isinstance(exc, InputError):
            raise HTTPException(422, str(exc)) from exc
