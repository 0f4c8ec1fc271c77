"""Scanning one archive: every member, its name and comment, archives inside; then every place of what was confirmed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from analyzer.archive import Archive, MemberError
from analyzer.errors import PacketError
from analyzer.secrets import baseline
from analyzer.secrets.collect import Collector, Place
from analyzer.secrets.configuration import MAX_CONFIG, NoJson, settings
from analyzer.secrets.context import Context, look_at
from analyzer.secrets.engine import matcher
from analyzer.secrets.finding import Finding, ScanProblem
from analyzer.secrets.matching import CONFIRM_LIMIT
from analyzer.secrets.occurrences import Seeker, searchable
from analyzer.secrets.policy import Policy
from analyzer.secrets.result import PacketScan
from analyzer.secrets.stream import CHUNK, GZIP, MemberScan, inflated, placed_matches
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.archive import Member
    from analyzer.errors import Progress
    from analyzer.secrets.engine import Matcher

LOGS: Final = (".log", "notifications.log", "mattermost.log")
_CONFIGS: Final = frozenset({"sanitized_config.json", "config.json"})
_ZIP: Final = b"PK\x03\x04"
_TAR_NAMES: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".gz")


def scan_members(
    archive: Archive, *, source: str | None = None, policy: Policy | None = None, progress: Progress | None = None
) -> PacketScan:
    """Scan an archive; see ``analyzer.secrets.scan_archive``."""
    return _Scan(archive, source or archive.name, policy or Policy(), progress).run()


class _Scan:
    """One scan of one archive."""

    def __init__(self, archive: Archive, source: str, policy: Policy, progress: Progress | None) -> None:
        self._archive = archive
        self._given = source
        # a URL may hold credentials of its own: what leaves is its name without them
        self._source = archive.name if "://" in source else source
        self._policy = policy
        self._progress = progress
        self._context = look_at(archive)
        self._engine: Matcher | None = None
        self._collector = Collector(self._source, policy, self._context)
        self._problems: list[ScanProblem] = []
        self._held: list[tuple[Member, str, list[bytes] | None]] = []
        self._held_bytes = 0
        self._members = 0
        self._bytes = 0
        self._paths: list[tuple[str, int]] = []
        self._extra = None
        if policy.engine == "kingfisher":
            from analyzer.secrets.kingfisher import kingfisher

            self._extra = kingfisher().matches
        self._wide = False  # whether any text has NUL bytes, as UTF-16 has

    def run(self) -> PacketScan:
        archive = self._archive
        for problem in archive.refused:
            part = "" if problem.part == archive.name else problem.part  # "" is the container itself
            self._problem(part, problem.stage, problem.severity, problem.message)
        self._names(archive, self._context, "")
        wanted = self._policy.node
        nodes = {self._context.node_of(member) for member in archive.members} if wanted is not None else set()
        if wanted is not None and wanted not in nodes:
            self._problem("", "scan", "info", f"no node {wanted} in it: scanned without its nodes")
        for member in (*archive.members, *archive.leftovers):
            if wanted is None or self._context.node_of(member) in {None, wanted}:
                self._member(archive, member, self._context, "")
        for rule, path in sorted(self._collector.capped):
            message = f"{rule}: only the first {self._policy.values_per_rule:,} values are reported"
            self._problem(path, "limit", "warning", message)
        findings = self._collector.findings(self._occurrences())
        shown, suppressed = _split(findings, self._policy)
        if not self._context.is_packet and archive.members:
            self._problem("", "open", "info", f"no Support Packet: scanned as a plain {archive.kind}")
        return PacketScan(
            self._given,
            "packet" if self._context.is_packet else archive.kind,
            shown,
            suppressed,
            tuple(self._problems),
            self._members,
            self._bytes,
            paths=tuple(self._paths),
        )

    def _problem(self, member: str, stage: str, severity: str, message: str) -> None:
        self._problems.append(ScanProblem(self._source, member, stage, severity, printable(message)))

    def _matcher(self) -> Matcher:
        if self._engine is None:
            name = self._policy.engine
            self._engine = matcher("auto" if name == "kingfisher" else name)
        return self._engine

    # names and comments

    def _names(self, archive: Archive, context: Context, outer: str) -> None:
        """Scan what a container says beside its members' bytes: their names and comments, and its own comment."""
        for member in (*archive.members, *archive.refused_members):
            for what, text in (("name", member.raw_name), ("comment", member.comment)):
                if text:
                    self._text(text, Place(f"{outer}{context.inner(member)}", None, what))
        if archive.comment:
            self._text(archive.comment, Place(outer, None, "archive comment"))

    def _text(self, text: bytes, place: Place) -> None:
        scan = MemberScan()
        for placed in placed_matches([text], self._matcher(), scan):
            self._collector.add(placed, place, binary=True)

    # members

    def _member(self, archive: Archive, member: Member, context: Context, outer: str) -> None:
        path = outer + context.inner(member)
        if self._progress is not None:
            self._progress(self._bytes, None, path)
        self._members += 1
        place = Place(path, context.node_of(member) if not outer else None, "", log=is_log(path))
        keep: list[bytes] | None = [] if not outer else None
        scan = MemberScan()
        try:
            pieces = self._watch(archive.chunks(member, CHUNK), keep)
            first = next(pieces, b"")
            whole = _chain(first, pieces)
            if self._looks_nested(first, path):
                self._nested(archive, member, path, whole, place)
            elif path.rpartition("/")[2] in _CONFIGS:
                self._configuration(whole, place, scan)
            else:
                self._stream(_unpacked(first, whole, self._policy.limits.member_bytes), place, scan)
        except MemberError as error:
            self._problem(path, error.stage, "error", error.reason)
        except zlib.error:
            self._problem(path, "read", "error", "its gzip data is cut or damaged")
        for rule in sorted(scan.tally.capped):
            self._problem(path, "limit", "warning", f"{rule}: only the first {CONFIRM_LIMIT:,} candidates were tried")
        self._paths.append((path, scan.size))
        if not outer:
            self._held.append((member, path, keep or None))
        elif keep:
            self._held_bytes -= sum(map(len, keep))

    def _watch(self, chunks: Iterable[bytes], keep: list[bytes] | None) -> Iterator[bytes]:
        """Count the bytes and keep them for the search of confirmed values while there is room."""
        kept = 0
        for chunk in chunks:
            self._bytes += len(chunk)
            self._wide = self._wide or b"\0" in chunk
            if keep is not None:
                if self._held_bytes + len(chunk) <= self._policy.held_bytes:
                    keep.append(chunk)
                    self._held_bytes += len(chunk)
                    kept += len(chunk)
                else:
                    keep.clear()
                    self._held_bytes -= kept
                    keep = None
            yield chunk

    def _stream(self, chunks: Iterable[bytes], place: Place, scan: MemberScan, *, generic: bool = True) -> None:
        for placed in placed_matches(chunks, self._matcher(), scan, generic=generic, extra=self._extra):
            self._collector.add(placed, place, binary=scan.binary)

    def _configuration(self, chunks: Iterator[bytes], place: Place, scan: MemberScan) -> None:
        """Judge a configuration by path; what is too large or no JSON goes through the text rules alone."""
        data = bytearray()
        for chunk in chunks:
            data += chunk
            if len(data) > MAX_CONFIG:
                self._problem(
                    place.member, "limit", "warning", "too large to be read as a configuration: scanned as text"
                )
                self._stream(_chain(bytes(data), chunks), place, scan)
                return
        text = bytes(data)
        scan.size = len(text)
        broken = False
        try:
            for setting in settings(text, self._context, self._matcher()):
                self._collector.add_setting(setting, place, text)
        except NoJson:
            broken = True
            self._problem(place.member, "parse", "warning", "no whole JSON: the rest was scanned as text")
        self._stream([text], place, MemberScan(), generic=broken)

    # archives inside

    def _looks_nested(self, first: bytes, path: str) -> bool:
        if path.lower().endswith((".prof", ".pb.gz")):
            return False
        return first.startswith(_ZIP) or (first.startswith(GZIP) and path.lower().endswith(_TAR_NAMES))

    def _nested(self, archive: Archive, member: Member, path: str, rest: Iterator[bytes], place: Place) -> None:
        for _ in rest:  # counted and kept, so that values are found in stored members too
            pass
        try:
            with archive.nested(member) as inner:
                for problem in inner.refused:
                    part = path if problem.part == inner.name else f"{path}!/{problem.part}"
                    self._problem(part, problem.stage, problem.severity, problem.message)
                context = Context(None)
                self._names(inner, context, f"{path}!/")
                for item in (*inner.members, *inner.leftovers):
                    self._member(inner, item, context, f"{path}!/")
        except MemberError as error:
            self._problem(path, error.stage, "error", error.reason)
            self._stream(archive.chunks(member), place, MemberScan())
        except PacketError as error:
            self._problem(path, "open", "error", str(error))

    # every place of what was confirmed

    def _occurrences(self) -> dict[str, int]:
        """Return fingerprint -> places in the whole packet, for values that can be looked for."""
        values = {value: mark for value, mark in self._collector.values().items() if searchable(value)}
        if not values:
            return {}
        seeker = Seeker(values, wide=self._wide)
        counts = dict.fromkeys(values.values(), 0)
        for member, path, kept in self._held:
            try:
                chunks: Iterable[bytes] = kept if kept is not None else self._archive.chunks(member)
                first, rest = _first(chunks)
                found = seeker.count(
                    _unpacked(first, rest, self._policy.limits.member_bytes)
                    if not self._looks_nested(first, path)
                    else rest
                )
            except (MemberError, zlib.error):  # said when it was scanned
                continue
            for mark, places in found.items():
                counts[mark] += places
        return counts


def is_log(path: str) -> bool:
    """Whether a member is a log, whose content no release scrubs."""
    return path.rpartition("/")[2].lower().endswith(LOGS)


def _first(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    pieces = iter(chunks)
    first = next(pieces, b"")
    return first, _chain(first, pieces)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _unpacked(first: bytes, chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Return the chunks, or what they inflate to when they are gzip: profiles, rotated logs."""
    return inflated(chunks, limit) if first.startswith(GZIP) else chunks


def _split(findings: list[Finding], policy: Policy) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    if not policy.known:
        return tuple(findings), ()
    day = baseline.today()
    known: dict[str, list[baseline.Known]] = {}
    for entry in policy.known:
        known.setdefault(entry.fingerprint, []).append(entry)
    shown: list[Finding] = []
    suppressed: list[Finding] = []
    for finding in findings:
        cover = next((k for k in known.get(finding.fingerprint, ()) if k.covers(finding, day)), None)
        if cover is None:
            shown.append(finding)
        else:
            suppressed.append(replace(finding, suppressed=cover.justification))
    return tuple(shown), tuple(suppressed)
