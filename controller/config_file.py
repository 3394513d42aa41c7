"""Reading a configuration file: YAML to `BoxConfig`, with every error named by file, line, key and what was meant.

What the keys are stands in `controller.config`; what cannot be said of one key alone (references, doubles) is here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from controller.config import BoxConfig
from controller.config_checks import inconsistencies, meant

FILE_BYTES_LIMIT = 1_000_000

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing that is wrong in a file; `line` counts from 1 and is 0 when the file as a whole is meant."""

    file: str
    line: int
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.what}"


class ConfigError(Exception):
    """A configuration that cannot be used; `problems` has every one that was found."""

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def load_box_config(file: Path) -> BoxConfig:
    """The configuration in a file, its relative paths taken from the file's folder. Raises ConfigError."""
    tree = read_yaml(file)
    config = validated(BoxConfig, tree, file)
    problems = [_located(file, tree, path, what) for path, what in inconsistencies(config)]
    if problems:
        raise ConfigError(problems)
    absolute: BoxConfig = _with_absolute_paths(config, file.resolve().parent)
    return absolute


def read_yaml(file: Path) -> Any:
    """The YAML of a file with the lines of its keys. Raises ConfigError for what is no readable YAML mapping."""
    try:
        if file.stat().st_size > FILE_BYTES_LIMIT:
            raise _whole(file, f"larger than {FILE_BYTES_LIMIT} bytes; is this the right file?")
        text = file.read_text(encoding="utf-8")
        tree = YAML(typ="rt").load(text)
    except OSError as error:
        raise _whole(file, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise _whole(file, f"not UTF-8 text (byte {error.start})") from None
    except MarkedYAMLError as error:
        line = (error.problem_mark.line + 1) if error.problem_mark else 0
        what = " ".join((error.problem or "not valid YAML").split())
        raise ConfigError([ConfigProblem(str(file), line, "YAML", what)]) from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise _whole(file, f"not valid YAML: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(tree, Mapping):
        raise _whole(file, f"expected a mapping of keys, got {type(tree).__name__}")
    return tree


def validated(model: type[Model], tree: Any, file: Path) -> Model:
    """The values of a YAML tree as `model`. Raises ConfigError with a problem for each error."""
    try:
        return model.model_validate(_plain(tree))
    except ValidationError as error:
        problems = [_problem(model, file, tree, detail) for detail in error.errors()]
        raise ConfigError(problems) from None


def _whole(file: Path, what: str) -> ConfigError:
    return ConfigError([ConfigProblem(str(file), 0, "file", what)])


def _plain(tree: Any) -> Any:
    """YAML's own containers and scalars as Python's, so that strict models see what they expect."""
    if isinstance(tree, Mapping):
        return {str(key): _plain(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_plain(value) for value in tree]
    if isinstance(tree, bool) or tree is None:
        return tree
    for kind in (int, float, str):
        if isinstance(tree, kind):
            return kind(tree)
    return str(tree)


# --- what pydantic says, for people --------------------------------------------------------------------------------


def _problem(model: type[BaseModel], file: Path, tree: Any, detail: ErrorDetails) -> ConfigProblem:
    path = _yaml_path(tree, detail["loc"])
    return _located(file, tree, path, _wording(model, tree, path, detail))


def _yaml_path(tree: Any, location: Sequence[int | str]) -> tuple[int | str, ...]:
    """The path in the file: pydantic adds the tag of a union, which is no key; a missing or extra last key is kept."""
    path: list[int | str] = []
    node = tree
    for index, step in enumerate(location):
        here = isinstance(node, Mapping) and step in node
        inside = isinstance(node, Sequence) and not isinstance(node, str) and isinstance(step, int) and step < len(node)
        if here or inside:
            path.append(step)
            node = node[step]
        elif index == len(location) - 1 and isinstance(node, Mapping):
            path.append(step)
    return tuple(path)


def _wording(model: type[BaseModel], tree: Any, path: Sequence[int | str], detail: ErrorDetails) -> str:
    key = str(path[-1]) if path else ""
    if detail["type"] == "extra_forbidden":
        return f"unknown key{meant(key, _allowed_keys(model, tree, path[:-1]))}"
    if detail["type"] == "missing":
        return "missing; it must be given"
    given = detail.get("input")
    context = detail.get("ctx", {})
    if detail["type"] in {"literal_error", "enum"}:
        choices = [choice.strip("' ") for choice in str(context.get("expected", "")).replace(" or ", ", ").split(",")]
        return f"expected {context.get('expected')}, got {given!r}{meant(str(given), choices)}"
    if detail["type"].startswith("union_tag"):
        return f"kind: expected {context.get('expected_tags', 'a kind of line')}, got {context.get('tag', 'nothing')!r}"
    message = detail["msg"][0].lower() + detail["msg"][1:]
    return f"{message}, got {given!r}" if not isinstance(given, (Mapping, list)) else message


def _allowed_keys(model: type[BaseModel], tree: Any, path: Sequence[int | str]) -> list[str]:
    """The keys that may stand at a path, found by walking the models along it."""
    kinds: list[type[BaseModel]] = [model]
    node = tree
    for step in path:
        node = node[step]
        if isinstance(step, str):
            kinds = [found for kind in kinds for found in _models_of(kind, step)]
    if isinstance(node, Mapping) and "kind" in node:
        kinds = [kind for kind in kinds if _kind_allows(kind, node["kind"])] or kinds
    return sorted({name for kind in kinds for name in kind.model_fields})


def _models_of(model: type[BaseModel], name: str) -> list[type[BaseModel]]:
    known = model.model_fields.get(name)
    return list(_models_in(known.annotation)) if known is not None else []


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (list, Union, UnionType, Annotated, tuple):
        for inner in get_args(annotation):
            yield from _models_in(inner)


def _kind_allows(model: type[BaseModel], kind: Any) -> bool:
    known = model.model_fields.get("kind")
    return known is not None and kind in get_args(known.annotation)


def _located(file: Path, tree: Any, path: Sequence[int | str], what: str) -> ConfigProblem:
    """A problem with the line of its key, or of the nearest part around it that the file has."""
    line, node = 0, tree
    for step in path:
        position = getattr(node, "lc", None)
        try:
            place = position.key(step) if isinstance(node, Mapping) else position.item(step)  # type: ignore[union-attr]
            line, node = place[0] + 1, node[step]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".") or "file"
    return ConfigProblem(str(file), line or 1, name, what)


# --- paths ---------------------------------------------------------------------------------------------------------


def _with_absolute_paths(part: Any, folder: Path) -> Any:
    """The same configuration with every relative path taken from `folder`."""
    if isinstance(part, Path):
        return part if part.is_absolute() else folder / part
    if isinstance(part, list):
        return [_with_absolute_paths(each, folder) for each in part]
    if isinstance(part, BaseModel):
        changed = {name: _with_absolute_paths(getattr(part, name), folder) for name in type(part).model_fields}
        return part.model_copy(update=changed)
    return part
