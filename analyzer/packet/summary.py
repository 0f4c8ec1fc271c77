"""One screen about a packet: what it is, what was read, what is missing, what the server could not collect."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from analyzer.text import count, human_bytes, printable

if TYPE_CHECKING:
    from datetime import datetime

    from analyzer.errors import Problem

Status: TypeAlias = Literal["read", "missing", "broken"]
MARKS: dict[Status, str] = {"read": "ok", "missing": "MISSING", "broken": "BROKEN"}


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One part of one node, or of the packet as a whole (``node`` is None).

    Attributes:
        node: node name or None.
        member: path in the packet.
        status: ``read``, ``missing`` (this release should have sent it) or ``broken``.
        size_bytes: unpacked size, None when missing.
        detail: what it holds, in a few words.
    """

    node: str | None
    member: str
    status: Status
    size_bytes: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class PacketSummary:
    """What ``supportpacket summary`` shows.

    Attributes:
        source: name of the packet's source.
        lineage: ``V1``, ``V2-flat`` or ``V2-cluster``.
        server_version: text such as ``11.6.0``, or None.
        generated_at: UTC time, or None.
        company: customer named in the licence, or None.
        facts: label and text of what matters first: users, database, installation, licence.
        nodes: node names.
        parts: one row a part.
        missing: names this release should have sent and did not.
        warnings: lines of the server's own ``warning.txt``.
        problems: everything else that could not be read.
        other: members that belong to no known part.
    """

    source: str
    lineage: str
    server_version: str | None
    generated_at: datetime | None
    company: str | None
    facts: tuple[tuple[str, str], ...]
    nodes: tuple[str, ...]
    parts: tuple[PartStatus, ...]
    missing: tuple[str, ...]
    warnings: tuple[str, ...]
    problems: tuple[Problem, ...]
    other: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether everything that is in the archive could be read."""
        return not any(problem.severity == "error" for problem in self.problems)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; times are ISO 8601."""
        values = asdict(self)
        values["generated_at"] = self.generated_at.isoformat() if self.generated_at else None
        values["facts"] = dict(self.facts)
        values["complete"] = self.complete
        return values

    @property
    def head(self) -> list[tuple[str, str]]:
        """Label and text of the first lines, for every form of the summary."""
        made = f"{self.generated_at:%Y-%m-%d %H:%M:%S} UTC" if self.generated_at else "unknown"
        nodes = ", ".join(printable(name) for name in self.nodes) or "none"
        server = f"Mattermost {printable(self.server_version)}" if self.server_version else "unknown version"
        rows = [
            ("server", f"{server} ({self.lineage})"),
            ("company", printable(self.company or "")),
            ("generated", made),
            (count(len(self.nodes), "node"), nodes),
            *self.facts,
        ]
        return [(label, text) for label, text in rows if text]

    def text(self) -> str:
        """Return the summary as plain text for a terminal or a ticket."""
        lines = [printable(self.source)]
        width = max(len(label) for label, _ in self.head)
        lines += [f"  {label:<{width}}  {text}" for label, text in self.head]
        lines.append("")
        name_width = max([len(_place(part)) for part in self.parts], default=4)
        for part in self.parts:
            size = human_bytes(part.size_bytes) if part.size_bytes is not None else ""
            lines.append(f"  {MARKS[part.status]:<7}  {_place(part):<{name_width}}  {size:>9}  {part.detail}".rstrip())
        for title, rows in self._lists():
            if rows:
                lines += ["", f"{title} ({len(rows)})", *(f"  - {row}" for row in rows)]
        return "\n".join(lines) + "\n"

    def _lists(self) -> list[tuple[str, list[str]]]:
        return [
            ("could not be read", [str(p) for p in self.problems if p.severity == "error"]),
            ("remarks", [str(p) for p in self.problems if p.severity != "error"]),
            ("warnings of the server", [printable(line) for line in self.warnings]),
            ("files of no known part", [printable(name) for name in self.other]),
        ]

    def html(self) -> str:
        """Return the summary as an HTML fragment; every text is escaped."""
        head = "".join(f"<tr><th>{_esc(label)}</th><td>{_esc(text)}</td></tr>" for label, text in self.head)
        rows = "".join(
            f'<tr class="{part.status}"><td><b style="color:{_COLOURS[part.status]}">{MARKS[part.status]}</b></td>'
            f'<td style="text-align:left">{_esc(_place(part))}</td>'
            f"<td>{human_bytes(part.size_bytes) if part.size_bytes is not None else ''}</td>"
            f'<td style="text-align:left">{_esc(part.detail)}</td></tr>'
            for part in self.parts
        )
        lists = "".join(
            f"<details{' open' if len(items) <= _FEW else ''}><summary>{_esc(title)} ({len(items)})</summary><ul>"
            + "".join(f"<li>{_esc(item)}</li>" for item in items)
            + "</ul></details>"
            for title, items in self._lists()
            if items
        )
        return (
            f'<div class="supportpacket"><h4>{_esc(printable(self.source))}</h4>'
            f'<table style="text-align:left">{head}</table><table>{rows}</table>{lists}</div>'
        )


_FEW = 8
_COLOURS = {"read": "#2b8a3e", "missing": "#e8590c", "broken": "#c92a2a"}


def _place(part: PartStatus) -> str:
    return f"{printable(part.node)}/{part.member}" if part.node else part.member


def _esc(text: str) -> str:
    return html.escape(text, quote=True)
