"""SARIF 2.1.0: packets and members as nested artifacts, exact byte regions, keyed fingerprints, no snippet.

Source: the OASIS standard (sarif-v2.1.0), sections 3.24 (artifact), 3.27 (result), 3.30 (region), 3.35 (suppression).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from analyzer.secrets.rules import RULES
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.secrets.finding import Finding, ScanProblem
    from analyzer.secrets.result import PacketScan, ScanResult

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT: Final = "supportpacketSecret/v1"
_LEVELS: Final = {"high": "error", "medium": "warning", "low": "note"}
_RANKS: Final = {"high": 90.0, "medium": 60.0, "low": 20.0}
_NOTIFICATION: Final = {"error": "error", "warning": "warning", "info": "note"}
_ABOUT: Final = {
    "config-setting": "A setting of the configuration that holds a credential, in clear",
    "config-data-source": "A password in a data source",
    "config-name": "A setting whose name promises a secret, in clear",
}


def sarif_log(result: ScanResult) -> dict[str, Any]:
    """Return a scan as one SARIF log with one run."""
    log = _Log()
    for packet in result.packets:
        log.add_packet(packet)
    for problem in result.extra_problems:
        log.notifications.append(log.notification(problem, None))
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [log.run()]}


def _uri(path: str) -> str:
    """Return a path as a URI reference; a URL keeps its scheme but loses credentials and query."""
    scheme, found, rest = path.partition("://")
    if found and scheme.isascii() and scheme.replace("+", "").isalnum():
        plain = rest.partition("?")[0].partition("#")[0]
        host, slash, tail = plain.partition("/")
        return f"{scheme}://{quote(host.rpartition('@')[2], safe=':[]')}{slash}{quote(tail)}"
    plain = path.removeprefix("./")
    # a colon in the first step would read as a scheme
    return quote(plain, safe="/") or "%20"


class _Log:
    def __init__(self) -> None:
        self._artifacts: list[dict[str, Any]] = []
        self._indexes: dict[tuple[int, str], int] = {}
        self._rules: dict[str, int] = {}
        self._rule_rows: list[dict[str, Any]] = []
        self._results: list[dict[str, Any]] = []
        self.notifications: list[dict[str, Any]] = []
        self._remedies = {rule.id: rule.remedy for rule in RULES}

    def add_packet(self, packet: PacketScan) -> None:
        """Add one packet: its artifact, the members that are pointed at, its results and what was not read."""
        root = self._artifact({"location": {"uri": _uri(packet.source)}, "roles": ["analysisTarget"]})
        sizes = dict(packet.paths)
        for finding in (*packet.findings, *packet.suppressed):
            self._results.append(self._result(finding, self._member(root, finding.member, sizes)))
        for problem in packet.problems:
            self.notifications.append(self.notification(problem, self._member(root, problem.member, sizes)))

    def _artifact(self, row: dict[str, Any]) -> int:
        self._artifacts.append(row)
        return len(self._artifacts) - 1

    def _member(self, root: int, path: str, sizes: dict[str, int]) -> int:
        """Return the artifact of a member; every archive around it is listed too."""
        if not path:
            return root
        key = (root, path)
        if key not in self._indexes:
            outer, inside, name = path.rpartition("!/")
            parent = self._member(root, outer, sizes) if inside and outer else root
            row: dict[str, Any] = {"location": {"uri": _uri(name or outer)}, "parentIndex": parent}
            if path in sizes:
                row["length"] = sizes[path]
            self._indexes[key] = self._artifact(row)
        return self._indexes[key]

    def _rule(self, finding: Finding) -> int:
        if finding.rule not in self._rules:
            self._rules[finding.rule] = len(self._rule_rows)
            text = _ABOUT.get(finding.rule, f"A {finding.kind} in clear")
            help_text = self._remedies.get(finding.rule.removeprefix("config-"), finding.remedy)
            self._rule_rows.append(
                {
                    "id": finding.rule,
                    "shortDescription": {"text": text},
                    "help": {"text": printable(help_text)},
                    "properties": {"kind": finding.kind},
                }
            )
        return self._rules[finding.rule]

    def _result(self, finding: Finding, artifact: int) -> dict[str, Any]:
        region: dict[str, Any] = {"byteOffset": finding.offset, "byteLength": finding.length}
        if finding.line is not None and finding.column is not None:
            region |= {"startLine": finding.line, "startColumn": finding.column}
        where = printable(f"{finding.packet}!/{finding.member}")
        properties = {
            "kind": finding.kind,
            "confidence": finding.confidence,
            "keyPath": finding.key_path and printable(finding.key_path),
            "node": finding.node and printable(finding.node),
            "encodings": list(finding.encodings),
            "remedy": printable(finding.remedy),
            "serverLeavesClear": finding.server_leaves_clear,
        }
        row: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": self._rule(finding),
            "level": _LEVELS[finding.confidence],
            "rank": _RANKS[finding.confidence],
            "message": {"text": printable(f"{finding.reason} ({where})")},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": self._artifacts[artifact]["location"]["uri"], "index": artifact},
                        "region": region,
                    },
                    "logicalLocations": [{"fullyQualifiedName": where}],
                }
            ],
            "partialFingerprints": {FINGERPRINT: finding.fingerprint},
            "occurrenceCount": finding.occurrences,
            "properties": {name: value for name, value in properties.items() if value is not None},
        }
        if finding.suppressed is not None:
            row["suppressions"] = [{"kind": "external", "justification": printable(finding.suppressed)}]
        return row

    def notification(self, problem: ScanProblem, artifact: int | None) -> dict[str, Any]:
        """Return a problem as a notification: what was not scanned, so that coverage is known."""
        row: dict[str, Any] = {
            "level": _NOTIFICATION.get(problem.severity, "warning"),
            "message": {
                "text": printable(
                    f"{problem.source}{'!/' if problem.member else ''}{problem.member}: {problem.message}"
                )
            },
            "descriptor": {"id": f"not-scanned/{problem.stage}"},
        }
        if artifact is not None:
            row["locations"] = [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": self._artifacts[artifact]["location"]["uri"], "index": artifact}
                    }
                }
            ]
        return row

    def run(self) -> dict[str, Any]:
        """Return the run."""
        failed = any(row["level"] == "error" for row in self.notifications)
        invocation: dict[str, Any] = {"executionSuccessful": not failed}
        if self.notifications:
            invocation["toolExecutionNotifications"] = self.notifications
        return {
            "tool": {"driver": {"name": "supportpacket", "version": _version(), "rules": self._rule_rows}},
            "columnKind": "unicodeCodePoints",
            "artifacts": self._artifacts,
            "invocations": [invocation],
            "results": self._results,
        }


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("supportpacket")
    except PackageNotFoundError:
        return "0"
