"""The one place that knows every adapter: it reads the settings, makes the parts and hands them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cached_property
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import InputError, SettingError
from domain.reading.aboutness import Aboutness, load_aboutness
from domain.reading.dates import Calendar, find_dates, load_calendar
from domain.reading.extractor import RuleExtractor
from domain.reading.registry import FILES, Registry, load_registry
from domain.reading.regression import Weights, load_weights
from domain.reading.tendency import Tendency
from domain.reading.trust import Trust
from domain.reading.undertakings import Undertakings
from workers.asking import Asking
from workers.ports import Channel, FeedSpec, Subscription, WorkKind
from workers.settings import Settings, load_settings
from workers.stages import Clock, Stages, utc_now
from workers.titles import FILE as TITLES
from workers.titles import Titles

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from workers.channels.registry import Senders
    from workers.fetch.client import HttpClient
    from workers.gather import Gate
    from workers.projections.runner import PositionsRunner
    from workers.pushing import Pushing
    from workers.store.store import Store
    from workers.subscribing import Subscribing
    from workers.tasks import Bell, Sweeper

FIRST_ADMIN = "admin"
_FIRST_SECONDS = 3600.0
_GATE_MARGIN = 5.0
_ALERT_SECONDS = 15.0


class App:
    """The parts of one process, made when first asked for; what a part needs is imported with it."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """`clock`: the machine's, or the fleet's, unless another is given."""
        self.settings = settings
        self._given_clock = clock

    @cached_property
    def clock(self) -> Clock:
        """What time it is: by the machine, or by the database that a fleet shares."""
        from workers.fleet.clock import SharedClock

        if self._given_clock is not None:
            return self._given_clock
        return utc_now if self.settings.on_sqlite else SharedClock(self.store.turns.now)

    @cached_property
    def registry(self) -> Registry:
        """Actors, members, issues and cues."""
        return load_registry(_texts(self.settings.registry, FILES))

    @cached_property
    def titles(self) -> Titles:
        """Names for people; a folder of data files without them leaves the registry's."""
        present = (self.settings.registry / TITLES).exists()
        return Titles(self.registry, _texts(self.settings.registry, (TITLES,))[TITLES] if present else "")

    @cached_property
    def asking(self) -> Asking:
        """Reads the names that users write."""
        return Asking(self.registry)

    @cached_property
    def calendar(self) -> Calendar:
        """Names of months, weekdays and relative days."""
        return load_calendar(_texts(self.settings.registry, ("calendar.toml",))["calendar.toml"])

    @cached_property
    def tendency(self) -> Tendency | None:
        """The trained model of stances; None where the folder of data files holds none, and rules alone read."""
        weights = self._weights("stance.json")
        return Tendency(weights) if weights is not None else None

    @cached_property
    def aboutness(self) -> Aboutness | None:
        """The trained model of issues, likewise."""
        path = self.settings.registry / "about.json"
        return load_aboutness(path.read_text("utf-8")) if path.is_file() else None

    @cached_property
    def trust(self) -> Trust | None:
        """The trained model of confidence, likewise."""
        weights = self._weights("trust.json")
        return Trust(weights) if weights is not None else None

    @cached_property
    def undertakings(self) -> Undertakings | None:
        """The trained model of types, likewise."""
        weights = self._weights("deeds.json")
        return Undertakings(weights) if weights is not None else None

    def _weights(self, name: str) -> Weights | None:
        path = self.settings.registry / name
        return load_weights(name, path.read_text("utf-8")) if path.is_file() else None

    @cached_property
    def extractor(self) -> RuleExtractor:
        """The reader of articles."""
        models = self.tendency, self.aboutness, self.trust, self.undertakings
        return RuleExtractor(self.registry, self.calendar, *models)

    @cached_property
    def store(self) -> Store:
        """The database, its schema made or checked."""
        from workers.store.store import open_store

        self.settings.data.mkdir(parents=True, exist_ok=True)
        return open_store(self.settings.database_url)

    @cached_property
    def client(self) -> HttpClient:
        """The HTTP client for feeds and pages."""
        from workers.fetch.client import HttpClient

        return HttpClient(
            allow_networks=self.settings.allow_networks, user_agent=self.settings.user_agent,
            timeout=self.settings.fetch_timeout,
        )  # fmt: skip

    @cached_property
    def stages(self) -> Stages:
        """Every step of the way of the data."""
        from workers.composing import Composer
        from workers.fetch.robots import Robots
        from workers.gather import Gatherer
        from workers.lanes import Lanes
        from workers.pace import Pace

        pace = Pace(
            first=self.settings.poll_seconds, shortest=self.settings.poll_shortest, longest=self.settings.poll_longest
        )
        gatherer = Gatherer(
            self.client, Robots(self.client, self.settings.user_agent), self.gate, clock=self.clock,
            pace=pace, arabic_day=self.arabic_day,
        )  # fmt: skip
        return Stages(
            self.store, gatherer, self.extractor, self.projector, self.senders,
            compose=Composer(self.titles, self.clock), lanes=Lanes(self.settings.threads), clock=self.clock,
            lease_seconds=self.settings.lease_seconds, attempts=self.settings.attempts,
            polled=None if self.pushing is None else self.pushing.keep,
        )  # fmt: skip

    @cached_property
    def pushing(self) -> Pushing | None:
        """What asks hubs of feeds to push; None where no setting says under which address they reach us."""
        from workers.pushing import Pushing

        public_url = self.settings.public_url
        return None if public_url is None else Pushing(self.store, self.client, public_url, self.clock)

    @cached_property
    def projector(self) -> PositionsRunner:
        """What keeps positions and deliveries up with the log."""
        from workers.projections.runner import PositionsRunner

        return PositionsRunner(self.store, alert_wait=self.settings.alert_wait)

    @cached_property
    def subscribing(self) -> Subscribing:
        """What can be done with subscriptions."""
        from workers.composing import Composer
        from workers.subscribing import Subscribing

        return Subscribing(
            self.store, self.asking, self.senders, Composer(self.titles, self.clock), clock=self.clock,
            wait=self.settings.alert_wait,
        )  # fmt: skip

    @cached_property
    def senders(self) -> Senders:
        """Every kind of channel."""
        from workers.channels.registry import Parts, Senders

        parts = Parts(
            client=self.alert_client, smtp=self.settings.smtp_url, mail_from=self.settings.mail_from,
            public_url=self.settings.public_url,
        )  # fmt: skip
        return Senders(parts)

    @cached_property
    def alert_client(self) -> HttpClient:
        """The client for webhooks: they have to answer sooner than a feed or a page."""
        from workers.fetch.client import HttpClient

        return HttpClient(
            allow_networks=self.settings.allow_networks, user_agent=self.settings.user_agent,
            timeout=min(self.settings.fetch_timeout, _ALERT_SECONDS),
        )  # fmt: skip

    @cached_property
    def gate(self) -> Gate:
        """Whose turn it is to ask a host: in this process alone, or in the fleet."""
        from workers.fleet.gate import FleetGate
        from workers.gather import HostGate

        delay, own = self.settings.host_delay, self.settings.allow_networks
        if not self.settings.is_fleet:
            return HostGate(delay, own)
        hold = 2 * self.settings.fetch_timeout + _GATE_MARGIN  # a site's robots.txt and a page
        return FleetGate(self.store.turns, delay, own, hold=hold)

    @cached_property
    def bell(self) -> Bell:
        """The tasks on their broker.

        Raises:
            SettingError: the queue may lose messages as it is set up.
            TemporaryFailure: the queue is away.
        """
        from workers.tasks import Bell, make_broker

        if self.settings.redis_url is not None:
            from workers.fleet.redis import check_redis

            check_redis(self.settings.redis_url)
        return Bell(make_broker(self.settings.redis_url), self.stages)

    @cached_property
    def sweeper(self) -> Sweeper:
        """Rings for what is due."""
        from workers.tasks import KINDS

        return self.sweeping(KINDS)

    def sweeping(self, kinds: Sequence[WorkKind]) -> Sweeper:
        """Rings for what is due of some kinds."""
        from workers.tasks import RING_AGAIN, Sweeper

        again = min(RING_AGAIN, self.settings.lease_seconds / 4)
        return Sweeper(
            self.store, self.bell.ring, clock=self.clock, again=again, kinds=kinds, is_full=self.bell.is_full
        )  # fmt: skip

    def arabic_day(self, line: str) -> str | None:
        """The day that an Arabic date line names, ISO; None where it names none."""
        for mention in find_dates(line, None, self.calendar):
            if mention.precision == "day" and mention.occurred_on is not None:
                return mention.occurred_on
        return None

    def unsubscribe(self, token: str) -> bool:
        """End the subscription that the link of a letter names; False where it names none."""
        from workers.channels.mail import token as made

        number, _, _ = token.partition(".")
        for found in self.store.subscriptions():
            for channel in found.channels if str(found.id) == number else ():
                if channel.kind == "mail" and compare_digest(made(found.id, channel).encode(), token.encode()):
                    return self._leave(found, channel)
        return False

    def _leave(self, found: Subscription, channel: Channel) -> bool:
        """End what a subscription sends to one channel, and itself where there is no other."""
        others = [c.id for c in found.channels if c.id != channel.id]
        if not others:
            return self.store.remove_subscription(found.id, now=self.clock())
        self.store.set_channels(found.id, others, now=self.clock())
        return True

    def web(self) -> Starlette:
        """The pages and the API.

        Raises:
            SettingError: others can reach them, and nobody could sign in.
        """
        from workers.web.app import make_app

        settings = self.settings
        if settings.is_exposed and not self.store.accounts.somebody_can_manage(self.clock()):
            raise SettingError(
                f"MARSAD_HOST: others can reach {settings.host}, and nobody can sign in: make an admin first, with "
                "`marsad users add NAME --role admin`, then open its link"
            )
        return make_app(
            self.store.queries, registry=self.registry, titles=self.titles, hosts=settings.hosts, clock=self.clock,
            unsubscribe=self.unsubscribe, pushing=self.pushing, store=self.store, login=settings.login,
            secure=(settings.public_url or "").startswith("https:"), metrics_token=settings.metrics_token,
            subscribing=self.subscribing,
            api_is_open=not settings.is_exposed and settings.login == "changes", api_rate=settings.api_rate,
        )  # fmt: skip

    def first_link(self, page: str) -> str | None:
        """A link for the first admin, good once and for an hour; None where an admin can sign in already."""
        accounts, now = self.store.accounts, self.clock()
        if any(u.role == "admin" and u.password is not None and not u.disabled for u in accounts.users()):
            return None
        user = accounts.user(FIRST_ADMIN) or accounts.add_user(FIRST_ADMIN, "admin", now=now)
        accounts.note(FIRST_ADMIN, "link-made", now=now)
        return f"{page}enter/{accounts.make_link(user, now=now, seconds=_FIRST_SECONDS)}"

    def feeds(self) -> list[FeedSpec]:
        """The list of feeds that the settings name."""
        from workers.fetch.opml import read_opml

        try:
            return read_opml(self.settings.feeds.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as exc:
            raise SettingError(f"MARSAD_FEEDS: {self.settings.feeds} cannot be read: {exc}") from exc
        except InputError as exc:
            raise SettingError(f"MARSAD_FEEDS: {self.settings.feeds}: {exc}") from exc

    def close(self) -> None:
        """Give connections back."""
        if "bell" in self.__dict__:
            self.bell.broker.close()
        if "store" in self.__dict__:
            self.store.close()
        for name in ("client", "alert_client"):
            if name in self.__dict__:
                self.__dict__[name].close()


def _texts(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    texts = {}
    for name in names:
        try:
            texts[name] = (folder / name).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise SettingError(f"MARSAD_REGISTRY: {folder / name} cannot be read: {exc}") from exc
    return texts


@contextmanager
def open_default(change: Callable[[Settings], Settings] | None = None) -> Iterator[App]:
    """The parts by the environment's settings, closed at the end of the block."""
    settings = load_settings()
    app = App(settings if change is None else change(settings))
    try:
        yield app
    finally:
        app.close()


def parse_day(raw: str | None, what: str) -> date | None:
    """An ISO day of a user, or the day of an ISO time as it is written; None for nothing.

    Raises:
        InputError: it is not a day.
    """
    if raw is None or raw == "":
        return None
    try:
        day = date.fromisoformat(raw[:10])
        if len(raw) > len("YYYY-MM-DD"):
            datetime.fromisoformat(raw)
    except ValueError as exc:
        raise InputError(f"{what}: {raw!r} is not a day: write YYYY-MM-DD") from exc
    return day
