"""Keys that the server misspelled, or renamed, with the releases that write each form.

Readers accept every form; writers choose by release.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from analyzer.format.versions import Version


@dataclass(frozen=True, slots=True)
class Spelling:
    """One key with two spellings.

    Attributes:
        part: member name.
        path: where the key stands, in its right spelling.
        right: the name that newer releases write (or ought to).
        wrong: the older name.
        until: first release that writes ``right``; None where the key was dropped before it was corrected.
        source: where this was read.
    """

    part: str
    path: str
    right: str
    wrong: str
    until: str | None
    source: str


# 12.1 stands for "master after 12.0": packet-format.md 1.1, last row, and 11 (release number not established)
SPELLINGS: Final = (
    Spelling("diagnostics.yaml", "ldap.error", "error", "erorr", "11.0", "PR#33782; packet-format.md 2.3"),
    Spelling("diagnostics.yaml", "file_store.error", "error", "erorr", "12.1", "packet-format.md 1.1, 2.3"),
    Spelling(
        "jobs.yaml",
        "bleve_post_indexing_jobs",
        "bleve_post_indexing_jobs",
        "bleve_post_indexin_jobs",
        None,
        "PR#24382, PR#33430; packet-format.md 2.5",
    ),
    Spelling("support_packet.yaml", "jobs[].create_at", "create_at", "createat", None, "packet-format.md 2.2"),
    Spelling("support_packet.yaml", "jobs[].start_at", "start_at", "startat", None, "packet-format.md 2.2"),
    Spelling(
        "support_packet.yaml",
        "jobs[].last_activity_at",
        "last_activity_at",
        "lastactivityat",
        None,
        "packet-format.md 2.2",
    ),
    Spelling("plugins.json", "enabled", "enabled", "active", "10.5", "PR#29403; packet-format.md 2.8"),
    Spelling("plugins.json", "disabled", "disabled", "inactive", "10.5", "PR#29403; packet-format.md 2.8"),
)
_BY_PATH: Final = {row.path: row for row in SPELLINGS}


def variants(path: str) -> tuple[str, ...]:
    """Return both spellings of a key, the right one first."""
    row = _BY_PATH[path]
    return (row.right, row.wrong)


def written(path: str, version: Version | None) -> str:
    """Return the spelling that a server of this version writes; the newest when the version is unknown."""
    row = _BY_PATH[path]
    if row.until is None:
        return row.wrong
    return row.wrong if version is not None and version.before(row.until) else row.right
