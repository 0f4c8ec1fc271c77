"""What log collectors put before every line of a process's output: one table.

Each form is tried at the beginning of a line, up to three in a row (compose writes its own prefix before
Docker's timestamp). ``source`` is the part that tells processes apart, so that lines of several containers
that were mixed can be put back together.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Prefix(NamedTuple):
    """What stood before a line: the process it came from, whether the line goes on in the next one, the rest."""

    source: bytes
    partial: bool
    rest: bytes


_TIME: Final = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
_SYSLOG_TIME: Final = rb"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?"
_PROCESS: Final = rb"(?P<source>[^\s:]{1,128} [^\s:\[\]]{1,64}(?:\[\d{1,10}\])?): ?"
_FULL_TIME: Final = rb"[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? [A-Z]{1,5}"
_SYSLOG_5424: Final = rb"<\d{1,3}>1 \S{1,40} (?P<source>\S{1,128} \S{1,64} \S{1,64}) \S{1,32} (?:-|\[.{0,500}?\]) ?"
_COLOUR: Final = rb"(?:\x1b\[[0-9;]{0,12}m)*"

FORMS: Final[tuple[tuple[str, re.Pattern[bytes]], ...]] = (
    ("cri", re.compile(_TIME + rb" (?P<source>stdout|stderr) (?P<part>[FP])(?: |(?=\n)|\Z)")),
    ("journald", re.compile(_SYSLOG_TIME + b" " + _PROCESS)),
    ("journald iso", re.compile(_TIME + b" " + _PROCESS)),
    ("journald full", re.compile(_FULL_TIME + b" " + _PROCESS)),
    ("journald monotonic", re.compile(rb"\[ {0,8}\d{1,9}\.\d{6}\] " + _PROCESS)),
    ("syslog 5424", re.compile(_SYSLOG_5424)),
    ("syslog 3164", re.compile(rb"<\d{1,3}>" + _SYSLOG_TIME + b" " + _PROCESS)),
    ("compose", re.compile(_COLOUR + rb"(?P<source>[A-Za-z0-9][\w.-]{0,127}) *\|" + _COLOUR + rb" ?" + _COLOUR)),
    ("kubectl", re.compile(rb"\[(?P<source>(?:pod|deployment|job)/[^\]\s]{1,300})\] ")),
    ("timestamp", re.compile(_TIME + rb"(?: |(?=\n)|\Z)")),
    ("go log", re.compile(rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? (?=goroutine \d)")),
)  # fmt: skip
_AT_MOST: Final = 3


def _nameless(pattern: bytes) -> bytes:
    return pattern.replace(b"?P<source>", b"").replace(b"?P<part>", b"")


_ANY: Final = re.compile(b"|".join(b"(?:" + _nameless(pattern.pattern) + b")" for _, pattern in FORMS))


def strip_all(text: bytes, sample: bytes) -> bytes | None:
    """Return a text without the prefixes of its lines if all have those of ``sample`` and one source, else None."""
    stripper = Stripper()
    stripper.strip(sample)
    if not stripper.recent:
        return None
    joined = b"".join(_nameless(pattern.pattern) for pattern in stripper.recent)
    each = re.compile(b"^" + joined, re.MULTILINE)
    found = each.findall(text)
    lines = text.count(b"\n") + (not text.endswith(b"\n"))
    if len(found) != lines or len(set(found)) != 1 or b"P" in found[0]:
        return None
    return each.sub(b"", text)


class Stripper:
    """Takes prefixes off lines; remembers which forms the last line had, because the next one has them, too."""

    def __init__(self, learned: tuple[bytes, ...] = ()) -> None:
        self.recent: list[re.Pattern[bytes]] = []
        self._learned = learned

    def strip(self, line: bytes) -> Prefix:
        """Return a line without what stood before it; a line without a known prefix comes back as it is."""
        for literal in self._learned:
            if same_but_digits(line[: len(literal)], literal):
                line = line[len(literal) :]
                break
        source, partial = b"", False
        used: list[re.Pattern[bytes]] = []
        for step in range(_AT_MOST):
            match = self.recent[step].match(line) if step < len(self.recent) else None
            if match is None and _ANY.match(line):
                match = next(filter(None, (pattern.match(line) for _, pattern in FORMS)), None)
            if match is None or match.re in used:
                break
            groups = match.groupdict()
            source += groups.get("source") or b""
            partial = groups.get("part") == b"P"
            line = line[match.end() :]
            used.append(match.re)
        if used:
            self.recent = used
        return Prefix(source, partial, line)


_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")


def same_but_digits(one: bytes, other: bytes) -> bool:
    """Whether two prefixes differ in digits only (times, counters)."""
    return len(one) == len(other) and one.translate(_DIGITS) == other.translate(_DIGITS)
