"""How an OSDP reader shows a verdict: which light, how many beeps. A table; what a verdict means is not decided here.

Commands as dictionaries of libosdp: osdp_LED with the temporary state and osdp_BUZ, times in 100 ms (SIA OSDP 2.2).
"""

from dataclasses import dataclass

import osdp_sys

SET_TEMPORARY, DEFAULT_TONE = 2, 2


@dataclass(frozen=True, slots=True)
class Signal:
    """A light for a time, blinking when `off_ds` is not 0, and beeps; times in tenths of a second."""

    color: int
    on_ds: int
    off_ds: int
    for_ds: int
    beeps: int
    beep_ds: int
    pause_ds: int


SIGNALS = {
    "grant": Signal(osdp_sys.LED_COLOR_GREEN, on_ds=30, off_ds=0, for_ds=30, beeps=1, beep_ds=1, pause_ds=0),
    "deny": Signal(osdp_sys.LED_COLOR_RED, on_ds=30, off_ds=0, for_ds=30, beeps=3, beep_ds=2, pause_ds=2),
    "refer": Signal(osdp_sys.LED_COLOR_AMBER, on_ds=5, off_ds=5, for_ds=100, beeps=2, beep_ds=1, pause_ds=1),
}


def led_command(signal: Signal) -> dict[str, int | bool]:
    """The light of a signal on the reader's first lamp."""
    return {
        "command": osdp_sys.CMD_LED,
        "reader": 0,
        "led_number": 0,
        "temporary": True,
        "control_code": SET_TEMPORARY,
        "on_count": signal.on_ds,
        "off_count": signal.off_ds,
        "on_color": signal.color,
        "off_color": osdp_sys.LED_COLOR_NONE,
        "timer_count": signal.for_ds,
    }


def buzzer_command(signal: Signal) -> dict[str, int | bool]:
    """The beeps of a signal."""
    return {
        "command": osdp_sys.CMD_BUZZER,
        "reader": 0,
        "control_code": DEFAULT_TONE,
        "on_count": signal.beep_ds,
        "off_count": signal.pause_ds,
        "rep_count": signal.beeps,
    }
