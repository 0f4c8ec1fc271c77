"""What every part reader gives back: a value and what did not fit.

A reader is ``read(data: bytes) -> Parsed[Value]``. One bad key costs that key only: it becomes None, its raw value
is kept in the value's ``extra`` and a ``PartProblem`` names it. Only a document that cannot be parsed at all raises
:class:`~analyzer.errors.PartError`, with a one-line reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from analyzer.errors import Severity
from analyzer.text import printable

T = TypeVar("T")

MAX_PROBLEMS = 200  # a garbled part may have a million odd keys; people read the first few
MAX_BYTES = 64 << 20  # the member cap of the official reader, packet-format.md 9.1


@dataclass(frozen=True, slots=True)
class PartProblem:
    """One key that did not fit.

    Attributes:
        key_path: dotted path (``license.users``, ``roles[3].name``), made safe to show; empty for the whole document.
        message: one line, without the value itself.
        severity: ``error`` (content lost), ``warning`` (content doubtful), ``info`` (odd, but read).
    """

    key_path: str
    message: str
    severity: Severity = "warning"

    def __str__(self) -> str:
        return f"{self.key_path}: {self.message}" if self.key_path else self.message


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """A part's value and everything about it that did not fit, in the order it was met."""

    value: T
    problems: tuple[PartProblem, ...] = ()


@dataclass(slots=True)
class Notes:
    """Collects problems while one part is read; bounded."""

    found: list[PartProblem] = field(default_factory=list)
    more: int = 0

    def add(self, key_path: str, message: str, severity: Severity = "warning") -> None:
        """Keep one problem, or count it once there are ``MAX_PROBLEMS``."""
        if len(self.found) < MAX_PROBLEMS:
            self.found.append(PartProblem(printable(key_path, 200), printable(message, 300), severity))
        else:
            self.more += 1

    def result(self) -> tuple[PartProblem, ...]:
        """Return the problems, with one last line for those that were only counted."""
        if not self.more:
            return tuple(self.found)
        return (*self.found, PartProblem("", f"{self.more:,} more problems in this part", "warning"))


def join(path: str, key: str) -> str:
    """Return the key path of ``key`` under ``path``: dots, and ``["a.b"]`` for keys that hold dots or brackets."""
    if not key or any(c in key for c in '."[]'):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{escaped}"]'
    return f"{path}.{key}" if path else key
