"""From configuration to the core's rules: the one place where the two meet. No default may be put here."""

from controller.app.hardware import board_profile
from controller.config import Board, BoxConfig, Lane
from controller.domain.rules import AgeLimit, LaneRules, SiteRules


def site_rules(config: BoxConfig) -> SiteRules:
    """The rules that a configuration says, for the core and for the log."""
    boards = {board.id: board for line in config.barrier_lines for board in line.boards}
    return SiteRules(
        site=config.site,
        box=config.box,
        region=config.region,
        utc_offset_minutes=config.utc_offset_minutes,
        lanes=tuple(_lane_rules(config, lane, boards[lane.board]) for lane in config.lanes),
        age_limits=tuple(AgeLimit(kind=limit.kind, hours=limit.hours) for limit in config.age_limits),
        letters=tuple(config.letters),
        wrong_credentials_alarm=config.wrong_credentials_alarm,
        capacity=config.capacity,
        holidays=tuple(config.holidays),
        languages=tuple(config.languages),
    )


def _lane_rules(config: BoxConfig, lane: Lane, board: Board) -> LaneRules:
    wired = {channel.name for channel in board_profile(config, board).inputs}
    return LaneRules(
        id=lane.id,
        name=lane.name,
        kind=lane.kind,
        direction=lane.direction,
        lot=lane.lot,
        evidence=lane.evidence,
        staffed=lane.staffed,
        temporary=lane.temporary,
        unregistered_exit=lane.unregistered_exit,
        antipassback=lane.antipassback.mode,
        antipassback_minutes=lane.antipassback.minutes,
        readers=tuple(at.id for at in lane.readers),
        cameras=tuple(at.id for at in lane.cameras),
        evidence_window_ms=lane.evidence_window_ms,
        plate_wait_ms=lane.plate_wait_ms,
        plate_margin=lane.plate_margin,
        open_timeout_ms=lane.open_timeout_ms,
        pass_timeout_ms=lane.pass_timeout_ms,
        close_delay_ms=lane.close_delay_ms,
        close_timeout_ms=lane.close_timeout_ms,
        unlock_ms=lane.unlock_ms,
        held_open_alarm_ms=lane.held_open_alarm_ms,
        degraded_open=lane.degraded_open,
        has_leaving_loop="leaving" in wired,
        has_closing_loop="closing" in wired,
        has_photocell="photocell" in wired,
    )
