"""A profile as columns: the frozen value that everything in this room computes from.

Nothing here is an object per sample. Each table is a set of numpy arrays of equal length, and tables refer to
each other by row number, never by the ids of the file (those are kept for ``-raw`` and for writing):

* ``samples.values[i, t]`` is sample ``i`` measured as ``sample_types[t]``.
* The stack of sample ``i``, leaf first, is ``samples.locations[samples.offsets[i]:samples.offsets[i + 1]]``,
  row numbers of ``locations``.
* The frames at location ``l``, innermost inlined callee first, are rows
  ``locations.offsets[l]:locations.offsets[l + 1]`` of ``lines``; a location that was never symbolized has none.
* ``lines.function`` is a row of ``functions``; ``locations.mapping`` a row of ``mappings``, -1 for none.
* Columns called name, filename, key, string, unit, ... hold row numbers of ``strings``; row 0 is "" and no text
  occurs twice, so equal numbers mean equal texts.

The arrays are read-only. Source of the format: proto/profile.proto and ``profile/`` in github.com/google/pprof.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

I32: TypeAlias = NDArray[np.int32]
I64: TypeAlias = NDArray[np.int64]
U64: TypeAlias = NDArray[np.uint64]
Bools: TypeAlias = NDArray[np.bool_]


class ValueType(NamedTuple):
    """A measure and its unit as the file names them: ``("cpu", "nanoseconds")``."""

    type: str
    unit: str


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A set of arrays that cannot be written to."""

    def __post_init__(self) -> None:
        for field in fields(self):
            array: NDArray[np.generic] = getattr(self, field.name)
            array.setflags(write=False)


@dataclass(frozen=True, slots=True, eq=False)
class Samples(Table):
    """Distinct stacks and what each one took, in file order.

    Attributes:
        values: int64 [samples, sample types], each in the unit of its sample type.
        offsets: int64 [samples + 1], where each stack begins in ``locations``.
        locations: int32, location rows of all stacks, leaf first.
    """

    values: I64
    offsets: I64
    locations: I32

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Labels(Table):
    """Labels of samples, ordered by sample and then as in the file.

    Attributes:
        sample: int32, sample row.
        key: int32, string row.
        string: int32, string row of a text label, -1 for a numeric one.
        number: int64, value of a numeric label, 0 for a text one.
        unit: int32, string row of a numeric label's unit, 0 ("") when the file gives none.
    """

    sample: I32
    key: I32
    string: I32
    number: I64
    unit: I32

    def __len__(self) -> int:
        return len(self.sample)


@dataclass(frozen=True, slots=True, eq=False)
class Locations(Table):
    """Program counters.

    Attributes:
        id: uint64, id in the file.
        mapping: int32, mapping row or -1.
        address: uint64.
        folded: bool, several addresses were folded into this one.
        offsets: int64 [locations + 1], where each location's frames begin in ``lines``.
    """

    id: U64
    mapping: I32
    address: U64
    folded: Bools
    offsets: I64

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True, eq=False)
class Lines(Table):
    """Frames of locations, innermost inlined callee first.

    Attributes:
        function: int32, function row.
        line: int64, line number in the source, 0 if unknown.
        column: int64, column in the source, 0 if unknown.
    """

    function: I32
    line: I64
    column: I64

    def __len__(self) -> int:
        return len(self.function)


@dataclass(frozen=True, slots=True, eq=False)
class Functions(Table):
    """Functions.

    Attributes:
        id: uint64, id in the file.
        name: int32, string row: the name for people.
        system_name: int32, string row: the name for the linker.
        filename: int32, string row.
        start_line: int64, 0 if unknown.
    """

    id: U64
    name: I32
    system_name: I32
    filename: I32
    start_line: I64

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True, eq=False)
class Mappings(Table):
    """Binaries mapped into the process; row 0 is the main one.

    Attributes:
        id: uint64, id in the file.
        start: uint64, first address.
        limit: uint64, address after the last one.
        offset: uint64, offset in the file of ``start``.
        filename: int32, string row.
        build_id: int32, string row.
        has_functions: bool, function names are known.
        has_filenames: bool, file names are known.
        has_line_numbers: bool, line numbers are known.
        has_inline_frames: bool, inlined frames are known.
    """

    id: U64
    start: U64
    limit: U64
    offset: U64
    filename: I32
    build_id: I32
    has_functions: Bools
    has_filenames: Bools
    has_line_numbers: Bools
    has_inline_frames: Bools

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """One profile. See the module for how its tables hang together.

    Attributes:
        sample_types: what each column of ``samples.values`` measures.
        default_sample_type: type to show unless another one is asked for, "" if the file names none.
        strings: every text once, "" first.
        period_type: unit of ``period``; two empty texts if the file has none.
        period: events between two samples (nanoseconds of CPU for 100 Hz: 10,000,000).
        time_ns: when collection began, nanoseconds since 1970 UTC, 0 if unknown.
        duration_ns: how long it was collected, 0 if unknown.
        comments: free texts.
        drop_frames: RE2 pattern of frames to leave out, "" for none.
        keep_frames: RE2 pattern of exceptions from ``drop_frames``.
        doc_url: where the profile is explained.
    """

    sample_types: tuple[ValueType, ...]
    default_sample_type: str
    samples: Samples
    labels: Labels
    locations: Locations
    lines: Lines
    functions: Functions
    mappings: Mappings
    strings: tuple[str, ...]
    period_type: ValueType
    period: int
    time_ns: int
    duration_ns: int
    comments: tuple[str, ...]
    drop_frames: str
    keep_frames: str
    doc_url: str

    def text(self, rows: NDArray[np.integer]) -> list[str]:
        """Return the texts of an array of string rows."""
        strings = self.strings
        return [strings[row] for row in rows.tolist()]
