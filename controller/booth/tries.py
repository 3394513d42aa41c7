"""Growing delays after wrong passwords, per source and per account, kept in `booth.db` so that a restart forgives none.

No hashing and no HTTP may be put here. OWASP ASVS 5.0, 6.3.1; faults F23: guessing from afar never locks out the guard
who stands at the booth, because what comes from there is counted apart and waits at most half a minute.
"""

import ipaddress
from dataclasses import dataclass

from controller.booth.store import BoothStore

SECOND_US = 1_000_000
FREE_TRIES = 3
LONGEST_S = {"source": 900, "account": 900, "local": 30}
FORGET_AFTER_US = 24 * 3600 * SECOND_US
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Source:
    """Where a request comes from. `local` is the booth itself."""

    address: str
    local: bool


def source_of(address: str, local_sources: tuple[str, ...]) -> Source:
    """The source as it is counted: an IPv6 address by its /64, because one machine has many of those."""
    if address in local_sources:
        return Source(address, True)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return Source(address[:64], False)
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        if mapped is not None:
            return source_of(str(mapped), local_sources)
        return Source(str(ipaddress.ip_network((parsed, 64), strict=False)), False)
    return Source(str(parsed), False)


def delay_s(scope: str, count: int) -> int:
    """Seconds to wait after that many wrong tries in a row: 0, 0, 0, 1, 2, 4, 8 … up to the scope's longest."""
    if count < FREE_TRIES:
        return 0
    longest: int = LONGEST_S[scope]
    return min(1 << min(count - FREE_TRIES, 20), longest)


class Tries:
    """Counts tries before they are checked, so that many at once do not slip through, and forgets them on success."""

    def __init__(self, store: BoothStore) -> None:
        self._store = store

    def begin(self, source: Source, name: str, at: int) -> int:
        """Counts one try, or gives the seconds that are still to be waited (then nothing was counted)."""
        keys = _keys(source, name)
        with self._store.transaction() as connection:
            wait_us = 0
            for scope, key in keys:
                row = connection.execute("SELECT count, last_at FROM tries WHERE scope=? AND key=?", (scope, key))
                wait_us = max(wait_us, _left_us(scope, row.fetchone(), at))
            if wait_us:
                return -(-wait_us // SECOND_US)
            for scope, key in keys:
                connection.execute(
                    """INSERT INTO tries(scope, key, count, last_at) VALUES (?,?,1,?) ON CONFLICT(scope, key) DO UPDATE
                    SET count = CASE WHEN last_at < ? THEN 1 ELSE count + 1 END, last_at = excluded.last_at""",
                    (scope, key, at, at - FORGET_AFTER_US),
                )
            connection.execute("DELETE FROM tries WHERE last_at < ?", (at - FORGET_AFTER_US,))
            connection.execute(
                """DELETE FROM tries WHERE (scope, key) IN
                (SELECT scope, key FROM tries ORDER BY last_at DESC LIMIT -1 OFFSET ?)""",
                (MOST_ROWS,),
            )
        return 0

    def succeeded(self, source: Source, name: str) -> None:
        """Forgets the wrong tries of this source and account."""
        with self._store.transaction() as connection:
            connection.executemany("DELETE FROM tries WHERE scope=? AND key=?", _keys(source, name))


def _keys(source: Source, name: str) -> tuple[tuple[str, str], ...]:
    account = name.casefold()[:64]
    if source.local:
        return (("local", account),)
    return (("source", source.address), ("account", account))


def _left_us(scope: str, row: tuple[int, int] | None, at: int) -> int:
    if row is None:
        return 0
    count, last_at = row
    delay_us = delay_s(scope, count) * SECOND_US
    if last_at > at:  # the clock went back: never longer than the delay itself
        return delay_us
    return max(0, last_at + delay_us - at)
