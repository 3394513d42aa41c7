"""Sessions on the server: made at sign-in, dead at sign-out, after idling, and after a full shift.

No password and no HTTP may be put here. OWASP ASVS 5.0, 7.2–7.4: 256 random bits, stored as a digest.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from controller.booth.people import Person, digest
from controller.booth.store import BoothStore
from controller.domain.terms import Role

MINUTE_US = 60_000_000
SEEN_EVERY_US = MINUTE_US
MOST_PER_PERSON = 8


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. `csrf` is what every change must carry; it is derived from the cookie's secret."""

    person: Person
    digest: str
    csrf: str
    made_at: int


def csrf_of(secret: str) -> str:
    """The token of a secret that only this browser holds; from the token the secret cannot be had."""
    return hmac.new(secret.encode(), b"gatehouse csrf", hashlib.sha256).hexdigest()


class Sessions:
    """Sessions in `booth.db`; the role is read anew each time, so a change of rights bites at once."""

    def __init__(self, store: BoothStore, *, idle_minutes: int, full_minutes: int) -> None:
        self._store = store
        self._idle_us = idle_minutes * MINUTE_US
        self._full_us = full_minutes * MINUTE_US

    def start(self, person: Person, source: str, at: int) -> str:
        """Makes a session and gives the secret for the cookie; the oldest of too many is ended."""
        secret = secrets.token_urlsafe(32)
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO sessions(digest, name, made_at, seen_at, source) VALUES (?,?,?,?,?)",
                (digest(secret), person.name, at, at, source),
            )
            connection.execute(
                "DELETE FROM sessions WHERE made_at < ? OR seen_at < ?", (at - self._full_us, at - self._idle_us)
            )
            connection.execute(
                """DELETE FROM sessions WHERE name=?1 AND digest NOT IN
                (SELECT digest FROM sessions WHERE name=?1 ORDER BY made_at DESC, rowid DESC LIMIT ?2)""",
                (person.name, MOST_PER_PERSON),
            )
        return secret

    def find(self, secret: str, at: int, *, touch: bool = True) -> Session | None:
        """The live session of a cookie. `touch` False is for what runs by itself and is no use of the page."""
        key = digest(secret)
        row = self._store.row(
            """SELECT people.name, role, sessions.made_at, seen_at FROM sessions JOIN people USING (name)
            WHERE digest=? AND ended_at IS NULL""",
            key,
        )
        if row is None:
            return None
        if at - row["made_at"] > self._full_us or at - row["seen_at"] > self._idle_us:
            self.end(key)
            return None
        if touch and abs(at - row["seen_at"]) > SEEN_EVERY_US:
            self._store.write("UPDATE sessions SET seen_at=? WHERE digest=?", at, key)
        return Session(Person(row["name"], Role(row["role"])), key, csrf_of(secret), row["made_at"])

    def end(self, session_digest: str) -> None:
        self._store.write("DELETE FROM sessions WHERE digest=?", session_digest)
