"""The OSDP driver against libosdp's device side on a paced pty: the good line and every bad one."""

import itertools
import os
import threading
import time
from pathlib import Path

import pytest

from drivers.reader import osdp_bus
from drivers.reader.osdp_bus import OsdpBusSettings
from drivers.reader.osdp_keys import load_key
from drivers.reader.osdp_reader import OsdpReaderSettings
from drivers.readings import CardPresented, Condition, DeviceCondition
from simulator.wire.cards import card_bits
from simulator.wire.osdp_device import OsdpDevice
from simulator.wire.osdp_frames import FrameFinder
from tests.readers.osdp_rig import Rig, key_file, rig

SETTLED_S = 0.5


def swipe_until_read(rig: Rig, card: str, timeout_s: float) -> None:
    """A person swipes again when nothing happens."""
    deadline = time.monotonic() + timeout_s
    while card not in rig.told.cards and time.monotonic() < deadline:
        rig.device.present(card)
        rig.told.wait(lambda _: card in rig.told.cards, 0.5)
    assert card in rig.told.cards


def load_key_text(path: Path) -> bytes:
    return bytes.fromhex(path.read_text("ascii"))


def wait_for(condition: object, timeout_s: float = 3.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


@pytest.mark.parametrize("baud", [9600, 38400])
def test_a_card_comes_through_the_secure_channel_at_the_pace_of_the_line(tmp_path: Path, baud: int) -> None:
    with rig(tmp_path, baud=baud) as line:
        line.online()
        presented_ns = line.device.present("26:123:45678")
        assert line.told.wait_cards(1) == ["26:123:45678"]
        read = line.told.of(CardPresented)[0]
        assert read.raw == card_bits("26:123:45678")
        assert read.device == "north"
        reply_ns = 31 * 10 * 10**9 // baud  # what its 31 bytes take on the wire
        assert presented_ns + reply_ns < read.origin_ns < time.monotonic_ns()


@pytest.mark.parametrize("text", ["26:0:1", "34:65535:65535", "37:1:300000"])
def test_every_format_of_the_house_comes_through(tmp_path: Path, text: str) -> None:
    with rig(tmp_path) as line:
        line.online()
        line.device.present(text)
        assert line.told.wait_cards(1) == [text]


def test_bits_with_a_wrong_parity_are_never_a_card_and_three_are_a_fault(tmp_path: Path) -> None:
    with rig(tmp_path) as line:
        line.online()
        good = card_bits("26:123:45678")
        for _ in range(3):
            line.device.present_bits(good[:-1] + "0")
        assert "odd parity" in line.told.wait_condition("north", Condition.FAULT).detail
        line.device.present("26:123:45678")
        assert line.told.wait_cards(1) == ["26:123:45678"]
        line.online()


def test_a_card_left_on_the_reader_is_one_presentation(tmp_path: Path) -> None:
    with rig(tmp_path) as line:
        line.online()
        for _ in range(20):
            line.device.present("26:123:45678")
        line.device.present("26:1:1")
        assert line.told.wait_cards(2) == ["26:123:45678", "26:1:1"]


@pytest.mark.parametrize(
    ("verdict", "lamp", "beeps"), [("grant", "green", 1), ("deny", "red", 3), ("refer", "amber", 2)]
)
def test_a_verdict_is_shown_by_lamp_and_buzzer(tmp_path: Path, verdict: str, lamp: str, beeps: int) -> None:
    with rig(tmp_path) as line:
        line.online()
        line.bus.answer("north", verdict)
        wait_for(lambda: (line.device.lamp, line.device.beeps) == (lamp, beeps))


def test_a_reader_without_a_buzzer_is_asked_for_light_only_and_stays_online(tmp_path: Path) -> None:
    device = OsdpDevice(1, load_key(key_file(tmp_path)), has_buzzer=False)
    with rig(tmp_path, devices=[device]) as line:
        line.online()
        line.bus.answer("north", "deny")
        wait_for(lambda: device.lamp == "red")
        time.sleep(SETTLED_S)
        assert device.beeps is None
        assert [told.condition for told in line.told.of(DeviceCondition)] == [Condition.ONLINE]


def test_tamper_and_power_are_told_and_their_end_too(tmp_path: Path) -> None:
    with rig(tmp_path) as line:
        line.online()
        line.device.tamper(True)
        line.told.wait_condition("north", Condition.TAMPER)
        line.device.tamper(False)
        line.online()
        line.device.fail_power(True)
        assert "power" in line.told.wait_condition("north", Condition.FAULT).detail


def test_a_reader_opened_before_the_daemon_started_is_told_as_tampered(tmp_path: Path) -> None:
    device = OsdpDevice(1, load_key(key_file(tmp_path)), tampered=True)
    with rig(tmp_path, devices=[device]) as line:
        line.told.wait_condition("north", Condition.TAMPER)


def test_two_readers_share_a_line_and_each_says_its_own(tmp_path: Path) -> None:
    keys = [key_file(tmp_path, name) for name in ("north.key", "south.key")]
    devices = [OsdpDevice(address, load_key(key)) for address, key in zip((1, 7), keys, strict=True)]
    readers = (
        OsdpReaderSettings(id="north", address=1, key_file=keys[0]),
        OsdpReaderSettings(id="south", address=7, key_file=keys[1]),
    )
    with rig(tmp_path, devices=devices, readers=readers, baud=9600) as line:
        line.online()
        line.told.wait_condition("south", Condition.ONLINE)
        for number in range(3):
            devices[0].present(f"26:1:{number}")
            devices[1].present(f"26:7:{number}")
        line.told.wait_cards(6)
        read = [(told.device, told.card) for told in line.told.of(CardPresented)]
        assert sorted(read) == sorted(
            [("north", f"26:1:{number}") for number in range(3)] + [("south", f"26:7:{number}") for number in range(3)]
        )
        line.bus.answer("south", "grant")
        wait_for(lambda: devices[1].lamp == "green")
        assert devices[0].lamp is None


# --- whom it trusts ---


def test_clear_text_is_refused_unless_the_configuration_says_so_by_name(tmp_path: Path) -> None:
    device = OsdpDevice(1)
    with rig(tmp_path, devices=[device], readers=(OsdpReaderSettings(id="north", address=1),)) as line:
        assert "clear text is refused" in line.told.wait_condition("north", Condition.INSECURE).detail
        time.sleep(SETTLED_S)
        assert line.port.last_written_ns == 0  # it is not even spoken to
    with rig(tmp_path, devices=[device], readers=(OsdpReaderSettings(id="north", address=1, clear_text=True),)) as line:
        line.online()
        device.present("26:1:1")
        assert line.told.wait_cards(1) == ["26:1:1"]


def test_a_reader_with_another_key_stays_insecure_and_its_cards_do_not_count(tmp_path: Path) -> None:
    device = OsdpDevice(1, bytes(range(16)))
    with rig(tmp_path, devices=[device]) as line:
        assert "does not know its key" in line.told.wait_condition("north", Condition.INSECURE).detail
        for _ in range(5):
            device.present("26:1:1")
            time.sleep(0.2)
        assert line.told.cards == []
        assert {told.condition for told in line.told.of(DeviceCondition)} == {Condition.INSECURE}


def test_a_new_reader_with_the_default_key_is_not_taken_and_not_given_our_key_by_itself(tmp_path: Path) -> None:
    device = OsdpDevice(1)
    with rig(tmp_path, devices=[device]) as line:
        line.told.wait_condition("north", Condition.INSECURE)
        time.sleep(1.0)
        assert device.keys_taken == 0
        assert device.key is None


def test_install_mode_gives_a_new_reader_its_key_and_ends_by_itself(tmp_path: Path) -> None:
    device = OsdpDevice(1)
    with rig(tmp_path, devices=[device]) as line:
        line.told.wait_condition("north", Condition.INSECURE)
        line.bus.install("north", minutes=1)
        line.online()
        assert device.key == load_key(key_file(tmp_path))
        swipe_until_read(line, "26:1:1", 3)
        device.key = None  # somebody puts another new reader in its place
        device.restart()
        line.told.wait_condition("north", Condition.INSECURE, 8)
        time.sleep(1.0)
        assert device.keys_taken == 1


def test_install_mode_ends_when_its_time_is_over(tmp_path: Path) -> None:
    device = OsdpDevice(1, offline=True)
    with rig(tmp_path, devices=[device]) as line:
        line.bus.install("north", minutes=0.3 / 60)
        time.sleep(0.5)
        device.offline = False
        line.told.wait_condition("north", Condition.INSECURE, 12)
        time.sleep(0.5)
        assert device.keys_taken == 0


def test_an_unusable_key_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    path.chmod(0o644)
    readers = (OsdpReaderSettings(id="north", address=1, key_file=path),)
    with rig(tmp_path, devices=[OsdpDevice(1)], readers=readers) as line:
        assert "chmod 600" in line.told.wait_condition("north", Condition.INSECURE).detail


def test_a_key_file_that_is_made_usable_takes_its_reader_in_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osdp_bus, "KEY_CHECK_NS", 300_000_000)
    path = key_file(tmp_path)
    path.chmod(0o644)
    devices = [OsdpDevice(1, load_key_text(path)), OsdpDevice(2)]
    readers = (
        OsdpReaderSettings(id="north", address=1, key_file=path),
        OsdpReaderSettings(id="south", address=2, clear_text=True),
    )
    with rig(tmp_path, devices=devices, readers=readers) as line:
        line.told.wait_condition("north", Condition.INSECURE)
        line.told.wait_condition("south", Condition.ONLINE)
        path.chmod(0o600)
        line.online()
        swipe_until_read(line, "26:1:1", 3)


def test_no_start_repeats_the_challenges_of_another(tmp_path: Path) -> None:
    challenges = set()
    for _ in range(3):
        with rig(tmp_path) as line:
            heard: list[bytes] = []
            on_bytes, finder = line.port.on_bytes, FrameFinder()
            assert on_bytes is not None

            def listen(data: bytes, at_ns: int) -> None:
                heard.extend(finder.feed(data, at_ns))  # noqa: B023 - called within this round only
                on_bytes(data, at_ns)  # type: ignore[misc] # noqa: B023

            line.port.on_bytes = listen
            line.online()
            challenges |= {frame[9:17] for frame in heard if len(frame) > 17 and frame[8] == 0x76}
    assert len(challenges) == 3


# --- the bad line ---


def test_a_damaged_reply_is_asked_for_again_and_no_swipe_is_lost(tmp_path: Path) -> None:
    with rig(tmp_path) as line:
        line.online()
        for number in range(5):
            line.device.spoil_replies = 1
            line.device.present(f"26:1:{number}")
            line.told.wait_cards(number + 1)
        assert line.told.cards == [f"26:1:{number}" for number in range(5)]
        assert [told.condition for told in line.told.of(DeviceCondition)] == [Condition.ONLINE]


def test_doubled_replies_are_taken_once(tmp_path: Path) -> None:
    with rig(tmp_path) as line:
        line.device.doubled = True
        line.online()
        for number in range(5):
            line.device.present(f"26:1:{number}")
        assert line.told.wait_cards(5) == [f"26:1:{number}" for number in range(5)]
        assert [told.condition for told in line.told.of(DeviceCondition)] == [Condition.ONLINE]


def test_a_slow_line_is_waited_for_up_to_the_protocols_time(tmp_path: Path) -> None:
    with rig(tmp_path) as line:
        line.port.out.delay(120)
        line.online()
        line.device.present("26:1:1")
        assert line.told.wait_cards(1) == ["26:1:1"]


def test_a_line_that_turns_bits_over_never_gives_a_wrong_card_and_comes_back(tmp_path: Path) -> None:
    with rig(tmp_path) as line:
        line.online()
        line.port.out.flip(0.01)
        line.port.into.flip(0.01)
        shown = [f"26:9:{number}" for number in range(15)]
        for card in shown:
            line.device.present(card)
            time.sleep(0.1)
        line.port.out.flip(0)
        line.port.into.flip(0)
        swipe_until_read(line, "34:1:1", 12)
        assert set(line.told.cards) <= {*shown, "34:1:1"}


def test_noise_on_a_line_at_rest_is_passed_over(tmp_path: Path) -> None:
    with rig(tmp_path) as line:
        line.online()
        for noise in (b"\x00\xff\x55", b"\x53", b"\x53\x81\x08\x00", b"\x53\x81\xff\xff\x04", bytes(300)):
            line.port.inject(noise)
            time.sleep(0.15)
        swipe_until_read(line, "26:1:1", 4)


def test_a_pulled_cable_is_lost_at_once_and_the_readers_come_back_with_it(tmp_path: Path) -> None:
    with rig(tmp_path) as line:
        line.online()
        line.port.cut()
        assert "ttyOSDP" in line.told.wait_condition("north", Condition.LOST, 2).detail
        line.port.restore()
        line.online()
        swipe_until_read(line, "26:1:1", 3)


def test_a_reader_that_lost_power_for_a_moment_is_back_within_seconds_and_not_after_five_minutes(
    tmp_path: Path,
) -> None:
    with rig(tmp_path) as line:
        line.online()
        line.device.restart()
        swipe_until_read(line, "26:1:1", 5)


def test_a_silent_reader_is_lost_after_the_protocols_eight_seconds_and_the_other_goes_on(tmp_path: Path) -> None:
    key = key_file(tmp_path)
    devices = [OsdpDevice(1, load_key(key)), OsdpDevice(2)]
    readers = (
        OsdpReaderSettings(id="north", address=1, key_file=key),
        OsdpReaderSettings(id="south", address=2, clear_text=True),
    )
    with rig(tmp_path, devices=devices, readers=readers) as line:
        line.online()
        line.told.wait_condition("south", Condition.ONLINE)
        began = time.monotonic()
        devices[1].offline = True
        for number in itertools.count():
            devices[0].present(f"26:1:{number}")
            line.told.wait_cards(number + 1, 2)
            assert len(line.told.cards) == number + 1
            if any(told.condition is Condition.LOST for told in line.told.of(DeviceCondition)):
                break
            assert time.monotonic() - began < 12
        assert time.monotonic() - began > 7
        devices[1].offline = False
        line.told.wait_condition("south", Condition.ONLINE)


def test_a_card_shown_while_nobody_polls_is_not_told_later(tmp_path: Path) -> None:
    device = OsdpDevice(1, load_key(key_file(tmp_path)))
    device.present("26:1:1")
    with rig(tmp_path, devices=[device]) as line:
        line.online()
        time.sleep(SETTLED_S)
        assert line.told.cards == []


def test_stopping_leaves_no_thread_and_no_file(tmp_path: Path) -> None:
    threads, files = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with rig(tmp_path) as line:
            line.online()
    assert threading.active_count() == threads
    assert len(list(Path("/proc/self/fd").iterdir())) == files


def test_a_verdict_for_a_bus_that_was_stopped_goes_nowhere(tmp_path: Path) -> None:
    with rig(tmp_path) as line:
        number = line.bus._wake_write
        line.bus.stop()
        with (tmp_path / "another").open("wb") as other:
            os.dup2(other.fileno(), number)
            line.bus.answer("north", "grant")
            if number != other.fileno():
                os.close(number)
        assert (tmp_path / "another").read_bytes() == b"", "the number of its closed wake-up may be another file's"


def test_settings_that_cannot_work_are_refused_with_the_reason(tmp_path: Path) -> None:
    reader = OsdpReaderSettings(id="north", address=1)
    with pytest.raises(ValueError, match="addresses of their own"):
        OsdpBusSettings(id="bus", device=tmp_path, readers=(reader, reader))
    with pytest.raises(ValueError, match="9600"):
        OsdpBusSettings(id="bus", device=tmp_path, readers=(reader,), baud=4800)
