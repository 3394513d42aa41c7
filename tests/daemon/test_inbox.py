"""The queue into the lane loop."""

import threading

from controller.domain.facts import CardRead, PlateRead
from controller.domain.terms import PlateColor, PlateKind, Side
from controller.inbox import Inbox, Incoming, Job


def plate(number: int) -> Incoming:
    fact = PlateRead(
        id=str(number), at=number, lane="in", camera="c", side=Side.ENTRY, text="粤B12345", raw="", margin=900,
        kind=PlateKind.SMALL, color=PlateColor.BLUE,
    )  # fmt: skip
    return Incoming(fact, number)


def card(number: int) -> Incoming:
    return Incoming(CardRead(id=f"card-{number}", at=0, lane="in", reader="r", side=Side.ENTRY, card="26:1:1"), 0)


def taken(inbox: Inbox) -> list[str]:
    found = []
    while (item := inbox.get(0)) is not None:
        assert isinstance(item, Incoming)
        found.append(item.fact.id)
    return found


def test_items_come_out_in_the_order_of_their_arrival() -> None:
    inbox = Inbox()
    for item in (card(1), plate(2), card(3)):
        inbox.put(item)
    assert taken(inbox) == ["card-1", "2", "card-3"]


def test_under_pressure_the_oldest_plate_read_goes_and_is_counted_and_no_card_is_lost() -> None:
    inbox = Inbox(plate_reads_held=2)
    for item in (plate(1), card(1), plate(2), plate(3), card(2), plate(4)):
        inbox.put(item)
    assert taken(inbox) == ["card-1", "3", "card-2", "4"]
    assert inbox.dropped_plate_reads == 2


def test_an_empty_inbox_gives_nothing_after_the_wait_and_wakes_for_what_comes() -> None:
    inbox = Inbox()
    assert inbox.get(0.01) is None
    timer = threading.Timer(0.05, lambda: inbox.put(Job("late", lambda: None)))
    timer.start()
    item = inbox.get(5)
    timer.join()
    assert isinstance(item, Job)
