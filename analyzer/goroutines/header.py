"""The line that begins a goroutine: id, state, minutes, marks, labels, of every Go release.

The grammar (``runtime/traceback.go``, ``goroutineheader``)::

    header = "goroutine " ID [" gp=0x.. m=N mp=0x.."] " [" status "]" [" {" labels "}"] ":"
    status = state [" (leaked)"] [" (scan)"] [" (durable)"] [", N minutes"] [", locked to thread"]
             [", synctest bubble N"] [" labels:{" labels "}"]

Go 1.26 writes labels inside the bracket (only with ``GODEBUG=tracebacklabels=1``), Go 1.27 after it. Label
values may hold ``]``, ``}``, ``,`` and quotes, so the bracket is never looked for by a pattern alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_MARKS: Final = {" (leaked)": "leaked", " (scan)": "scan", " (durable)": "durable"}
_MINUTES: Final = re.compile(r"(\d{1,12}) minutes?\Z")
_BUBBLE: Final = re.compile(r"synctest (?:bubble|group) (\d{1,18})\Z")
_BARE: Final = re.compile(r"[^\s:,{}\"\[\]]*")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
# nearly every header is of this form; what is not is read piece by piece
_PLAIN: Final = re.compile(
    r"\[([^\]\[,(\"{]+)(?:, (\d{1,12}) minutes)?(, locked to thread)?\]"
    r"(?: \{([A-Za-z0-9./_]+: [A-Za-z0-9./_]*(?:, [A-Za-z0-9./_]+: [A-Za-z0-9./_]*)*)\})?:\s*\Z"
)
_GO_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_GO_SHORT: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Status:
    """What one header says about its goroutine, without the id.

    Attributes:
        state: status word as Go wrote it, marks removed; ``""`` when there is none (profiles).
        minutes: how long it has waited, or None when the dump does not say (then: unknown or under a minute).
        locked: locked to its thread.
        marks: of ``leaked``, ``scan``, ``durable``, those that are set.
        bubble: number of its synctest bubble, or None.
        labels: pprof labels.
        extra: what the header says beyond the grammar, kept as it stands.
    """

    state: str
    minutes: int | None = None
    locked: bool = False
    marks: frozenset[str] = frozenset()
    bubble: int | None = None
    labels: dict[str, str] = field(default_factory=dict)
    extra: str = ""


def unquote(text: str) -> str:
    """Return the value of a Go-quoted string (``%q``), with or without its quotes."""
    if text[:1] == '"' and text[-1:] == '"' and len(text) > 1:
        text = text[1:-1]
    if "\\" not in text:
        return text
    out = bytearray()
    last = 0
    for match in _GO_ESCAPE.finditer(text):
        out += text[last : match.start()].encode("utf-8", "surrogateescape")
        last = match.end()
        byte, short, long, octal, char = match.groups()
        if byte or octal:
            out.append(int(byte, 16) if byte else int(octal, 8) & 0xFF)
        elif short or long:
            code = int(short or long, 16)
            out += (chr(code) if code < 0x110000 else "\ufffd").encode("utf-8", "replace")
        else:
            out += _GO_SHORT.get(char, char).encode("utf-8", "surrogateescape")
    out += text[last:].encode("utf-8", "surrogateescape")
    return out.decode("utf-8", "replace")


def _word(text: str, at: int) -> tuple[str, int] | None:
    """Return a bare or quoted word at ``at`` and where it ends."""
    pattern = _QUOTED if text[at : at + 1] == '"' else _BARE
    match = pattern.match(text, at)
    if match is None:
        return None
    return unquote(match.group()), match.end()


def read_labels(text: str, at: int) -> tuple[dict[str, str], int] | None:
    """Read ``{key: value, ...}`` at ``at``; return the labels and where they end, or None if this is none."""
    if text[at : at + 1] != "{":
        return None
    at += 1
    labels: dict[str, str] = {}
    while text[at : at + 1] != "}":
        key = _word(text, at)
        if key is None or text[key[1] : key[1] + 1] != ":":
            return None
        at = key[1] + 1
        value = _word(text, at + (text[at : at + 1] == " "))
        if value is None:
            return None
        labels[key[0]] = value[0]
        at = value[1]
        if text[at : at + 1] == ",":
            at += 1 + (text[at + 1 : at + 2] == " ")
        elif text[at : at + 1] != "}":
            return None
    return labels, at + 1


def _inside(text: str, labels: dict[str, str], extra: list[str]) -> Status:
    """Read the text between the brackets, labels taken out."""
    words = text.split(", ")
    state = words[0]
    marks = set()
    stripped = True
    while stripped:
        stripped = False
        for suffix, name in _MARKS.items():
            if state.endswith(suffix):
                state, stripped = state[: -len(suffix)], True
                marks.add(name)
    minutes = bubble = None
    locked = False
    for word in words[1:]:
        if found := _MINUTES.match(word):
            minutes = int(found[1])
        elif found := _BUBBLE.match(word):
            bubble = int(found[1])
        elif word == "locked to thread":
            locked = True
        elif word in ("leaked", "scan", "durable"):
            marks.add(word)
        else:
            extra.append(word)
    return Status(state, minutes, locked, frozenset(marks), bubble, labels, ", ".join(extra))


def parse_status(raw: str) -> Status | None:
    """Read what follows ``goroutine ID `` on a header line, the colon included.

    Anything between the grammar's pieces is kept in ``extra``; None means that the line is no header at all.

    >>> parse_status("[select, 5 minutes, locked to thread]:").minutes
    5
    >>> parse_status('[sleep] {req: "GET [x]"}:').labels
    {'req': 'GET [x]'}
    """
    if plain := _PLAIN.match(raw):
        state, minutes, locked, pairs = plain.groups()
        labels = dict([pair.split(": ", 1) for pair in pairs.split(", ")]) if pairs else {}
        return Status(state, int(minutes) if minutes else None, locked is not None, frozenset(), None, labels)
    raw = raw.rstrip()
    opening = raw.find("[")
    if opening < 0 or not raw.endswith(":"):
        return None
    extra = [] if raw.startswith(("[", "gp=", "m=")) else [raw[:opening].strip()]
    if extra and " " in extra[0]:
        return None  # a sentence that happens to begin with "goroutine 7"
    labels = {}
    inner = raw.find(" labels:{", opening)
    closing = raw.find("]", opening)
    if closing < 0:
        return None
    if 0 <= inner < closing and (found := read_labels(raw, inner + 8)) is not None:
        labels, end = found
        closing = raw.find("]", end)
        if closing < 0:
            return None
        inside = raw[opening + 1 : inner] + raw[end:closing]
    else:
        inside = raw[opening + 1 : closing]
    rest = raw[closing + 1 : -1].strip()
    if (after := read_labels(rest, 0)) is not None:
        labels = labels | after[0]
        rest = rest[after[1] :].strip()
    if rest:
        extra.append(rest)
    return _inside(inside, labels, extra)
