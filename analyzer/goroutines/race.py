"""Reports of Go's race detector, rewritten as goroutines.

A report (``runtime/race``, compiler-rt's ``tsan_report.cpp``)::

    WARNING: DATA RACE
    Write at 0x00c00001c0b8 by goroutine 7:
      main.main.func1()
          /src/main.go:10 +0x44

    Previous read at 0x00c00001c0b8 by main goroutine:
      ...
    Goroutine 7 (running) created at:
      main.main()
          /src/main.go:9 +0x5c

Each access becomes a record of its goroutine; what it did stands in ``extra``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from analyzer.goroutines.unwrap import Line

_ACCESS: Final = re.compile(
    rb"(?P<what>(?:Previous )?(?:atomic )?(?:read|write)) at (?P<address>0x[0-9a-f]+) by "
    rb"(?:goroutine (?P<id>\d{1,18})|(?P<main>main goroutine))(?: [^:]{0,200})?:\s*\Z",
    re.IGNORECASE,
)
_BORN: Final = re.compile(rb"Goroutine (\d{1,18}) \(([a-z ]{1,40})\) created at:\s*\Z")
_BEGIN: Final = b"WARNING: DATA RACE"
_RULE: Final = b"======"


def rewrite_races(lines: list[Line]) -> list[Line]:
    """Return the lines with race reports rewritten; all others as they are."""
    if not any(line.text.startswith(_BEGIN) for line in lines):
        return lines
    out: list[Line] = []
    at = 0
    while at < len(lines):
        out.append(lines[at])
        at += 1
        if out[-1].text.startswith(_BEGIN):
            end = at
            while end < len(lines) and not lines[end].text.startswith(_RULE):
                end += 1
            out += _report(lines[at:end])
            at = end
    return out


def _report(lines: list[Line]) -> list[Line]:
    """Rewrite one report: every access as a record, with the state and creator given further below."""
    born: dict[bytes, tuple[bytes, list[Line]]] = {}
    at = 0
    accesses: list[tuple[Line, re.Match[bytes], list[Line]]] = []
    rest: list[Line] = []
    while at < len(lines):
        line = lines[at]
        frames, end = _frames(lines, at + 1)
        if access := _ACCESS.match(line.text):
            accesses.append((line, access, frames))
        elif birth := _BORN.match(line.text):
            born[birth[1]] = (birth[2], [line, *frames])
        else:
            rest.append(line)
            end = at + 1
        at = end
    out: list[Line] = []
    for line, access, frames in accesses:
        number = access["id"] or b"1"
        state, birth_lines = born.get(number, (b"running", []))
        what = b"data race, %s at %s" % (access["what"].lower(), access["address"])
        out.append(line._replace(text=b"goroutine %s [%s] %s:" % (number, state, what)))
        out += frames
        if len(birth_lines) > 2:
            _, function, file = birth_lines[:3]
            out.append(function._replace(text=b"created by " + function.text.removesuffix(b"()")))
            out.append(file)
        out.append(line._replace(text=b""))
    return out + rest


def _frames(lines: list[Line], at: int) -> tuple[list[Line], int]:
    """Return the frames below a line of a report as a dump writes them, and where they end."""
    frames = []
    while at < len(lines) and lines[at].text.startswith(b"  "):
        text = lines[at].text
        indent = b"\t" if text.startswith(b"      ") else b""
        frames.append(lines[at]._replace(text=indent + text.strip()))
        at += 1
    return frames, at
