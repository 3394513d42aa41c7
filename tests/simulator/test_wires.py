"""The whole simulator over its real wires: ptys, Modbus frames, a picture stream."""

import time
import urllib.request

import av
import numpy as np
import pytest
import serial
from pymodbus.client import ModbusSerialClient

from simulator.app import Simulation
from simulator.config import load_config
from simulator.page.acts import SendVehicle, SetFault, SetFire, Swipe, Walk, carry_out
from simulator.world import UnknownPlaceError
from tests.simulator import sim_files

LIMIT_UP, LIMIT_DOWN, ARMING, CLOSING, FIRE = 0, 1, 2, 3, 6


@pytest.fixture
def simulation(tmp_path):
    running = Simulation(load_config(sim_files.write(tmp_path)))
    running.open()
    running.start()
    yield running
    running.stop()
    assert running.failure is None


@pytest.fixture
def board(simulation, tmp_path):
    client = ModbusSerialClient(str(tmp_path / "dev" / "modbus"), baudrate=38400, timeout=1)
    assert client.connect()
    yield client
    client.close()


def inputs(board, unit, count=8):
    return board.read_discrete_inputs(0, count=count, device_id=unit).bits


def until(true, seconds=25.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def do(simulation, act):
    simulation.ask(lambda world: carry_out(act, world, simulation.fleet))


def test_a_vehicle_goes_through_on_orders_over_the_wire_and_the_journal_tells_it(simulation, board, tmp_path):
    with serial.Serial(str(tmp_path / "dev" / "wie"), 38400, timeout=15) as reader:
        do(simulation, SendVehicle(do="vehicle", box="north", lane="in", vehicle="v1"))
        assert reader.readline() == b"26:2020002\r\n"  # 26 bits, facility 1, number 1, with both parity bits
    assert inputs(board, 1)[ARMING]
    board.write_coil(0, True, device_id=1)
    until(lambda: inputs(board, 1)[LIMIT_UP])
    until(lambda: inputs(board, 1)[CLOSING])
    until(lambda: not inputs(board, 1)[CLOSING])
    board.write_coil(1, True, device_id=1)
    until(lambda: inputs(board, 1)[LIMIT_DOWN])
    whats = [(line["what"], line.get("vehicle")) for line in sim_files.truth(tmp_path)]
    for what in ("vehicle_arrived", "card_presented", "vehicle_crossed"):
        assert (what, "v1") in whats


def test_the_relay_of_a_waveshare_board_opens_and_its_own_pulse_ends(simulation, board):
    board.write_coil(0x0200, True, device_id=2)  # not a pulse length: 0xFF00 steps; the next line ends it at once
    board.write_coil(0, False, device_id=2)
    until(lambda: inputs(board, 2)[LIMIT_UP])
    assert simulation.sights["north", "out"].position == "up"


def test_somebody_goes_through_the_gate_for_people_while_its_relay_is_closed(simulation, board, tmp_path):
    with serial.Serial(str(tmp_path / "dev" / "kbd"), 115200, timeout=10) as keys:
        do(simulation, Walk(do="walker", box="north", lane="foot", vehicle="p1"))
        assert len(keys.read(24)) == 24
    board.write_coil(0, True, device_id=3)
    until(lambda: inputs(board, 3, 5)[0])
    board.write_coil(0, False, device_id=3)
    until(lambda: any(line["what"] == "person_crossed" for line in sim_files.truth(tmp_path)))


def test_fire_shows_at_every_board_of_the_box(simulation, board):
    do(simulation, SetFire(do="fire", box="north", on=True))
    until(lambda: inputs(board, 1)[FIRE] and inputs(board, 2)[FIRE] and inputs(board, 3, 5)[2])


def test_a_cut_cable_takes_the_path_away_and_mending_brings_it_back(simulation, tmp_path):
    cut = {"do": "fault", "box": "north", "kind": "cable_cut", "target": "wie"}
    do(simulation, SetFault(**cut, on=True))
    assert not (tmp_path / "dev" / "wie").exists()
    do(simulation, SetFault(**cut, on=False))
    assert (tmp_path / "dev" / "wie").exists()
    assert [(line["kind"], line["on"]) for line in sim_files.truth(tmp_path)] == [
        ("cable_cut", True),
        ("cable_cut", False),
    ]


def test_a_fault_of_something_that_is_not_there_is_refused_with_its_name(simulation):
    with pytest.raises(UnknownPlaceError, match="nothing called 'nowhere'"):
        do(simulation, SetFault(do="fault", box="north", kind="camera_cut", target="nowhere", on=True))


def test_a_card_that_no_reader_could_send_is_refused(simulation):
    with pytest.raises(ValueError, match="do not fit into 26 bits"):
        do(simulation, Swipe(do="swipe", box="north", lane="in", card="26:999:1", side="entry"))


def test_the_camera_shows_pictures(simulation):
    url = simulation.wires.cameras.urls["north/cam"]
    with urllib.request.urlopen(url, timeout=10) as stream:
        assert b"\xff\xd8" in stream.read(5000)


def test_a_camera_that_sends_h264_shows_what_stands_in_the_lane(tmp_path):
    (box,) = sim_files.CONFIG["boxes"]
    cameras = [box["cameras"][0] | {"sends": "h264", "fps": 10}]
    running = Simulation(load_config(sim_files.write(tmp_path, boxes=[box | {"cameras": cameras}])))
    running.open()
    running.start()
    try:
        url = running.wires.cameras.urls["north/cam"]
        assert url.startswith("rtsp://127.0.0.1:")
        with av.open(url, options={"rtsp_transport": "tcp"}, timeout=20) as container:
            pictures = (frame.to_ndarray(format="bgr24").astype(int) for frame in container.decode(video=0))
            empty = next(pictures)
            do(running, SendVehicle(do="vehicle", box="north", lane="in", vehicle="v1"))
            until(lambda: np.abs(next(pictures) - empty).mean() > 5)
        assert empty.shape == (720, 1280, 3)
    finally:
        running.stop()


def test_nothing_is_left_behind_after_a_stop(tmp_path):
    running = Simulation(load_config(sim_files.write(tmp_path)))
    running.open()
    running.start()
    running.stop()
    assert list((tmp_path / "dev").iterdir()) == []
