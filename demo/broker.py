"""The demo's own broker on loopback: Mosquitto with passwords and access list, or amqtt where there is no Mosquitto.

Only the broker's process and its files stand here.
"""

import getpass
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

CENTRE_USER = "centre"
UP = ("status", "lanes/#", "events", "registry/applied", "pictures/#", "orders/result", "health")
DOWN = ("ack", "registry/delta", "registry/snapshot", "stays/delta", "orders")
ANSWER_S = 10
PROGRAMS = "/usr/sbin:/usr/bin:/sbin:/bin"


class BrokerMissing(RuntimeError):
    """There is no broker to run; says what to install."""


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def box_user(box: str) -> str:
    """The name under which a box signs in at the broker."""
    return f"box-{box}"


@dataclass(slots=True)
class Broker:
    """A broker that can be stopped, killed and started again on the same port."""

    folder: Path
    site: str
    boxes: tuple[str, ...]
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    mosquitto: str | None = field(default_factory=lambda: shutil.which("mosquitto", path=PROGRAMS))
    """Path of Mosquitto's program; None: amqtt is run instead."""
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return once it answers. Raises BrokerMissing, TimeoutError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = self._mosquitto(self.mosquitto) if self.mosquitto else self._amqtt()
        with (self.folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self._wait_until_it_answers()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; with SIGKILL as a crash would."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)

    def password_file(self) -> Path:
        """The file from which everybody reads the password of this run."""
        file = self.folder / "password"
        if not file.exists():
            _write_secret(file, self.password + "\n")
        return file

    # --- kinds of brokers ------------------------------------------------------------------------------------------

    def _mosquitto(self, program: str) -> list[str]:
        passwords, access = self.folder / "passwords", self.folder / "access"
        if not passwords.exists():
            users = (CENTRE_USER, *(box_user(box) for box in self.boxes))
            _write_secret(passwords, "".join(f"{user}:{self.password}\n" for user in users))
            subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True, capture_output=True)
            _write_secret(access, access_list(self.site, self.boxes))
        config = self.folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nacl_file {access}\n"
            f"persistence false\nmax_queued_messages 100000\nuser {_owner()}\n"
        )
        return [program, "-c", str(config)]

    def _amqtt(self) -> list[str]:
        """The fallback: speaks MQTT 3.1.1 only, so the boxes must be told so."""
        try:
            from amqtt.contexts import BaseContext  # noqa: F401, PLC0415 - only where there is no Mosquitto
        except ImportError:
            raise BrokerMissing("no MQTT broker: install mosquitto (apt-get install mosquitto)") from None
        config = self.folder / "amqtt.yaml"
        config.write_text(
            f"listeners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:{self.port}\n"
            "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n"
        )
        return [str(Path(sys.executable).with_name("amqtt")), "-c", str(config)]

    def speaks_mqtt5(self) -> bool:
        """Whether the broker that will run speaks MQTT 5."""
        return self.mosquitto is not None

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + ANSWER_S
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        words = (self.folder / "broker.log").read_text(errors="replace")[-500:]
        raise TimeoutError(f"the broker did not answer within {ANSWER_S} s; its last words: {words}")


def access_list(site: str, boxes: tuple[str, ...]) -> str:
    """Each box may write up and read down under its own base alone; the centre the other way round."""
    lines = [f"user {CENTRE_USER}"]
    for box in boxes:
        base = f"gatehouse/v1/{site}/{box}"
        lines += [f"topic read {base}/#", *(f"topic write {base}/{name}" for name in DOWN)]
    for box in boxes:
        base = f"gatehouse/v1/{site}/{box}"
        lines += [
            f"user {box_user(box)}",
            *(f"topic write {base}/{name}" for name in UP),
            *(f"topic read {base}/{name}" for name in DOWN),
        ]
    return "\n".join(lines) + "\n"


def _write_secret(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


def _owner() -> str:
    """The user to run as: the one we are; Mosquitto otherwise leaves root and then cannot read our files."""
    return getpass.getuser()
