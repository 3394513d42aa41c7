"""The quick reasons that the page offers with each order, in the order of their keys 1, 2, 3 …

No text and no policy may be put here: the words stand in `controller.domain.texts_grounds`. `other` asks for a remark.
"""

from controller.domain.terms import Order

OTHER = "other"
NEAR_MISS = "near_miss"

REASONS: dict[Order, tuple[str, ...]] = {
    Order.OPEN: (
        "resident_known",
        "visitor_confirmed",
        "plate_unreadable",
        "card_fault",
        "delivery",
        "emergency",
        "leader_agreed",
        OTHER,
    ),
    Order.REFUSE: ("no_business", "no_right", "host_refused", "lot_full", "suspicious", OTHER),
    Order.CORRECT_PLATE: ("misread", "dirty_plate", NEAR_MISS, OTHER),
    Order.PULL_ASIDE: ("record_differs", "no_ticket", "waiting_host", "dispute", OTHER),
    Order.CLOSE: ("lane_clear", "vehicle_withdrew", OTHER),
    Order.STOP: ("danger", OTHER),
    Order.LOCK: ("maintenance", "incident", "night_closing", OTHER),
    Order.UNLOCK: ("work_finished", "incident_over", "opening_hours", OTHER),
    Order.HOLD_OPEN: ("emergency", "peak", "moving", "arm_fault", OTHER),
    Order.RELEASE: ("peak_over", "work_finished", "incident_over", OTHER),
    Order.STAFF: ("leader_decided", "incident", OTHER),
    Order.UNSTAFF: ("leader_decided", "incident_over", OTHER),
    Order.RESET_FIRE: ("fire_over", "false_alarm", "drill", OTHER),
}
