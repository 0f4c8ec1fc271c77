"""``warning.txt``: its three text forms and the messages that servers are known to write (packet-format.md 3).

Only the last failure of most V2 steps survives (3.3), so a message that is absent proves nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from analyzer.format.versions import Version

Form: TypeAlias = Literal["lines", "mixed", "multierror"]

HEADER: Final = re.compile(r"(?P<count>\d{1,9}) errors? occurred:\s*\Z", re.ASCII)
"""First line of a go-multierror text."""
BULLET: Final = "\t* "
"""Start of each of its messages; continuation lines start at column 0."""


def form_of(version: Version | None) -> Form:
    """Return the form that a release writes: lines to 8.x, mixed in 9.x, one multierror from 10.0 or if unknown."""
    if version is None or version.at_least("10.0"):
        return "multierror"
    return "mixed" if version.at_least("9.0") else "lines"


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """One message that the server is known to write.

    Attributes:
        pattern: matched at the start of the message.
        part: member (or, for diagnostics.yaml, block) that is missing or incomplete; None when it may be any.
        step: what failed, in a few words.
        since, until: releases that write it, ``until`` exclusive; None is open.
        source: where this was read.
    """

    pattern: re.Pattern[str]
    part: str | None
    step: str
    since: str | None = None
    until: str | None = None
    source: str = "packet-format.md 3.2"

    def part_in(self, version: Version | None) -> str | None:
        """Return the member that it concerns in a packet of this version: V1 has ``support_packet.yaml`` alone."""
        if self.part == "diagnostics.yaml" and version is not None and version.before("10.5"):
            return "support_packet.yaml"
        return self.part


def _row(pattern: str, part: str | None, step: str, since: str | None = None, until: str | None = None) -> KnownMessage:
    return KnownMessage(re.compile(pattern), part, step, since, until)


_DIAG: Final = "diagnostics.yaml"
KNOWN: Final = (
    # 5.33 to 8.x
    _row(r"(?:io)?util\.ReadFile\(mattermostLog\) Error: ", "mattermost.log", "reading the log", "5.33", "7.3"),
    _row(r"ioutil\.ReadFile\(notificationsLog\) Error: ", "notifications.log", "reading the log", "5.33", "7.3"),
    _row(r"os\.ReadFile\(mattermostLog\) Error: ", "mattermost.log", "reading the log", "7.3", "9.0"),
    _row(r"os\.ReadFile\(notificationsLog\) Error: ", "notifications.log", "reading the log", "7.3", "9.0"),
    _row(
        r"Unable to retrieve mattermost\.log because LogSettings: EnableFile is false",
        "mattermost.log",
        "file logging is off",
        "5.33",
        "9.0",
    ),
    _row(
        r"Unable to retrieve notifications\.log because ",
        "notifications.log",
        "file logging is off",
        "5.33",
        "9.0",
    ),
    _row(r"(?:json\.MarshalIndent\()?c\.App\.GetPlugins\(\)", "plugins.json", "listing plugins", "5.33", "9.0"),
    _row(r"yaml\.Marshal\(&supportPacket\) Error: ", "support_packet.yaml", "writing the yaml", "5.33", "9.0"),
    _row(r"not enought analytics information found", "support_packet.yaml", "statistics", "7.8", "10.5"),
    # 9.0 and later: logs
    _row(
        r"Unable to retrieve mattermost logs because LogSettings\.EnableFile is set to false",
        "mattermost.log",
        "file logging is off",
        "9.0",
    ),
    _row(
        r"Unable to retrieve notifications? logs? because ", "notifications.log", "file logging is off", "9.0", "11.0"
    ),
    _row(r"failed read mattermost log file", "mattermost.log", "reading the log", "9.0"),
    _row(r"failed read noti(?:fi)?cation log file", "notifications.log", "reading the log", "9.0", "11.0"),
    _row(r"failed read notifcation log file", "notifications.log", "reading the log", "9.0", "11.0"),
    _row(r"log file path .* in \S+ is outside allowed logging directory", None, "advanced log outside the log folder"),
    _row(r"log file path .* is outside allowed logging directory", "mattermost.log", "log outside the log folder"),
    _row(r"failed to read advanced log file", None, "reading an advanced log", "10.5"),
    _row(r"error decoding advanced logging configuration", None, "advanced logging settings", "10.5"),
    _row(r"error decoding file target options in", None, "advanced logging settings", "10.5"),
    # 9.0 and later: plugins, profiles, config
    _row(r"failed to get plugin list for Support Packet", "plugins.json", "listing plugins", "9.0"),
    _row(r"failed to start CPU profile", "cpu.prof", "CPU profile", "9.1"),
    _row(r"failed to lookup heap profile", "heap.prof", "heap profile", "9.1"),
    _row(r"failed to lookup goroutine profile", "goroutines", "goroutine dump", "9.1"),
    _row(r"failed to sanitized config into json", "sanitized_config.json", "writing the configuration", "9.1"),
    # diagnostics
    _row(r"error while getting LDAP vendor info", _DIAG, "LDAP vendor", "9.11"),
    _row(r"error while getting total memory", _DIAG, "host memory", "10.5"),
    _row(r"error while getting hostname", _DIAG, "host name", "10.5"),
    _row(r"error while getting DB type and schema version", _DIAG, "database schema version", "10.5"),
    _row(r"error while getting DB version", _DIAG, "database version", "10.5"),
    _row(r"error while getting cluster infos", _DIAG, "cluster", "10.5"),
    _row(r"error while getting (?:open|max) file descriptor", _DIAG, "file descriptors", "11.8"),
    _row(r"error while getting disk space info", _DIAG, "disk space", "11.8"),
    _row(r"error while collecting support packet database diagnostics", _DIAG, "database statistics", "11.9"),
    # statistics: "failed to get registered user count", "... bot acount count", "failed to get  outgoing webhook count"
    _row(r"failed to get\s+[a-z ]+ count\b", "stats.yaml", "statistics", "10.5"),
    # jobs
    _row(
        r"error while getting (?:LDAP sync|data retention|message export|ES post indexing|ES post aggregation"
        r"|bleve post indexing|migration) jobs",
        "jobs.yaml",
        "jobs",
        "10.5",
    ),
    # permissions, schema, metadata
    _row(r"failed to get list of schemes", "permissions.yaml", "schemes", "10.5"),
    _row(r"failed to get list of roles", "permissions.yaml", "roles", "10.5"),
    _row(
        r"failed to (?:get schema definition|get database (?:collation|encoding)"
        r"|query (?:table options|schema information|index information))",
        "database_schema.yaml",
        "database schema",
        "10.11",
    ),
    _row(r"failed to generate Packet metadata", "metadata.yaml", "metadata", "9.11"),
    _row(r"there is no dumps in the filestore", "tsdb_dump.tar.gz", "performance metrics", "9.8"),
)


def classify(text: str) -> KnownMessage | None:
    """Return the known message that a line is, or None."""
    head = text[:500]
    return next((row for row in KNOWN if row.pattern.match(head)), None)
