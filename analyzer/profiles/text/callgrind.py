"""``-callgrind``: the call graph for KCachegrind.

Rules: ``printCallgrind`` in github.com/google/pprof/internal/report/report.go.
"""

from __future__ import annotations

from analyzer.profiles.numbers import truncated, wrap
from analyzer.profiles.report import Report
from analyzer.profiles.units import scale
from analyzer.profiles.visual import Builder, Node


def callgrind(report: Report) -> str:
    """Return all entries with their calls, at the granularity of addresses."""
    builder = Builder(report)
    nodes = builder.nodes
    boxes = builder.picture().boxes
    report = report.with_unit_for([box.flat_value for box in boxes], [box.cum_value for box in boxes])
    own_unit, unit = report.measure.type.unit, report.output_unit
    names = _distinct_names(builder, boxes)
    lines = ["positions: instr line", f"events: {report.measure.title}({unit})"]
    objects, files, functions = _Numbered(), _Numbered(), _Numbered()
    previous: Node | None = None
    for box in boxes:
        key = box.key
        place = _place(builder, box)
        if previous is None or place != _place(builder, previous):
            binary, file, function = place
            lines += ["", f"ob={objects(binary)}", f"fl={files(file)}", f"fn={functions(function)}"]
        flat = truncated(scale(box.flat_value, own_unit, unit)[0])
        lines.append(f"{_address(builder, previous, box)} {nodes.line[key]} {flat}")
        for edge in builder.sorted_edges(list(box.callees.values())):
            callee = edge.target
            lines.append(f"cfl={files(nodes.file_name(callee.key))}")
            lines.append(f"cfn={functions(names.get(callee, ''))}")
            lines.append(f"calls=0 {_address(builder, previous, callee)} {nodes.line[callee.key]}")
            lines.append(f"* * {truncated(scale(edge.weight, own_unit, unit)[0])}")
        previous = box
    return "\n".join(lines) + "\n"


def _place(builder: Builder, box: Node) -> tuple[str, str, str]:
    nodes = builder.nodes
    return nodes.texts[nodes.binary[box.key]], nodes.file_name(box.key), nodes.function_name(box.key)


class _Numbered:
    """Writes a name in full the first time and as its number afterwards."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def __call__(self, name: str) -> str:
        if not name:
            return ""
        if name in self._seen:
            return f"({self._seen[name]})"
        self._seen[name] = len(self._seen) + 1
        return f"({self._seen[name]}) {name}"


def _address(builder: Builder, previous: Node | None, box: Node) -> str:
    """Return an address, relative to the one before where that is shorter."""
    address = int(builder.nodes.address[box.key])
    absolute = f"{address:#x}"
    if previous is None:
        return absolute
    before = int(builder.nodes.address[previous.key])
    if before == address:
        return "*"
    relative = f"{wrap(address - before):+d}"
    return relative if len(relative) < len(absolute) else absolute


def _distinct_names(builder: Builder, boxes: list[Node]) -> dict[Node, str]:
    """Return names with ``[1/2]`` after those that several functions of one file share."""
    nodes = builder.nodes
    groups: dict[tuple[str, str], dict[object, int]] = {}
    functions: dict[Node, tuple[tuple[str, str], object]] = {}
    for box in boxes:
        binary, file, name = _place(builder, box)
        caller = next(iter(box.callers), None) if builder.as_tree else None
        # A box without address and line stands for a whole function, told apart by its column even so.
        whole = not nodes.address[box.key] and not nodes.line[box.key]
        column = int(nodes.column[box.key]) if whole else 0
        function: object = (id(caller) if caller else 0, int(nodes.start_line[box.key]), binary, column)
        group = groups.setdefault((file, name), {})
        group.setdefault(function, len(group))
        functions[box] = (file, name), function
    names = {}
    for box, (key, known) in functions.items():
        group = groups[key]
        suffix = f" [{group[known] + 1}/{len(group)}]" if len(group) > 1 else ""
        names[box] = key[1] + suffix
    return names
