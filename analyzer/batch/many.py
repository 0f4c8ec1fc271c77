"""Scanning many packets: the queue and the workers of this room, the scan of one packet from ``analyzer.secrets``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from analyzer.archive import open_archive
from analyzer.archive.source import shown_name
from analyzer.batch.queue import Item, expand, repeated
from analyzer.errors import PacketError, Progress
from analyzer.secrets import PacketScan, Policy, ScanProblem, ScanResult, scan_archive
from analyzer.text import count, human_bytes, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analyzer.batch.nursery import Nursery
    from analyzer.batch.worker import WorkerLimits

Source: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO"


@dataclass(frozen=True)
class ScanOne:
    """Opens and scans one source; what a worker does."""

    policy: Policy

    def __call__(self, source: str) -> PacketScan:
        """Return the scan of ``source``.

        Raises:
            PacketError: it cannot be opened at all.
        """
        with open_archive(source, limits=self.policy.limits) as archive:
            return scan_archive(archive, source=source, policy=self.policy)


def scan_sources(
    sources: Iterable[Source] | Source,
    *,
    jobs: int | None = None,
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> ScanResult:
    """Scan packets, folders of packets, globs and URLs for secrets.

    Args:
        sources: paths, fsspec URLs, bytes or binary file objects, or one of them.
        jobs: processes; the processors at hand by default. One source is scanned in this process.
        policy: engine, limits, fingerprint key, known findings.
        progress: called with (sources done, all sources, what was done last).

    Returns:
        Findings, problems and totals, packets in the order they were named. What cannot be read is a problem.

    Raises:
        UsageError: the engine asked for is not installed.
    """
    started = time.perf_counter()
    policy = policy or Policy()
    named = _listed(sources)
    scans: list[PacketScan] = []
    paths: list[str | os.PathLike[str]] = []
    for source in named:
        if isinstance(source, str | os.PathLike):
            paths.append(source)
        else:
            scans.append(_in_this_process(source, policy))
    items = list(expand(paths))
    order = {item.source: number for number, item in enumerate(items)}
    found = list(scan_each(items, jobs=jobs, policy=policy, progress=progress, isolate=len(items) > 1))
    scans += sorted(found, key=lambda scanned: order[scanned.source])
    return ScanResult(tuple(scans), time.perf_counter() - started)


def _listed(sources: Iterable[Source] | Source) -> list[Source]:
    if isinstance(sources, str | os.PathLike | bytes | bytearray | memoryview):
        return [sources]
    if hasattr(sources, "read"):
        return [cast("BinaryIO", sources)]
    return list(sources)


def _in_this_process(source: Source, policy: Policy) -> PacketScan:
    try:
        with open_archive(source, limits=policy.limits) as archive:
            return scan_archive(archive, policy=policy)
    except PacketError as error:
        return _failed("<bytes>", str(error))


def _failed(source: str, reason: str) -> PacketScan:
    name = _name(source)
    shown = printable(reason).removeprefix(f"{printable(name)}: ")
    return PacketScan(source, "unread", problems=(ScanProblem(name, "", "open", "error", shown),))


def _skipped(source: str, reason: str) -> PacketScan:
    return PacketScan(source, "skipped", problems=(ScanProblem(_name(source), "", "open", "info", reason),))


def _name(source: str) -> str:
    return shown_name(source) if "://" in source else source


def scan_each(
    items: Sequence[Item],
    *,
    jobs: int | None = None,
    policy: Policy | None = None,
    progress: Progress | None = None,
    limits: WorkerLimits | None = None,
    isolate: bool = True,
) -> Iterator[PacketScan]:
    """Yield the scan of each item as it is done, so that nothing waits for the last.

    Args:
        items: what ``expand`` gave.
        jobs: processes.
        policy: settings of the scan.
        progress: called with (done, all, last source with bytes and findings so far).
        limits: time and memory of a worker for one source.
        isolate: scan in worker processes; without it, one after the other in this one.

    Raises:
        UsageError: the engine asked for is not installed.
    """
    policy = policy or Policy()
    readable = [item for item in items if item.is_source]
    told = _Told(len(items), progress)
    for item in items:
        if item.error is not None:
            yield told(_failed(item.source, item.error))
        elif item.skipped is not None:
            yield told(_skipped(item.source, item.skipped))
    if not readable:
        return
    from analyzer.batch.pool import run

    nursery = _nursery(policy) if isolate else None
    same = repeated(readable)
    first = [item.source for item in readable if item.source not in same]
    if nursery is None:
        _prepare(policy)
    work = ScanOne(replace(policy, key=policy.fingerprints))  # one key for all
    outcomes = (
        ((o.source, o.value, o.failure) for o in run(first, work, jobs=jobs, limits=limits, nursery=nursery))
        if isolate
        else ((source, *_attempt(work, source)) for source in first)
    )
    repeats: dict[str, list[str]] = {}
    for again, original in same.items():
        repeats.setdefault(original, []).append(again)
    for source, value, failure in outcomes:
        scanned = value if value is not None else _failed(source, failure or "no result")
        yield told(scanned)
        for again in repeats.get(source, ()):
            yield told(_repeat(again, scanned))


def _nursery(policy: Policy) -> Nursery | None:
    """Return the nursery, if there is one and it has loaded what this policy needs."""
    from importlib.util import find_spec

    from analyzer.batch.nursery import current

    return current() if policy.engine == "auto" and find_spec("hyperscan") is not None else None


def _prepare(policy: Policy) -> None:
    """Load what every worker needs before they are forked: the scan and the patterns."""
    import analyzer.secrets.scan  # noqa: F401
    from analyzer.secrets.engine import matcher

    if policy.engine == "kingfisher":
        from analyzer.secrets.kingfisher import kingfisher

        kingfisher()
    matcher("auto" if policy.engine == "kingfisher" else policy.engine)


def _attempt(work: Callable[[str], PacketScan], source: str) -> tuple[PacketScan | None, str | None]:
    try:
        return work(source), None
    except PacketError as error:
        return None, str(error)


def _repeat(source: str, original: PacketScan) -> PacketScan:
    """A source with the bytes of another: its findings stand there, and a remark here."""
    note = ScanProblem(source, "", "open", "info", f"same content as {printable(original.source)}, scanned once")
    return PacketScan(source, original.kind, problems=(note,), repeated_of=original.source)


class _Told:
    """Counts what is done and tells the progress callback."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = self._bytes = self._findings = 0

    def __call__(self, scanned: PacketScan) -> PacketScan:
        self._done += 1
        self._bytes += scanned.bytes
        self._findings += len(scanned.findings)
        if self._progress is not None:
            name = os.path.basename(scanned.source.rstrip("/")) or scanned.source  # noqa: PTH119
            what = f"{human_bytes(self._bytes)}, {count(self._findings, 'finding')}, {name}"
            self._progress(self._done, self._total, what)
        return scanned
