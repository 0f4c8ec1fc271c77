"""Finding candidates: which rules may match, and where their keywords begin.

Hyperscan tries the fronts of all patterns at once over the raw bytes; where it has no wheel, Aho-Corasick
looks for the keywords.
Both only name places: one function (``analyzer.secrets.matching``) confirms them, so both give the same findings.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from typing import Any, Final, Literal, Protocol, TypeAlias

from analyzer.errors import UsageError
from analyzer.secrets.decode import BASE64_MARKS, JSON_MARK, PERCENT_MARK, UTF16_MARKS
from analyzer.secrets.rules import RULES, Rule

EngineName: TypeAlias = Literal["auto", "hyperscan", "literal"]

_COUNT: Final = len(RULES)
PERCENT: Final = _COUNT
JSON: Final = _COUNT + 1
BASE64: Final = _COUNT + 2
UTF16: Final = _COUNT + 3
"""Pseudo rules: not a secret, but a stretch that may hide one."""

CALLBACK_LIMIT: Final = 2_000_000
"""Reports in one block after which a pattern engine stops: a block of nothing but keywords."""


class Matcher(Hashable, Protocol):
    """Names candidates in a block."""

    name: str

    def candidates(self, block: bytes, low: int, high: int) -> tuple[list[tuple[int, int]], bool]:
        """Return (start of keyword, rule index) for starts in [low, high), sorted; and whether some were left out."""
        ...


def expressions() -> tuple[list[bytes], list[int], list[int]]:
    """Return the multi-pattern engine's expressions, their rule indexes and flags."""
    import hyperscan

    patterns: list[bytes] = []
    ids: list[int] = []
    flags: list[int] = []

    def add(pattern: bytes, index: int, flag: int = 0) -> None:
        patterns.append(pattern)
        ids.append(index)
        flags.append(flag | hyperscan.HS_FLAG_DOTALL)

    for index, rule in enumerate(RULES):
        # with the start reported, nothing has to be looked for; patterns that are too large for that go without
        start = 0 if rule.wide else hyperscan.HS_FLAG_SOM_LEFTMOST
        add(rule.multi_pattern.encode("latin-1"), index, start | (hyperscan.HS_FLAG_CASELESS if rule.nocase else 0))
    add(PERCENT_MARK.encode(), PERCENT)
    add(JSON_MARK.encode(), JSON)
    for mark in BASE64_MARKS:
        add(re.escape(mark.encode()), BASE64)
    for wide in UTF16_MARKS:
        add(b"".join(b"\\x%02x" % byte for byte in wide), UTF16, hyperscan.HS_FLAG_CASELESS)
    return patterns, ids, flags


class HyperscanMatcher:
    """All fronts at once; most reports give the start, for wide patterns the keywords are looked up before the end."""

    name = "hyperscan"

    def __init__(self, database: Any) -> None:
        self._database = database
        self._lead = [rule.lead for rule in RULES]
        self._wide = {index: rule for index, rule in enumerate(RULES) if rule.wide}

    def candidates(self, block: bytes, low: int, high: int) -> tuple[list[tuple[int, int]], bool]:
        """See :class:`Matcher`."""
        found: set[tuple[int, int]] = set()
        ends: set[tuple[int, int]] = set()
        note, note_end, wide = found.add, ends.add, self._wide
        reports = 0

        def report(index: int, start: int, end: int, _flags: int, _context: object) -> bool | None:
            nonlocal reports
            if index < _COUNT and index not in wide:
                note((start, index))
            else:
                note_end((end, index))
            reports += 1
            return reports >= CALLBACK_LIMIT or None

        import hyperscan

        cut = False
        try:
            self._database.scan(block, match_event_handler=report)
        except hyperscan.ScanTerminated:
            cut = True
        lead = self._lead
        keywords = {(start + lead[index], index) for start, index in found}
        far: dict[int, list[int]] = {}
        for end, index in ends:
            if index >= _COUNT:
                keywords.add((max(end - 1, 0), index))
            else:
                far.setdefault(index, []).append(end)
        for index, places in far.items():
            keywords.update((start, index) for start in _keywords_before(wide[index], block, places))
        return sorted(place for place in keywords if low <= place[0] < high), cut


def _keywords_before(rule: Rule, block: bytes, ends: list[int]) -> Iterator[int]:
    """Yield the starts of keywords within reach of one of ``ends``; stretches that overlap are looked through once."""
    longest = max(map(len, rule.keywords))
    stretches: list[list[int]] = []
    for end in sorted(ends):
        start = max(0, end - rule.reach)
        # a keyword lies in one stretch or the other where they share as much as the longest has
        if stretches and start + longest <= stretches[-1][1]:
            stretches[-1][1] = end
        else:
            stretches.append([start, end])
    for start, end in stretches:
        yield from (match.start() for match in rule.keyword_regex.finditer(block, start, end))


class LiteralMatcher:
    """Aho-Corasick over the keywords of all rules, in lower case; the confirming pattern decides about case."""

    name = "literal"

    def __init__(self) -> None:
        import ahocorasick_rs

        owners: dict[bytes, list[int]] = {}
        for index, rule in enumerate(RULES):
            for word in rule.keywords:
                owners.setdefault(word.lower().encode("latin-1"), []).append(index)
        for mark in BASE64_MARKS:
            owners.setdefault(mark.lower().encode(), []).append(BASE64)
        for wide in UTF16_MARKS:
            owners.setdefault(wide.lower(), []).append(UTF16)
        self._owners = list(owners.values())
        self._automaton = ahocorasick_rs.BytesAhoCorasick(list(owners))
        self._exact = [None if rule.nocase else rule.keyword_regex for rule in RULES]
        self._percent = re.compile(PERCENT_MARK.encode())
        self._json = re.compile(JSON_MARK.encode())
        self._base64 = frozenset(mark.encode() for mark in BASE64_MARKS)

    def candidates(self, block: bytes, low: int, high: int) -> tuple[list[tuple[int, int]], bool]:
        """See :class:`Matcher`."""
        found: set[tuple[int, int]] = set()
        for word, start, end in self._automaton.find_matches_as_indexes(block.lower(), overlapping=True):
            for index in self._owners[word]:
                if index >= _COUNT:
                    if index == BASE64 and block[start:end] not in self._base64:
                        continue
                    at = end - 1
                    if low <= at < high:
                        found.add((at, index))
                elif low <= start < high:
                    exact = self._exact[index]
                    if exact is None or exact.match(block, start):
                        found.add((start, index))
        for index, pattern in ((PERCENT, self._percent), (JSON, self._json)):
            found.update((m.end() - 1, index) for m in pattern.finditer(block) if low <= m.end() - 1 < high)
        return sorted(found), False


_loaded: dict[str, Matcher] = {}


def matcher(name: EngineName = "auto") -> Matcher:
    """Return the engine of that name, loaded once in a process; ``auto`` takes Hyperscan where it can be imported.

    Raises:
        UsageError: the engine asked for is not installed.
    """
    if name in _loaded:
        return _loaded[name]
    made: Matcher | None = None
    if name in {"auto", "hyperscan"}:
        try:
            from analyzer.secrets.database import load

            made = HyperscanMatcher(load())
        except ImportError:
            if name == "hyperscan":
                raise UsageError("the engine 'hyperscan' is not installed") from None
    if made is None:
        try:
            made = LiteralMatcher()
        except ImportError:
            raise UsageError("no pattern engine: install hyperscan or ahocorasick-rs") from None
    _loaded[name] = made
    return made
