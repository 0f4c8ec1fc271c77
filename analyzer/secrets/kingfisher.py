"""Kingfisher's rules as another source (extra ``kingfisher``): what ours did not find, marked as theirs.

The SDK scans without the network. Its places are taken only where our own rules have none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from analyzer.errors import UsageError
from analyzer.secrets.matching import Match
from analyzer.secrets.rules import Rule
from analyzer.secrets.shapes import is_clean

if TYPE_CHECKING:
    from analyzer.secrets.finding import Confidence

PRIORITY: Final = 90
"""Behind every rule of our own."""

_CONFIDENCE: Final[dict[str, Confidence]] = {"high": "medium", "medium": "low", "low": "low"}


class Kingfisher:
    """The SDK's scanner, made once in a process."""

    def __init__(self) -> None:
        try:
            from kingfisher_sdk import Scanner
        except ImportError:
            raise UsageError(
                "the engine 'kingfisher' needs the extra of that name (kingfisher-secret-scanner)"
            ) from None
        self._scanner: Any = Scanner()

    def matches(self, block: bytes, low: int, high: int) -> list[Match]:
        """Return the SDK's findings that begin in [low, high) of ``block``, one step less sure than the SDK says."""
        found: list[Match] = []
        for finding in self._scanner.scan(block):
            place = finding.location
            start, end = int(place["start_offset"]), int(place["end_offset"])
            value = finding.secret
            at = block.find(value.encode("utf-8", "replace"), start, end)
            if at >= 0:
                start, end = at, at + len(value.encode("utf-8", "replace"))
            if not (finding.visible and low <= start < high) or not value or is_clean(value):
                continue
            confidence = _CONFIDENCE.get(str(finding.confidence).lower(), "low")
            encodings = ("base64",) if finding.is_base64_encoded else ()
            found.append(
                Match(_rule(finding.rule_id, finding.rule_name), start, end, value, encodings, confidence, PRIORITY)
            )
        return found


@lru_cache(maxsize=2048)
def _rule(rule_id: str, name: str) -> Rule:
    return Rule(
        id=f"kingfisher:{rule_id}",
        kind=rule_id.rpartition(".")[2],
        pattern="(?P<secret>)",
        keywords=(),
        true=(),
        remedy=f"rotate it ({name})",
        source="Kingfisher",
        priority=PRIORITY,
    )


@lru_cache(maxsize=1)
def kingfisher() -> Kingfisher:
    """Return the scanner of this process.

    Raises:
        UsageError: the extra is not installed.
    """
    return Kingfisher()
