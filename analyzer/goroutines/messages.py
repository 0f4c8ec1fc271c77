"""Lines of crash output around goroutines: what they are, as a table.

A process that dies prints why (``panic:``, ``fatal error:``, a signal), then its goroutines, then registers.
These lines are understood, so they are no "unparsed" lines; they are kept as messages of the dump.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

MessageKind: TypeAlias = Literal["panic", "fatal", "signal", "runtime", "registers", "exit", "race", "log"]


class Section(NamedTuple):
    """One form of crash output; with ``to_blank`` every line down to the next blank one belongs to it."""

    kind: MessageKind
    to_blank: bool = False


class Message(NamedTuple):
    """One line of crash output: 1-based line, kind, text as it stands."""

    line: int
    kind: MessageKind
    text: str


_REGISTERS: Final = (
    r"(?:r(?:[a-d]x|[sbi]p|[sd]i|\d{1,2}|flags)|e(?:[a-d]x|[sbi]p|[sd]i|flags)|[cdefgs]s|trap|error|oldmask|"
    r"x\d{1,2}|lr|sp|pc|fault|cpsr|fp|ip)\s+0x[0-9a-f]+\s*\Z"
)
_TABLE: Final[tuple[tuple[str, Section], ...]] = (
    (r"panic: ", Section("panic", to_blank=True)),
    (r"\tpanic: ", Section("panic", to_blank=True)),
    (r".{0,60}?http: panic serving ", Section("panic")),
    (r"\[recovered", Section("panic")),
    (r"\s*\[signal ", Section("signal")),
    (r"fatal error: ", Section("fatal", to_blank=True)),
    (r"fatal: morestack on ", Section("fatal")),
    (r"unexpected fault address ", Section("fatal")),
    (r"\[originating ", Section("runtime")),
    (r"runtime stack:\s*\Z", Section("runtime", to_blank=True)),
    (r"runtime: ", Section("runtime")),
    (r"runtime\.\w+ ", Section("runtime")),
    (r"\s*(?:morebuf|sched)=", Section("runtime")),
    (r"stack: frame=", Section("runtime", to_blank=True)),
    (r"(?:SIG[A-Z0-9]+|signal \d+): ", Section("signal")),
    (r"PC=0x[0-9a-f]+ m=", Section("signal")),
    (r"(?:signal arrived during|goroutine running on other thread)", Section("signal")),
    (_REGISTERS, Section("registers")),
    (r"-----\s*\Z", Section("runtime")),
    (r"exit status \d+\s*\Z", Section("exit")),
    (r"(?:Aborted|Killed|Segmentation fault)(?: \(core dumped\))?\s*\Z", Section("exit")),
    (r"={10,}\s*\Z", Section("race")),
    (r"WARNING: DATA RACE\s*\Z", Section("race")),
    (r"Found \d+ data race\(s\)\s*\Z", Section("race")),
)
_SECTIONS: Final = tuple((re.compile(pattern), section) for pattern, section in _TABLE)


def section_of(line: str) -> Section | None:
    """Return which form of crash output a line begins, or None."""
    if line.startswith("{") and line.rstrip().endswith("}"):
        return Section("log")  # a line of the server's own JSON log in between
    for pattern, section in _SECTIONS:
        if pattern.match(line):
            return section
    return None


def section_end(lines: Sequence[str], at: int, section: Section) -> int:
    """Return the line after the last one of a section that begins at ``at``."""
    end = at + 1
    if section.to_blank:
        while end < len(lines) and lines[end]:
            end += 1
    return end
