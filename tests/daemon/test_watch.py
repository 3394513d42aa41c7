"""Housekeeping: pictures go first when the disk gets low, and the link's state is told when it changes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.app.watch import Housekeeping, ListWatch, WatchSettings, remove_oldest_pictures, remove_pictures_before
from controller.domain.facts import BoxAlarm, ClockState, Fact, LinkState
from controller.domain.known import RegistryStamp
from controller.eventlog.errors import LogError
from tests.support.box import SetClock


def pictures(folder: Path, *days: str) -> Path:
    for day in days:
        (folder / day).mkdir(parents=True)
        (folder / day / "a.jpg").write_bytes(b"x" * 1_000)
    return folder


def left(folder: Path) -> list[str]:
    return sorted(day.name for day in folder.iterdir())


def housekeeping(
    folder: Path,
    clock: SetClock,
    post: Callable[[Fact], None],
    *,
    last_recorded_us: Callable[[], int] | None = None,
    link: Callable[[], tuple[bool, str]] | None = None,
    disk_free_mb: int = 0,
) -> Housekeeping:
    """Without a thread: the test takes its turns. What was recorded last is a second old where not said otherwise."""
    settings = WatchSettings(
        data=folder, pictures=folder, disk_free_mb=disk_free_mb, pictures_days=30, needs_synchronisation=False
    )
    return Housekeeping(
        settings,
        clock,
        new_id=lambda: "id",
        post=post,
        last_recorded_us=last_recorded_us or (lambda: clock.now_us - 1_000_000),
        link=link,
        daily=lambda: None,
    )


def test_pictures_that_were_kept_long_enough_go_by_whole_days(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures", "2026-01-01", "2026-01-30", "2026-01-31")
    assert remove_pictures_before(folder, datetime(2026, 1, 31, tzinfo=UTC)) == 2
    assert left(folder) == ["2026-01-31"]


def test_a_low_disk_takes_the_oldest_days_as_far_as_needed_and_never_today(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures", "2026-01-01", "2026-01-02", "2026-01-03")
    today = datetime(2026, 1, 3, tzinfo=UTC)
    assert remove_oldest_pictures(folder, 500, keep_from=today) == 1_000
    assert left(folder) == ["2026-01-02", "2026-01-03"]
    assert remove_oldest_pictures(folder, 10_000, keep_from=today) == 1_000
    assert left(folder) == ["2026-01-03"]


def test_link_and_clock_are_told_when_they_change_and_not_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.app.watch.kernel_is_synchronised", lambda: False)
    clock, told, alive = SetClock(), list[Fact](), [False]
    watch = housekeeping(tmp_path, clock, told.append, link=lambda: (alive[0], "why"))
    for step in (False, False, True, True, False):
        alive[0] = step
        clock.pass_ms(1_000)
        watch._turn()
    assert [fact.alive for fact in told if isinstance(fact, LinkState)] == [True, False]
    clock.now_us -= 60_000_000
    watch._turn()
    assert [(fact.trusted, fact.step_us) for fact in told if isinstance(fact, ClockState)] == [(False, -60_000_000)]


def test_a_clock_that_went_back_is_not_trusted_again_for_what_was_recorded_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.app.watch.kernel_is_synchronised", lambda: False)
    clock, told = SetClock(), list[Fact]()
    watch = housekeeping(tmp_path, clock, told.append, last_recorded_us=lambda: clock.now_us)
    watch._turn()
    clock.now_us -= 86_400_000_000
    for _ in range(5):
        clock.pass_ms(1_000)
        watch._turn()
    assert [fact.trusted for fact in told if isinstance(fact, ClockState)] == [False]
    clock.now_us += 86_400_000_000
    watch._turn()
    assert [fact.trusted for fact in told if isinstance(fact, ClockState)] == [False, True]


def test_r2_no_picture_goes_by_a_clock_that_stepped_until_the_kernel_says_that_it_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [False]
    monkeypatch.setattr("controller.app.watch.kernel_is_synchronised", lambda: kept[0])
    clock = SetClock()
    day = datetime.fromtimestamp(clock.now_us / 1e6, UTC).strftime("%Y-%m-%d")
    folder = pictures(tmp_path / "pictures", day)
    watch = housekeeping(folder, clock, lambda _fact: None)
    watch._turn()
    clock.now_us += 40 * 86_400_000_000
    for _ in range(2):
        clock.pass_ms(86_400_000)
        watch._turn()
    assert left(folder) == [day]
    kept[0] = True
    clock.pass_ms(86_400_000)
    watch._turn()
    assert left(folder) == [], "it is forty days later after all"


def test_a_list_is_told_once_by_the_intake_that_brought_it_or_by_the_look_that_found_it() -> None:
    version, by_intake, told = [3], [-1], list[int]()
    lists = ListWatch(
        stamp=lambda: RegistryStamp(version=version[0], age_s=0),
        told=lambda: by_intake[0],
        tell=lambda found: told.append(found.version),
    )
    lists.look()
    version[0] = 4
    lists.look()  # the intake has put it into the file, and its fact waits in the inbox
    by_intake[0] = 4
    lists.look()
    assert told == []
    version[0] = 5
    for _ in range(4):
        lists.look()
    assert told == [5]


def test_a_list_imported_after_the_centre_took_back_the_numbers_of_older_imports_is_told_too() -> None:
    version, told = [3], list[int]()
    lists = ListWatch(
        stamp=lambda: RegistryStamp(version=version[0], age_s=0),
        told=lambda: 2,
        tell=lambda it: told.append(it.version),
    )
    lists.look()
    for version[0] in (2, 3, 3):
        lists.look()
    assert told == [3]


def test_the_disk_is_looked_after_although_the_log_cannot_be_read(tmp_path: Path) -> None:
    def unreadable() -> int:
        raise LogError("the log cannot be read")

    told = list[Fact]()
    watch = housekeeping(tmp_path, SetClock(), told.append, last_recorded_us=unreadable, disk_free_mb=2**60)
    watch._turn()
    assert [fact.alarm for fact in told if isinstance(fact, BoxAlarm)] == ["disk_low"]
