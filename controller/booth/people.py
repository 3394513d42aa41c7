"""The people who may use the booth page: accounts, the one-time set-up token, and one-time codes of approval.

No session and no HTTP may be put here. OWASP ASVS 5.0, 6.2 and 6.3.2: no default account; long passwords, no rules of
composition. Every change stands in the journal with who made it.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass

from controller.booth.passwords import Hasher
from controller.booth.store import BoothStore
from controller.domain.terms import Role

NAME = re.compile(r"[^\W_][\w.\-]{0,31}")
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256
RANKS = {role: rank for rank, role in enumerate(Role)}
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
COMMON = frozenset(
    ("12345678", "123456789", "1234567890", "88888888", "66666666", "11111111", "00000000", "password", "password1")
)


class UnacceptableError(ValueError):
    """A name or password that cannot be taken; `code` is the key of a text of the page."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    name: str
    role: Role

    def ranks(self, role: Role) -> bool:
        """Whether this person has at least the rights of `role`."""
        return RANKS[self.role] >= RANKS[role]


def digest(secret: str) -> str:
    """What is stored of a random secret: it has ≥ 128 bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def check_new(name: str, password: str) -> None:
    """Raises UnacceptableError for a name or a new password that cannot be taken."""
    if not NAME.fullmatch(name):
        raise UnacceptableError("name_form")
    if len(password) < SHORTEST_PASSWORD:
        raise UnacceptableError("password_short")
    if len(password) > LONGEST_PASSWORD:
        raise UnacceptableError("password_long")
    if password.lower() in COMMON or password.casefold() == name.casefold():
        raise UnacceptableError("password_common")


class People:
    """Accounts in `booth.db`."""

    def __init__(self, store: BoothStore, hasher: Hasher) -> None:
        self._store = store
        self._hasher = hasher

    def find(self, name: str) -> Person | None:
        """The person with an account that is in force."""
        row = self._store.row("SELECT name, role FROM people WHERE name=? AND ended_at IS NULL", name)
        return Person(row["name"], Role(row["role"])) if row else None

    def stored_password(self, name: str) -> str | None:
        row = self._store.row("SELECT password FROM people WHERE name=? AND ended_at IS NULL", name)
        return str(row["password"]) if row else None

    def any(self) -> bool:
        """Whether there is any account yet."""
        return self._store.row("SELECT 1 FROM people LIMIT 1") is not None

    def everybody(self) -> list[dict[str, object]]:
        """Name, role, made_at, made_by, ended_at of every account."""
        return [dict(row) for row in self._store.rows("SELECT name, role, made_at, made_by, ended_at FROM people")]

    def add(self, name: str, role: Role, password: str, *, by: str, at: int) -> Person:
        """Makes an account. Raises UnacceptableError, also when the name is taken."""
        check_new(name, password)
        stored = self._hasher.hash(password).result(timeout=30)
        with self._store.transaction() as connection:
            if connection.execute("SELECT 1 FROM people WHERE name=?", (name,)).fetchone():
                raise UnacceptableError("name_taken")
            connection.execute(
                "INSERT INTO people(name, role, password, made_at, made_by) VALUES (?,?,?,?,?)",
                (name, role.value, stored, at, by),
            )
        self._store.note(at, "account_made", name, "", f"{role.value} by {by}")
        return Person(name, role)

    def end(self, name: str, *, by: str, at: int) -> bool:
        """Ends an account and its sessions; its name stays taken, so that the records stay clear."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE name=?", (name,))
            ended = connection.execute("UPDATE people SET ended_at=? WHERE name=? AND ended_at IS NULL", (at, name))
        if ended.rowcount:
            self._store.note(at, "account_ended", name, "", f"by {by}")
        return bool(ended.rowcount)

    def set_password(self, name: str, password: str, *, by: str, at: int) -> bool:
        """Gives an account a new password and ends its sessions. Raises UnacceptableError."""
        check_new(name, password)
        stored = self._hasher.hash(password).result(timeout=30)
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE name=?", (name,))
            changed = connection.execute("UPDATE people SET password=? WHERE name=?", (stored, name)).rowcount
        if changed:
            self._store.note(at, "password_set", name, "", f"by {by}")
        return bool(changed)

    def make_codes(self, name: str, count: int, *, by: str, at: int) -> list[str]:
        """One-time codes with which this person approves by telephone, also with the network down: "12-K7QM-2XVP"."""
        made = []
        for _ in range(count):
            secret = "".join(secrets.choice(CODE_LETTERS) for _ in range(8))
            stored = self._hasher.hash(secret).result(timeout=30)
            with self._store.transaction() as connection:
                number = connection.execute(
                    "INSERT INTO codes(name, code, made_at) VALUES (?,?,?)", (name, stored, at)
                ).lastrowid
            made.append(f"{number}-{secret[:4]}-{secret[4:]}")
        self._store.note(at, "codes_made", name, "", f"{count} by {by}")
        return made


class SetupToken:
    """The token that makes the first account. It is printed once on the console and kept as a digest."""

    def __init__(self, store: BoothStore) -> None:
        self._store = store

    def issue(self, at: int) -> str | None:
        """A new token while there is no account (an older one is void from then on); `None` once there is one."""
        if self._store.row("SELECT 1 FROM people LIMIT 1"):
            return None
        token = secrets.token_urlsafe(24)
        self._store.write("INSERT OR REPLACE INTO set_up(one, digest, made_at) VALUES (1,?,?)", digest(token), at)
        return token

    def open(self) -> bool:
        """Whether the first account is still to be made."""
        return self._store.row("SELECT 1 FROM people LIMIT 1") is None

    def fits(self, token: str) -> bool:
        """Whether this is the token; never once there is an account."""
        row = self._store.row("SELECT digest FROM set_up WHERE one=1")
        return self.open() and row is not None and secrets.compare_digest(row["digest"], digest(token))

    def used(self) -> None:
        self._store.write("DELETE FROM set_up")
