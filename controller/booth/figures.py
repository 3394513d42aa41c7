"""Figures for Prometheus: the page's own and the box's as the page sees it. No plate, card or name is ever a label.

No decision may be taken from a figure here.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from controller.booth.live import Look


class Figures:
    """One registry per page, so that two pages in one process (as in tests) do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.sign_ins = Counter("gatehouse_booth_sign_ins", "Sign-ins by result", ["result"], registry=self._registry)
        self.orders = Counter(
            "gatehouse_booth_orders", "Orders from the page by order and result", ["order", "result"],
            registry=self._registry,
        )  # fmt: skip
        self.requests = Counter(
            "gatehouse_booth_requests", "Answers by status class", ["status"], registry=self._registry
        )
        self.pages = Gauge("gatehouse_booth_live_pages", "Live pages open now", registry=self._registry)
        self._box = {
            name: Gauge(f"gatehouse_{name}", text, registry=self._registry)
            for name, text in (
                ("outbox_depth", "Events that the centre has not acknowledged"),
                ("link_alive", "1 when the centre answers"),
                ("registry_age_seconds", "Time since the centre last confirmed the registry; -1 when it never did"),
                ("registry_version", "Version of the registry in force"),
                ("clock_trusted", "1 when the clock is trusted"),
                ("log_writable", "1 when the log can be written"),
                ("inside", "Vehicles on record inside"),
                ("alarms_open", "Alarms not cleared"),
            )
        }
        self._modes = Gauge(
            "gatehouse_lane_mode", "1 for the mode a lane is in", ["lane", "mode"], registry=self._registry
        )
        self._more = Gauge("gatehouse_box", "Further figures of the box", ["figure"], registry=self._registry)

    def text(self, look: Look) -> bytes:
        """The figures in Prometheus' text form."""
        status = look.status
        values = {
            "outbox_depth": status.outbox_depth,
            "link_alive": status.link_alive,
            "registry_age_seconds": -1 if status.list_age_s is None else status.list_age_s,
            "registry_version": status.list_version,
            "clock_trusted": status.clock_trusted,
            "log_writable": status.log_writable,
            "inside": look.inside,
            "alarms_open": look.alarms_open,
        }
        for name, value in values.items():
            self._box[name].set(float(value))
        self._modes.clear()
        for lane, view in look.lanes.items():
            self._modes.labels(lane, str(view.get("mode"))).set(1)
        for figure, count in status.detail.items():
            self._more.labels(figure).set(count)
        return generate_latest(self._registry)
