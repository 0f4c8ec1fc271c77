"""What counts as one entry of a report: frames grouped by function, file, line or address.

A *slot* is one frame at one location: a row of ``lines``, or a stand-in for a location that was never
symbolized. Slots with equal identity are one *node*. Rules: ``nodeInfo`` and ``NodeInfo`` in
github.com/google/pprof/internal/graph/graph.go, ``aggregate`` in internal/driver/driver.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from analyzer.errors import UsageError
from analyzer.profiles.model import I32, I64, U64, Bools, Columns
from analyzer.profiles.paths import base, clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

Granularity: TypeAlias = Literal["functions", "filefunctions", "files", "lines", "addresses"]
GRANULARITIES: tuple[Granularity, ...] = ("functions", "filefunctions", "files", "lines", "addresses")


@dataclass(frozen=True, slots=True)
class Identity:
    """Which parts of a frame tell nodes apart.

    Attributes:
        name: function name.
        file: file name.
        line: line number.
        column: column.
        address: address.
        binary: always the mapped file and the function's first line (reports by binary need it).
        inlines: inlined frames count as frames; without them only a location's real function does.
    """

    name: bool = True
    file: bool = False
    line: bool = False
    column: bool = False
    address: bool = False
    binary: bool = False
    inlines: bool = True


def identity(granularity: str, *, inlines: bool = True, columns: bool = False, binary: bool = False) -> Identity:
    """Return what tells nodes apart at a granularity.

    Raises:
        UsageError: no such granularity.
    """
    if granularity not in GRANULARITIES:
        raise UsageError(f"no such granularity: {granularity} (one of {', '.join(GRANULARITIES)})")
    return Identity(
        name=granularity != "files",
        file=granularity != "functions",
        line=granularity in ("lines", "addresses"),
        # Addresses keep all they have, unless inlined frames are to be folded.
        column=columns or (granularity == "addresses" and inlines),
        address=granularity == "addresses",
        binary=binary,
        inlines=inlines,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """Nodes, and the slots of every location.

    Attributes:
        texts: every text that ``name``, ``file`` and ``binary`` refer to, "" first.
        name, file, binary: int, rows of ``texts``, one entry a node.
        address: uint64, 0 where it does not tell nodes apart.
        line, column, start_line: int64, likewise.
        slot_offsets: int64 [locations + 1], slots of each location, innermost frame first.
        slot_node: int32, node of each slot.
        slot_inline: bool, the frame was inlined into the next slot of its location.
    """

    texts: tuple[str, ...]
    name: I64
    file: I64
    binary: I64
    address: U64
    line: I64
    column: I64
    start_line: I64
    slot_offsets: I64
    slot_node: I32
    slot_inline: Bools

    def __len__(self) -> int:
        return len(self.name)

    def function_name(self, node: int) -> str:
        """Return the function name alone."""
        return self.texts[int(self.name[node])]

    def file_name(self, node: int) -> str:
        """Return the file name alone."""
        return self.texts[int(self.file[node])]

    def binary_name(self, node: int) -> str:
        """Return the mapped binary in brackets, or ``<unknown>``: what stands for a function without a name."""
        binary = self.texts[int(self.binary[node])]
        return f"[{base(binary)}]" if binary else "<unknown>"

    def components(self, node: int, name: str | None = None, file: str | None = None) -> list[str]:
        """Return the parts of a node's printed name: address, function, place; name and file may be given."""
        parts = []
        if address := int(self.address[node]):
            parts.append(f"{address:016x}")
        name = self.function_name(node) if name is None else name
        file = self.file_name(node) if file is None else file
        if name:
            parts.append(name)
        if line := int(self.line[node]):
            column = int(self.column[node])
            parts.append(f"{file}:{line}" + (f":{column}" if column else ""))
        elif file:
            parts.append(file)
        elif name:
            pass
        else:
            parts.append(self.binary_name(node))
        return parts

    def printed(self, node: int) -> str:
        """Return a node's name as reports print it."""
        return " ".join(self.components(node))


def build(columns: Columns, by: Identity, shorten: Callable[[str], str] | None = None) -> Nodes:
    """Group every frame of every location into nodes.

    Args:
        columns: the profile.
        by: what tells nodes apart.
        shorten: applied to file names first (``-trim_path``, ``-source_path``).
    """
    counts, line = _slots(columns, by)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    location = np.repeat(np.arange(len(counts)), counts)
    known = line >= 0
    rows = np.where(known, line, 0)
    functions = columns.functions
    texts, file_rows = _files(columns, shorten)

    def of_function(values: NDArray[np.generic], wanted: bool) -> I64:
        if not wanted or not len(columns.lines):
            return np.zeros(len(line), np.int64)
        return np.where(known, values[columns.lines.function[rows]], 0).astype(np.int64)

    def of_line(values: I64, wanted: bool) -> I64:
        return np.where(known, values[rows], 0) if wanted and len(values) else np.zeros(len(line), np.int64)

    name = of_function(functions.name, by.name)
    mapping = columns.locations.mapping[location]
    binary = (
        np.where(mapping >= 0, columns.mappings.filename[mapping], 0)
        if len(columns.mappings)
        else np.zeros(len(line), np.int32)
    )
    # The binary tells nodes apart only where no name does, or when a report goes by binary.
    with_binary = np.ones(len(line), bool) if by.binary else ~known | (name == 0)
    keys = [
        name,
        of_function(file_rows, by.file),
        np.where(with_binary, binary, 0).astype(np.int64),
        (columns.locations.address[location] if by.address else np.zeros(len(line), np.uint64)).view(np.int64),
        of_line(columns.lines.line, by.line),
        of_line(columns.lines.column, by.line and by.column),
        np.where(with_binary, of_function(functions.start_line, True), 0),
    ]
    first, node = _group(keys)
    chosen = [key[first] for key in keys]
    ends = offsets[1:] - 1
    inline = np.ones(len(line), bool)
    inline[ends[counts > 0]] = False
    return Nodes(
        texts,
        chosen[0],
        chosen[1],
        chosen[2],
        chosen[3].view(np.uint64),
        chosen[4],
        chosen[5],
        chosen[6],
        offsets,
        node,
        inline,
    )


def _slots(columns: Columns, by: Identity) -> tuple[I64, I64]:
    """Return how many slots each location has, and the line of each slot (-1 for a location without lines)."""
    offsets = columns.locations.offsets
    counts = np.diff(offsets)
    slots = np.maximum(counts, 1)
    if not by.inlines:
        slots = np.ones_like(counts)
        return slots, np.where(counts > 0, offsets[1:] - 1, -1)
    begin = np.cumsum(slots) - slots
    within = np.arange(int(slots.sum())) - np.repeat(begin, slots)
    return slots, np.where(np.repeat(counts > 0, slots), np.repeat(offsets[:-1], slots) + within, -1)


def _files(columns: Columns, shorten: Callable[[str], str] | None) -> tuple[tuple[str, ...], I64]:
    """Return all texts with cleaned file names among them, and the row of each function's file."""
    rows = {text: row for row, text in enumerate(columns.strings)}
    cleaned: dict[int, int] = {0: 0}
    for row in sorted(set(columns.functions.filename.tolist())):
        path = columns.strings[row]
        if shorten is not None:
            path = shorten(path)
        cleaned[row] = rows.setdefault(clean(path) if path else "", len(rows))
    files = np.fromiter((cleaned[row] for row in columns.functions.filename.tolist()), np.int64)
    return tuple(rows), files


def _group(keys: list[I64]) -> tuple[I64, I32]:
    """Return the first slot of every distinct key, and the number of each slot's key."""
    varying = [key for key in keys if len(key) and (key != key[0]).any()]
    size = len(keys[0])
    if not varying:
        return np.zeros(min(size, 1), np.int64), np.zeros(size, np.int32)
    order = np.lexsort(varying[::-1])
    fresh = np.zeros(size, bool)
    fresh[0] = True
    for key in varying:
        ordered = key[order]
        fresh[1:] |= ordered[1:] != ordered[:-1]
    node = np.empty(size, np.int32)
    node[order] = np.cumsum(fresh) - 1
    return order[fresh].astype(np.int64), node
