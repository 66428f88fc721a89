"""Numbers of bytes as people write them. Needs nothing, so that a command line that only shows its help is quick."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(?P<number>\d[\d_]*(?:\.\d+)?)\s*(?:(?P<thousands>[kMGT])(?P<binary>i)?)?B?", re.IGNORECASE)


def parse_size(text: str) -> int:
    """The bytes that `500MB`, `1.5 GiB` or `2000000` mean.

    Raises:
        ValueError: it is no size; says what one looks like.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text} is no size. Write bytes, or a size such as 500MB or 2GB.")
    power = " KMGT".index((match["thousands"] or " ").upper())
    return int(float(match["number"]) * (1024 if match["binary"] else 1000) ** power)
