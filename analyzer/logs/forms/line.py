"""One line of any form -> one Record. This is the reference: the fast path must say the same."""

from __future__ import annotations

import re
from typing import Final

from analyzer.logs.forms.jsonline import NotJson, read_object, salvage
from analyzer.logs.forms.plain import COLOUR, read_plain, read_with_caller, read_zap_text
from analyzer.logs.forms.record import STACK, TEXT, Record
from analyzer.logs.forms.wrapped import after_prefix, in_object
from analyzer.logs.schema import RECORD_KINDS

MAX_LINE: Final = 16 << 20
"""Longest line that is read, in bytes; a longer one is kept as unparsed, its head shown."""
SHOWN: Final = 4096
"""How many characters of an unparsed line are kept as its text."""

# what stack traces, goroutine dumps, panics and the crash text of the Go runtime are made of
_STACK = re.compile(
    r"\s+\S"
    r"|goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\["
    r"|created by \S|panic: |fatal error: |runtime: |runtime stack:|\[signal |\[recovered\]|\[originating from "
    r"|exit status \d|r[a-z0-9]{1,5} +0x[0-9a-f]+$|[a-z]{2} +0x[0-9a-f]+$|SIG[A-Z]+: |PC=0x|signal arrived "
    r"|\.\.\.\d* ?(?:additional )?frames elided|\.\.\.$|-----\s*$"
    r"|(?:[\w\-.~%]+/)*[\w\-~%]+\.[\w.\-()*\[\]·…{}]+\([^()]*(?:\([^()]*\)[^()]*)*\)$"
    r"|(?:[\w\-.~%]+/)*[a-z][\w\-~%]*\.(?:[\w\-]+|\(\*[\w\[\].…]+\))(?:\.[\w\-]+)*$",
    re.ASCII,
)
_MARKS = re.compile(r'(?:\s|\x1b\[[0-9;]{0,16}m)+(?=\{\s*"(?:timestamp|level|ts|msg|version)"\s*:)')
_NEXT_RECORD = re.compile(rb'\{"(?:timestamp"|level":"[a-z]+","ts)')
_BOM = b"\xef\xbb\xbf"


def read_line(raw: bytes) -> Record:
    """Return what one line says; ``raw`` is without its line end.

    Kinds: the four record kinds; ``blank``; ``unparsed`` for broken JSON; ``text`` or ``stack`` for a line in no
    form, of which the caller decides by what stands before it.
    """
    damage: list[tuple[int, int, str]] = []
    if len(raw) > MAX_LINE:
        return over_long(raw, len(raw))
    body, lead = _strip(raw, damage)
    if not body:
        record = Record("unparsed" if damage else "blank", msg="" if damage else None)
        record.damage = damage
        return record
    text = _decode(body, lead, damage)
    if text[0] == "{":
        record = _json(body, text, lead)
    else:
        record = _indented(text) or _text(body, text, lead)
    record.damage += damage
    return record


def _strip(raw: bytes, damage: list[tuple[int, int, str]]) -> tuple[bytes, int]:
    """Return the line without NUL bytes, blanks and a BOM around it, and how much was cut in front."""
    body = raw.rstrip(b"\r\n")
    if b"\x00" in (body[:1], body[-1:]):
        bare = body.strip(b"\x00")
        lead = len(body) - len(body.lstrip(b"\x00"))
        if not bare:
            damage.append((0, len(body), "NUL bytes"))
            return b"", 0
        if lead:
            damage.append((0, lead, "NUL bytes"))
        tail = len(body) - lead - len(bare)
        if tail:
            damage.append((lead + len(bare), tail, "NUL bytes"))
        body = bare
    else:
        lead = 0
    if body.startswith(_BOM):
        body, lead = body[3:], lead + 3
    return (body, lead) if body.strip() else (b"", lead)


def _decode(body: bytes, lead: int, damage: list[tuple[int, int, str]]) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        damage.append((lead + error.start, error.end - error.start, "invalid UTF-8"))
        return body.decode("utf-8", "replace")


def _indented(text: str) -> Record | None:
    """Return the record of a JSON line with blanks or colour around it; text that only looks like one is left alone."""
    match = _MARKS.match(text)
    if match is None:
        return None
    try:
        return read_object(COLOUR.sub("", text[match.end() :]))
    except NotJson:
        return None


def _json(body: bytes, text: str, lead: int) -> Record:
    inner = in_object(body)
    if inner is not None:
        return _without_places(read_line(inner), lead, len(body))
    try:
        return read_object(text)
    except NotJson as error:
        at, cut = error.at, error.cut or error.at >= len(text.rstrip())
    # a line cut by a crash has the next record appended to it: that one is whole
    for match in reversed(list(_NEXT_RECORD.finditer(body, 1))[-3:]):
        try:
            record = read_object(body[match.start() :].decode("utf-8", "replace"))
        except NotJson:
            continue
        front = "whole" if _is_object(body[: match.start()]) else "cut"
        record.damage.append((lead, match.start(), f"{front} record in front of a whole one"))
        return record
    record = Record("unparsed", msg=text[:SHOWN])
    salvage(text, record)
    record.damage.append((lead, len(body), "cut JSON" if cut else f"broken JSON at character {at + 1}"))
    return record


def _is_object(body: bytes) -> bool:
    try:
        read_object(body.decode("utf-8", "replace"))
    except NotJson:
        return False
    return True


def _text(body: bytes, text: str, lead: int) -> Record:
    record = read_zap_text(text) or read_plain(text) or _prefixed(body, lead) or read_with_caller(text)
    if record is not None:
        return record
    kind = STACK if _STACK.match(text) else TEXT
    return Record(kind, msg=COLOUR.sub("", text)[:SHOWN])


def _prefixed(body: bytes, lead: int) -> Record | None:
    """Return what stands behind a collector's prefix; None when that is in no form, so that the line stays whole."""
    found = after_prefix(body)
    if found is None:
        return None
    size, sure = found
    inner = read_line(body[size:])
    if inner.kind == "blank":
        inner = Record(STACK, msg="")  # an empty line of a crash
    known = inner.kind in RECORD_KINDS or (inner.kind == "unparsed" and body[size : size + 1] == b"{")
    # a table's cell looks like a service's name: blanks behind that say nothing
    if not known and not (inner.kind == STACK and (sure or body[size : size + 1] != b" ")):
        return None
    inner.tail = None  # a collector's line may start a record wherever it stands
    inner.damage = [(at + lead + size if at >= 0 else at, length, why) for at, length, why in inner.damage]
    return inner


def _without_places(record: Record, lead: int, size: int) -> Record:
    """Return a record out of an object's string: its damage has no place of its own in the line."""
    record.damage = [(lead, size, why) for _, _, why in record.damage]
    return record


def over_long(head: bytes, size: int) -> Record:
    """Return the record of a line of ``size`` bytes that is too long to read; its time comes from its head."""
    record = Record("unparsed", msg=head[: SHOWN * 4].decode("utf-8", "replace")[:SHOWN])
    salvage(head[: SHOWN * 4].decode("utf-8", "replace"), record)
    record.damage.append((0, size, f"line longer than {MAX_LINE >> 20} MiB"))
    return record
