"""One finding: one rule and one secret value in one packet, with its first place.

Its JSON form is described in interface.md ("Finding, as one JSON line"); repeats are counted, not listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from analyzer.schema import Column, FrameSchema
from analyzer.secrets.secret import Secret
from analyzer.text import printable

Confidence: TypeAlias = Literal["high", "medium", "low"]
CONFIDENCES: Final[tuple[Confidence, ...]] = ("low", "medium", "high")
"""From weak to strong."""

FINDINGS: Final = FrameSchema(
    "findings",
    (
        Column("packet", "str", "the source as the user gave it"),
        Column("node", "str", "node the member belongs to; NA for the packet as a whole"),
        Column("member", "str", "path inside the packet, without a wrapping top folder"),
        Column("rule", "str", "id of the rule"),
        Column("kind", "str", "what the secret is"),
        Column("confidence", "str", "high, medium or low"),
        Column("line", "Int64", "1-based; NA where the member has no lines"),
        Column("column", "Int64", "1-based, in characters"),
        Column("offset", "Int64", "of the secret as it stands in the unpacked member", "bytes"),
        Column("length", "Int64", "of the secret as it stands", "bytes"),
        Column("key_path", "str", "setting that holds it; NA outside of a configuration"),
        Column("encodings", "object", "how it is encoded there, outermost first"),
        Column("fingerprint", "str", "HMAC-SHA256 of the decoded value with the user's key"),
        Column("occurrences", "Int64", "places in this packet where the value stands, in any encoding"),
        Column("reason", "str", "why this is a finding"),
        Column("remedy", "str", "what to do"),
        Column("server_leaves_clear", "bool", "whether this server version is known to leave it in clear"),
    ),
)
"""Schema of ``ScanResult.findings`` and ``Packet.secrets()``."""

PROBLEMS: Final = FrameSchema(
    "problems",
    (
        Column("source", "str", "the source as the user gave it"),
        Column("member", "str", "member it concerns; empty for the source as a whole"),
        Column("stage", "str", "open, read, limit or scan"),
        Column("severity", "str", "error: content was not scanned; warning: doubtful; info: only worth knowing"),
        Column("message", "str", "one line, never a secret"),
    ),
)
"""Schema of ``ScanResult.problems``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One secret found by one rule in one packet; see :data:`FINDINGS` for the meaning of each field.

    ``secret`` is the decoded value in its safe wrapping; ``suppressed`` the reason of a baseline or allow list.
    """

    packet: str
    node: str | None
    member: str
    rule: str
    kind: str
    confidence: Confidence
    line: int | None
    column: int | None
    offset: int
    length: int
    key_path: str | None
    encodings: tuple[str, ...]
    fingerprint: str
    occurrences: int
    reason: str
    remedy: str
    server_leaves_clear: bool
    secret: Secret
    suppressed: str | None = None

    def record(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Return the JSON form; text is escaped for terminals, ``secret`` is there only if asked for."""
        row: dict[str, Any] = {"type": "finding"}
        row |= {name: getattr(self, name) for name in FINDINGS.names}
        for name in ("packet", "node", "member", "key_path", "reason", "remedy"):
            if row[name] is not None:
                row[name] = printable(row[name])
        row["encodings"] = list(self.encodings)
        if show_secrets:
            row["secret"] = self.secret.reveal()
        return row

    def reaches(self, confidence: Confidence) -> bool:
        """Whether this finding has at least ``confidence``."""
        return CONFIDENCES.index(self.confidence) >= CONFIDENCES.index(confidence)


@dataclass(frozen=True, slots=True)
class ScanProblem:
    """Something that could not be scanned, or not wholly; see :data:`PROBLEMS`."""

    source: str
    member: str
    stage: str
    severity: str
    message: str

    @property
    def loses_content(self) -> bool:
        """Whether something was not scanned because of it."""
        return self.severity == "error" or (self.severity == "warning" and self.stage == "limit")

    def record(self) -> dict[str, Any]:
        """Return the JSON form."""
        row: dict[str, Any] = {"type": "problem"}
        row |= {name: printable(getattr(self, name)) for name in PROBLEMS.names}
        row["member"] = row["member"] or None
        return row
