"""What follows a header: frames, creator, ancestors, and what is none of these.

The grammar (``runtime/traceback.go``)::

    frame     = func "(" args ")" NL TAB file ":" line [" +0x" off] [" fp=0x.. sp=0x.. pc=0x.."] NL
    elided    = "..." N " frames elided..." | "...additional frames elided..."
    created   = "created by " func [" in goroutine " ID] NL TAB file ":" line [" +0x.."]
    ancestor  = "[originating from goroutine N]:" frames [created]
    cgo       = "non-Go function at pc=0x.." | name NL TAB [file ":" line " "] "pc=0x.."

A function line may come without its arguments (the reader cuts them off before it compares stacks): then it
ends with the opening bracket.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from analyzer.goroutines.messages import Section, section_end, section_of

_FILE: Final = re.compile(r"\s*(\S.*?):(\d{1,9})(?: (\S.*))?\Z")
_PC_ONLY: Final = re.compile(r"\s*pc=0x[0-9a-f]+\Z")
_OFFSET: Final = re.compile(r"\+0x([0-9a-f]{1,15})\b")
_ELIDED: Final = re.compile(r"\.\.\.(?:(\d+)|additional) frames elided\.\.\.\Z")
_ANCESTOR: Final = re.compile(r"\[originating from goroutine (\d+)\]:\Z")
_CREATED: Final = "created by "
_PARENT: Final = re.compile(r"(.*) in goroutine (\d{1,18})\Z")


class Frame(NamedTuple):
    """One frame without what differs between goroutines."""

    function: str
    file: str
    line: int


class Call(NamedTuple):
    """One frame as one goroutine has it: arguments as text (``...`` = inlined) and offset in bytes, or None."""

    frame: Frame
    args: str
    offset: int | None


class Ancestor(NamedTuple):
    """A goroutine that led to this one (``GODEBUG=tracebackancestors=N``)."""

    id: int
    frames: tuple[Frame, ...]


class Loose(NamedTuple):
    """A line that belongs to no goroutine: relative line (0 = after the header), section it is in, text."""

    line: int
    section: Section | None
    text: str


@dataclass(slots=True)
class Body:
    """What one record holds below its header, while it is being read.

    ``cut``: something of this record is missing. ``ragged``: the text ended in the middle of a line, be it of this
    record or of the next one's header.
    """

    calls: list[Call] = field(default_factory=list)
    creator: Frame | None = None
    creator_id: int | None = None
    elided: bool = False
    unavailable: bool = False
    cut: bool = False
    ragged: bool = False
    ancestors: list[Ancestor] = field(default_factory=list)
    loose: list[Loose] = field(default_factory=list)


def split_call(line: str) -> tuple[str, str] | None:
    """Return function and argument text of a function line, or None if it is none.

    >>> split_call("main.(*T).M(0xc0000, {0x1, 0x2}, ...)")
    ('main.(*T).M', '0xc0000, {0x1, 0x2}, ...')
    """
    if line.endswith(")"):
        at = line.rfind("(")
        return (line[:at], line[at + 1 : -1]) if at > 0 else None
    if line.endswith("("):
        return line[:-1], ""
    return None


def split_file(line: str) -> tuple[str, int, int | None] | None:
    """Return file, line and offset of a file line, or None if it is none (``file`` is "" for a bare pc)."""
    match = _FILE.match(line)
    if match is None:
        return ("", 0, None) if _PC_ONLY.match(line) else None
    offset = _OFFSET.match(match[3]) if match[3] else None
    return match[1], int(match[2]), int(offset[1], 16) if offset else None


class BodyReader:
    """Reads bodies; frames that were met before are not taken apart again."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], Call | None] = {}

    def _call(self, function: str, file: str) -> Call | None:
        key = (function, file)
        try:
            return self._calls[key]
        except KeyError:
            pass
        call = None
        place = split_file(file)
        named = split_call(function)
        if named is None and place is not None and " " not in function:
            named = (function, "")  # a C function has no argument list
        if place is not None and named is not None and named[0]:
            call = Call(Frame(named[0], place[0], place[1]), named[1], place[2])
        self._calls[key] = call
        return call

    def read(self, text: str, *, last: bool = False) -> Body:
        """Read the lines below one header. Nothing raises; lines that are not understood are ``loose``.

        With ``last`` the text may end anywhere: what is left of a cut line is dropped and ``cut`` is set.
        """
        body = Body()
        lines = text.split("\n")
        whole = lines[-1] == ""
        if whole:
            lines.pop()
        at, size = 0, len(lines)
        while at < size:
            line = lines[at]
            if not line:
                at += 1
            elif at + 1 < size and line[0] not in "\t ." and (call := self._call(line, lines[at + 1])):
                body.calls.append(call)
                at += 2
            else:
                at = self._other(body, lines, at)
        if last:
            self._end(body, lines, whole=whole)
        return body

    def _end(self, body: Body, lines: list[str], *, whole: bool) -> None:
        """Take what a cut left behind off the end of the last record."""
        size = len(lines)
        if body.loose and body.loose[-1].section is None:
            tail = body.loose[-1]
            dangling = split_call(tail.text) is not None  # a function line whose file line is gone
            if tail.line == size - 1 and (dangling or not whole):
                body.loose.pop()
                body.ragged = True
                body.cut = not tail.text.startswith("goroutine")
                if body.loose and body.loose[-1].line == size - 2 and tail.text[:1] in ("\t", " "):
                    body.loose.pop()
        elif not whole and lines and " +0x" not in lines[-1] and split_file(lines[-1]) is not None:
            # "file.go:1" may have been "file.go:123 +0x45"
            if body.creator is not None:
                body.creator = body.creator_id = None
                body.cut = body.ragged = True
            elif body.calls and body.calls[-1].frame.file:
                body.calls.pop()
                body.cut = body.ragged = True

    def _other(self, body: Body, lines: list[str], at: int) -> int:
        """Read what is no plain frame at ``at``; return where to go on."""
        line = lines[at]
        if line.startswith(_CREATED):
            return self._created(body, lines, at)
        if _ELIDED.match(line):
            body.elided = True
        elif line.endswith("stack unavailable"):
            body.unavailable = True
        elif line.startswith("non-Go function"):
            body.calls.append(Call(Frame("non-Go function", "", 0), "", None))
        elif found := _ANCESTOR.match(line):
            return self._ancestor(body, lines, at, int(found[1]))
        elif (section := section_of(line)) is not None:
            end = section_end(lines, at, section)
            body.loose += [Loose(i, section, lines[i]) for i in range(at, end)]
            return end
        else:
            return self._stray(body, lines, at)
        return at + 1

    def _created(self, body: Body, lines: list[str], at: int) -> int:
        """Read ``created by`` and its file line; without the file line the dump was cut there."""
        name = lines[at][len(_CREATED) :]
        parent = _PARENT.match(name)
        indented = at + 1 < len(lines) and lines[at + 1][:1] in ("\t", " ")
        place = split_file(lines[at + 1]) if indented else None
        if place is None:
            body.cut = True
            return at + 1 + indented
        body.creator = Frame(parent[1] if parent else name, place[0], place[1])
        body.creator_id = int(parent[2]) if parent else None
        return at + 2

    def _ancestor(self, body: Body, lines: list[str], at: int, goroutine: int) -> int:
        """Read one ancestor's frames, up to the next ancestor or a line that is no frame."""
        at += 1
        frames = []
        while at + 1 < len(lines):
            call = self._call(lines[at].removeprefix(_CREATED), lines[at + 1])
            if call is not None:
                frames.append(call.frame)
                at += 2
            elif _ELIDED.match(lines[at]):
                at += 1
            else:
                break
        body.ancestors.append(Ancestor(goroutine, tuple(frames)))
        return at

    def _stray(self, body: Body, lines: list[str], at: int) -> int:
        """Keep a line that is not understood; a frame that it tore apart is joined again."""
        line = lines[at]
        if line[:1] not in ("\t", " ") and split_call(line) is not None and at + 2 < len(lines):
            torn = lines[at + 2][:1] == "\t" and split_call(lines[at + 1]) is None
            if torn and (call := self._call(line, lines[at + 2])):
                body.loose.append(Loose(at + 1, section_of(lines[at + 1]), lines[at + 1]))
                body.calls.append(call)
                return at + 3
        body.loose.append(Loose(at, None, line))
        return at + 1
