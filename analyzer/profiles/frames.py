"""The tables of a profile as frames, ids and texts resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.profiles.nodes import Identity, build
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.profiles.model import Columns

STACKS = FrameSchema(
    "stacks",
    (
        Column("sample_id", "int64", "row of the sample"),
        Column("depth", "int64", "0 for the leaf, growing towards the root"),
        Column("function", "category", "function name; of a frame without one its binary, or <unknown>"),
        Column("file", "category", "source file"),
        Column("line", "int64", "line number, 0 if unknown"),
        Column("inlined", "bool", "inlined into the next frame"),
    ),
)
LABELS = FrameSchema(
    "labels",
    (
        Column("sample_id", "int64", "row of the sample"),
        Column("key", "str", "name of the label"),
        Column("text", "str", "value of a text label, NA for a numeric one"),
        Column("number", "Int64", "value of a numeric label, NA for a text one"),
        Column("unit", "str", "unit of a numeric label as the file names it"),
    ),
)
FUNCTIONS = FrameSchema(
    "functions",
    (
        Column("function_id", "uint64", "id in the file"),
        Column("name", "str", "function name"),
        Column("system_name", "str", "name for the linker"),
        Column("file", "str", "source file"),
        Column("start_line", "int64", "first line, 0 if unknown"),
    ),
)
LOCATIONS = FrameSchema(
    "locations",
    (
        Column("location_id", "uint64", "id in the file"),
        Column("mapping_id", "UInt64", "id of its mapping, NA for none"),
        Column("address", "uint64", "program counter"),
        Column("folded", "bool", "several addresses folded into this one"),
        Column("frames", "int64", "frames there: more than one where calls were inlined"),
        Column("function", "str", "the function that was really called there"),
        Column("file", "str", "its source file"),
        Column("line", "int64", "line number in it"),
    ),
)
MAPPINGS = FrameSchema(
    "mappings",
    (
        Column("mapping_id", "uint64", "id in the file"),
        Column("start", "uint64", "first address"),
        Column("limit", "uint64", "address after the last one"),
        Column("offset", "uint64", "offset of the first address in the file", "bytes"),
        Column("file", "str", "binary"),
        Column("build_id", "str", "its build id"),
    ),
)


def samples(columns: Columns) -> pd.DataFrame:
    """Return one row a sample: ``sample_id``, ``depth`` (frames), and a column a sample type.

    A column is called after its type (``cpu``, ``alloc_space``), int64 in the unit that ``attrs["units"]`` names
    for it; a type that occurs twice gets its position behind the name.
    """
    import pandas as pd

    slots = np.maximum(np.diff(columns.locations.offsets), 1)
    reached = np.concatenate([np.zeros(1, np.int64), np.cumsum(slots[columns.samples.locations])])
    data: dict[str, object] = {
        "sample_id": np.arange(len(columns.samples)),
        "depth": np.diff(reached[columns.samples.offsets]),
    }
    units = {}
    for index, kind in enumerate(columns.sample_types):
        name = kind.type if kind.type not in data else f"{kind.type}_{index}"
        data[name] = columns.samples.values[:, index]  # noqa: PD011 - a column, no frame
        units[name] = kind.unit
    frame = pd.DataFrame(data)
    frame.attrs["units"] = units
    return frame


def stacks(columns: Columns) -> pd.DataFrame:
    """Return one row a frame of every sample (see ``STACKS``); texts are categories."""
    import pandas as pd

    nodes = build(columns, Identity(file=True, line=True))
    counts = np.diff(nodes.slot_offsets)
    locations = columns.samples.locations
    size = counts[locations]
    begin = np.cumsum(size) - size
    slot = np.arange(int(size.sum())) + np.repeat(nodes.slot_offsets[locations] - begin, size)
    entries = np.repeat(np.arange(len(columns.samples)), np.diff(columns.samples.offsets))
    sample = np.repeat(entries, size)
    first = np.concatenate([begin, [len(slot)]])[columns.samples.offsets[:-1]]
    node = nodes.slot_node[slot]
    names = [nodes.function_name(row) or nodes.binary_name(row) for row in range(len(nodes))]
    files = [nodes.file_name(row) for row in range(len(nodes))]
    return pd.DataFrame(
        {
            "sample_id": sample,
            "depth": np.arange(len(slot)) - first[sample],
            "function": _categories(names, node),
            "file": _categories(files, node),
            "line": nodes.line[node],
            "inlined": nodes.slot_inline[slot],
        }
    )


def _categories(texts: list[str], rows: np.ndarray[tuple[int], np.dtype[np.int32]]) -> pd.Categorical:
    import pandas as pd

    distinct = sorted(set(texts))
    place = {text: number for number, text in enumerate(distinct)}
    codes = np.array([place[text] for text in texts], np.int32)
    return pd.Categorical.from_codes(codes[rows] if len(texts) else rows, categories=pd.Index(distinct, dtype="str"))


def labels(columns: Columns) -> pd.DataFrame:
    """Return one row a label of a sample (see ``LABELS``)."""
    import pandas as pd

    table = columns.labels
    numeric = table.string < 0
    texts = pd.Series(columns.text(np.where(numeric, 0, table.string)), dtype="str")
    numbers = pd.Series(table.number, dtype="Int64")
    return pd.DataFrame(
        {
            "sample_id": table.sample.astype(np.int64),
            "key": pd.Series(columns.text(table.key), dtype="str"),
            "text": texts.mask(numeric),
            "number": numbers.mask(~numeric),
            "unit": pd.Series(columns.text(table.unit), dtype="str"),
        }
    )


def functions(columns: Columns) -> pd.DataFrame:
    """Return one row a function (see ``FUNCTIONS``)."""
    table = columns.functions
    return FUNCTIONS.frame(
        {
            "function_id": table.id,
            "name": columns.text(table.name),
            "system_name": columns.text(table.system_name),
            "file": columns.text(table.filename),
            "start_line": table.start_line,
        }
    )


def locations(columns: Columns) -> pd.DataFrame:
    """Return one row a location (see ``LOCATIONS``)."""
    import pandas as pd

    table, lines = columns.locations, columns.lines
    frames = np.diff(table.offsets)
    known = frames > 0
    last = table.offsets[1:][known] - 1
    outer = np.zeros((3, len(table)), np.int64)
    function = lines.function[last]
    outer[:, known] = columns.functions.name[function], columns.functions.filename[function], lines.line[last]
    ids = np.append(columns.mappings.id, np.uint64(0))[table.mapping]
    return LOCATIONS.frame(
        {
            "location_id": table.id,
            "mapping_id": pd.Series(ids, dtype="UInt64").mask(table.mapping < 0),
            "address": table.address,
            "folded": table.folded,
            "frames": frames,
            "function": columns.text(outer[0]),
            "file": columns.text(outer[1]),
            "line": outer[2],
        }
    )


def mappings(columns: Columns) -> pd.DataFrame:
    """Return one row a mapping (see ``MAPPINGS``)."""
    table = columns.mappings
    return MAPPINGS.frame(
        {
            "mapping_id": table.id,
            "start": table.start,
            "limit": table.limit,
            "offset": table.offset,
            "file": columns.text(table.filename),
            "build_id": columns.text(table.build_id),
        }
    )
