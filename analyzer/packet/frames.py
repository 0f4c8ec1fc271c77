"""Every frame of a packet: the parts' own frames with a first column ``node``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.packet.node import Node
    from analyzer.packet.packet import Packet

NODE: Final = Column("node", "str", "node name; NA for what concerns the packet as a whole")

DIAGNOSTICS: Final = FrameSchema(
    "diagnostics",
    (
        NODE,
        Column("key", "str", "dotted key as in the file"),
        Column("value", "str", "the value as text; keys that the file does not have are left out"),
    ),
)
STATS: Final = FrameSchema(
    "stats",
    (
        NODE,
        Column("key", "str", "what is counted"),
        Column("count", "int64", "how many"),
        Column("doubtful", "bool", "may come from a failed query (packet-format.md 3.3)"),
    ),
)
PROBLEMS: Final = FrameSchema(
    "problems",
    (
        NODE,
        Column("part", "str", "member or part"),
        Column("stage", "str", "open, find, read, parse, limit; server for lines of warning.txt"),
        Column("severity", "str", "error, warning, info"),
        Column("message", "str", "one line"),
        Column("first", "Int64", "first line or byte it concerns"),
        Column("last", "Int64", "last line, or byte after it"),
    ),
)
PARTS: Final = FrameSchema(
    "parts",
    (
        NODE,
        Column("member", "str", "path in the packet"),
        Column("status", "str", "read, missing, broken"),
        Column("size_bytes", "Int64", "unpacked size", "bytes"),
        Column("detail", "str", "what it holds"),
    ),
)


def with_node(frame: pd.DataFrame, name: str | None) -> pd.DataFrame:
    """Return a copy of ``frame`` with ``node`` as its first column."""
    import pandas as pd

    out = frame.copy(deep=False)
    out.insert(0, "node", pd.Series([name] * len(out), index=out.index, dtype="str"))
    return out


def joined(frames: list[pd.DataFrame], empty: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Return frames of one kind below one another; ``empty()`` with a node column when there is none."""
    import pandas as pd

    if not frames:
        return with_node(empty(), None)
    # frames without rows would decide dtypes that they have no say in
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    return filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)


def _whole(packet: Packet) -> str | None:
    """Return the node that a file at the root belongs to: the only one, or none of several."""
    return next(iter(packet.nodes)) if len(packet.layout.nodes) == 1 else None


def jobs(packet: Packet) -> pd.DataFrame:
    """Return ``parts.job.JOBS`` with ``node`` first."""
    from analyzer.parts.job import JOBS, jobs_frame

    parts = [part for part in (packet.job_lists, packet.support_packet) if part is not None]
    return joined([with_node(jobs_frame(part), _whole(packet)) for part in parts], JOBS.empty)


def plugins(packet: Packet) -> pd.DataFrame:
    """Return ``parts.plugins.PLUGINS`` with ``node`` first."""
    from analyzer.parts.plugins import PLUGINS

    value = packet.plugin_lists
    return joined([] if value is None else [with_node(value.frame(), _whole(packet))], PLUGINS.empty)


def permissions(packet: Packet) -> pd.DataFrame:
    """Return ``parts.permissions.ROLES`` with ``node`` first."""
    from analyzer.parts.permissions import ROLES

    value = packet.roles_and_schemes
    return joined([] if value is None else [with_node(value.frame(), _whole(packet))], ROLES.empty)


def logs(packet: Packet) -> pd.DataFrame:
    """Return the lines of every node's mattermost.log, ``node`` first, ordered by time where there are several."""
    from analyzer.logs import LINES, merge_logs

    found = {name: log for name, node in packet.nodes.items() if (log := node.log) is not None}
    return merge_logs(found) if found else with_node(LINES.empty(), None)


def diagnostics(packet: Packet) -> pd.DataFrame:
    """Return every key of every node's diagnostics (or of support_packet.yaml) as one row; see DIAGNOSTICS."""
    rows: list[tuple[str | None, str, str]] = []
    for name, node in packet.nodes.items():
        rows += [(name, key, value) for key, value in _flat(node.diagnostics)]
    if packet.support_packet is not None:
        rows += [(_whole(packet), key, value) for key, value in _flat(packet.support_packet) if "_jobs" not in key]
    return _table(DIAGNOSTICS, rows)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if is_dataclass(value):
        for item in fields(value):
            yield from _flat(getattr(value, item.name), f"{path}.{item.name}" if path else item.name)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple | frozenset):
        if value:
            yield path, ", ".join(str(item) for item in value)
    elif value is not None and value != "":
        yield path, value.isoformat() if hasattr(value, "isoformat") else str(value)


def stats(packet: Packet) -> pd.DataFrame:
    """Return the counts of stats.yaml, or those in support_packet.yaml; see STATS."""
    from analyzer.parts.support_packet import STATISTICS

    doubtful = packet.doubtful_stats
    rows: list[tuple[str | None, str, int, bool]] = []
    if packet.stats is not None:
        rows += [(_whole(packet), key, number, key in doubtful) for key, number in packet.stats.counts.items()]
    if packet.support_packet is not None:
        numbers = ((key, getattr(packet.support_packet, key)) for key in STATISTICS)
        rows += [(_whole(packet), key, number, False) for key, number in numbers if number is not None]
    return _table(STATS, rows)


def problems(packet: Packet) -> pd.DataFrame:
    """Return ``packet.problems`` as a frame; see PROBLEMS."""
    rows = [(p.node, p.part, p.stage, p.severity, p.message, *(p.span or (None, None))) for p in packet.problems]
    return _table(PROBLEMS, rows)


def parts(packet: Packet) -> pd.DataFrame:
    """Return the state of every part as a frame; see PARTS."""
    rows = [(p.node, p.member, p.status, p.size_bytes, p.detail) for p in packet.summary().parts]
    return _table(PARTS, rows)


def settings(packet: Packet) -> pd.DataFrame:
    """Return ``parts.config.SETTINGS`` of every node with ``node`` first."""
    from analyzer.parts.config import SETTINGS

    configs = [with_node(node.config.frame(), name) for name, node in packet.nodes.items() if node.config is not None]
    return joined(configs, SETTINGS.empty)


def _table(schema: FrameSchema, rows: list[Any]) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema.columns)
    return schema.frame({name: list(values) for name, values in zip(schema.names, columns, strict=True)})


def _of_nodes(packet: Packet, part: str, frame: Callable[[Any], pd.DataFrame]) -> pd.DataFrame:
    found = [(name, value) for name, node in packet.nodes.items() if (value := getattr(node, part)) is not None]
    return joined([with_node(frame(value), name) for name, value in found], _nothing)


def _nothing() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame()


def _of_node_files() -> Iterator[tuple[str, str, Callable[[Any], pd.DataFrame]]]:
    """Yield name of the frame, part of a node, and how the frame is made of it."""
    for part in ("cpu", "heap"):
        yield f"{part}_top", part, lambda profile: profile.top()
        for table in ("samples", "stacks", "labels", "functions", "locations", "mappings"):
            yield f"{part}_{table}", part, partial(_attribute, table)
    for table in ("goroutines", "stacks"):
        name = "goroutines" if table == "goroutines" else f"goroutine_{table}"
        yield name, "goroutines", partial(_attribute, table)
    for question in ("states", "groups", "suspects"):
        yield f"goroutine_{question}", "goroutines", partial(_answer, question)
    yield "log_quality", "log", lambda log: log.quality.reset_index()
    for question in ("templates", "sessions", "panics"):
        yield f"log_{question}", "log", partial(_answer, question)


def _attribute(name: str, value: Any) -> Any:
    return getattr(value, name)


def _answer(name: str, value: Any) -> Any:
    return getattr(value, name)()


def all_frames(packet: Packet) -> Mapping[str, Callable[[], pd.DataFrame]]:
    """Return name -> maker of every frame that this packet can have; parts that are missing are left out."""
    from analyzer.parts.permissions import SCHEMES
    from analyzer.parts.schema import COLUMNS, INDEXES

    makers: dict[str, Callable[[], pd.DataFrame]] = {
        name: partial(maker, packet)
        for name, maker in (
            ("parts", parts),
            ("problems", problems),
            ("diagnostics", diagnostics),
            ("settings", settings),
            ("stats", stats),
            ("jobs", jobs),
            ("plugins", plugins),
            ("permissions", permissions),
        )
    }
    if packet.layout.parts.get("permissions") is not None:
        makers["schemes"] = lambda: _optional(packet, packet.roles_and_schemes, "schemes_frame", SCHEMES.empty)
    if packet.layout.parts.get("database_schema") is not None:
        makers["schema_columns"] = lambda: _optional(packet, packet.database_schema, "frame", COLUMNS.empty)
        makers["schema_indexes"] = lambda: _optional(packet, packet.database_schema, "indexes_frame", INDEXES.empty)
    held = {part for node in packet.nodes.values() for part in node.members}
    if "log" in held:
        makers["logs"] = lambda: packet.logs
    for name, part, frame in _of_node_files():
        if (part if part != "log" else "log") in held:
            makers[name] = partial(_of_nodes, packet, part, frame)
    return makers


def frame_names() -> frozenset[str]:
    """Return the names of every frame that some packet can have."""
    whole = (
        "parts problems diagnostics settings stats jobs plugins permissions schemes schema_columns schema_indexes logs"
    )
    return frozenset(whole.split()) | {name for name, _, _ in _of_node_files()}


def _optional(packet: Packet, value: Any, method: str, empty: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    return joined([] if value is None else [with_node(getattr(value, method)(), _whole(packet))], empty)


def nodes_with(packet: Packet, part: str) -> Iterator[tuple[str, Node]]:
    """Yield the nodes that hold a part, with their names."""
    for name, node in packet.nodes.items():
        if part in node.members:
            yield name, node
