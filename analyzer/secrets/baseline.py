"""Findings already known, by keyed fingerprint: a baseline (what was there) and an allow list (what is accepted).

One JSON file each, with no secret in it::

    {"type": "supportpacket-known", "version": 1, "key": "1a2b3c4d",
     "known": [{"fingerprint": "hmac-...", "rule": "url-password", "member": "...", "reason": "...",
         "expires": "2027-01-31"}]}

A fingerprint is made of the value alone: a new secret in the same place is never hidden (gitleaks #2239), and the same
secret elsewhere is the one already decided on, unless the entry names a rule.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from analyzer.errors import UsageError
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.secrets.finding import Finding
    from analyzer.secrets.secret import FingerprintKey

Source: TypeAlias = Literal["baseline", "allow list"]
TYPE: Final = "supportpacket-known"
_MAXIMUM: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Known:
    """One entry: a fingerprint, optionally one rule, why it is accepted and until when (that day included)."""

    fingerprint: str
    source: Source
    rule: str | None = None
    reason: str = ""
    expires: dt.date | None = None

    def covers(self, finding: Finding, today: dt.date) -> bool:
        """Whether this entry accounts for ``finding`` on ``today``."""
        same = self.fingerprint == finding.fingerprint and self.rule in {None, finding.rule}
        return same and (self.expires is None or today <= self.expires)

    @property
    def justification(self) -> str:
        """Why, in one line."""
        return f"{self.source}: {self.reason}" if self.reason else self.source


def read_known(path: str | os.PathLike[str], source: Source, key: FingerprintKey) -> tuple[Known, ...]:
    """Read a baseline or an allow list; entries of an allow list must have a reason.

    Raises:
        UsageError: it cannot be read, is no such file, or was made with another key.
    """
    shown = printable(os.fspath(path))
    try:
        with Path(path).open("rb") as stream:
            tree = json.loads(stream.read(_MAXIMUM))
    except OSError as error:
        raise UsageError(f"{shown}: {source} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{shown}: no {source}: not JSON") from None
    if not isinstance(tree, dict) or tree.get("type") != TYPE or not isinstance(tree.get("known"), list):
        raise UsageError(f"{shown}: no {source}: expected an object of type {TYPE}")
    if tree.get("key") not in {None, key.id}:
        raise UsageError(f"{shown}: made with another fingerprint key (use the same --key-file)")
    return tuple(_entry(row, source, f"{shown}: entry {number}") for number, row in enumerate(tree["known"], 1))


def _entry(row: Any, source: Source, where: str) -> Known:
    if not isinstance(row, dict) or not isinstance(row.get("fingerprint"), str):
        raise UsageError(f"{where}: has no fingerprint")
    reason = row.get("reason") or ""
    if source == "allow list" and not str(reason).strip():
        raise UsageError(f"{where}: an allowed secret needs a reason")
    expires = row.get("expires")
    try:
        until = dt.date.fromisoformat(expires) if expires is not None else None
    except (TypeError, ValueError):
        raise UsageError(f"{where}: 'expires' is no date (YYYY-MM-DD)") from None
    rule = row.get("rule") if source == "allow list" else None
    return Known(row["fingerprint"], source, str(rule) if rule else None, str(reason), until)


def baseline_text(findings: Iterable[Finding], key: FingerprintKey) -> str:
    """Return a baseline of ``findings``, one entry a value, sorted, so that two versions of it can be compared."""
    rows: dict[str, dict[str, Any]] = {}
    for finding in findings:
        rows.setdefault(
            finding.fingerprint,
            {
                "fingerprint": finding.fingerprint,
                "rule": finding.rule,
                "kind": finding.kind,
                "member": printable(finding.member),
                "reason": "",
                "expires": None,
            },
        )
    tree = {"type": TYPE, "version": 1, "key": key.id, "known": [rows[name] for name in sorted(rows)]}
    return json.dumps(tree, indent=1, ensure_ascii=True) + "\n"


def today() -> dt.date:
    """Return the current day, UTC."""
    return dt.datetime.now(dt.UTC).date()
