"""The store: every part over one engine.

It must not hold a rule of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from workers.store.accounts import AccountRows
from workers.store.deliveries import DeliveryRows
from workers.store.engine import Database, utc_now
from workers.store.hubs import HubRows
from workers.store.positions import PositionRows
from workers.store.queries import Queries
from workers.store.readings import ReadingRows
from workers.store.rebuilding import Rebuilding
from workers.store.retaining import Retaining
from workers.store.reviews import ReviewRows
from workers.store.schema_version import prepare
from workers.store.seals import SealRows
from workers.store.sources import SourceRows
from workers.store.stories import StoryRows
from workers.store.subscriptions import SubscriptionRows
from workers.store.tokens import TokenRows
from workers.store.turns import Turns
from workers.store.verifying import Verifying
from workers.store.work import WorkRows


class Store(
    WorkRows,
    SourceRows,
    StoryRows,
    HubRows,
    ReadingRows,
    SubscriptionRows,
    DeliveryRows,
    PositionRows,
    SealRows,
    Rebuilding,
    Verifying,
):
    """All ports of `workers.ports` on one database; safe to use from many threads.

    `queries`: what the commands and the pages read. `turns`: whose turn it is in the fleet.
    `retaining`: texts that go, copies that stay.
    `accounts`: people who sign in. `tokens`: programs that ask. `reviews`: what they make of events.
    `clock`: stamps the events of a bare `log.append`.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        database = Database(engine, clock)
        super().__init__(database)
        self.queries = Queries(database)
        self.turns = Turns(database)
        self.accounts = AccountRows(database)
        self.tokens = TokenRows(database)
        self.reviews = ReviewRows(database)
        self.retaining = Retaining(database)

    def close(self) -> None:
        """Give all connections back."""
        self._db.engine.dispose()


def open_store(url: str) -> Store:
    """A store that is ready to work: a fresh database gets its schema, any other is checked.

    Raises:
        SettingError: the address cannot be used.
        SchemaError: the schema is not this release's; the message names the command that helps.
        TemporaryFailure: the database is away.
    """
    return Store(prepare(url))
