"""From confirmed places to findings: one a rule and value, the first place given, repeats counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.secrets.finding import CONFIDENCES, Finding
from analyzer.secrets.secret import Secret

if TYPE_CHECKING:
    from analyzer.secrets.configuration import Setting
    from analyzer.secrets.context import Context
    from analyzer.secrets.finding import Confidence
    from analyzer.secrets.policy import Policy
    from analyzer.secrets.stream import Placed


@dataclass(frozen=True, slots=True)
class Place:
    """Where text comes from: the member's path, its node, what of it (``""`` for its bytes, ``name``, ``comment``)."""

    member: str
    node: str | None
    what: str = ""
    log: bool = False


@dataclass(slots=True)
class _Row:
    rule: str
    kind: str
    confidence: Confidence
    value: str
    place: Place
    line: int | None
    column: int | None
    offset: int
    length: int
    key_path: str | None
    encodings: tuple[str, ...]
    reason: str
    remedy: str
    leaves_clear: bool
    mark: str
    repeats: int = 1


class Collector:
    """Gathers the findings of one packet."""

    def __init__(self, source: str, policy: Policy, context: Context) -> None:
        self._source = source
        self._policy = policy
        self._context = context
        self._rows: dict[tuple[str, str], _Row] = {}
        self._per_rule: dict[tuple[str, str], int] = {}
        self._taken: dict[str, list[tuple[int, int]]] = {}
        self._marks: dict[str, str] = {}
        self.capped: set[tuple[str, str]] = set()

    def add(self, placed: Placed, place: Place, *, binary: bool) -> None:
        """Take a match of a text rule, unless a setting at the same place was already taken."""
        match = placed.match
        if any(start < match.end and match.start < end for start, end in self._taken.get(place.member, ())):
            return
        rule = match.rule
        self._put(
            rule.id,
            rule.kind,
            match.confidence,
            match.value,
            place,
            None if binary else placed.line,
            None if binary else placed.column,
            match.start,
            match.end - match.start,
            None,
            match.encodings,
            _reason(rule.kind, place),
            rule.remedy,
            leaves_clear=place.log,
        )

    def add_setting(self, setting: Setting, place: Place, text: bytes) -> None:
        """Take a secret of a configuration."""
        self._taken.setdefault(place.member, []).append((setting.start, setting.end))
        line_start = text.rfind(b"\n", 0, setting.start) + 1
        self._put(
            setting.rule,
            setting.kind,
            setting.confidence,
            setting.value,
            place,
            text.count(b"\n", 0, setting.start) + 1,
            len(text[line_start : setting.start].decode("utf-8", "replace")) + 1,
            setting.start,
            setting.end - setting.start,
            setting.key_path,
            setting.encodings,
            setting.reason,
            setting.remedy,
            leaves_clear=setting.leaves_clear,
        )

    def _put(
        self,
        rule: str,
        kind: str,
        confidence: Confidence,
        value: str,
        place: Place,
        line: int | None,
        column: int | None,
        offset: int,
        length: int,
        key_path: str | None,
        encodings: tuple[str, ...],
        reason: str,
        remedy: str,
        *,
        leaves_clear: bool,
    ) -> None:
        key = (rule, value)
        row = self._rows.get(key)
        if row is not None:
            row.repeats += 1
            if CONFIDENCES.index(confidence) > CONFIDENCES.index(row.confidence):
                row.confidence = confidence
            return
        number = self._per_rule[(rule, place.member)] = self._per_rule.get((rule, place.member), 0) + 1
        if number > self._policy.values_per_rule:
            self.capped.add((rule, place.member))
            return
        mark = self._marks.get(value)
        if mark is None:
            mark = self._marks[value] = self._policy.fingerprints.fingerprint(value)
        self._rows[key] = _Row(
            rule,
            kind,
            confidence,
            value,
            place,
            line,
            column,
            offset,
            length,
            key_path,
            encodings,
            reason,
            remedy,
            leaves_clear,
            mark,
        )

    def values(self) -> dict[str, str]:
        """Return every confirmed value with its fingerprint."""
        return dict(self._marks)

    def findings(self, places: dict[str, int]) -> list[Finding]:
        """Return the findings in the order they were met; ``places`` are counts in the packet by fingerprint."""
        return [
            Finding(
                packet=self._source,
                node=row.place.node,
                member=row.place.member,
                rule=row.rule,
                kind=row.kind,
                confidence=row.confidence,
                line=row.line,
                column=row.column,
                offset=row.offset,
                length=row.length,
                key_path=row.key_path,
                encodings=row.encodings,
                fingerprint=row.mark,
                occurrences=max(row.repeats, places.get(row.mark, 0)),
                reason=row.reason,
                remedy=row.remedy,
                server_leaves_clear=row.leaves_clear,
                secret=Secret(row.value, row.kind, row.mark),
            )
            for row in self._rows.values()
        ]


def _reason(kind: str, place: Place) -> str:
    if place.what:
        return (
            f"the member's {place.what} holds a {kind}"
            if place.what != "archive comment"
            else f"the archive's comment holds a {kind}"
        )
    if place.log:
        return f"a log line holds a {kind}; no release scrubs the content of logs"
    return f"the file holds a {kind}"
