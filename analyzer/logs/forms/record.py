"""What one line says, before it becomes a row."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final

from analyzer.format.levels import canonical_level
from analyzer.logs.schema import FREQUENT_NAMES, INTEGER_FIELDS, RECORD_KINDS
from analyzer.logs.times import parse_time

TEXT: Final = "text"
"""Kind of a line in no form: what comes before it decides between continuation and unparsed."""
STACK: Final = "stack"
"""As ``TEXT``, and it looks like a line of a stack trace or of a panic."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Record:
    """One line: its kind, the columns that it fills, and the pairs that have no column.

    ``rest`` holds the pairs as JSON text, each ``"key":value``, in the order of the line.
    ``damage`` holds (first byte in the line, length, reason) for what was not understood. ``multiline`` marks a form
    that does not escape line ends, so that its message may run on. ``tail`` is the whole line if only a caller makes it
    a record: it may as well be the last line of a message.
    """

    kind: str
    time: int | None = None
    offset: int | None = None
    level: str | None = None
    msg: str | None = None
    caller: str | None = None
    columns: dict[str, str | int] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)
    damage: list[tuple[int, int, str]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    multiline: bool = False
    tail: str | None = None

    @property
    def fields(self) -> str | None:
        """The rest as one JSON object; None for a line that is no record."""
        return "{" + ",".join(self.rest) + "}" if self.kind in RECORD_KINDS else None

    def set_time(self, text: str) -> bool:
        """Take the timestamp ``text``; False when it is none."""
        parsed = parse_time(text)
        if parsed is None:
            return False
        self.time, self.offset = parsed
        return True

    def set_level(self, name: str) -> None:
        """Take the level as the server names it."""
        self.level = canonical_level(name)

    def put(self, key: str, value: str) -> bool:
        """Fill the column of a frequent field; False when it has none, is filled, or needs a number."""
        if key not in FREQUENT_NAMES or key in self.taken:
            return False
        if key in INTEGER_FIELDS:
            if not _INTEGER.fullmatch(value):
                return False
            self.columns[key] = int(value)
        else:
            self.columns[key] = value
        self.taken.add(key)
        return True

    def keep(self, key: str, value: str) -> None:
        """Keep a pair of text that has no column."""
        self.rest.append(f"{quote(key)}:{quote(value)}")


def quote(text: str) -> str:
    """Return ``text`` as a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def clean(text: str) -> str:
    """Return ``text`` without lone surrogates, which no encoding can hold."""
    return SURROGATES.sub("�", text) if not text.isascii() and SURROGATES.search(text) else text
