"""Hashing of passwords in one low-priority thread with a bounded queue, so that sign-ins never slow a lane (F27).

No account and no session may be put here. Parameters after OWASP ASVS 5.0, 11.4 and its password storage sheet.
"""

import itertools
import os
import queue
import threading
from concurrent.futures import Future
from contextlib import suppress

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError, VerificationError

MEMORY_KIB = 19 * 1024
ROUNDS = 2
WAITING_REMOTE = 8
WAITING_LOCAL = 16
NICE = 10

_Job = tuple[int, int, "Future[object] | None", str, str]


class HasherBusyError(RuntimeError):
    """Too many people ask to sign in at this moment; the caller answers "try again in a few seconds"."""


class Hasher:
    """Makes and checks argon2id hashes. What comes from the booth itself (`local`) goes before what comes from afar."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=1)
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._waiting = {True: 0, False: 0}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="booth-hasher", daemon=True)
        self._thread.start()
        self._nobody = self._argon2.hash(os.urandom(16))

    def stop(self) -> None:
        """Ends the thread; jobs that still wait are cancelled."""
        self._jobs.put((-1, next(self._numbers), None, "", ""))
        self._thread.join(timeout=3)

    def hash(self, password: str, *, local: bool = True) -> "Future[object]":
        """The hash (a text) of a new password. Raises HasherBusyError."""
        return self._queue("", password, local)

    def verify(self, stored: str | None, password: str, *, local: bool) -> "Future[object]":
        """Whether it fits (a bool). `stored` None takes the same time and never fits. Raises HasherBusyError."""
        return self._queue(stored if stored is not None else self._nobody, password, local)

    def _queue(self, stored: str, password: str, local: bool) -> "Future[object]":
        with self._lock:
            if self._waiting[local] >= (WAITING_LOCAL if local else WAITING_REMOTE):
                raise HasherBusyError("too many sign-ins at once")
            self._waiting[local] += 1
        job: Future[object] = Future()
        self._jobs.put((0 if local else 1, next(self._numbers), job, stored, password))
        return job

    def _work(self) -> None:
        with suppress(OSError):  # a kernel without per-thread priorities only makes this thread as important as others
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while True:
            rank, _, job, stored, password = self._jobs.get()
            if job is None:
                break
            with self._lock:
                self._waiting[rank == 0] -= 1
            if job.set_running_or_notify_cancel():
                try:
                    job.set_result(self._check(stored, password) if stored else self._argon2.hash(password))
                except Argon2Error as error:  # no memory for a hash: that sign-in fails, the thread lives
                    job.set_exception(error)
        with suppress(queue.Empty):
            while True:
                waiting = self._jobs.get_nowait()[2]
                if waiting is not None:
                    waiting.cancel()

    def _check(self, stored: str, password: str) -> bool:
        try:
            return self._argon2.verify(stored, password) and stored is not self._nobody
        except (VerificationError, InvalidHashError):
            return False
