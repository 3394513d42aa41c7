"""What the booth page is given from outside: paths, names, lanes, and the few calls that lead out of its room.

No HTTP, no SQL and no policy may be put here. The composition root fills a `BoothContext`; the tests fill the same one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from controller.domain.facts import PersonalText
from controller.domain.terms import LaneDirection, LaneKind, Order, Role, Side
from controller.ports import Clock

Row = Mapping[str, Any]
"""One row of a read model: the column names of `gate.db`, JSON columns already decoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A camera or a reader of a lane, and the side of the arm on which it stands."""

    id: str
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class LanePlan:
    """One lane as the configuration names it; the order of the lanes gives their keys 1, 2, 3 …"""

    id: str
    name: str
    kind: LaneKind = LaneKind.VEHICLE
    direction: LaneDirection = LaneDirection.ENTRY
    cameras: tuple[Seat, ...] = ()
    readers: tuple[Seat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoothPaths:
    """Where things lie. `pictures` holds `<day>/<sha256>.jpg`, `previews` the newest frame as `<camera>.jpg`."""

    booth_db: Path
    pictures: Path
    previews: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BoothRules:
    """How the page is served and how long a sign-in lives.

    `plain_http`: no TLS on this page, because the configuration says so by name. `local_sources` are the addresses of
    the booth itself, where a guard is let in even while somebody elsewhere guesses passwords.
    """

    languages: tuple[str, ...] = ("zh-Hans", "zh-Hant", "en")
    utc_offset_minutes: int = 480
    capacity: int = 0
    plain_http: bool = True
    idle_minutes: int = 720
    full_minutes: int = 780
    list_age_limit_hours: int = 24
    local_sources: tuple[str, ...] = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What a signed-in person asks of a lane. `id` (UUIDv7) becomes the id of the `GuardOrder` fact.

    `passage` is the one the person was looking at ("" for none). `approver` is the second person, where one is needed;
    then `role` is the approver's, because it is that right which the order is given by.
    """

    id: str
    at: int
    lane: str
    order: Order
    user: str
    role: Role
    reason: str
    passage: str = ""
    plate: str = ""
    remark: PersonalText | None = None
    approver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReceipt:
    """Whether the inbox took the order. What then became of it is read from the log (`LaneReads.order_result`)."""

    accepted: bool
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxStatus:
    """The box as it is now. `link_since` is when the link came or went (UTC µs), `None` before the first answer.

    `link_configured` False: this box works without a centre. `list_age_s` is the age of the registry, `None` when
    there never was one.
    """

    version: str
    link_configured: bool
    link_alive: bool
    link_since: int | None
    list_version: int
    list_age_s: int | None
    outbox_depth: int
    clock_trusted: bool
    log_writable: bool
    detail: Mapping[str, int] = field(default_factory=dict)


class LaneReads(Protocol):
    """The read models of `gate.db`, asked read-only from several threads at once. Nothing here waits for the writer."""

    def mark(self) -> int:
        """A number that changes whenever something was committed; cheap enough for ten calls a second."""

    def lane_views(self) -> Sequence[Row]:
        """`lane`, `seq`, `view` of every lane."""

    def passages(
        self,
        *,
        plate: str = "",
        lane: str = "",
        outcome: str = "",
        since: int | None = None,
        until: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Sequence[Row]:
        """Rows of `passages`, newest first. `plate` is a fragment; `before` a `first_seq` to page on from."""

    def passage(self, passage: str) -> Row | None: ...

    def passage_events(self, passage: str) -> Sequence[Row]:
        """The events of one passage in order: `seq`, `at`, `type`, `actor`, `lane`, `body`."""

    def head(self) -> tuple[int, str]:
        """Number and hash of the last event."""

    def cause_of(self, seq: int) -> Row | None:
        """`fact` and `known` of the cause of one event."""

    def text_of_digest(self, digest: str) -> str | None:
        """The clear text of a remark; `None` once it is erased."""

    def stay_of(self, passage: str) -> Row | None:
        """The stay that this passage opened or closed."""

    def alarms(self, *, open_only: bool = True, limit: int = 100) -> Sequence[Row]: ...

    def alarm(self, raised_seq: int) -> Row | None:
        """The alarm that an event raised."""

    def open_alarms(self, seen: Sequence[tuple[str, int]], limit: int = 100) -> Sequence[Row]:
        """Alarms not cleared, those that are not `seen` (id and `raised_seq`) first, then newest first."""

    def count_open_alarms(self, seen: Sequence[tuple[str, int]]) -> tuple[int, int]:
        """How many alarms are not cleared, and how many of them are not `seen`."""

    def inside(self, *, search: str = "", limit: int = 200, offset: int = 0) -> Sequence[Row]:
        """Stays without an exit, newest entry first; `search` is a fragment of plate, group, card or vehicle."""

    def inside_count(self) -> int: ...

    def devices(self) -> Sequence[Row]: ...

    def order_result(self, order: str) -> Row | None:
        """`result`, `reason`, `at` of an order that was refused (or done, by the centre); `None` until there is one."""


class RegistryReads(Protocol):
    """What the page may know of a registered vehicle. Personal: shown to signed-in people only, never logged."""

    def owner_of(self, vehicle: str) -> Row | None:
        """`plate`, `unit`, `owner`, `rights` (texts) of a vehicle id, or `None`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoothContext:
    """Everything the booth page needs. `post_order` and `status` return at once and may be called from any thread.

    `uuid` gives UUIDv7 texts. `reads` and `registry` are safe to call from the page's worker threads.
    """

    site: str
    box: str
    lanes: tuple[LanePlan, ...]
    paths: BoothPaths
    rules: BoothRules
    clock: Clock
    uuid: Callable[[], str]
    reads: LaneReads
    registry: RegistryReads
    post_order: Callable[[OrderRequest], OrderReceipt]
    status: Callable[[], BoxStatus]
