"""Key files of OSDP readers: 16 bytes as 32 hexadecimal digits, readable by their owner alone.

A key file holds the reader's secure channel base key (SCBK). No key is ever logged or put into a message.
"""

import os
import secrets
import stat
from pathlib import Path

KEY_BYTES = 16
DEFAULT_KEY = bytes(range(0x30, 0x40))  # SCBK-D: the same in every reader of the world, so it protects nothing


class KeyFileError(Exception):
    """A key file cannot be used; the message says why and what to do."""


def make_key(path: Path) -> None:
    """Write a new random key; refuses to overwrite one, since the reader would no longer be understood."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise KeyFileError(
            f"{path}: there is a key already; move it away first if the reader shall get another"
        ) from None
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be written: {error.strerror}") from error
    with os.fdopen(fd, "w", encoding="ascii") as file:
        os.fchmod(fd, 0o600)  # whatever the umask was
        file.write(secrets.token_bytes(KEY_BYTES).hex() + "\n")
        file.flush()
        os.fsync(fd)


def load_key(path: Path) -> bytes:
    """The key of a file; raises `KeyFileError` when it is missing, open to others, or no key."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        raise KeyFileError(f"{path}: no such key file; make one with: gatehouse osdp key {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path}: cannot be read as a key file: {error}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise KeyFileError(f"{path}: mode {stat.S_IMODE(mode):04o} lets others read the key; do: chmod 600 {path}")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES or len(text) != 2 * KEY_BYTES:
        raise KeyFileError(f"{path}: expected {2 * KEY_BYTES} hexadecimal digits, got {len(text)} characters")
    if key == DEFAULT_KEY:
        raise KeyFileError(f"{path}: this is the default key that every reader knows; make one of your own")
    return key
