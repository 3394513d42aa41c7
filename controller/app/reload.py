"""What of a changed configuration can be taken over by a running daemon, and what waits for its next start. Pure."""

from controller.config import BoxConfig, Lane

WIRED = ("id", "kind", "direction", "board", "readers", "cameras")
"""What of a lane its drivers were built from; all else is how it decides."""
TAKEN_OVER = ("lanes", "letters", "wrong_credentials_alarm", "age_limits", "capacity", "holidays")


def needs_restart(running: BoxConfig, fresh: BoxConfig) -> list[str]:
    """The keys that differ and that the running daemon was built from."""
    names = [name for name in BoxConfig.model_fields if name not in TAKEN_OVER]
    differ = [name for name in names if getattr(running, name) != getattr(fresh, name)]
    if [_wiring(lane) for lane in running.lanes] != [_wiring(lane) for lane in fresh.lanes]:
        differ.append("lanes")
    return differ


def merged(running: BoxConfig, fresh: BoxConfig) -> BoxConfig:
    """The running configuration with what can be taken over; lanes only where each is wired as before."""
    changes = {name: getattr(fresh, name) for name in TAKEN_OVER if name != "lanes"}
    policies = {lane.id: lane for lane in fresh.lanes if _wiring(lane) in [_wiring(each) for each in running.lanes]}
    lanes = [policies.get(lane.id, lane) for lane in running.lanes]
    return running.model_copy(update={**changes, "lanes": lanes})


def _wiring(lane: Lane) -> tuple[object, ...]:
    return tuple(getattr(lane, name) for name in WIRED)
