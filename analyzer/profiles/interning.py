"""The tables of a merged profile, filled one profile at a time."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace

import numpy as np

from analyzer.profiles.model import (
    I32,
    I64,
    Columns,
    Functions,
    Labels,
    Lines,
    Locations,
    Mappings,
    Samples,
)

_PAGE = 0x1000
_MASK = (1 << 64) - 1


class Interned:
    """Collects entries in the order in which samples meet them; samples that are all 0 are left out."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {"": 0}
        self._mappings: dict[Hashable, int] = {}
        self._mapping_rows: list[tuple[int, int, int, int, int, bool, bool, bool, bool]] = []
        self._functions: dict[tuple[int, int, int, int], int] = {}
        self._locations: dict[Hashable, int] = {}
        self._location_rows: list[tuple[int, int, bool]] = []
        self._location_lines: list[list[tuple[int, int, int]]] = []
        self._samples: dict[Hashable, int] = {}
        self._label_sets: dict[tuple[tuple[int, int, int, int], ...], Hashable] = {}
        self._stacks: list[bytes] = []
        self._labels: list[tuple[int, int, int, int, int]] = []
        self._sample_rows: list[I64] = []
        self._values: list[I64] = []

    def add(self, columns: Columns) -> None:
        """Add one profile."""
        texts = np.fromiter(
            (self._texts.setdefault(text, len(self._texts)) for text in columns.strings),
            np.int32,
            len(columns.strings),
        )
        counted = np.flatnonzero(columns.samples.values.any(axis=1))
        stacks = self._map_locations(columns, texts, counted)
        self._add_samples(columns, texts, counted, stacks)

    def _map_mapping(
        self, columns: Columns, texts: I32, row: int, known: dict[int, tuple[int, int]]
    ) -> tuple[int, int]:
        """Return the merged mapping of one, and how far its addresses move."""
        if row < 0:
            return -1, 0
        if row in known:
            return known[row]
        table = columns.mappings
        start, limit, offset = int(table.start[row]), int(table.limit[row]), int(table.offset[row])
        filename, build_id = int(texts[table.filename[row]]), int(texts[table.build_id[row]])
        size = ((limit - start) & _MASK) + _PAGE - 1 & _MASK
        key = (size - size % _PAGE, offset, build_id or filename)
        merged = self._mappings.setdefault(key, len(self._mappings))
        if merged == len(self._mapping_rows):
            flags = (table.has_functions, table.has_filenames, table.has_line_numbers, table.has_inline_frames)
            self._mapping_rows.append(
                (start, limit, offset, filename, build_id, *(bool(flag[row]) for flag in flags))  # type: ignore[arg-type]
            )
        known[row] = merged, self._mapping_rows[merged][0] - start
        return known[row]

    def _map_locations(self, columns: Columns, texts: I32, counted: I64) -> I32:
        """Return the merged location of each one that counted samples use, -1 for the others."""
        mappings: dict[int, tuple[int, int]] = {}
        if not self._mappings and len(columns.mappings):
            self._map_mapping(columns, texts, 0, mappings)  # the first one stands for the main binary
        functions = columns.functions
        function_keys = list(
            zip(
                functions.start_line.tolist(),
                texts[functions.name].tolist(),
                texts[functions.system_name].tolist(),
                texts[functions.filename].tolist(),
                strict=True,
            )
        )
        lines = columns.lines
        line_rows = list(zip(lines.function.tolist(), lines.line.tolist(), lines.column.tolist(), strict=True))
        locations = columns.locations
        offsets = locations.offsets.tolist()
        merged = np.full(len(locations), -1, np.int32)
        for row in _first_met(columns, counted):
            mapping, moved = self._map_mapping(columns, texts, int(locations.mapping[row]), mappings)
            own = [
                (self._functions.setdefault(function_keys[function], len(self._functions)), line, column)
                for function, line, column in line_rows[offsets[row] : offsets[row + 1]]
            ]
            address = (int(locations.address[row]) + moved) & _MASK
            folded = bool(locations.folded[row])
            base = self._mapping_rows[mapping][0] if mapping >= 0 else 0
            # Upstream's key holds the column of a location's last line only.
            key = (
                (address - base) & _MASK,
                mapping,
                tuple(part for function, line, _ in own for part in (function, line)),
                own[-1][2] if own else 0,
                folded,
            )
            place = self._locations.setdefault(key, len(self._locations))
            if place == len(self._location_rows):
                self._location_rows.append((mapping, address, folded))
                self._location_lines.append(own)
            merged[row] = place
        return merged

    def _add_samples(self, columns: Columns, texts: I32, counted: I64, locations: I32) -> None:
        samples = columns.samples
        data = locations[samples.locations].tobytes()
        offsets = (samples.offsets * 4).tolist()
        labels = dict(_label_groups(columns.labels, texts))
        rows = np.empty(len(counted), np.int64)
        for place, sample in enumerate(counted.tolist()):
            stack = data[offsets[sample] : offsets[sample + 1]]
            own = labels.get(sample)
            key = (stack, self._label_key(own)) if own else stack
            row = self._samples.setdefault(key, len(self._samples))
            if row == len(self._stacks):
                self._stacks.append(stack)
                if own:
                    self._labels.extend((row, *label) for label in own)
            rows[place] = row
        self._sample_rows.append(rows)
        self._values.append(samples.values[counted])

    def _label_key(self, labels: list[tuple[int, int, int, int]]) -> Hashable:
        known = tuple(labels)  # the same few sets come again and again
        if known not in self._label_sets:
            self._label_sets[known] = _label_key(labels)
        return self._label_sets[known]

    def columns(self, header: Columns) -> Columns:
        """Return the merged profile, with the header of ``header``."""
        values = np.zeros((len(self._stacks), len(header.sample_types)), np.int64)
        for rows, added in zip(self._sample_rows, self._values, strict=True):
            np.add.at(values, rows, added)
        depths = [len(stack) // 4 for stack in self._stacks]
        lines = [line for own in self._location_lines for line in own]
        return replace(
            header,
            samples=Samples(values, _offsets(depths), np.frombuffer(b"".join(self._stacks), np.int32)),
            labels=Labels(*_transposed(self._labels, (np.int32, np.int32, np.int32, np.int64, np.int32))),
            locations=self._location_table(),
            lines=Lines(*_transposed(lines, (np.int32, np.int64, np.int64))),
            functions=self._function_table(),
            mappings=Mappings(
                _ids(len(self._mapping_rows)),
                *_transposed(self._mapping_rows, (np.uint64,) * 3 + (np.int32,) * 2 + (np.bool_,) * 4),
            ),
            strings=tuple(self._texts),
        )

    def _location_table(self) -> Locations:
        mapping, address, folded = _transposed(self._location_rows, (np.int32, np.uint64, np.bool_))
        offsets = _offsets([len(own) for own in self._location_lines])
        return Locations(_ids(len(mapping)), mapping, address, folded, offsets)

    def _function_table(self) -> Functions:
        start, name, system_name, filename = _transposed(
            list(self._functions), (np.int64, np.int32, np.int32, np.int32)
        )
        return Functions(_ids(len(name)), name, system_name, filename, start)


def _first_met(columns: Columns, counted: I64) -> list[int]:
    """Return the locations that the counted samples use, in the order in which they meet them."""
    samples = columns.samples
    used = np.zeros(len(samples), bool)
    used[counted] = True
    entries = samples.locations[np.repeat(used, np.diff(samples.offsets))]
    met = np.full(len(columns.locations), -1, np.int64)
    met[entries[::-1]] = np.arange(len(entries))[::-1]
    rows = np.flatnonzero(met >= 0)
    ordered: list[int] = rows[np.argsort(met[rows], kind="stable")].tolist()
    return ordered


def _label_groups(labels: Labels, texts: I32) -> Iterator[tuple[int, list[tuple[int, int, int, int]]]]:
    """Yield (sample, labels as (key, string or -1, number, unit)) with rows of the merged texts."""
    columns = (
        texts[labels.key].tolist(),
        np.where(labels.string >= 0, texts[labels.string], -1).tolist(),
        labels.number.tolist(),
        texts[labels.unit].tolist(),
    )
    rows = list(zip(*columns, strict=True))
    samples, first = np.unique(labels.sample, return_index=True)
    ends = np.searchsorted(labels.sample, samples, side="right")
    for sample, begin, end in zip(samples.tolist(), first.tolist(), ends.tolist(), strict=True):
        yield sample, rows[begin:end]


def _label_key(labels: list[tuple[int, int, int, int]]) -> Hashable:
    """Return what tells sets of labels apart: values in order under each key, the order of keys aside."""
    groups: dict[tuple[int, bool], list[tuple[int, int, int]]] = {}
    for key, string, number, unit in labels:
        groups.setdefault((key, string >= 0), []).append((string, number, unit))
    return tuple(sorted((key, tuple(values)) for key, values in groups.items()))


def _ids(count: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.arange(1, count + 1, dtype=np.uint64)


def _offsets(counts: list[int]) -> I64:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array(counts, np.int64))])


def _transposed(rows: list, types: tuple[type, ...]) -> list[np.ndarray]:  # type: ignore[type-arg]
    columns = zip(*rows, strict=True) if rows else ((),) * len(types)
    return [np.array(column, dtype) for column, dtype in zip(columns, types, strict=True)]
