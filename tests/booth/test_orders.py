"""Orders: checked, given once, followed to what became of them; approvals by a second person."""

import re
from typing import Any

import pytest

from controller.booth.orders import clean, plate_of
from controller.booth.reasons import REASONS
from controller.domain.terms import Order, Role
from tests.booth.conftest import PASSWORD, Served
from tests.booth.fakes import LANES, passing, view

OPEN = "/api/v1/lanes/south-in/orders"


def order(**changed: Any) -> dict[str, Any]:
    return {"order": "open", "reason": "resident_known", "key": "0123456789abcdef", "passage": "p-1", **changed}


def test_an_order_names_who_why_and_the_passage_that_was_looked_at(served: Served) -> None:
    answer = served.person(Role.GUARD).post(OPEN, json=order(remark="son of 3-201"))
    assert answer.json()["result"] == "done"
    (taken,) = served.box.inbox.taken
    assert (taken.lane, taken.order, taken.user, taken.role) == ("south-in", Order.OPEN, "guard", Role.GUARD)
    assert (taken.passage, taken.reason, taken.approver) == ("p-1", "resident_known", "")
    assert taken.remark is not None
    assert taken.remark.clear == "son of 3-201"
    assert len(taken.remark.salt) == 32
    assert taken.at == served.box.clock.utc_us()


def test_one_click_sent_twice_is_one_order_and_both_hear_the_same(served: Served) -> None:
    guard = served.person(Role.GUARD)
    first, second = (guard.post(OPEN, json=order()).json() for _ in range(2))
    assert first == second
    assert len(served.box.inbox.taken) == 1
    assert guard.post(OPEN, json=order(key="another click 01")).json()["id"] != first["id"]


def test_a_refusal_of_the_core_is_told_in_the_persons_language(served: Served) -> None:
    served.box.inbox.result = ("refused", "other_passage")
    guard = served.person(Role.GUARD)
    told = guard.post(OPEN, json=order(), headers={"accept-language": "en"}).json()
    assert told["result"] == "refused"
    assert told["words"].startswith("Not done: Open · ")
    chinese = guard.get(f"/api/v1/orders/{told['id']}", headers={"accept-language": "zh-TW"}).json()
    assert chinese["words"].startswith("未執行")


def test_a_full_inbox_is_said_and_the_click_may_be_tried_again(served: Served) -> None:
    guard = served.person(Role.GUARD)
    served.box.inbox.full = True
    assert guard.post(OPEN, json=order()).status_code == 503
    served.box.inbox.full = False
    assert guard.post(OPEN, json=order()).json()["result"] == "done"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"reason": ""}, "malformed"),
        ({"reason": "fire_over"}, "malformed"),
        ({"reason": "other"}, "remark_needed"),
        ({"reason": "other", "remark": " \t\n"}, "remark_needed"),
        ({"order": "correct_plate", "reason": "misread"}, "plate_needed"),
        ({"order": "correct_plate", "reason": "misread", "plate": "粤B12?45"}, "plate_needed"),
        ({"order": "explode"}, "malformed"),
        ({"key": "short"}, "malformed"),
        ({"more": 1}, "malformed"),
    ],
)
def test_an_order_that_says_too_little_or_wrong_never_reaches_the_lane(
    served: Served, changed: dict[str, Any], code: str
) -> None:
    answer = served.person(Role.GUARD).post(OPEN, json=order(**changed), headers={"accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["type"] == f"urn:gatehouse:problem:{code}"
    assert served.box.inbox.taken == []


def test_a_lane_that_is_not_there_takes_no_order(served: Served) -> None:
    assert served.person(Role.GUARD).post("/api/v1/lanes/north/orders", json=order()).status_code == 404


def test_holding_open_needs_a_leader_who_is_somebody_else(served: Served) -> None:
    guard = served.person(Role.GUARD)
    served.desk.people.add("班长", Role.LEADER, PASSWORD, by="test", at=0)
    served.desk.people.add("guard2", Role.GUARD, PASSWORD, by="test", at=0)
    hold = order(order="hold_open", reason="peak")
    assert guard.post(OPEN, json=hold).status_code == 403
    for name, secret in (("班长", "wrong"), ("guard2", PASSWORD), ("guard", PASSWORD), ("nobody", PASSWORD)):
        approval = {"name": name, "secret": secret}
        assert guard.post(OPEN, json={**hold, "approval": approval}).status_code == 403, name
        served.box.clock.pass_s(60)
    assert guard.post(OPEN, json={**hold, "approval": {"name": "班长", "secret": PASSWORD}}).status_code == 200
    (taken,) = served.box.inbox.taken
    assert (taken.user, taken.approver, taken.role) == ("guard", "班长", Role.LEADER)


def test_r12_a_vehicle_of_the_watch_list_needs_a_leader_too(served: Served) -> None:
    guard = served.person(Role.GUARD)
    served.desk.people.add("班长", Role.LEADER, PASSWORD, by="test", at=0)
    served.box.reads.views["south-in"] = view(passage=passing(reason="pulled_aside", watched=True))
    served.desk.live._take(served.desk.live._look(served.desk.live.now.version + 1))
    answer = guard.post(OPEN, json=order())
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:gatehouse:problem:approval_needed")
    assert guard.post(OPEN, json=order(order="correct_plate", reason="misread", plate="粤B12345")).status_code == 403
    assert guard.post(OPEN, json=order(approval={"name": "班长", "secret": PASSWORD})).status_code == 200
    (taken,) = served.box.inbox.taken
    assert (taken.approver, taken.role) == ("班长", Role.LEADER)


def test_a_leader_holds_open_alone_and_an_emergency_asks_nobody(served: Served) -> None:
    assert served.person(Role.LEADER).post(OPEN, json=order(order="hold_open", reason="peak")).status_code == 200
    assert served.person(Role.GUARD).post(OPEN, json=order(order="hold_open", reason="emergency")).status_code == 200


def test_a_one_time_code_is_good_once_and_only_for_its_owner(served: Served) -> None:
    guard = served.person(Role.GUARD)
    for name in ("班长", "另一位"):
        served.desk.people.add(name, Role.LEADER, PASSWORD, by="test", at=0)
    first, second = served.desk.people.make_codes("班长", 2, by="test", at=0)
    hold = order(order="hold_open", reason="peak")
    statuses = []
    for key, name, code in ((1, "另一位", first), (2, "班长", first), (3, "班长", first), (4, "班长", second)):
        approval = {"name": name, "secret": code.lower()}
        statuses.append(guard.post(OPEN, json={**hold, "key": f"click number {key}", "approval": approval}).status_code)
        served.box.clock.pass_s(60)
    assert statuses == [403, 200, 403, 200]


def test_a_click_sent_again_hears_what_its_first_time_gave_although_the_code_is_used_up(served: Served) -> None:
    guard = served.person(Role.GUARD)
    served.desk.people.add("班长", Role.LEADER, PASSWORD, by="test", at=0)
    (code,) = served.desk.people.make_codes("班长", 1, by="test", at=0)
    hold = order(order="hold_open", reason="peak", approval={"name": "班长", "secret": code})
    first, again = (guard.post(OPEN, json=hold) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert len(served.box.inbox.taken) == 1
    assert guard.post(OPEN, json={**hold, "key": "another click 01"}).status_code == 403


def test_a_correction_is_normalised_as_the_core_writes_plates() -> None:
    assert plate_of(" 粤b·1234s ") == "粤B1234S"
    assert plate_of("粤B") == ""
    assert plate_of("?B12345") == ""


def test_a_typed_text_can_forge_no_line() -> None:
    assert clean("a\r\nb\x00c\x1b[31m\u202e") == "a  b c [31m"
    assert len(clean("x" * 999)) == 200


def test_every_order_has_its_reasons_and_the_last_is_other() -> None:
    assert set(REASONS) == set(Order)
    for reasons in REASONS.values():
        assert reasons[-1] == "other"
        assert len(reasons) <= 9, "a digit chooses each"


def alarm(**changed: Any) -> dict[str, Any]:
    return {
        "id": "forced:x", "raised_seq": 7, "kind": "forced", "lane": "south-in", "device": "",
        "raised_at": "2026-11-21T22:26:40.000000Z", "cleared_at": None, "detail": "", **changed,
    }  # fmt: skip


def test_every_open_alarm_is_counted_and_one_that_nobody_has_seen_stands_before_newer_ones(served: Served) -> None:
    served.box.reads.alarm_rows = [alarm(id=f"forced:{number}", raised_seq=number) for number in range(1, 36)]
    served.desk.live._take(served.desk.live._look(served.desk.live.now.version + 1))
    guard = served.person(Role.GUARD)
    assert guard.get("/api/v1/status").json()["alarms_open"] == 35
    assert ">33 more<" in guard.get("/", headers={"accept-language": "en"}).text
    for number in range(35, 2, -1):
        told = guard.post(f"/api/v1/alarms/forced:{number}/seen", json={"raised_seq": number})
        assert told.status_code == 200
    served.desk.live._take(served.desk.live._look(served.desk.live.now.version + 1))
    html = guard.get("/", headers={"accept-language": "en"}).text
    assert re.findall(r'data-alarm="(.+?)"', html) == ["forced:2", "forced:1"]
    assert "more-alarms" not in html
    assert guard.get("/api/v1/status").json()["alarms_open"] == 35


def test_who_has_seen_an_alarm_is_noted_once_and_the_first_stays(served: Served) -> None:
    served.box.reads.alarm_rows = [alarm()]
    first, second = served.person(Role.GUARD), served.person(Role.LEADER)
    assert first.post("/api/v1/alarms/forced:x/seen", json={"raised_seq": 7, "note": "called"}).status_code == 200
    assert second.post("/api/v1/alarms/forced:x/seen", json={"raised_seq": 7}).status_code == 200
    assert second.post("/api/v1/alarms/forced:x/seen", json={"raised_seq": 8}).status_code == 404
    (row,) = first.get("/api/v1/alarms").json()["rows"]
    assert (row["seen"]["name"], row["seen"]["note"]) == ("guard", "called")


def test_lanes_are_told_to_programs_as_they_are_shown(served: Served) -> None:
    served.box.reads.views["south-in"] = view(passage=passing())
    served.box.reads.changed()
    guard = served.person(Role.GUARD)
    for _ in range(100):
        told = guard.get("/api/v1/lanes/south-in").json()
        if told["tone"] == "referred":
            break
    assert told["tone"] == "referred"
    assert told["view"]["passage"]["plate"] == "粤B12345"
    assert [one["id"] for one in guard.get("/api/v1/lanes").json()] == [plan.id for plan in LANES[:2]]
