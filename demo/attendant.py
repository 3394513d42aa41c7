"""A squad leader for the demo: signs in at a booth page as a person would, and looks after what the gate refers.

Speaks HTTP alone, through the same door as the page, and decides by what the page shows. Nothing of it is needed by a
real estate, where a person does this.
"""

import http.cookiejar
import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any

LOOK_EVERY_S = 1.0
CONSIDERS_S = 4.0
FIRE_LASTS_S = 8.0
_CSRF = re.compile(r'<meta name="csrf" content="([^"]+)"')
OPENS = {"near_miss": "resident_known", "plate_doubtful": "plate_unreadable", "no_entry_record": "leader_agreed"}
"""What the leader opens for, and the reason given; what is not here is refused."""


class Attendant:
    """One person at one booth page."""

    def __init__(self, address: str, name: str, password: str) -> None:
        self._address = address
        self._name = name
        self._password = password
        self._csrf = ""
        self._seen: dict[str, float] = {}
        self._done: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"attendant {address}", daemon=True)
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._browser = urllib.request.build_opener(cookies)
        self.decided = 0

    def start(self) -> None:
        """Begin to look at the page."""
        self._thread.start()

    def stop(self) -> None:
        """Go home."""
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                if not self._csrf:
                    self._sign_in()
                for lane in json.loads(self._get("/api/v1/lanes")):
                    self._look_at(lane)
            except (OSError, ValueError, KeyError):
                self._csrf = ""  # the daemon is away or has started again: sign in again

    def _look_at(self, lane: Mapping[str, Any]) -> None:
        view = lane["view"]
        if not view:
            return
        passage = view.get("passage") or {}
        now = time.monotonic()
        if view["mode"] == "fire":
            if now - self._seen.setdefault(f"fire {lane['id']}", now) > FIRE_LASTS_S:
                self._order(lane["id"], "reset_fire", "drill", "")
                self._seen.pop(f"fire {lane['id']}")
        elif passage.get("verdict") == "refer" and passage.get("phase") == "referred":
            first = self._seen.setdefault(passage["id"], now)
            if now - first > CONSIDERS_S and passage["id"] not in self._done:
                self._done.add(passage["id"])
                reason = OPENS.get(str(passage.get("reason")), "")
                self._order(lane["id"], "open" if reason else "refuse", reason or "no_business", passage["id"])

    def _order(self, lane: str, order: str, reason: str, passage: str) -> None:
        asked = {"order": order, "reason": reason, "passage": passage, "key": uuid.uuid4().hex}
        request = urllib.request.Request(  # noqa: S310 - an address of loopback that we chose
            f"{self._address}/api/v1/lanes/{lane}/orders",
            data=json.dumps(asked).encode(),
            headers={"Content-Type": "application/json", "X-CSRF-Token": self._csrf, "Origin": self._address},
        )
        try:
            with self._browser.open(request, timeout=10):
                self.decided += 1
        except urllib.error.HTTPError as error:
            if error.code in {401, 403}:
                raise

    def _sign_in(self) -> None:
        form = {"csrf": self._token(self._get("/sign-in")), "name": self._name, "password": self._password}
        request = urllib.request.Request(  # noqa: S310
            f"{self._address}/sign-in",
            data=urllib.parse.urlencode(form).encode(),
            headers={"Origin": self._address},
        )
        with self._browser.open(request, timeout=10) as answer:
            self._csrf = self._token(answer.read().decode())

    def _token(self, page: str) -> str:
        found = _CSRF.search(page)
        if found is None:
            raise ValueError("the page has no token; is this a booth page?")
        return found.group(1)

    def _get(self, path: str) -> str:
        with self._browser.open(self._address + path, timeout=10) as answer:
            text: str = answer.read().decode()
            return text
