"""Signing in and approving: a name and a password against the delays, the hashes and the one-time codes.

No HTTP may be put here. OWASP ASVS 5.0, 6.3: every try is counted before it is checked.
"""

import asyncio
import re
from concurrent.futures import Future
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from controller.booth.passwords import Hasher
from controller.booth.people import LONGEST_PASSWORD, People, Person
from controller.booth.store import BoothStore
from controller.booth.tries import Source, Tries
from controller.domain.terms import Role

CODE = re.compile(r"(\d{1,9})-([0-9A-Z]{4})-?([0-9A-Z]{4})")


@dataclass(frozen=True, slots=True)
class Refused:
    """Not signed in: `code` is a problem's text, `wait_s` how long to wait before another try means anything."""

    code: str
    wait_s: int = 0


class SignIn:
    """Checks who somebody is."""

    def __init__(self, store: BoothStore, people: People, hasher: Hasher, tries: Tries) -> None:
        self._store = store
        self._people = people
        self._hasher = hasher
        self._tries = tries

    async def check(self, name: str, password: str, source: Source, at: int) -> Person | Refused:
        """The person, or why not. Raises HasherBusyError when too many ask at once."""
        wait_s = await run_in_threadpool(self._tries.begin, source, name, at)
        if wait_s:
            return Refused("wait", wait_s)
        stored = await run_in_threadpool(self._people.stored_password, name)
        fits = await self._fits(stored, password, source)
        person = await run_in_threadpool(self._people.find, name) if fits else None
        if person is None:
            await run_in_threadpool(self._store.note, at, "sign_in_wrong", _plain(name), source.address)
            return Refused("wrong")
        await run_in_threadpool(self._tries.succeeded, source, name)
        return person

    async def approve(
        self, name: str, secret: str, asking: Person, *, source: Source, at: int, what: str
    ) -> Person | Refused:
        """A second person who is at least a leader agrees, by password or by a one-time code."""
        leader = await run_in_threadpool(self._people.find, name)
        if leader is None or not leader.ranks(Role.LEADER) or leader.name.casefold() == asking.name.casefold():
            leader = None
        code = CODE.fullmatch(secret.strip().upper())
        if code is None:
            found = await self.check(name, secret, source, at)
            return found if isinstance(found, Refused) else leader or Refused("wrong")
        wait_s = await run_in_threadpool(self._tries.begin, source, f"code {name}", at)
        if wait_s:
            return Refused("wait", wait_s)
        if leader is None or not await self._use_code(leader, code, source, at, f"{what} for {asking.name}"):
            return Refused("wrong")
        await run_in_threadpool(self._tries.succeeded, source, f"code {name}")
        return leader

    async def _use_code(self, leader: Person, code: re.Match[str], source: Source, at: int, what: str) -> bool:
        number = int(code[1])
        row = await run_in_threadpool(
            self._store.row, "SELECT code FROM codes WHERE number=? AND name=? AND used_at IS NULL", number, leader.name
        )
        if not await self._fits(row["code"] if row else None, code[2] + code[3], source):
            return False
        used = await run_in_threadpool(
            self._store.write,
            "UPDATE codes SET used_at=?, used_for=? WHERE number=? AND used_at IS NULL",
            at, what, number,
        )  # fmt: skip
        return used == 1

    async def _fits(self, stored: str | None, password: str, source: Source) -> bool:
        if len(password) > LONGEST_PASSWORD:
            return False
        job: Future[object] = self._hasher.verify(stored, password, local=source.local)
        return bool(await asyncio.wrap_future(job))


def _plain(name: str) -> str:
    return "".join(char for char in name if char.isprintable())[:32]
