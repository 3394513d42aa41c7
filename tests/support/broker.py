"""A real Mosquitto on a free port of loopback, with password file and access list, for tests and the demo's kin."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

BOX_USER = "box"
CENTRE_USER = "centre"


class MosquittoMissing(RuntimeError):
    """The broker that the tests need is not installed."""


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def mosquitto() -> str:
    """Path of the broker's program. Raises MosquittoMissing."""
    found = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if found is None:
        raise MosquittoMissing("mosquitto is not installed; `make test` installs it (apt-get install mosquitto)")
    return found


@dataclass(slots=True)
class Broker:
    """A broker that can be stopped, killed and started again on the same port."""

    folder: Path
    site: str = "jade"
    boxes: tuple[str, ...] = ("north",)
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(8))
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return once it answers."""
        self._write_files()
        self._process = subprocess.Popen(
            [mosquitto(), "-c", str(self.folder / "mosquitto.conf")],
            stdout=(self.folder / "mosquitto.log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        self._wait_until_it_answers()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; with SIGKILL as a crash would."""
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(10)
        self._process = None

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise TimeoutError("mosquitto did not answer; its words: " + (self.folder / "mosquitto.log").read_text()[-500:])

    def _write_files(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        passwords = self.folder / "passwords"
        passwords.unlink(missing_ok=True)
        for user in (CENTRE_USER, *(f"{BOX_USER}-{box}" for box in self.boxes)):
            command = ["mosquitto_passwd", "-b", *([] if passwords.exists() else ["-c"]), str(passwords), user]
            subprocess.run([*command, self.password], check=True, capture_output=True)
        (self.folder / "acl").write_text(access_list(self.site, self.boxes))
        (self.folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"
            f"acl_file {self.folder / 'acl'}\npersistence false\nmax_queued_messages 100000\n"
        )
        for name in ("passwords", "acl"):
            (self.folder / name).chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(self.folder / name, "mosquitto")
        if os.geteuid() == 0:
            for folder in (self.folder, *self.folder.parents[:3]):
                folder.chmod(folder.stat().st_mode | 0o055)


def access_list(site: str, boxes: tuple[str, ...]) -> str:
    """Each box may write up and read down under its own base alone; the centre the other way round."""
    lines = [f"user {CENTRE_USER}"]
    for box in boxes:
        base = f"gatehouse/v1/{site}/{box}"
        lines += [f"topic read {base}/#", *(f"topic write {base}/{name}" for name in _DOWN)]
    for box in boxes:
        base = f"gatehouse/v1/{site}/{box}"
        lines += [
            f"user {BOX_USER}-{box}",
            *(f"topic write {base}/{name}" for name in _UP),
            *(f"topic read {base}/{name}" for name in _DOWN),
        ]
    return "\n".join(lines) + "\n"


_UP = ("status", "lanes/#", "events", "registry/applied", "pictures/#", "orders/result", "health")
_DOWN = ("ack", "registry/delta", "registry/snapshot", "stays/delta", "orders")
