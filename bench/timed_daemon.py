"""The daemon with a stop-watch around each fact, for `bench.lane_latency` and `bench.cameras`.

    python -m bench.timed_daemon --config FILE

When it ends, a file "times" is written beside the configuration's file: a line for each fact, with its kind, the
monotonic nanoseconds when it was taken up, the microseconds it had waited since its origin, and those that deciding,
recording and handing over its effects took.
"""

import argparse
import sys
import time
from pathlib import Path

from controller.app.cli import set_up_logging
from controller.app.daemon import Daemon
from controller.config_file import load_box_config
from controller.domain.facts import Fact


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    config: Path = parser.parse_args().config
    set_up_logging(as_json=False)
    daemon = Daemon(load_box_config(config))
    take_up = daemon.loop.take_up
    times: list[str] = []

    def timed(fact: Fact, origin_ns: int) -> None:
        began = time.monotonic_ns()
        take_up(fact, origin_ns)
        took = time.monotonic_ns() - began
        times.append(f"{type(fact).__name__} {began} {max(0, began - origin_ns) // 1000} {took // 1000}")

    daemon.loop.take_up = timed  # type: ignore[method-assign]
    daemon.run()
    (config.parent / "times").write_text("\n".join(times), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
