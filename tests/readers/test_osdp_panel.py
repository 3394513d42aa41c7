"""What libosdp reports, and what becomes of it."""

import ctypes
import gc
import weakref
from collections import deque

import osdp_sys
import pytest

from drivers.reader.osdp_panel import CardBits, LocalStatus, OnlineStatus, OsdpPanel, SecureStatus


class Report(dict[str, object]):
    """A report whose end can be seen."""

    __slots__ = ("__weakref__",)


@pytest.fixture
def panel() -> OsdpPanel:
    panel = OsdpPanel.__new__(OsdpPanel)  # without a context: only the way of the reports is tried
    panel._reported = deque()
    return panel


CARD = {"event": osdp_sys.EVENT_CARDREAD, "format": osdp_sys.CARD_FMT_RAW_WIEGAND, "length": 26, "data": b"\1\2\3\4"}
STATUS = {"event": osdp_sys.EVENT_STATUS, "type": osdp_sys.STATUS_REPORT_LOCAL, "report": b"\1\0"}
ONLINE = {
    "event": osdp_sys.EVENT_NOTIFICATION,
    "type": osdp_sys.EVENT_NOTIFICATION_PD_STATUS,
    "arg0": 1,
    "arg1": 0,
}
SECURE = {**ONLINE, "type": osdp_sys.EVENT_NOTIFICATION_SC_STATUS, "arg1": 1}
TYPED = {"event": osdp_sys.EVENT_KEYPRESS, "reader_no": 0, "data": b"1"}


def test_reports_become_plain_values_in_their_order_and_unknown_ones_are_passed_over(panel: OsdpPanel) -> None:
    for report in (SECURE, ONLINE, TYPED, STATUS, CARD):
        panel._on_event(3, dict(report))
    assert panel.events() == [
        SecureStatus(3, active=True, default_key=True),
        OnlineStatus(3, online=True),
        LocalStatus(3, tamper=True, power_failed=False),
        CardBits(3, b"\1\2\3\4", 26),
    ]
    assert panel.events() == []


@pytest.mark.parametrize("forgotten", [0, 1])
def test_a_report_is_freed_whether_or_not_the_binding_forgets_its_own_reference(
    panel: OsdpPanel, forgotten: int
) -> None:
    report = Report(CARD)
    ended = weakref.ref(report)
    for _ in range(forgotten):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(report))
    panel._on_event(0, report)
    del report
    assert len(panel.events()) == 1
    gc.collect()
    assert ended() is None
