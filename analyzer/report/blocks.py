"""What a page is made of: sections of blocks, each a table, facts, lines or pictures. Plain values, no HTML."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from analyzer.text import printable

Kind: TypeAlias = Literal["text", "wide", "number", "code", "short", "mark"]
Mood: TypeAlias = Literal["good", "warn", "bad", "plain"]

CELL = 400


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading and how its cells are set."""

    name: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text, or of lines of text.

    ``nothing`` is said instead of an empty table; ``more`` counts the rows left out, which ``file`` has.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | tuple[str, ...], ...], ...]
    nothing: str = "nothing"
    more: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn chart: ``name`` is its file name without ending."""

    name: str
    title: str
    png: bytes

    @property
    def base64(self) -> str:
        """The image as text for a data URL."""
        return base64.b64encode(self.png).decode()


@dataclass(frozen=True, slots=True)
class Block:
    """One thing in a section; what is empty is left out."""

    title: str = ""
    table: Table | None = None
    folded: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the page that the menu links to."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One number at the top of the page."""

    value: str
    label: str
    mood: Mood = "plain"


def cell(value: object) -> str:
    """Return a value as text for a cell: no control characters, NA is empty, cut to ``CELL`` characters."""
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = printable(str(value))
    if len(text) <= CELL:
        return text
    # cut between words: half a secret would not be recognised as one
    return f"{text[:CELL].rpartition(' ')[0]} …"


def _lines(value: object) -> str | tuple[str, ...]:
    return tuple(map(cell, value)) if isinstance(value, list | tuple) else cell(value)


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[object]],
    *,
    limit: int = 50,
    nothing: str = "nothing",
    file: str = "",
) -> Table:
    """Return at most ``limit`` rows as a table, and the count of the others."""
    shown = tuple(tuple(_lines(value) for value in row) for row in rows[:limit])
    more = f"{len(rows) - limit:,}" if len(rows) > limit else ""
    return Table(tuple(columns), shown, nothing, more, file)
