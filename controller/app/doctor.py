"""`gatehouse doctor`: what a technician checks before leaving the gate. Looks at everything, changes nothing.

Each check is a function that gives findings; the command prints them and sums them up in its exit code.
"""

import os
import shutil
import socket
import ssl
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509

from controller.app.hardware import wake_of
from controller.app.outward import StartError, public_key
from controller.clock import kernel_is_synchronised
from controller.config import BoxConfig, OsdpBus
from controller.config_file import ConfigError, load_box_config

ANSWER_S = 3
CAMERA_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
CERTIFICATE_WARN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `good` None: worth knowing, no fault."""

    good: bool | None
    what: str
    detail: str


def doctor(
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="the configuration of the box")],
) -> None:
    """Check devices, rights, clock, disk, broker and certificates; exit 1 when something is wrong."""
    try:
        loaded = load_box_config(config)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    faults = 0
    for finding in findings(loaded):
        mark = {True: "ok", False: "WRONG", None: "note"}[finding.good]
        typer.echo(f"{mark:<6}{finding.what}: {finding.detail}")
        faults += finding.good is False
    typer.echo("everything that could be checked is right" if not faults else f"{faults} wrong")
    raise typer.Exit(1 if faults else 0)


doctor.example = "Example: gatehouse doctor --config config/two-lanes.yaml"  # type: ignore[attr-defined]


def findings(config: BoxConfig) -> Iterator[Finding]:
    """Everything that was found, check by check."""
    for check in CHECKS:
        yield from check(config)


def _devices(config: BoxConfig) -> Iterator[Finding]:
    lines = [(line.id, line.device) for line in config.reader_lines]
    lines += [(line.id, line.device) for line in config.barrier_lines]
    for line_id, device in lines:
        if not device.exists():
            yield Finding(False, f"device of {line_id}", f"{device} does not exist; is the cable plugged in?")
        elif not os.access(device, os.R_OK | os.W_OK):
            yield Finding(
                False, f"device of {line_id}", f"{device} may not be used by this user; add it to group dialout"
            )
        else:
            target = device.resolve()
            yield Finding(True, f"device of {line_id}", f"{device}" + (f" -> {target}" if target != device else ""))


def _secrets(config: BoxConfig) -> Iterator[Finding]:
    for what, file in _secret_files(config):
        if not file.exists():
            yield Finding(False, what, f"{file} does not exist")
        elif stat.S_IMODE(file.stat().st_mode) & 0o077:
            yield Finding(False, what, f"{file} can be read by others; do: chmod 600 {file}")
        else:
            yield Finding(True, what, f"{file}")


def _secret_files(config: BoxConfig) -> Iterator[tuple[str, Path]]:
    for line in config.reader_lines:
        if isinstance(line, OsdpBus):
            for reader in line.readers:
                if reader.key_file is not None:
                    yield f"key of {reader.id}", reader.key_file
    for camera in config.cameras:
        if camera.password_file is not None:
            yield f"password of {camera.id}", camera.password_file
    if config.mqtt is not None and config.mqtt.password_file is not None:
        yield "password for the broker", config.mqtt.password_file
    if config.booth.key_file is not None:
        yield "key of the page's certificate", config.booth.key_file


def _clock(config: BoxConfig) -> Iterator[Finding]:
    kept = kernel_is_synchronised()
    if kept:
        yield Finding(True, "clock", "the kernel says that somebody keeps it")
    elif config.clock.needs_synchronisation:
        yield Finding(
            False, "clock", "nobody keeps it (NTP): orders of the centre will be refused; start a time service"
        )
    else:
        yield Finding(None, "clock", "nobody keeps it (NTP); it should be within 5 s a day")


def _disk(config: BoxConfig) -> Iterator[Finding]:
    folder = next(each for each in (config.data, *config.data.parents) if each.exists())
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    enough = free_mb >= config.keep.disk_free_mb
    yield Finding(enough, "disk", f"{free_mb} MB free at {folder}, {config.keep.disk_free_mb} MB wanted")
    if not os.access(folder, os.W_OK):
        yield Finding(False, "data folder", f"{config.data} cannot be written by this user")


def _cameras(config: BoxConfig) -> Iterator[Finding]:
    for camera in config.cameras:
        yield _picture_source(f"camera {camera.id}", camera.source)
        if camera.substream and wake_of(config, camera) == "loop":
            yield Finding(None, f"camera {camera.id}, substream", "not used: the loop wakes this camera, not motion")
        elif camera.substream:
            yield _picture_source(f"camera {camera.id}, substream", camera.substream)


def _picture_source(what: str, source: str) -> Finding:
    scheme, _, rest = source.partition("://")
    scheme = scheme.strip().lower()
    host, _, port = rest.rpartition("@")[2].partition("/")[0].partition(":")
    if scheme in CAMERA_PORTS:
        return _reachable(what, host, int(port) if port.isdigit() else CAMERA_PORTS[scheme])
    there = Path(source).exists()
    return Finding(there, what, source + ("" if there else " does not exist"))


def _broker(config: BoxConfig) -> Iterator[Finding]:
    if config.mqtt is None:
        yield Finding(None, "broker", "none is configured: the box keeps everything until there is one")
        return
    found = _reachable("broker", config.mqtt.host, config.mqtt.port)
    yield found
    if found.good and config.mqtt.tls:
        yield _certificate_of(config.mqtt.host, config.mqtt.port, config.mqtt.ca_file)


def _certificate_of(host: str, port: int, ca_file: Path | None) -> Finding:
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        with (
            socket.create_connection((host, port), ANSWER_S) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return Finding(True, "broker's certificate", f"valid for {host}")
    except (OSError, ssl.SSLError) as error:
        return Finding(False, "broker's certificate", str(error))


def _reachable(what: str, host: str, port: int) -> Finding:
    try:
        with socket.create_connection((host, port), ANSWER_S):
            return Finding(True, what, f"{host}:{port} answers")
    except OSError as error:
        return Finding(False, what, f"{host}:{port} does not answer: {error}")


def _certificates(config: BoxConfig) -> Iterator[Finding]:
    for key in config.centre_keys:
        try:
            public_key(key)
            yield Finding(True, f"centre key {key.id}", str(key.public_key_file))
        except StartError as error:
            yield Finding(False, f"centre key {key.id}", str(error))
    file = config.booth.certificate_file
    if file is None:
        return
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        yield Finding(False, "page's certificate", f"{file}: {error}")
        return
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    detail = f"{file}: valid until {certificate.not_valid_after_utc:%Y-%m-%d}"
    yield Finding(
        left > timedelta(0) if left < timedelta(0) or left > CERTIFICATE_WARN else None, "page's certificate", detail
    )


CHECKS: tuple[Callable[[BoxConfig], Iterator[Finding]], ...] = (
    _devices,
    _secrets,
    _clock,
    _disk,
    _cameras,
    _broker,
    _certificates,
)
