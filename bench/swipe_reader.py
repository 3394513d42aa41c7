"""How long a swipe takes from the OSDP reader to the daemon: measured beside what poll interval and frame times set.

    python -m bench.swipe_reader [--swipes 60] [--baud 9600 38400] [--json FILE] [--quick]

From the moment the simulated reader has the whole card (its last bit was handed to libosdp's device side) to the
`CardPresented` reading in the driver's thread. One reader on a bus, secure channel, a pty paced to the baud rate.
The limit of one swipe: it comes anywhere in the cycle poll - ACK - pause; at worst just after the reader has begun to
answer a poll, so that it waits for that ACK, the 50 ms that libosdp pauses, the next poll and its own reply.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from bench.figure import Figure, Findings, options, percentile, run
from drivers.reader.osdp_bus import OsdpBus, OsdpBusSettings
from drivers.reader.osdp_keys import load_key, make_key
from drivers.reader.osdp_reader import OsdpReaderSettings
from drivers.readings import CardPresented, DeviceCondition, Reading
from simulator.wire.osdp_device import OsdpDevice, OsdpLine
from simulator.wire.port import PtyPort

PAUSE_MS = 51  # libosdp polls when more than 50 whole milliseconds have passed since the last answer
POLL_BYTES = 15  # mark, header 5, security block 2, code, MAC 4, CRC 2
ACK_BYTES = 15
WHOLE_CYCLES = 3
CARD_BYTES = 31  # mark, header 5, security block 2, code, 16 bytes of ciphertext, MAC 4, CRC 2


def frame_ms(count: int, baud: int) -> float:
    return count * 10_000 / baud


def limits_ms(baud: int) -> dict[str, float]:
    """What the protocol itself sets: at best, on average and at worst."""
    exchange = frame_ms(POLL_BYTES, baud) + frame_ms(CARD_BYTES, baud)
    cycle = frame_ms(POLL_BYTES + ACK_BYTES, baud) + PAUSE_MS
    # a card that arrives while the poll is still on the wire is answered by it
    best = frame_ms(CARD_BYTES, baud)
    worst = frame_ms(ACK_BYTES, baud) + PAUSE_MS + exchange
    return {"cycle": cycle, "best": best, "mean": best + cycle / 2, "p99": best + 0.99 * cycle, "worst": worst}


def measure(baud: int, swipes: int, seed: int) -> dict[str, object]:
    chance = random.Random(seed)
    limits = limits_ms(baud)
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key"
        make_key(key)
        port = PtyPort(Path(folder) / "ttyR0", baud)
        device = OsdpDevice(1, load_key(key), secure_only=True)
        OsdpLine(port, [device])
        told: list[tuple[Reading, int]] = []
        readers = (OsdpReaderSettings(id="r", address=1, key_file=key),)
        settings = OsdpBusSettings(id="bench", device=port.link, baud=baud, readers=readers)
        bus = OsdpBus(settings, lambda reading: told.append((reading, time.monotonic_ns())))
        port.start()
        bus.start()
        try:
            wait_until(lambda: any(isinstance(reading, DeviceCondition) for reading, _ in told))
            time.sleep(0.5)
            taken = []
            for number in range(swipes):
                before = len(told)
                # over whole cycles, so that a swipe comes at every point of a cycle equally often
                time.sleep(0.15 + chance.random() * WHOLE_CYCLES * limits["cycle"] / 1000)
                handed_ns = device.present(f"26:1:{number}")
                wait_until(lambda: len(told) > before)  # noqa: B023 - called within this round
                reading, told_ns = told[-1]
                assert isinstance(reading, CardPresented), reading
                taken.append((told_ns - handed_ns) / 1e6)
        finally:
            bus.stop()
            port.stop()
    p50, p99 = percentile(taken, 0.5), percentile(taken, 0.99)
    return {
        "baud": baud,
        "swipes": len(taken),
        "ms": {"min": min(taken), "p50": p50, "p99": p99, "max": max(taken)},
        "limit_ms": limits,
        "p99_over_limit": p99 / limits["p99"],
        "repeated_commands": bus.repeated,
    }


def wait_until(done: object, timeout_s: float = 15.0) -> None:
    assert callable(done)
    deadline = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("the reader did not answer in time")
        time.sleep(0.001)


def findings(given: argparse.Namespace) -> Findings:
    swipes = given.swipes or (3 if given.quick else 60)
    figures, lines, runs = [], [], []
    for baud in given.baud:
        result = measure(baud, swipes, given.seed)
        runs.append(result)
        taken, limit = result["ms"], result["limit_ms"]
        assert isinstance(taken, dict)
        assert isinstance(limit, dict)
        lines.append(
            f"{baud:>6} baud: min {taken['min']:.1f}  p50 {taken['p50']:.1f}  p99 {taken['p99']:.1f}  "
            f"max {taken['max']:.1f} ms | set by the protocol: best {limit['best']:.1f}  mean {limit['mean']:.1f}  "
            f"p99 {limit['p99']:.1f}  worst {limit['worst']:.1f} ms"
        )
        beside = f"limit {limit['p99']:.1f} ms, {result['p99_over_limit']:.2f} of it; {swipes} swipes"
        figures.append(Figure(f"swipe to reading at {baud}, p99", taken["p99"], "ms", beside=beside))
    return Findings(figures, lines, {"runs": runs})


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--swipes", type=int)
    parser.add_argument("--baud", type=int, nargs="+", default=[9600, 38400])
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    return run("swipe_reader", given, lambda: findings(given))


if __name__ == "__main__":
    sys.exit(main())
