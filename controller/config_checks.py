"""What no single key of a configuration can say: doubles, references to nothing, secrets that are missing.

Pure: a `BoxConfig` in, paths and words out. Reading files stands in `controller.config_file`.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence

from controller.config import BoxConfig

BUILT_IN_PROFILES = ("generic", "waveshare-relay-d", "foot-gate")
LEAST_REGION = 50
"""In thousandths of the picture's width and height: less holds no plate."""
CAMERA_PROTOCOLS = ("rtsp", "rtsps", "http", "https")
KeyPath = tuple[int | str, ...]


def meant(key: str, known: Iterable[str]) -> str:
    """The key that was probably meant, as the end of a sentence; empty when none is near."""
    close = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    return f", did you mean {close[0]!r}?" if close else ""


def inconsistencies(config: BoxConfig) -> Iterator[tuple[KeyPath, str]]:
    """Everything in a configuration that does not fit together: the path of its key, and what is wrong."""
    yield from _doubles(config)
    yield from _unknown_references(config)
    yield from _secrets_missing(config)
    yield from _regions_too_small(config)
    yield from _sources_of_no_kind(config)


def _device_ids(config: BoxConfig) -> Iterator[tuple[KeyPath, str]]:
    for index, line in enumerate(config.reader_lines):
        yield ("reader_lines", index, "id"), line.id
        if line.kind == "osdp":
            for inner, reader in enumerate(line.readers):
                yield ("reader_lines", index, "readers", inner, "id"), reader.id
        else:
            yield ("reader_lines", index, "reader"), line.reader
    for index, barrier_line in enumerate(config.barrier_lines):
        yield ("barrier_lines", index, "id"), barrier_line.id
        for inner, board in enumerate(barrier_line.boards):
            yield ("barrier_lines", index, "boards", inner, "id"), board.id
    for index, camera in enumerate(config.cameras):
        yield ("cameras", index, "id"), camera.id


def _doubles(config: BoxConfig) -> Iterator[tuple[KeyPath, str]]:
    groups: list[Iterable[tuple[KeyPath, str]]] = [
        _device_ids(config),
        ((("lanes", index, "id"), lane.id) for index, lane in enumerate(config.lanes)),
        ((("profiles", index, "id"), profile.id) for index, profile in enumerate(config.profiles)),
        ((("lanes", index, "board"), lane.board) for index, lane in enumerate(config.lanes)),
        _device_paths(config),
    ]
    for group in groups:
        seen: set[str] = set()
        for path, name in group:
            if name in seen:
                yield path, f"{name!r} is used twice"
            seen.add(name)
    for index, line in enumerate(config.reader_lines):
        if line.kind == "osdp":
            yield from _address_doubles(("reader_lines", index, "readers"), [each.address for each in line.readers])
    for index, barrier_line in enumerate(config.barrier_lines):
        yield from _address_doubles(("barrier_lines", index, "boards"), [each.address for each in barrier_line.boards])


def _device_paths(config: BoxConfig) -> Iterator[tuple[KeyPath, str]]:
    for index, line in enumerate(config.reader_lines):
        yield ("reader_lines", index, "device"), str(line.device)
    for index, barrier_line in enumerate(config.barrier_lines):
        yield ("barrier_lines", index, "device"), str(barrier_line.device)


def _address_doubles(path: KeyPath, addresses: Sequence[int]) -> Iterator[tuple[KeyPath, str]]:
    for index, address in enumerate(addresses):
        if address in addresses[:index]:
            yield (*path, index, "address"), f"address {address} is used twice on this line"


def _unknown_references(config: BoxConfig) -> Iterator[tuple[KeyPath, str]]:
    boards = [board.id for line in config.barrier_lines for board in line.boards]
    cameras = [camera.id for camera in config.cameras]
    readers = [
        reader
        for line in config.reader_lines
        for reader in ([each.id for each in line.readers] if line.kind == "osdp" else [line.reader])
    ]
    profiles = [*BUILT_IN_PROFILES, *(profile.id for profile in config.profiles)]
    for index, lane in enumerate(config.lanes):
        yield from _unknown(("lanes", index, "board"), lane.board, boards, "board")
        for inner, at in enumerate(lane.readers):
            yield from _unknown(("lanes", index, "readers", inner, "id"), at.id, readers, "reader")
        for inner, at in enumerate(lane.cameras):
            yield from _unknown(("lanes", index, "cameras", inner, "id"), at.id, cameras, "camera")
    for index, line in enumerate(config.barrier_lines):
        for inner, board in enumerate(line.boards):
            yield from _unknown(
                ("barrier_lines", index, "boards", inner, "profile"), board.profile, profiles, "profile"
            )


def _unknown(path: KeyPath, name: str, known: Sequence[str], what: str) -> Iterator[tuple[KeyPath, str]]:
    if name not in known:
        there = f"; there are {', '.join(known)}" if known else f"; no {what} is configured"
        yield path, f"no {what} {name!r}{meant(name, known) or there}"


def _regions_too_small(config: BoxConfig) -> Iterator[tuple[KeyPath, str]]:
    for index, camera in enumerate(config.cameras):
        region = camera.region
        for begin, end, first, last in (("x0", "x1", region.x0, region.x1), ("y0", "y1", region.y0, region.y1)):
            if last - first < LEAST_REGION:
                expected = f"expected {end} at least {LEAST_REGION} above {begin}"
                yield ("cameras", index, "region"), f"holds no plate: {expected}, got {begin} {first} and {end} {last}"


def _sources_of_no_kind(config: BoxConfig) -> Iterator[tuple[KeyPath, str]]:
    for index, camera in enumerate(config.cameras):
        for key, source in (("source", camera.source), ("substream", camera.substream)):
            protocol, mark, _rest = source.strip().partition("://")
            if mark and protocol.lower() not in CAMERA_PROTOCOLS and (hint := meant(protocol, CAMERA_PROTOCOLS)):
                yield ("cameras", index, key), f"unknown protocol {protocol!r}{hint}"


def _secrets_missing(config: BoxConfig) -> Iterator[tuple[KeyPath, str]]:
    for index, line in enumerate(config.reader_lines):
        if line.kind != "osdp":
            continue
        for inner, reader in enumerate(line.readers):
            if reader.key_file is None and not reader.clear_text:
                what = "missing; give a key file, or say `clear_text: true` to run this reader without a secure channel"
                yield ("reader_lines", index, "readers", inner, "key_file"), what
    if not config.booth.plain_http and config.booth.certificate_file is None:
        yield ("booth",), "certificate_file is missing; give one, or say `plain_http: true` to run without encryption"
