r"""One text rule as one record, with its examples beside its pattern.

A pattern always begins with one of the rule's keywords (after ``lead`` bytes of fixed width), so that every engine that
finds the keywords, or the pattern's front, reaches the same matches. Patterns have no look-around, no
back-references and
only bounded repeats: trying one costs a bounded number of steps, whatever the text is.

Examples are written with the secret in ``[[...]]`` and made-up parts as ``«A36»``, so that no file holds a
string that looks
like a live token: ``A`` letters and digits, ``a`` lower case and digits, ``h`` hexadecimal, ``d`` digits, ``U`` base32,
``B`` base64, ``W`` URL-safe base64, ``m`` Mattermost's id alphabet, ``C`` like a password with special characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Literal, TypeAlias

from analyzer.secrets.finding import Confidence

Verdict: TypeAlias = Literal["ok", "weak", "drop"]
"""``weak`` lowers the confidence to low: a checksum or a structure does not hold."""

WORD: Final = "A-Za-z0-9_"


@dataclass(slots=True)
class Hit:
    """One place where a rule's pattern matched, on its way through the checks.

    ``start`` and ``end`` are the secret's bytes in ``block``; checks may move them to cut the value where it
    really ends.
    """

    block: bytes
    match: re.Match[bytes]
    start: int
    end: int
    value: str = ""

    def group(self, name: str) -> str:
        """Return one group of the pattern as text, empty if it took no part."""
        found = self.match.group(name)
        return found.decode("utf-8", "replace") if found else ""


Gate: TypeAlias = Callable[[bytes, re.Match[bytes]], bool]
Cut: TypeAlias = Callable[[Hit], bool]
Reveal: TypeAlias = Callable[[str], tuple[str, tuple[str, ...]]]
Check: TypeAlias = Callable[[Hit], Verdict]


@dataclass(frozen=True)
class Rule:
    """One class of secret in text.

    Attributes:
        id: stable name, lower case with dashes.
        kind: what the secret is, shared by rules that find the same thing.
        pattern: ``re`` syntax, matched on bytes; one group named ``secret``.
        keywords: literals; each match begins with one of them, ``lead`` bytes before it.
        true: examples that must match, the secret in ``[[...]]``.
        false: examples that must not.
        remedy: what to do once it has leaked.
        source: where the form is known from.
        confidence: of a match whose checks are fine.
        trigger: front of the pattern for the multi-pattern engine; derived from ``pattern`` if empty.
        gate: a cheap look at the match before anything else, for rules with many candidates.
        wide: the trigger is too large for the engine to report its start; keywords are looked for before its end.
        reach: with ``wide``, at most this many bytes lie between a keyword and the end of the trigger.
        nocase: letters match in any case.
        lead: bytes of the match before its keyword.
        left: bytes that must not stand before the match (a class, without brackets).
        right: bytes that must not stand after the secret.
        cut: decides where the secret ends, or that there is none.
        checks: of checksum, structure or shape.
        reveal: gives the secret inside a value that encodes it, and the encodings.
        percent: the secret may be percent-encoded.
        generic: rests on a name only; left to the policy in a configuration that parses.
        priority: of two findings at one place the lower number stays.
    """

    id: str
    kind: str
    pattern: str
    keywords: tuple[str, ...]
    true: tuple[str, ...]
    remedy: str
    source: str
    false: tuple[str, ...] = ()
    confidence: Confidence = "high"
    trigger: str = ""
    gate: Gate | None = None
    wide: bool = False
    reach: int = 0
    nocase: bool = False
    lead: int = 0
    left: str = WORD
    right: str = ""
    cut: Cut | None = None
    checks: tuple[Check, ...] = ()
    reveal: Reveal | None = None
    percent: bool = False
    generic: bool = False
    priority: int = 10

    @cached_property
    def regex(self) -> re.Pattern[bytes]:
        """The compiled pattern."""
        return re.compile(self.pattern.encode("latin-1"), re.IGNORECASE if self.nocase else 0)

    @cached_property
    def keyword_regex(self) -> re.Pattern[bytes]:
        """Finds every place where a keyword begins, overlapping ones too."""
        longest_first = sorted(self.keywords, key=len, reverse=True)
        words = b"|".join(re.escape(word.encode("latin-1")) for word in longest_first)
        return re.compile(b"(?=" + words + b")", re.IGNORECASE if self.nocase else 0)

    @cached_property
    def left_class(self) -> frozenset[int]:
        """Byte values that must not stand before the match."""
        return _bytes_of(self.left)

    @cached_property
    def right_class(self) -> frozenset[int]:
        """Byte values that must not stand after the secret."""
        return _bytes_of(self.right)

    @property
    def multi_pattern(self) -> str:
        """The expression for the multi-pattern engine: no groups by name, no open end."""
        return self.trigger or _front(self.pattern)


@lru_cache(maxsize=64)
def _bytes_of(spec: str) -> frozenset[int]:
    if not spec:
        return frozenset()
    one = re.compile(f"[{spec}]".encode("latin-1"))
    return frozenset(value for value in range(256) if one.match(bytes([value])))


_OPEN_END = re.compile(r"\{([1-9]\d*),\d+\}(\)*)\Z")


def _front(pattern: str) -> str:
    """Return ``pattern`` without group names, its last repeat at its minimum: one report a match."""
    plain = re.sub(r"\(\?P<\w+>", "(?:", pattern)
    return _OPEN_END.sub(r"{\1}\2", plain)
