"""Reads a YAML file into a checked shape; an error names file, line and key, and the key that was probably meant.

No shape of its own stands here (see `config` and `traffic.script`).
"""

import difflib
import types
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Shape = TypeVar("Shape", bound=BaseModel)
Loc = tuple[int | str, ...]
Check = Callable[[Shape], Iterable[tuple[Loc, str]]]


class Part(BaseModel):
    """Every part of a file: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FileError(ValueError):
    """A file that cannot be used; every line says `file:line: key: what is wrong`."""


def load(path: Path, shape: type[Shape], check: Check[Shape] | None = None) -> Shape:
    """The checked content of a YAML file. Raises FileError with one line per mistake.

    `check` looks at what the shape alone cannot say, and gives the place and the words of each mistake.
    """
    try:
        document = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: is not UTF-8 at byte {error.start}") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FileError(f"{path}:{line}: no YAML: {error.problem or error.context}") from None
    except YAMLError as error:
        raise FileError(f"{path}:1: no YAML: {error}") from None
    if not isinstance(document, dict):
        raise FileError(f"{path}:1: expected keys with values, got {type(document).__name__}")
    try:
        content = shape.model_validate(document)
    except ValidationError as error:
        lines = [_line(path, document, shape, each) for each in error.errors()]
        raise FileError("\n".join(dict.fromkeys(lines))) from None
    found = [
        f"{path}:{_line_number(document, loc)}: {'.'.join(map(str, loc))}: {said}"
        for loc, said in (check(content) if check else ())
    ]
    if found:
        raise FileError("\n".join(found))
    return content


def _line(path: Path, document: Any, shape: type[BaseModel], mistake: ErrorDetails) -> str:
    kind, message = mistake["type"], mistake["msg"]
    loc = tuple(_real_loc(document, mistake["loc"]))
    where = ".".join(str(each) for each in loc) or "(file)"
    said = {"extra_forbidden": "this key is not known", "missing": "this key is missing"}.get(kind, message)
    if kind == "extra_forbidden" and loc:
        near = difflib.get_close_matches(str(loc[-1]), sorted(_keys_near(shape)), n=1)
        said += f", did you mean {near[0]!r}?" if near else ""
    return f"{path}:{_line_number(document, loc)}: {where}: {said[0].lower() + said[1:]}"


def _real_loc(document: Any, loc: Loc) -> Iterator[int | str]:
    """The loc without the names of union members, which pydantic puts between the keys."""
    here = document
    for index, each in enumerate(loc):
        is_last = index == len(loc) - 1
        if isinstance(here, dict) and (each in here or is_last):
            yield each
            here = here.get(each)
        elif isinstance(here, list) and isinstance(each, int) and each < len(here):
            yield each
            here = here[each]


def _line_number(document: Any, loc: Loc) -> int:
    here, line = document, 1
    for each in loc:
        marks = getattr(here, "lc", None)
        try:
            if marks is not None:
                line = (marks.key(each) if isinstance(here, dict) else marks.item(each))[0] + 1
            here = here[each]
        except (KeyError, IndexError, TypeError):
            break  # a missing key: the line of the part that misses it
    return int(line)


def _keys_near(shape: Any) -> set[str]:
    """Every key that any part of the shape knows; enough to guess a mistyped one."""
    found: set[str] = set()
    seen: set[Any] = set()
    waiting: list[Any] = [shape]
    while waiting:
        kind = waiting.pop()
        origin = get_origin(kind)
        if origin in (Union, types.UnionType, list, tuple, dict, Annotated):
            waiting += get_args(kind)
        elif isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
            seen.add(kind)
            for name, field in kind.model_fields.items():
                found.add(field.alias or name)
                waiting.append(field.annotation)
    return found
