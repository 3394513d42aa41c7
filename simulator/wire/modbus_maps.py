"""Register maps of the simulated boards: what hangs on which coil and on which discrete input.

These are the simulator's own tables, written from the boards' documents; the daemon has its own. Nothing acts here.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMap:
    """One kind of board. `pulse_ms`: a coil that is written opens again by itself after this; 0: it stays.

    `has_flash`: function 05 at 0x0200 + n (and 0x0400 + n) takes a time in 100 ms, as Waveshare's relay boards do.
    """

    id: str
    coils: int
    discrete_inputs: int
    outputs: dict[str, int] = field(default_factory=dict)
    inputs: dict[str, int] = field(default_factory=dict)
    pulse_ms: int = 0
    has_flash: bool = False


ARM_OUTPUTS = {"up": 0, "down": 1, "stop": 2}
ARM_INPUTS = {
    "limit_up": 0,
    "limit_down": 1,
    "arming": 2,
    "closing": 3,
    "leaving": 4,
    "photocell": 5,
    "fire": 6,
    "button": 7,
}

GENERIC = BoardMap(
    id="generic",
    coils=8,
    discrete_inputs=16,
    outputs=ARM_OUTPUTS,
    inputs=ARM_INPUTS | {"fault": 8},
    pulse_ms=700,
)
WAVESHARE_RELAY_D = BoardMap(
    id="waveshare-relay-d", coils=8, discrete_inputs=8, outputs=ARM_OUTPUTS, inputs=ARM_INPUTS, has_flash=True
)
LATCHED = BoardMap(id="latched", coils=8, discrete_inputs=16, outputs=ARM_OUTPUTS, inputs=ARM_INPUTS | {"fault": 8})
FOOT_GATE = BoardMap(
    id="foot-gate",
    coils=8,
    discrete_inputs=8,
    outputs={"lock": 0},
    inputs={"door": 0, "exit_button": 1, "fire": 2, "lock_released": 3, "fault": 4},
    has_flash=True,
)

MAPS = {board_map.id: board_map for board_map in (GENERIC, WAVESHARE_RELAY_D, LATCHED, FOOT_GATE)}
