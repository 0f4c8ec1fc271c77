"""Confirming candidates in a block: pattern, boundaries, checks, decoded value; then the stretches that are encoded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from analyzer.secrets import decode, engine, shapes
from analyzer.secrets.rules import RULES, Hit, Rule
from analyzer.secrets.rules.cuts import escape_before

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.secrets.decode import Layer
    from analyzer.secrets.finding import Confidence

MAX_LAYERS: Final = 2
"""A decoded stretch is searched for encoded stretches once more."""

LAYER_PRIORITY: Final = 20
_NO_TEXT = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
CONFIRM_LIMIT: Final = 50_000
"""Candidates of one rule in one member that are tried; what is left out is said."""


class Match(NamedTuple):
    """One confirmed place: bytes ``start`` to ``end`` of the block or member."""

    rule: Rule
    start: int
    end: int
    value: str
    encodings: tuple[str, ...]
    confidence: Confidence
    priority: int

    def moved(self, by: int) -> Match:
        """Return this match with its place moved by ``by`` bytes."""
        return Match(
            self.rule, self.start + by, self.end + by, self.value, self.encodings, self.confidence, self.priority
        )


@dataclass(slots=True)
class Tally:
    """How many candidates of each rule were tried in one member, and which rules reached the limit."""

    tried: list[int] = field(default_factory=lambda: [0] * (len(RULES) + 4))
    capped: set[str] = field(default_factory=set)

    def allows(self, index: int) -> bool:
        """Count one candidate; False once the limit is reached."""
        self.tried[index] += 1
        if self.tried[index] <= CONFIRM_LIMIT:
            return True
        self.capped.add(RULES[index].id if index < len(RULES) else "encoded text")
        return False


def confirm(rule: Rule, block: bytes, keyword: int) -> Match | None:
    """Return the match of ``rule`` whose keyword begins at ``keyword``, or None."""
    start = keyword - rule.lead
    found = rule.regex.match(block, start) if start >= 0 else None
    if found is None:
        return None
    if start and block[start - 1] in rule.left_class and not escape_before(block, start):
        return None
    if rule.gate is not None and not rule.gate(block, found):
        return None
    hit = Hit(block, found, *found.span("secret"))
    if rule.cut is not None and not rule.cut(hit):
        return None
    if hit.end < len(block) and block[hit.end] in rule.right_class:
        return None
    raw = block[hit.start : hit.end]
    if b"\\" in raw or (rule.percent and b"%" in raw):
        depth = (found["open"] or b"").count(b"\\") if "open" in rule.regex.groupindex else 0
        hit.value, encodings = decode.decode_value(block, hit.start, hit.end, depth=depth, percent=rule.percent)
    else:
        hit.value, encodings = raw.decode("utf-8", "replace"), ()
    if _NO_TEXT.search(hit.value):  # chance in binary data: people and programs write secrets as text
        return None
    if _stands_for_another(raw.decode("utf-8", "replace") if encodings else hit.value, hit.value):
        return None
    confidence = rule.confidence
    for check in rule.checks:
        verdict = check(hit)
        if verdict == "drop":
            return None
        if verdict == "weak":
            confidence = "low"
    if rule.reveal is not None:
        hit.value, more = rule.reveal(hit.value)
        encodings += more
        if shapes.is_example(hit.value):
            return None
    return Match(rule, hit.start, hit.end, hit.value, encodings, confidence, rule.priority)


def _stands_for_another(written: str, value: str) -> bool:
    """Whether this is an example string; one with a percent sign is decoded once too often when it stands in a URL."""
    if shapes.is_example(value) or (written != value and shapes.is_example(written)):
        return True
    return "%" in written and shapes.is_example(unquote(written))


def search(
    block: bytes,
    low: int,
    high: int,
    matcher: engine.Matcher,
    tally: Tally,
    *,
    generic: bool = True,
    layers: int = MAX_LAYERS,
) -> list[Match]:
    """Return the matches whose keyword begins in [low, high) of ``block``, without overlaps, in order."""
    candidates, cut = matcher.candidates(block, low, high)
    if cut:
        tally.capped.add("all rules")
    return confirmed(block, low, candidates, matcher, tally, generic=generic, layers=layers)


def confirmed(
    block: bytes,
    low: int,
    candidates: list[tuple[int, int]],
    matcher: engine.Matcher,
    tally: Tally,
    *,
    generic: bool = True,
    layers: int = MAX_LAYERS,
) -> list[Match]:
    """Return the matches among ``candidates``, none of which begins before ``low``; see ``search``."""
    matches: list[Match] = []
    decoded_to = [low] * 4
    for at, index in candidates:
        if not tally.allows(index):
            continue
        if index >= len(RULES):
            kind = index - len(RULES)
            if layers <= 0 or at < decoded_to[kind]:
                continue
            layer = _REGIONS[index](block, at)
            if layer is not None:
                decoded_to[kind] = max(layer.end, at + 1)
                matches += _inside(layer, matcher, tally, generic=generic, layers=layers - 1)
            continue
        rule = RULES[index]
        if rule.generic and not generic:
            continue
        match = confirm(rule, block, at)
        if match is not None:
            matches.append(match)
    return without_overlaps(matches)


_REGIONS: Final[dict[int, Callable[[bytes, int], Layer | None]]] = {
    engine.PERCENT: decode.percent_region,
    engine.JSON: decode.json_region,
    engine.BASE64: decode.base64_region,
    engine.UTF16: decode.utf16_region,
}


def _inside(layer: Layer, matcher: engine.Matcher, tally: Tally, *, generic: bool, layers: int) -> list[Match]:
    found = search(layer.data, 0, len(layer.data), matcher, tally, generic=generic, layers=layers)
    outer = tuple(layer.encoding.split("+"))
    return [
        Match(
            m.rule,
            *layer.place(m.start, m.end),
            m.value,
            outer + m.encodings,
            m.confidence,
            m.priority + LAYER_PRIORITY,
        )
        for m in found
    ]


def without_overlaps(matches: list[Match]) -> list[Match]:
    """Keep, of matches at one place, the one of the most specific rule, then the longest."""
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (m.start, m.end)):
        while kept and kept[-1].end > match.start:
            rival = kept[-1]
            if (match.priority, match.start - match.end) < (rival.priority, rival.start - rival.end):
                kept.pop()
                continue
            break
        else:
            kept.append(match)
    return kept
