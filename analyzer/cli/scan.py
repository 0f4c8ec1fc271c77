"""``supportpacket scan``: secrets left in one packet, or in every packet under folders and URLs."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from analyzer.cli.common import (
    DONE,
    FOUND,
    INCOMPLETE,
    USAGE,
    Force,
    NodeName,
    NoProgress,
    Output,
    Quiet,
    notice,
    progress_bar,
)
from analyzer.errors import UsageError
from analyzer.files import refuse_overwrite, replace_when_done

if TYPE_CHECKING:
    from analyzer.errors import Progress
    from analyzer.secrets import Known, PacketScan, Policy, ScanResult

INTERRUPTED = 130


class ScanFormat(StrEnum):
    """Forms in which findings leave this command."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"
    sarif = "sarif"


class Least(StrEnum):
    """Least confidence that is reported."""

    low = "low"
    medium = "medium"
    high = "high"


class EngineChoice(StrEnum):
    """What finds candidates."""

    auto = "auto"
    hyperscan = "hyperscan"
    literal = "literal"
    kingfisher = "kingfisher"


def command(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH…", help="packets, folders, globs or URLs (s3://, https://, sftp://)", show_default=False
        ),
    ],
    form: Annotated[ScanFormat, typer.Option("--format", help="form of the output")] = ScanFormat.table,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", min=1, metavar="N", help="processes (default: the processors)", show_default=False),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="do not report what this file lists", show_default=False),
    ] = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option("--write-baseline", metavar="FILE", help="write all findings as a baseline", show_default=False),
    ] = None,
    allow: Annotated[
        Path | None,
        typer.Option("--allow", metavar="FILE", help="accepted findings, each with a reason", show_default=False),
    ] = None,
    min_confidence: Annotated[
        Least, typer.Option("--min-confidence", help="least confidence to report")
    ] = Least.medium,
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file", metavar="FILE", help="key of the fingerprints, to compare runs and people", show_default=False
        ),
    ] = None,
    node: NodeName = None,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="print the values themselves")] = False,
    engine: Annotated[
        EngineChoice, typer.Option("--engine", help="kingfisher adds the rules of its SDK")
    ] = EngineChoice.auto,
    output: Output = None,
    force: Force = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Find secrets that sanitizing left in one packet, or in every packet under folders and URLs.

    Exits with 1 when something was found, 3 when nothing was found but something could not be read, 2 when
    nothing could.
    """
    started = time.perf_counter()
    gc.freeze()  # modules are no garbage
    gc.enable()
    if form is ScanFormat.parquet and output is None and sys.stdout.isatty():
        raise UsageError("parquet is binary: name a file with -o, or pipe it")
    if write_baseline is not None:
        refuse_overwrite(write_baseline, force=force)
    policy = replace(_policy(engine, key_file, baseline, allow), node=node)
    run = _Run(paths, policy, jobs, Least(min_confidence).value, show_secrets=show_secrets)
    with _sink(output, force=force) as stream, progress_bar(enabled=not (quiet or no_progress)) as progress:
        if form is ScanFormat.jsonl:
            run.stream_lines(stream, progress, started)
        else:
            run.collect(progress)
            stream.write(run.render(form, time.perf_counter() - started))
    if write_baseline is not None:
        _write_baseline(write_baseline, run, force=force)
    result = run.result(time.perf_counter() - started)
    _tell(result, run, quiet=quiet)
    raise typer.Exit(run.exit_code(result))


def _policy(engine: EngineChoice, key_file: Path | None, baseline: Path | None, allow: Path | None) -> Policy:
    from analyzer.secrets import Policy, own_key, read_key, read_known

    key = read_key(key_file) if key_file is not None else None
    known: list[Known] = []
    if baseline is not None or allow is not None:
        key = key or own_key()
        known += read_known(allow, "allow list", key) if allow is not None else ()
        known += read_known(baseline, "baseline", key) if baseline is not None else ()
    return Policy(engine=engine.value, key=key, known=tuple(known))


@contextmanager
def _sink(output: Path | None, *, force: bool) -> Iterator[BinaryIO]:
    """Yield where the data goes: stdout, or a temporary file that gets its name when all is written."""
    if output is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with replace_when_done(output, force=force) as partial, partial.open("wb") as stream:
        yield stream


class _Run:
    """One run of the command: what was scanned, and whether it was interrupted."""

    def __init__(self, paths: list[str], policy: Policy, jobs: int | None, least: str, *, show_secrets: bool) -> None:
        from analyzer.batch.queue import expand

        self._paths = paths
        self._items = list(expand(paths))
        self._policy = policy
        self._jobs = jobs
        self._least = least
        self._show = show_secrets
        self._scans: list[PacketScan] = []
        self.below = 0
        self.interrupted = False

    @property
    def policy(self) -> Policy:
        return self._policy

    @property
    def least(self) -> str:
        return self._least

    def _each(self, progress: Progress | None) -> Iterator[PacketScan]:
        """Yield packets as they are done; Ctrl-C ends the run with what there is."""
        from analyzer.batch.many import scan_each

        try:
            for scanned in scan_each(self._items, jobs=self._jobs, policy=self._policy, progress=progress):
                kept = _at_least(scanned, self._least)
                self.below += len(scanned.findings) - len(kept.findings)
                self._scans.append(kept)
                yield kept
        except KeyboardInterrupt:
            self.interrupted = True

    def collect(self, progress: Progress | None) -> None:
        """Scan everything."""
        for _ in self._each(progress):
            pass

    def stream_lines(self, stream: BinaryIO, progress: Progress | None, started: float) -> None:
        """Write JSON lines while the scan runs, the summary last."""
        from analyzer.secrets.result import json_line

        for scanned in self._each(progress):
            rows = [finding.record(show_secrets=self._show) for finding in scanned.findings]
            stream.writelines(json_line(row).encode() for row in rows)
            stream.writelines(json_line(problem.record()).encode() for problem in scanned.problems)
            stream.flush()
        totals = self.result(time.perf_counter() - started).totals
        stream.write(json_line(totals.record() | ({"interrupted": True} if self.interrupted else {})).encode())

    def result(self, seconds: float) -> ScanResult:
        """Return what was done so far, in the order the sources were named."""
        from analyzer.secrets import ScanResult

        order = {item.source: number for number, item in enumerate(self._items)}
        return ScanResult(tuple(sorted(self._scans, key=lambda scanned: order[scanned.source])), seconds)

    def render(self, form: ScanFormat, seconds: float) -> bytes:
        """Return the whole result in one form."""
        from analyzer.cli.scanforms import render, table

        result = self.result(seconds)
        if form is ScanFormat.table:
            text = table(result, self._paths, least=self._least, below=self.below, show_secrets=self._show)
            return text.encode("utf-8", "replace")
        return render(result, form.value, show_secrets=self._show, interrupted=self.interrupted)

    def exit_code(self, result: ScanResult) -> int:
        """Return the code of interface.md."""
        if self.interrupted:
            return INTERRUPTED
        if result.totals.findings:
            return FOUND
        kinds = {scanned.kind for scanned in self._scans} - {"skipped"}
        if kinds == {"unread"}:
            return USAGE
        return DONE if result.complete else INCOMPLETE


def _at_least(scanned: PacketScan, least: str) -> PacketScan:
    return replace(scanned, findings=tuple(f for f in scanned.findings if f.reaches(least)))  # type: ignore[arg-type]


def _write_baseline(path: Path, run: _Run, *, force: bool) -> None:
    from analyzer.cli.common import write_output
    from analyzer.secrets import baseline_text

    result = run.result(0.0)
    everything = [*result, *(finding for packet in result.packets for finding in packet.suppressed)]
    write_output(baseline_text(everything, run.policy.fingerprints), path, force=force)


def _tell(result: ScanResult, run: _Run, *, quiet: bool) -> None:
    """Name on stderr what was not scanned, and say how much was."""
    from analyzer.text import count, human_bytes

    for packet in [packet for packet in result.packets if packet.kind == "skipped"][:20]:
        for problem in packet.problems:
            notice(f"supportpacket: {problem.source}: {problem.message}", quiet=quiet)
    lost = [problem for packet in result.packets for problem in packet.problems if problem.loses_content]
    for problem in lost[:20]:
        where = f"{problem.source}: {problem.member}" if problem.member else problem.source
        notice(f"supportpacket: {where}: {problem.message}")
    if len(lost) > 20:
        notice(f"supportpacket: … and {len(lost) - 20} more that could not be scanned")
    totals = result.totals
    parts = [
        f"{count(totals.packets, 'packet')}, {count(totals.members, 'member')}, {human_bytes(totals.bytes)} in {totals.seconds:.1f} s",  # noqa: E501
        count(totals.findings, "finding"),
    ]
    if run.below:
        parts.append(f"{run.below:,} below {run.least} confidence")
    if totals.suppressed:
        parts.append(f"{totals.suppressed:,} known")
    if totals.repeated:
        parts.append(f"{totals.repeated:,} repeated")
    notice(("interrupted: " if run.interrupted else "") + "; ".join(parts), quiet=quiet and not run.interrupted)
