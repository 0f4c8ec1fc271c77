"""``warning.txt``: what the server itself could not collect, in all three text forms (packet-format.md 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from analyzer.format.versions import Version
from analyzer.format.warnings import BULLET, HEADER, Form, KnownMessage, classify, form_of
from analyzer.parts.base import Notes, Parsed
from analyzer.parts.yamlread import decode
from analyzer.text import count

MAX_DEPTH = 8
MAX_LINES = 50_000  # a real file has a few dozen


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        text: the message without bullet; further lines follow line feeds; without ``N errors occurred:`` of a group.
        span: first and last 1-based line in the file, nested messages included.
        nested: messages of a multierror inside this one; ``text`` is then what wraps it, or empty.
        declared: how many messages the multierror's header announces; None where there is no header.
    """

    text: str
    span: tuple[int, int] = (0, 0)
    nested: tuple[Message, ...] = ()
    declared: int | None = None

    @property
    def known(self) -> KnownMessage | None:
        """The known message that this is, or None."""
        return classify(self.text)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One leaf message with what wraps it: ready to be attached to a part.

    Attributes:
        text: the whole story, wrapping texts first, joined with ``: ``.
        span: first and last 1-based line of the leaf.
        part: member that it concerns (``plugins.json``), or None if unknown.
        step: what failed in a few words, or None.
    """

    text: str
    span: tuple[int, int]
    part: str | None
    step: str | None


@dataclass(frozen=True, slots=True)
class Warnings:
    """The whole file.

    Attributes:
        messages: top-level messages; a multierror block among plain lines (9.x) is a message without text.
        form: ``lines`` (5.33-8.x, and 9.x without a block), ``mixed`` (9.x), ``multierror`` (10.0 and later).
    """

    messages: tuple[Message, ...] = ()
    form: Form = "multierror"

    def complaints(self, version: Version | None = None) -> tuple[Complaint, ...]:
        """Return every leaf message in file order, each with the part that it concerns in a packet of ``version``."""
        return tuple(leaf for message in self.messages for leaf in _leaves(message, (), version))


def _leaves(message: Message, wraps: tuple[str, ...], version: Version | None) -> Iterator[Complaint]:
    if message.nested:
        wraps = (*wraps, message.text) if message.text else wraps
        for inner in message.nested:
            yield from _leaves(inner, wraps, version)
        return
    known = next((row for row in map(classify, (*wraps, message.text)) if row), None)
    text = ": ".join((*wraps, message.text))
    yield Complaint(text, message.span, known.part_in(version) if known else None, known.step if known else None)


def read(data: bytes) -> Parsed[Warnings]:
    """Read ``warning.txt``; any text can be read, and an empty one has no message."""
    notes = Notes()
    lines = decode(data, notes).replace("\r\n", "\n").split("\n")
    if len(lines) > MAX_LINES:
        notes.add("", f"{len(lines):,} lines; only the first {MAX_LINES:,} are read", "error")
        del lines[MAX_LINES:]
    messages = tuple(_Reader(lines, notes).top())
    form: Form = "lines"
    if any(message.declared is not None for message in messages):
        single = len(messages) == 1 and not messages[0].text
        form = "multierror" if single else "mixed"
        messages = messages[0].nested if single else messages
    return Parsed(Warnings(messages, form), notes.result())


class _Reader:
    """Walks the lines once; ``at`` is the 0-based line to be read next, ``level`` the depth of the last bullet.

    A multierror ends with two line feeds, so two blank lines before a bullet close one level, four close two.
    """

    def __init__(self, lines: list[str], notes: Notes) -> None:
        self.lines = lines
        self.notes = notes
        self.at = 0
        self.level = 0

    def top(self) -> Iterator[Message]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            header = HEADER.match(line)
            if header:
                yield self._block("", int(header["count"]), self.at, 0)
            elif line.startswith(BULLET):
                self.notes.add("", f"line {self.at + 1}: a message without the header of its list")
                yield self._block("", None, self.at - 1, 0)
            elif line.strip():
                yield self._plain()
            else:
                self.at += 1

    def _plain(self) -> Message:
        first = self.at
        self.at += 1
        while self.at < len(self.lines) and self.lines[self.at][:1] in ("\t", " ") and self.lines[self.at].strip():
            if self.lines[self.at].startswith(BULLET):
                break
            self.at += 1
        return Message("\n".join(self.lines[first : self.at]), (first + 1, self.at))

    def _block(self, text: str, declared: int | None, header_at: int, depth: int) -> Message:
        """Read the bullets under a header; ``at`` is left on the first line that is not part of the block."""
        nested: list[Message] = []
        self.at, self.level = header_at + 1, depth
        while self.at < len(self.lines):
            blanks = self._blanks()
            here = self.at + blanks
            full = declared is not None and len(nested) >= declared
            if here >= len(self.lines) or not self.lines[here].startswith(BULLET):
                break
            if depth and (full or self.level - blanks // 2 < depth):
                break
            self.at = here
            nested.append(self._bullet(depth, last=declared is None or len(nested) + 1 >= declared))
        if declared is not None and declared != len(nested):
            self.notes.add(
                "", f"line {header_at + 1}: the header announces {count(declared, 'message')}, {len(nested):,} follow"
            )
        last = nested[-1].span[1] if nested else header_at + 1
        return Message(text, (header_at + 1, last), tuple(nested), -1 if declared is None else declared)

    def _bullet(self, depth: int, *, last: bool) -> Message:
        first = self.at
        text = [self.lines[first].removeprefix(BULLET)]
        header = _inner_header(text[0])
        if header and depth < MAX_DEPTH:
            return self._block(header[0], header[1], first, depth + 1)
        self.at += 1
        self.level = depth
        while self.at < len(self.lines):
            blanks = self._blanks()
            here = self.at + blanks
            ended = here >= len(self.lines) or (last and blanks >= 2)
            if ended or self.lines[here].startswith(BULLET) or HEADER.match(self.lines[here]):
                break
            inner = _inner_header(self.lines[here])
            text += self.lines[self.at : here + 1]
            self.at = here + 1
            if inner and depth < MAX_DEPTH:  # a wrapped multierror whose wrapping text has several lines
                text[-1] = inner[0]
                return replace(self._block("\n".join(text), inner[1], here, depth + 1), span=(first + 1, self.at))
        return Message("\n".join(text), (first + 1, self.at))

    def _blanks(self) -> int:
        here = self.at
        while here < len(self.lines) and not self.lines[here].strip():
            here += 1
        return here - self.at


def _inner_header(text: str) -> tuple[str, int] | None:
    head, found, tail = text.rpartition(": ")
    header = HEADER.match(tail if found else text)
    return (head, int(header["count"])) if header else None


def write(value: Warnings, *, target: Version | None = None) -> bytes:
    """Return the file in the form of ``target``; in the value's own form without one. No message, no bytes.

    Writing the ``lines`` form puts every leaf on lines of its own, wrapping texts first.
    """
    form = value.form if target is None else form_of(target)
    if form == "mixed" and value.form == "multierror":
        form = "multierror"  # a 9.x step that fails in several ways writes such a block
    if not value.messages:
        return b""
    if form == "multierror":
        messages = [m for top in value.messages for m in (top.nested if not top.text and top.nested else (top,))]
        return _multierror(messages).encode()
    if form == "lines":
        return "\n".join(leaf.text for leaf in value.complaints()).encode()
    return "\n".join(_shown(message) for message in value.messages).encode()


def _multierror(messages: list[Message] | tuple[Message, ...]) -> str:
    header = "1 error occurred:" if len(messages) == 1 else f"{len(messages)} errors occurred:"
    return header + "\n\t" + "\n\t".join("* " + _shown(message) for message in messages) + "\n\n"


def _shown(message: Message) -> str:
    if not message.nested:
        return message.text
    return (f"{message.text}: " if message.text else "") + _multierror(message.nested)
