"""Plain data and files of it to frozen dataclasses and back, checked against their type hints. Standard
library only.

>>> from dataclasses import dataclass
>>> @dataclass(frozen=True, kw_only=True)
... class Size:
...     chars: int
...     labels: tuple[str, ...] = ()
>>> decode(Size, {"chars": 500, "labels": ["public"]})
Size(chars=500, labels=('public',))
>>> encode(Size(chars=500))
{'chars': 500, 'labels': []}
>>> decode(Size, {"chars": "many"})
Traceback (most recent call last):
ragtune.errors.BadInput: chars: expected int, found 'many'
"""

import hashlib
import json
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ragtune.errors import BadInput, SettingsError

T = TypeVar("T")


def encode(value: Any) -> Any:
    """Dataclasses, tuples, mappings and paths as JSON's own types, in the order of declaration."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: encode(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    return str(value) if isinstance(value, Path) else value


def decode(kind: type[T], value: Any, where: str = "") -> T:
    """`value` (as JSON or TOML give it) as `kind`. Raises BadInput that names the place and the value."""
    decoded: T = _decode(kind, value, where)
    return decoded


def to_json(value: Any) -> str:
    """One line of JSON; the same value gives the same line on any machine."""
    return _LINE.encode(value)


def from_json(kind: type[T], line: str | bytes, where: str = "") -> T:
    """The inverse of `to_json`. Raises BadInput when it is not JSON or not of that shape."""
    try:
        value = json.loads(line)
    except ValueError as error:
        raise BadInput(f"{where or kind.__name__}: not JSON ({error})") from None
    return decode(kind, value, where)


def read_toml(kind: type[T], path: Path, what: str = "file") -> T:
    """The TOML file at `path` as `kind`; `what` it is, for people. Raises SettingsError that quotes file, key
    and value."""
    return decode_toml(kind, toml_values(path, what), path)


def toml_values(path: Path, what: str = "file") -> dict[str, Any]:
    """The values of a TOML file, unchecked. Raises SettingsError when it can't be read."""
    try:
        import tomllib  # noqa: PLC0415  no function of the cloud reads files

        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: can't be read ({error.strerror}); name an existing {what}") from None
    except ValueError as error:  # not UTF-8, too
        raise SettingsError(f"{path}: not TOML ({error})") from None


def decode_toml(kind: type[T], values: Any, path: Path | str, where: str = "") -> T:
    """Values of the file at `path`, those of its key `where`, as `kind`. Raises SettingsError."""
    try:
        return decode(kind, values, where)
    except BadInput as error:
        raise SettingsError(f"{path}: {error}") from None


def digest(value: Any) -> str:
    """Sixteen hex digits (64 bits) of SHA-256 over the value's canonical JSON."""
    return hashlib.sha256(_CANONICAL.encode(value).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """What JSON can't hold, one level of it: json's encoder walks on by itself, in C."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in _names(type(value))}
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} can't be written as JSON: {value!r}")


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


_LINE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)
_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain, sort_keys=True)


def _decode(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _decode_record(kind, value, where)
    if origin in (Union, UnionType):
        return _decode_union(get_args(kind), value, where)
    if origin is Literal:
        return (
            value
            if value in get_args(kind)
            else _refuse(" or ".join(map(repr, get_args(kind))), value, where)
        )
    if origin in (tuple, list, dict):
        return _decode_container(origin, get_args(kind), value, where)
    return _decode_scalar(kind, value, where)


def _decode_scalar(kind: Any, value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is Path and isinstance(value, str):
        return Path(value)
    if isinstance(value, bool) and kind is not bool:
        return _refuse(kind.__name__, value, where)
    return value if isinstance(value, kind) else _refuse(kind.__name__, value, where)


def _decode_container(origin: Any, arguments: tuple[Any, ...], value: Any, where: str) -> Any:
    if origin is dict:
        if not isinstance(value, dict):
            return _refuse("a table", value, where)
        return {key: _decode(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if not isinstance(value, list | tuple):
        return _refuse("a list", value, where)
    if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        if len(value) != len(arguments):
            return _refuse(f"{len(arguments)} items", value, where)
        return tuple(
            _decode(a, v, f"{where}[{i}]") for i, (a, v) in enumerate(zip(arguments, value, strict=True))
        )
    return origin(_decode(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))


def _decode_union(options: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and NoneType in options:
        return None
    options = tuple(option for option in options if option is not NoneType)
    last = BadInput(f"{where}: nothing fits {value!r}")
    for option in options:
        try:
            return _decode(option, value, where)
        except BadInput as error:
            last = error
    raise last


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _decode_record(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        return _refuse(f"a table of {kind.__name__}", value, where)
    known = {field.name: field for field in fields(kind) if field.init}
    prefix = f"{where}." if where else ""
    for key in value:
        if key not in known:
            raise BadInput(f"{prefix}{key}: no such key; known are {', '.join(known)}")
    hints = _hints(kind)
    found = {key: _decode(hints[key], item, f"{prefix}{key}") for key, item in value.items()}
    for name, field in known.items():
        if name not in found and field.default is MISSING and field.default_factory is MISSING:
            raise BadInput(f"{prefix}{name}: missing")
    try:
        return kind(**found)
    except ValueError as error:
        raise BadInput(f"{prefix}{error}") from None


def _refuse(expected: str, value: Any, where: str) -> Any:
    shown = repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "…"
    raise BadInput(f"{where or 'value'}: expected {expected}, found {shown}")
