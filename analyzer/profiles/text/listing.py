"""``-list``: source lines with what they took.

Rules: ``printSource`` and ``getSourceFromFile`` in github.com/google/pprof/internal/report/source.go. One thing is
stricter: the file names come from the profile, so a file is opened only inside the folders of the source path (and,
for relative names, their parents, as upstream does), never through ``..`` and never unless it is a plain file.
"""

from __future__ import annotations

import stat
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import UsageError
from analyzer.profiles.nodes import Nodes
from analyzer.profiles.patterns import Matcher
from analyzer.profiles.report import Report
from analyzer.profiles.sourcepath import split_list, trim_path
from analyzer.profiles.trim import Graph
from analyzer.profiles.units import percentage

_MARGIN = 5  # lines shown before the first and after the last sampled one
_LONGEST_LINE = 64 << 10  # Go's scanner stops at a longer one
_LARGEST_FILE = 64 << 20


def listing(report: Report, matcher: Matcher, pattern: str) -> str:
    """Return the annotated lines of every function whose name matches.

    Raises:
        UsageError: none does.
    """
    graph = report.graph()
    nodes = graph.nodes
    functions: dict[str, list[int]] = defaultdict(list)
    for node in graph.order.tolist():
        name = nodes.function_name(node)
        if matcher(name):
            functions[name].append(node)
    if not functions:
        raise UsageError(f"no matches found for regexp: {pattern}")
    reader = SourceReader(report.options.source_path or str(Path.cwd()), report.options.trim_path)
    lines = [f"Total: {report.format(report.total)}"]
    for name in sorted(functions):
        files: dict[str, list[int]] = defaultdict(list)
        for node in functions[name]:
            if file := nodes.file_name(node):
                files[file].append(node)
        if not files:
            lines.append(f"No source information for {name}")
        for file in sorted(files):
            lines.extend(_file_lines(report, graph, name, file, files[file], reader))
    return "\n".join(lines) + "\n"


def _file_lines(
    report: Report, graph: Graph, name: str, file: str, chosen: list[int], reader: SourceReader
) -> Iterable[str]:
    sums = graph.totals
    flat, cum = (sum(int(column[node]) for node in chosen) for column in (sums.flat, sums.cum))
    yield f"ROUTINE ======================== {name} in {file}"
    share = percentage(cum, report.total)
    yield f"{report.format(flat):>10} {report.format(cum):>10} (flat, cum) {share} of Total"
    per_line: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for node in chosen:
        own = per_line[int(graph.nodes.line[node])]
        own[0] += int(sums.flat[node])
        own[1] += int(sums.cum[node])
    first, last = _extent(graph.nodes, chosen)
    source = reader.read(file) if first <= last else reader.known(file)
    if source.error:
        yield f" Error: {source.error}"
        return
    for number in range(first, min(last, len(source.lines)) + 1):
        own = per_line.get(number, [0, 0])
        shown = (report.format(value) if value else "." for value in own)
        yield "{:>10} {:>10} {:6d}:{}".format(*shown, number, source.lines[number - 1])


def _extent(nodes: Nodes, chosen: list[int]) -> tuple[int, int]:
    rows = [(int(nodes.start_line[node]), int(nodes.line[node])) for node in chosen]
    first = min(start or line - _MARGIN for start, line in rows)
    return max(first, 1), max(line for _, line in rows) + _MARGIN


@dataclass(frozen=True, slots=True)
class SourceText:
    """Lines of a source file, or why there are none."""

    lines: list[str]
    error: str = ""


class SourceReader:
    """Reads source files, each once.

    Args:
        search: folders to look in, ``:`` between them.
        trim: prefixes to cut from names, ``:`` between them.
    """

    def __init__(self, search: str, trim: str) -> None:
        self._search = search
        self._trim = trim
        self._files: dict[str, SourceText] = {}

    def known(self, file: str) -> SourceText:
        """Return what was read before, without reading now."""
        return self._files.get(file, SourceText([]))

    def read(self, file: str) -> SourceText:
        """Find and read one source file."""
        if file not in self._files:
            self._files[file] = self._find(file)
        return self._files[file]

    def _find(self, file: str) -> SourceText:
        path = trim_path(file, self._trim, self._search)
        folders = [Path(folder or ".") for folder in split_list(self._search)]
        for candidate in _candidates(path, folders):
            if (lines := _lines(candidate)) is not None:
                return SourceText(lines)
        if path.startswith("/"):
            return SourceText([], f"open {path}: no such file or directory")
        return SourceText([], f"could not find file {path} on path {self._search}")


def _candidates(path: str, folders: list[Path]) -> Iterable[Path]:
    if ".." in path.split("/") or "\0" in path:
        return
    for folder in folders:
        if path.startswith("/"):
            if Path(path).is_relative_to(folder.absolute()):
                yield Path(path)
            continue
        here = folder
        while True:
            yield here / path
            if here.parent == here:
                break
            here = here.parent


def _lines(path: Path) -> list[str] | None:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST_FILE:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    lines = []
    for line in data.removesuffix(b"\n").split(b"\n") if data else []:
        if len(line) >= _LONGEST_LINE:
            break
        lines.append(line.removesuffix(b"\r").decode("utf-8", "replace"))
    return lines
