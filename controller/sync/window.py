"""Which event to send next: in order, a bounded number ahead of the acknowledgement, again when none comes. Pure.

A PUBACK is not a receipt: only the centre's own acknowledgement moves the window (contract, "ack").
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How far the box and the centre are; times are monotonic nanoseconds.

    `acked`: the centre has everything up to here; `sent`: the last one sent since then; `waiting_since_ns`: when the
    oldest unacknowledged one was sent; `patience_ns` grows with every round that was not answered.
    """

    acked: int
    sent: int
    ahead: int = 500
    waiting_since_ns: int = 0
    patience_ns: int = 5_000_000_000

    def room(self) -> int:
        """How many more may be sent before the centre has to answer."""
        return max(0, self.ahead - (self.sent - self.acked))


FIRST_PATIENCE_NS = 5_000_000_000
LONGEST_PATIENCE_NS = 60_000_000_000


def after_sending(window: Window, seq: int, now_ns: int) -> Window:
    """The window after `seq` went out."""
    since = now_ns if window.sent == window.acked else window.waiting_since_ns
    return replace(window, sent=seq, waiting_since_ns=since)


def after_ack(window: Window, upto: int, now_ns: int) -> Window:
    """The window after an acknowledgement; one that is older than what is known changes nothing."""
    if upto <= window.acked:
        return window
    return replace(
        window, acked=upto, sent=max(window.sent, upto), waiting_since_ns=now_ns, patience_ns=FIRST_PATIENCE_NS
    )


def after_silence(window: Window, now_ns: int) -> Window:
    """Back to the acknowledgement when patience has run out, and twice as patient next time (up to a minute)."""
    if window.sent == window.acked or now_ns - window.waiting_since_ns < window.patience_ns:
        return window
    patience = min(2 * window.patience_ns, LONGEST_PATIENCE_NS)
    return replace(window, sent=window.acked, waiting_since_ns=now_ns, patience_ns=patience)


def after_reconnect(window: Window, now_ns: int) -> Window:
    """Everything unacknowledged goes out again on a new connection."""
    return replace(window, sent=window.acked, waiting_since_ns=now_ns, patience_ns=FIRST_PATIENCE_NS)


@dataclass(slots=True)
class Allowance:
    """How many may be sent now at `per_s` a second, with a burst of one second; grows with time, never beyond."""

    per_s: int
    left: float = 0.0
    at_ns: int = 0

    def take(self, wanted: int, now_ns: int) -> int:
        """At most `wanted`, and what the rate allows; what is taken is gone."""
        passed_s = (now_ns - self.at_ns) / 1e9 if self.at_ns else 1.0
        self.left = min(float(self.per_s), self.left + passed_s * self.per_s)
        self.at_ns = now_ns
        taken = min(wanted, int(self.left))
        self.left -= taken
        return taken
