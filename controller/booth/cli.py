"""`gatehouse user …`: accounts of the booth page from the console. The lead's console script calls these functions.

No HTTP may be put here. A password is asked for or read from standard input; it never stands in an argument list.
"""

import getpass
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from controller.booth.passwords import Hasher
from controller.booth.people import People, SetupToken, UnacceptableError
from controller.booth.store import BoothStore
from controller.booth.texts import text
from controller.domain.terms import Role

DONE, REFUSED, WRONG_USE = 0, 1, 2
Change = Callable[[People], object]


def add_user(booth_db: Path, name: str, role: str, *, at: int) -> int:
    """Makes an account; the password comes from the prompt, or from the first line of standard input."""
    if role not in {one.value for one in Role}:
        print(f"role: expected one of {', '.join(one.value for one in Role)}, got {role!r}", file=sys.stderr)
        return WRONG_USE
    password = _password()
    if password is None:
        print("the two passwords differ; nothing was changed", file=sys.stderr)
        return REFUSED
    return _change(
        booth_db, lambda people: people.add(name, Role(role), password, by="console", at=at), f"{name}: made", make=True
    )


def set_password(booth_db: Path, name: str, *, at: int) -> int:
    """Gives an account a new password and ends its sessions."""
    password = _password()
    if password is None:
        print("the two passwords differ; nothing was changed", file=sys.stderr)
        return REFUSED
    return _change(
        booth_db, lambda people: people.set_password(name, password, by="console", at=at), f"{name}: new password"
    )


def end_user(booth_db: Path, name: str, *, at: int) -> int:
    """Ends an account and its sessions."""
    return _change(booth_db, lambda people: people.end(name, by="console", at=at), f"{name}: ended")


def list_users(booth_db: Path) -> int:
    """Prints every account."""
    return _change(booth_db, _print_all, "")


def issue_token(booth_db: Path, *, at: int) -> str | None:
    """The one-time set-up token for the console, `None` once there is an account."""
    store = BoothStore(booth_db)
    try:
        return SetupToken(store).issue(at)
    finally:
        store.close()


def _print_all(people: People) -> bool:
    for one in people.everybody():
        print(f"{one['name']}\t{one['role']}\t{'ended' if one['ended_at'] else 'in force'}")
    return True


def _change(booth_db: Path, change: Change, done: str, *, make: bool = False) -> int:
    if not make and not booth_db.exists():
        print(f"{booth_db}: there is no such file, so nobody has an account yet", file=sys.stderr)
        return REFUSED
    try:
        store = BoothStore(booth_db)
    except (sqlite3.Error, OSError) as error:
        print(f"{booth_db}: cannot be used as a booth.db: {error}", file=sys.stderr)
        return REFUSED
    hasher = Hasher()
    try:
        if not change(People(store, hasher)):
            print("there is no such account in force", file=sys.stderr)
            return REFUSED
    except sqlite3.Error as error:
        print(f"{booth_db}: cannot be written: {error}", file=sys.stderr)
        return REFUSED
    except UnacceptableError as error:
        print(text("en", f"problem.{error.code}"), file=sys.stderr)
        return REFUSED
    finally:
        hasher.stop()
        store.close()
    if done:
        print(done)
    return DONE


def _password() -> str | None:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    return first if getpass.getpass("Again: ") == first else None
