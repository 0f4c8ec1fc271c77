"""Records -> columns: what a block of lines becomes, and how blocks become one frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from analyzer.logs.forms import Record
from analyzer.logs.schema import COLUMN_TYPES, FREQUENT_NAMES, KINDS, TIME_SOURCES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

KIND_CODE: Final = {kind: code for code, kind in enumerate(KINDS)}
CONTINUATION: Final = KIND_CODE["continuation"]
UNPARSED: Final = KIND_CODE["unparsed"]
BLANK: Final = KIND_CODE["blank"]
NO_OFFSET: Final = -(1 << 15)  # the line has a time without an offset
NO_TIME: Final = -(1 << 63)  # numpy's NaT


@dataclass(slots=True)
class Part:
    """The rows of one block, lines counted from 0, in Arrow columns.

    ``size`` has one entry a physical line: kind code and bytes. ``leading`` are rows before the first record of the
    block whose kind depends on the block before: (row, is it like a stack trace, line, offset, length).
    """

    rows: int
    lines: int
    columns: dict[str, Any]
    kind: npt.NDArray[np.int8]
    line: npt.NDArray[np.int64]
    time: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int16]
    kind_lines: list[int]
    kind_bytes: list[int]
    damage: list[tuple[int, int, int, str]] = field(default_factory=list)
    leading: list[tuple[int, bool, int, int, int]] = field(default_factory=list)
    last_multiline: bool | None = None  # may the last record run over lines; None: no record


@dataclass(slots=True)
class Coded:
    """A categorical column of a block: a code a row (-1 for missing), and the names of the codes in Arrow."""

    codes: npt.NDArray[np.int8 | np.int32]
    names: Any

    def with_values(self, at: Any, values: Sequence[str | None]) -> Coded:
        """Return the column with other values in the rows ``at``."""
        places = {text: place for place, text in enumerate(self.names.to_pylist())}
        new = [-1 if text is None else places.setdefault(text, len(places)) for text in values]
        codes: npt.NDArray[Any] = self.codes.astype(code_type(len(places)))
        codes[at] = new
        return Coded(codes, arrow_names(places))


def no_names(rows: int) -> Coded:
    """Return a categorical column in which every row is missing."""
    import numpy as np

    return Coded(np.full(rows, -1, np.int8), arrow_names(()))


def code_type(names: int) -> type[np.int8 | np.int32]:
    """Return the type of codes for so many names."""
    import numpy as np

    return np.int8 if names < 127 else np.int32


def arrow_names(names: Iterable[str]) -> Any:
    """Return names as Arrow text."""
    import pyarrow as pa

    return pa.array(list(names), pa.large_string())


def column_of(name: str, values: Sequence[Any]) -> Any:
    """Return Python values as a block holds the column ``name``; None if all are missing.

    Text is Arrow's large string array, the one that pandas' ``str`` uses without a copy; numbers are Arrow's int64.
    """
    import pyarrow as pa

    if all(value is None for value in values):
        return None
    dtype = COLUMN_TYPES[name]
    if dtype != "category":
        return pa.array(values, type=pa.int64() if dtype == "Int64" else pa.large_string())
    return no_names(len(values)).with_values(slice(None), values)


def record_values(records: Iterable[Record], name: str) -> list[Any]:
    """Return what every record has for the column ``name``."""
    if name in FREQUENT_NAMES:
        return [record.columns.get(name) for record in records]
    return [getattr(record, name) for record in records]


def quality_frame(lines: Sequence[int], sizes: Sequence[int]) -> pd.DataFrame:
    """Return ``quality`` from counts in the order of ``KINDS``."""
    import pandas as pd

    index = pd.Index(list(KINDS), name="kind")
    return pd.DataFrame({"lines": lines, "bytes": sizes}, index=index, dtype="int64")


class Frame:
    """Parts put together in the order of the file."""

    def __init__(self, columns: Sequence[str]) -> None:
        """Collect only these columns of the schema."""
        self.names = list(columns)
        self.parts: list[Part] = []
        self.lines = 0
        self.kind_lines = [0] * len(KINDS)
        self.kind_bytes = [0] * len(KINDS)
        self.damage: list[tuple[int, int, int, str]] = []
        self._last: bool | None = None

    def add(self, part: Part, offset: int) -> None:
        """Append the rows of the next block, which starts at byte ``offset``."""
        part.line += self.lines + 1
        damage = [(line + self.lines + 1, at + offset, size, why) for line, at, size, why in part.damage]
        for row, stack, line, at, size in part.leading:
            kind = text_kind(stack=stack, last=self._last)
            part.kind[row] = kind
            part.kind_lines[kind] += 1
            part.kind_bytes[kind] += size
            if kind == UNPARSED:
                damage.append((line + self.lines + 1, at + offset, size, NOT_A_RECORD))
        self.damage += sorted(damage) if part.leading else damage
        for code in range(len(KINDS)):
            self.kind_lines[code] += part.kind_lines[code]
            self.kind_bytes[code] += part.kind_bytes[code]
        self.lines += part.lines
        if part.last_multiline is not None:
            self._last = part.last_multiline
        part.leading = []
        self.parts.append(part)

    def frame(self, offset_minutes: int | None) -> pd.DataFrame:
        """Return all rows as one frame; times without an offset get the one given, or the log's own."""
        import pandas as pd

        data: dict[str, Any] = {}
        moved = self._times(offset_minutes) if {"time", "time_from"} & set(self.names) else {}
        for name in self.names:
            if name == "line":
                data[name] = self._joined("line")
            elif name == "kind":
                data[name] = pd.Categorical.from_codes(self._joined("kind"), categories=pd.Index(KINDS[:-1]))
            elif name in moved:
                data[name] = moved[name]
            else:
                data[name] = self._column(name)
        self.parts = []
        return pd.DataFrame(data, copy=False)

    def _joined(self, name: str) -> Any:
        import numpy as np

        empty = {"line": np.int64, "kind": np.int8, "time": np.int64, "offset": np.int16}[name]
        return np.concatenate([np.empty(0, empty), *(getattr(part, name) for part in self.parts)])

    def _times(self, offset_minutes: int | None) -> dict[str, Any]:
        import numpy as np
        import pandas as pd

        time, offset = self._joined("time"), self._joined("offset")
        has_time = time != NO_TIME
        naive = has_time & (offset == NO_OFFSET)
        source = np.where(has_time, 0, -1).astype(np.int8)
        if naive.any():
            seen = offset[has_time & ~naive]
            if offset_minutes is not None:
                shift, code = offset_minutes, TIME_SOURCES.index("packet")
            elif len(seen):
                values, counts = np.unique(seen, return_counts=True)
                shift, code = int(values[counts.argmax()]), TIME_SOURCES.index("log")
            else:
                shift, code = 0, TIME_SOURCES.index("assumed")
            time[naive] -= shift * 60_000_000
            source[naive] = code
        stamps = pd.DatetimeIndex(time.view("datetime64[us]")).tz_localize("UTC")
        return {"time": stamps, "time_from": pd.Categorical.from_codes(source, categories=pd.Index(TIME_SOURCES))}

    def _column(self, name: str) -> Any:
        import numpy as np
        import pandas as pd
        import pyarrow as pa

        held = [(part.columns.pop(name), part.rows) for part in self.parts]
        dtype = COLUMN_TYPES[name]
        if dtype == "category":
            return _categorical(held)
        kind = pa.int64() if dtype == "Int64" else pa.large_string()
        chunks = [pa.nulls(rows, kind) if array is None else array for array, rows in held]
        chunked = pa.chunked_array(chunks, type=kind)
        if dtype == "str":
            return _text(chunked)
        missing = chunked.is_null().to_numpy()
        return pd.arrays.IntegerArray(chunked.fill_null(0).to_numpy().astype(np.int64), missing)


def _categorical(held: list[tuple[Coded | None, int]]) -> pd.Categorical[Any]:
    """Return the blocks' codes as one categorical; names keep the order in which they first occur."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    found = [coded.names for coded, _ in held if coded is not None]
    names = pa.chunked_array(found, pa.large_string()).combine_chunks().dictionary_encode()
    places = names.indices.to_numpy()
    codes: npt.NDArray[Any] = np.full(sum(rows for _, rows in held), -1, code_type(len(names.dictionary)))
    row = place = 0
    for coded, rows in held:
        if coded is not None:
            # one more entry than names, so that code -1 stays -1
            new = np.append(places[place : place + len(coded.names)], -1).astype(codes.dtype)
            codes[row : row + rows] = new[coded.codes]
            place += len(coded.names)
        row += rows
    return pd.Categorical.from_codes(codes, categories=pd.Index(_text(names.dictionary)), validate=False)


def _text(array: Any) -> Any:
    """Return Arrow text as the array of pandas' ``str``, without a copy."""
    import numpy as np
    import pandas as pd

    dtype: Any = pd.StringDtype("pyarrow", na_value=np.nan)
    return dtype.__from_arrow__(array)


NOT_A_RECORD: Final = "in no form of a log line"


def text_kind(*, stack: bool, last: bool | None) -> int:
    """Return the kind of a line in no form as ``grouping.Grouping`` does; ``last`` is that of the block before."""
    if last is None:
        return UNPARSED
    return CONTINUATION if stack or last else UNPARSED
