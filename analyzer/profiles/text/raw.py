"""``-raw``: the whole file as text.

Rules: ``Profile.String`` in github.com/google/pprof/profile/profile.go; the spelling of durations and times is that
of Go's ``time`` package.
"""

from __future__ import annotations

import time

from analyzer.profiles.labels import SampleLabels, labels_by_sample
from analyzer.profiles.model import Columns

_SECOND = 1_000_000_000
_INDENT = " " * 16


def raw(columns: Columns) -> str:
    """Return a profile as text."""
    return "\n".join([*_header(columns), *_samples(columns), *_locations(columns), *_mappings(columns)]) + "\n"


def _header(columns: Columns) -> list[str]:
    lines = [f"Comment: {comment}" for comment in columns.comments]
    if columns.doc_url:
        lines.append(f"Doc: {columns.doc_url}")
    lines.append(f"PeriodType: {columns.period_type.type} {columns.period_type.unit}")
    lines.append(f"Period: {columns.period}")
    if columns.time_ns:
        lines.append(f"Time: {_moment(columns.time_ns)}")
    if columns.duration_ns:
        lines.append(f"Duration: {duration_text(columns.duration_ns)[:4]}")
    return lines


def _moment(time_ns: int) -> str:
    seconds, nanoseconds = divmod(time_ns, _SECOND)
    fraction = f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""
    moment = time.localtime(seconds)
    return time.strftime("%Y-%m-%d %H:%M:%S", moment) + fraction + time.strftime(" %z %Z", moment)


def duration_text(nanoseconds: int) -> str:
    """Return a duration as Go writes it: ``1h2m3.5s``, ``20ms``, ``1.5µs``."""
    sign = "-" if nanoseconds < 0 else ""
    size = abs(nanoseconds)
    if size == 0:
        return "0s"
    for unit, factor in (("ns", 1), ("µs", 1000), ("ms", 1_000_000)):
        if size < factor * 1000:
            return f"{sign}{_decimal(size, factor)}{unit}"
    minutes, rest = divmod(size, 60 * _SECOND)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, _SECOND)}s"
    if hours:
        text = f"{hours}h{minutes}m{text}"
    elif minutes:
        text = f"{minutes}m{text}"
    return sign + text


def _decimal(value: int, factor: int) -> str:
    whole, rest = divmod(value, factor)
    digits = str(rest).rjust(len(str(factor)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)


def _samples(columns: Columns) -> list[str]:
    heads = [
        f"{kind.type}/{kind.unit}{'[dflt]' if kind.type == columns.default_sample_type else ''}"
        for kind in columns.sample_types
    ]
    lines = ["Samples:", " ".join(heads).strip()]
    ids = [f"{number} " for number in columns.locations.id.tolist()]
    stacks = columns.samples.locations.tolist()
    offsets = columns.samples.offsets.tolist()
    labels = labels_by_sample(columns)
    for sample, values in enumerate(columns.samples.values.tolist()):
        numbers = "".join(f" {value:10d}" for value in values)
        stack = "".join([ids[location] for location in stacks[offsets[sample] : offsets[sample + 1]]])
        lines.append(f"{numbers}: {stack}")
        if sample in labels:
            lines.extend(_label_lines(labels[sample]))
    return lines


def _label_lines(labels: SampleLabels) -> list[str]:
    lines = []
    if labels.texts:
        pairs = sorted(f"{key}:[{' '.join(values)}]" for key, values in labels.texts.items())
        lines.append(_INDENT + " ".join(pairs))
    if labels.numbers:
        pairs = []
        for key, values in labels.numbers.items():
            given = labels.units_given(key)
            shown = (f"{number} {unit}" if given else str(number) for number, unit in values)
            pairs.append(f"{key}:[{' '.join(shown)}]")
        lines.append(_INDENT + " ".join(sorted(pairs)))
    return lines


def _locations(columns: Columns) -> list[str]:
    locations, strings = columns.locations, columns.strings
    functions = columns.functions
    names = [
        (strings[name], strings[system], strings[file], start)
        for name, system, file, start in zip(
            functions.name.tolist(),
            functions.system_name.tolist(),
            functions.filename.tolist(),
            functions.start_line.tolist(),
            strict=True,
        )
    ]
    table = columns.lines
    frames = []
    for function, line, column in zip(table.function.tolist(), table.line.tolist(), table.column.tolist(), strict=True):
        name, system, file, start = names[function]
        frames.append(f"{name} {file}:{line}:{column} s={start}" + (f"({system})" if name != system else ""))
    mapping_ids = [*columns.mappings.id.tolist(), 0]
    offsets = locations.offsets.tolist()
    lines = ["Locations"]
    rows = zip(
        locations.id.tolist(),
        locations.address.tolist(),
        locations.mapping.tolist(),
        locations.folded.tolist(),
        strict=True,
    )
    for row, (number, address, mapping, folded) in enumerate(rows):
        mapped = f"M={mapping_ids[mapping]} " if mapping >= 0 else ""
        head = f"{number:6d}: {address:#x} {mapped}{'[F] ' if folded else ''}"
        own = frames[offsets[row] : offsets[row + 1]]
        lines.append(head + (own[0] if own else ""))
        lines.extend(" " * 13 + frame for frame in own[1:])
    return lines


def _mappings(columns: Columns) -> list[str]:
    table = columns.mappings
    lines = ["Mappings"]
    for row, number in enumerate(table.id.tolist()):
        flags = (
            ("[FN]", table.has_functions),
            ("[FL]", table.has_filenames),
            ("[LN]", table.has_line_numbers),
            ("[IN]", table.has_inline_frames),
        )
        bits = "".join(mark for mark, flag in flags if flag[row])
        lines.append(
            f"{number}: {table.start[row]:#x}/{table.limit[row]:#x}/{table.offset[row]:#x} "
            f"{columns.strings[table.filename[row]]} {columns.strings[table.build_id[row]]} {bits}"
        )
    return lines
