"""A TOML file read strictly: every key is known and every value of its kind, or one line tells which is not."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, PathError, did_you_mean, one_line
from ..named_objects import NAMED
from ..sizes import parse_size


@dataclass(frozen=True)
class Kind:
    """What a value has to be, in words and as a test."""

    words: str
    fits: Callable[[Any], bool]


def read_toml(path: Path) -> dict[str, Any]:
    """What stands in a TOML file.

    Raises:
        PathError: there is no such file, or it cannot be read.
        InputError: it is no TOML; names the line.
    """
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise PathError(f'There is no file "{path}".') from None
    except OSError as error:
        raise PathError(f'"{path}" cannot be read: {error.strerror}.') from error
    except (ValueError, RecursionError) as error:  # of its syntax, of its encoding, of what is nested too deep
        raise InputError(f"{path.name} is no TOML: {one_line(error)}.") from None


def check_table(table: Mapping[str, Any], kinds: Mapping[str, Kind], where: str) -> None:
    """Raise an `InputError` for a key that is not among the kinds, or a value of another kind.

    Args:
        table: what stands there.
        kinds: of each key that may stand there.
        where: what the reader calls that place.
    """
    for key, value in table.items():
        if key not in kinds:
            raise InputError(f'{where} has no key "{key}"' + did_you_mean(key, kinds))
        if not kinds[key].fits(value):
            raise InputError(f"{where}: {key} is {_shown(value)}. Write {kinds[key].words}.")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"' if value.strip() else "empty"
    if isinstance(value, dict | list):
        return ("a table" if isinstance(value, dict) else "a list") if value else "empty"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


def _is_size(value: Any) -> bool:
    try:
        return _is_whole(parse_size(value) if isinstance(value, str) else value)
    except ValueError:
        return False


def _lists(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and bool(value) and all(map(fits, value))


TEXT = Kind("text in quotes", _is_text)
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
COUNT = Kind("a whole number above 0", _is_whole)
SECONDS = Kind("seconds above 0, such as 600", _is_seconds)
SIZE = Kind('bytes, or a size in quotes such as "4GB"', _is_size)
NAMES = Kind('a list of names such as ["fx", "htp"]', _lists(_is_text))
OPSETS = Kind("a list of whole numbers such as [18, 20]", _lists(_is_whole))
AXES = Kind(
    'a list of words such as [false, "batch,sequence"], where false stands for none',
    _lists(lambda value: value is False or _is_text(value)),
)
OBJECT = Kind('"module:name"', lambda value: isinstance(value, str) and bool(NAMED.fullmatch(value)))
TABLE = Kind("a table", lambda value: isinstance(value, dict))
TABLES = Kind('tables, each begun by a line [[models]], with model = "…"', _lists(TABLE.fits))
OPTION = Kind("text, a number, true or false", lambda value: isinstance(value, str | int | float))
