"""What every service of the estate stands on: clock, stored resources, running operations, addresses, delays."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from drills.estate.objects import Objects
from drills.estate.operations import Operations
from drills.estate.principals import Directory
from drills.estate.store import Clock, Store

if TYPE_CHECKING:
    from drills.estate.denials import Denial

SUBSCRIPTION = str(UUID(int=0xAA))
TENANT = str(UUID(int=0xBB))
LOCATION = "eastus2"
NOTHING = timedelta(0)


@dataclass
class Delays:
    """How long the estate takes, all in real Azure's order of magnitude divided by about ten.

    `latency` is one round trip to Resource Manager; `log` passes between an operation and its record in the activity
    log (3 to 20 minutes in Azure, nothing unless it is asked for); `blobs`, `rules`, `delegations` and `roles` pass
    between an acknowledged write and its effect on blob requests, on packets, on user delegation keys (which are
    cached) and on access by role, `directory` between a write of Graph and its being read; `token` is how long an
    access token is good that a thief takes (an hour in Azure, which no drill could wait for); `operation` is the length
    of a long-running operation; `poll` is what Retry-After asks for (whole seconds).
    """

    latency: timedelta = NOTHING
    log: timedelta = NOTHING
    blobs: timedelta = timedelta(milliseconds=300)
    rules: timedelta = timedelta(milliseconds=500)
    delegations: timedelta = timedelta(milliseconds=600)
    roles: timedelta = timedelta(milliseconds=800)
    directory: timedelta = timedelta(milliseconds=500)
    token: timedelta = timedelta(seconds=2)
    operation: timedelta = timedelta(milliseconds=400)
    poll: timedelta = timedelta(seconds=1)


class World:
    """One tenant with one subscription. `url` is known once the server listens."""

    def __init__(self, clock: Clock, delays: Delays) -> None:
        self.clock = clock
        self.delays = delays
        self.url = ""
        self.tenant = TENANT
        self.subscription = SUBSCRIPTION
        self.groups = {"clinic", "forensics", "networkwatcherrg"}
        self.page_size = 5000
        self.most_accounts = 250
        self.unregistered: set[str] = set()
        self.store = Store(clock)
        self.operations = Operations(clock)
        self.directory = Directory()
        self.objects = Objects(clock)
        self.traffic = Traffic()
        self.denials: list[Denial] = []

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """What is written within the block is in force, and its operations are over, at its end."""
        usual = self.delays
        names = ("blobs", "rules", "delegations", "roles", "directory", "operation")
        self.delays = replace(usual, **dict.fromkeys(names, NOTHING))
        try:
            yield
        finally:
            self.operations.settle()
            self.delays = usual

    def stamp(self) -> str:
        """The moment as Resource Manager writes it: UTC with seven decimals."""
        return stamp(self.clock())

    @property
    def scope(self) -> str:
        """The subscription's resource id."""
        return f"/subscriptions/{self.subscription}"


@dataclass
class Traffic:
    """What the data planes served, as rows of StorageBlobLogs and NTANetAnalytics, and the topic took."""

    storage_log: list[dict[str, Any]] = field(default_factory=list)
    flow_log: list[dict[str, Any]] = field(default_factory=list)
    topic_events: list[dict[str, Any]] = field(default_factory=list)


def utc_now() -> datetime:
    """The moment, by the machine's clock."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """UTC with seven decimals and a Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def new_etag() -> str:
    """A weak etag, as Network writes it."""
    return f'W/"{uuid4()}"'
