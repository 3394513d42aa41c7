"""One start of the daemon with its parts timed from inside; `bench.start` runs it. Prints one JSON object.

python -m bench.start_parts CONFIG MONOTONIC_NS_AT_THE_START
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_BORN_NS = time.monotonic_ns()

PARTS = {
    "open_or_recover": "log: open, state",
    "registry_or_new": "registry: open, migrate",
    "accounts_or_new": "accounts: open, migrate",
    "RegistryReader": "registry: reader",
    "hardware": "drivers made",
    "booth_server": "page made",
}


def main() -> int:
    config, began_ns = Path(sys.argv[1]), int(sys.argv[2])
    found: dict[str, float] = {"python itself": (_BORN_NS - began_ns) / 1e6}

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            since = time.perf_counter_ns()
            try:
                return work(*given, **named)
            finally:
                found[name] = found.get(name, 0.0) + (time.perf_counter_ns() - since) / 1e6

        return call

    def imported() -> tuple[Any, Any]:
        return importlib.import_module("controller.app.cli"), importlib.import_module("controller.app.daemon")

    cli, daemon = timed("imports", imported)()
    cli.set_up_logging(as_json=True)
    loaded, banner = timed("configuration", cli.load_or_last_good)(config)
    for name, said in PARTS.items():
        setattr(daemon, name, timed(said, getattr(daemon, name)))
    since = time.perf_counter_ns()
    box = daemon.Daemon(loaded, banner=banner)
    made = sum(found.get(said, 0.0) for said in PARTS.values())
    found["the daemon's other parts made"] = (time.perf_counter_ns() - since) / 1e6 - made
    for part, said in ((box.page, "page starts"), (box._hardware, "drivers start")):
        type(part).start = timed(said, type(part).start)
    since = time.perf_counter_ns()
    box._start()
    found["the rest of its start"] = (
        (time.perf_counter_ns() - since) / 1e6 - found["page starts"] - found["drivers start"]
    )
    found["all of it"] = (time.monotonic_ns() - began_ns) / 1e6
    box._stop()
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
