"""Columns -> serialized profile, with the very bytes that upstream's writer produces.

Rules: ``preEncode`` and ``encode`` in github.com/google/pprof/profile/encode.go: strings numbered in the order of
first use, labels by key, zero fields left out, repeated numbers packed only from three on. (The protobuf runtime
packs always, so it cannot be used for writing.)
"""

from __future__ import annotations

import gzip

from analyzer.profiles.labels import SampleLabels, labels_by_sample
from analyzer.profiles.model import Columns

_MASK = (1 << 64) - 1


def varint(value: int) -> bytes:
    """Return one number as a varint; negative ones take ten bytes."""
    value &= _MASK
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _blob(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def _number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value) if value else b""


def _numbers(*values: int) -> bytes:
    """Return fields 1, 2, 3, ... of a message, those that are 0 left out."""
    return b"".join(_number(field, value) for field, value in enumerate(values, 1))


def _repeated(field: int, values: list[bytes]) -> bytes:
    if len(values) > 2:
        return _blob(field, b"".join(values))
    tag = varint(field << 3)
    return b"".join([tag + value for value in values])


class _Strings:
    def __init__(self) -> None:
        self.rows: dict[str, int] = {"": 0}

    def __call__(self, text: str) -> int:
        return self.rows.setdefault(text, len(self.rows))


def encode(columns: Columns) -> bytes:
    """Return a profile as uncompressed protobuf."""
    strings = _Strings()
    texts = columns.strings
    parts = [_blob(1, _numbers(strings(kind.type), strings(kind.unit))) for kind in columns.sample_types]
    parts += _samples(columns, strings)
    mappings, functions = columns.mappings, columns.functions
    for row in range(len(mappings)):
        flags = (
            mappings.has_functions,
            mappings.has_filenames,
            mappings.has_line_numbers,
            mappings.has_inline_frames,
        )
        numbers = [int(column[row]) for column in (mappings.id, mappings.start, mappings.limit, mappings.offset)]
        names = [strings(texts[column[row]]) for column in (mappings.filename, mappings.build_id)]
        parts.append(_blob(3, _numbers(*numbers, *names, *(int(flag[row]) for flag in flags))))
    parts += _locations(columns)
    rows = zip(
        functions.id.tolist(),
        functions.name.tolist(),
        functions.system_name.tolist(),
        functions.filename.tolist(),
        functions.start_line.tolist(),
        strict=True,
    )
    for number, name, system, file, start in rows:
        names = [strings(texts[row]) for row in (name, system, file)]
        parts.append(_blob(5, _numbers(number, *names, start)))
    tail = [_number(7, strings(columns.drop_frames)), _number(8, strings(columns.keep_frames))]
    tail += [_number(9, columns.time_ns), _number(10, columns.duration_ns)]
    if any(columns.period_type):
        tail.append(_blob(11, _numbers(*(strings(text) for text in columns.period_type))))
    tail.append(_number(12, columns.period))
    tail.append(_repeated(13, [varint(strings(comment)) for comment in columns.comments]))
    tail.append(varint(14 << 3) + varint(strings(columns.default_sample_type)))
    tail.append(_number(15, strings(columns.doc_url)))
    parts += [_blob(6, text.encode("utf-8", "replace")) for text in strings.rows]
    return b"".join(parts + tail)


def _samples(columns: Columns, strings: _Strings) -> list[bytes]:
    ids = [varint(number) for number in columns.locations.id.tolist()]
    stacks = columns.samples.locations.tolist()
    offsets = columns.samples.offsets.tolist()
    labels = labels_by_sample(columns)
    cache: dict[int, bytes] = {}
    parts = []
    for sample, values in enumerate(columns.samples.values.tolist()):
        stack = [ids[location] for location in stacks[offsets[sample] : offsets[sample + 1]]]
        numbers = []
        for value in values:
            data = cache.get(value)
            if data is None:
                data = cache[value] = varint(value)
            numbers.append(data)
        body = _repeated(1, stack) + _repeated(2, numbers)
        if sample in labels:
            body += _labels(labels[sample], strings)
        parts.append(_blob(2, body))
    return parts


def _labels(labels: SampleLabels, strings: _Strings) -> bytes:
    parts = [
        _blob(3, _numbers(strings(key), strings(value))) for key in sorted(labels.texts) for value in labels.texts[key]
    ]
    for key in sorted(labels.numbers):
        row = strings(key)
        given = labels.units_given(key)
        parts += [
            _blob(3, _numbers(row, 0, number, strings(unit) if given else 0)) for number, unit in labels.numbers[key]
        ]
    return b"".join(parts)


def _locations(columns: Columns) -> list[bytes]:
    table, lines = columns.locations, columns.lines
    function_ids = columns.functions.id[lines.function].tolist() if len(lines) else []
    rows = zip(function_ids, lines.line.tolist(), lines.column.tolist(), strict=True)
    frames = [_blob(4, _numbers(*row)) for row in rows]
    mapping_ids = [*columns.mappings.id.tolist(), 0]
    offsets = table.offsets.tolist()
    parts = []
    for row, (number, mapping, address, folded) in enumerate(
        zip(table.id.tolist(), table.mapping.tolist(), table.address.tolist(), table.folded.tolist(), strict=True)
    ):
        body = _numbers(number, mapping_ids[mapping] if mapping >= 0 else 0, address)
        body += b"".join(frames[offsets[row] : offsets[row + 1]]) + _number(5, int(folded))
        parts.append(_blob(4, body))
    return parts


def pack(data: bytes) -> bytes:
    """Return a serialized profile as gzip, the same bytes for the same profile."""
    return gzip.compress(data, mtime=0)
