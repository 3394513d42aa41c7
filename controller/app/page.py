"""The booth page, wired: what it reads, whom it asks, and where its orders go."""

from collections.abc import Callable

from controller.booth.context import (
    BoothContext,
    BoothPaths,
    BoothRules,
    BoxStatus,
    LanePlan,
    LaneReads,
    OrderReceipt,
    OrderRequest,
    RegistryReads,
    Seat,
)
from controller.booth.server import BoothServer
from controller.config import BoxConfig, Lane
from controller.domain.facts import Fact, GuardOrder
from controller.ports import Clock


def guard_order(request: OrderRequest) -> GuardOrder:
    """The fact that an order from the page is."""
    return GuardOrder(
        id=request.id,
        at=request.at,
        lane=request.lane,
        user=request.user,
        role=request.role,
        order=request.order,
        reason=request.reason,
        passage=request.passage,
        plate=request.plate,
        remark=request.remark,
        approver=request.approver,
    )


def lane_plan(lane: Lane) -> LanePlan:
    """A lane as the page names it."""
    return LanePlan(
        id=lane.id,
        name=lane.name,
        kind=lane.kind,
        direction=lane.direction,
        cameras=tuple(Seat(id=at.id, side=at.side) for at in lane.cameras),
        readers=tuple(Seat(id=at.id, side=at.side) for at in lane.readers),
    )


class OrderBox:
    """Takes orders of the page into the inbox; refuses while the box is stopping."""

    def __init__(self, post: Callable[[Fact], None], lanes: frozenset[str]) -> None:
        self._post = post
        self._lanes = lanes
        self.closed = False

    def __call__(self, request: OrderRequest) -> OrderReceipt:
        """Take one order; returns at once."""
        if self.closed:
            return OrderReceipt(accepted=False, refusal="stopping")
        if request.lane not in self._lanes:
            return OrderReceipt(accepted=False, refusal="unknown_lane")
        self._post(guard_order(request))
        return OrderReceipt(accepted=True)


def booth_server(
    config: BoxConfig,
    paths: BoothPaths,
    *,
    clock: Clock,
    new_id: Callable[[], str],
    reads: LaneReads,
    registry: RegistryReads,
    orders: OrderBox,
    status: Callable[[], BoxStatus],
) -> BoothServer:
    """The page's server, not started yet."""
    context = BoothContext(
        site=config.site,
        box=config.box,
        lanes=tuple(lane_plan(lane) for lane in config.lanes),
        paths=paths,
        rules=booth_rules(config),
        clock=clock,
        uuid=new_id,
        reads=reads,
        registry=registry,
        post_order=orders,
        status=status,
    )
    return BoothServer(
        context,
        host=config.booth.host,
        port=config.booth.port,
        certificate_file=config.booth.certificate_file,
        key_file=config.booth.key_file,
    )


def booth_rules(config: BoxConfig) -> BoothRules:
    """How the page is served, from the configuration."""
    limits = [limit.hours for limit in config.age_limits if limit.hours]
    return BoothRules(
        languages=tuple(config.languages),
        utc_offset_minutes=config.utc_offset_minutes,
        capacity=config.capacity,
        plain_http=config.booth.plain_http,
        idle_minutes=config.booth.idle_minutes,
        full_minutes=config.booth.full_minutes,
        list_age_limit_hours=min(limits, default=24),
    )
