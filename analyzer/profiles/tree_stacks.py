"""Stacks of one profile, or of two side by side, as rows of frames: what call trees grow from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from analyzer.errors import UsageError
from analyzer.profiles.flame_units import amount
from analyzer.profiles.labels import label_units
from analyzer.profiles.model import I32, I64, Bools, Columns, ValueType
from analyzer.profiles.nodes import Nodes, build, identity
from analyzer.profiles.prune import drop_frames
from analyzer.profiles.units import compatible, scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.profiles.profile import Profile

    AnyProfile: TypeAlias = Profile | Columns

_NO_VALUE = "(none)"


@dataclass(frozen=True, slots=True, eq=False)
class Stacks:
    """Samples as stacks of frames, each frame a function.

    Attributes:
        types: what the columns of ``taken`` measure; with a base the second half of the columns is the base's.
        names: name of each frame as reports print it.
        files: source file of each frame, "" if unknown.
        taken: int64 [samples, columns].
        offsets: int64 [samples + 1], where each stack begins in ``locations``.
        locations: location rows, leaf first.
        slot_offsets: int64 [locations + 1], frames of each location in ``slot_frame``, innermost first.
        slot_frame: int32, row of ``names``.
        slot_inline: bool, the frame was inlined into the next one of its location.
        based: the columns come in pairs, newer and base.
        root: int32 [samples], a frame above each stack, or None.
    """

    types: tuple[ValueType, ...]
    names: tuple[str, ...]
    files: tuple[str, ...]
    taken: I64
    offsets: I64
    locations: NDArray[np.integer]
    slot_offsets: I64
    slot_frame: I32
    slot_inline: Bools
    based: bool = False
    root: I32 | None = None

    def __len__(self) -> int:
        return len(self.taken)

    @property
    def depths_sum(self) -> int:
        """Number of frames on all stacks: no tree has more nodes."""
        return int(np.diff(self.slot_offsets)[self.locations].sum())


def columns_of(profile: AnyProfile) -> Columns:
    """Return the columns of a profile without the frames that it asks to leave out."""
    return drop_frames(profile if isinstance(profile, Columns) else profile.columns)


def stacks_of(columns: Columns) -> Stacks:
    """Return the stacks of one profile; frames with equal names are one."""
    nodes = build(columns, identity("functions"))
    return Stacks(
        types=columns.sample_types,
        names=tuple(nodes.printed(node) for node in range(len(nodes))),
        files=_files(columns, nodes),
        taken=columns.samples.values,
        offsets=columns.samples.offsets,
        locations=columns.samples.locations,
        slot_offsets=nodes.slot_offsets,
        slot_frame=nodes.slot_node,
        slot_inline=nodes.slot_inline,
    )


def _files(columns: Columns, nodes: Nodes) -> tuple[str, ...]:
    """Return a file for each node: that of the first function of its name."""
    file_of = np.zeros(len(nodes.texts), np.int64)
    functions = columns.functions
    file_of[functions.name[::-1]] = functions.filename[::-1]
    file_of[0] = 0
    return tuple(columns.strings[row] for row in file_of[nodes.name].tolist())


def beside(newer: Stacks, base: Stacks) -> Stacks:
    """Return the samples of two profiles in one table, the values of the base in columns of their own.

    Raises:
        UsageError: the profiles measure nothing in common.
    """
    pairs = _common(newer.types, base.types)
    if not pairs:
        raise UsageError(
            "the profiles measure nothing in common: "
            + " and ".join(", ".join(kind.type for kind in stacks.types) or "nothing" for stacks in (newer, base))
        )
    rows = {name: row for row, name in enumerate(newer.names)}
    frame = np.fromiter((rows.setdefault(name, len(rows)) for name in base.names), np.int32, len(base.names))
    files = list(newer.files) + [""] * (len(rows) - len(newer.files))
    for row, file in zip(frame.tolist(), base.files, strict=True):
        files[row] = files[row] or file
    types = tuple(newer.types[mine] for mine, _, _ in pairs)
    width = len(pairs)
    values = np.zeros((len(newer) + len(base), 2 * width), np.int64)
    for column, (mine, theirs, factor) in enumerate(pairs):
        values[: len(newer), column] = newer.taken[:, mine]
        older = base.taken[:, theirs]
        values[len(newer) :, width + column] = older if factor == 1 else np.rint(older * factor)
    return Stacks(
        types=types,
        names=tuple(rows),
        files=tuple(files),
        taken=values,
        offsets=np.concatenate([newer.offsets, newer.offsets[-1] + base.offsets[1:]]),
        locations=np.concatenate([newer.locations, base.locations + np.int64(len(newer.slot_offsets) - 1)]),
        slot_offsets=np.concatenate([newer.slot_offsets, newer.slot_offsets[-1] + base.slot_offsets[1:]]),
        slot_frame=np.concatenate([newer.slot_frame, frame[base.slot_frame]]),
        slot_inline=np.concatenate([newer.slot_inline, base.slot_inline]),
        based=True,
    )


def _common(newer: tuple[ValueType, ...], base: tuple[ValueType, ...]) -> list[tuple[int, int, float]]:
    """Return (column, column of the base, factor for the base) of every type that both measure."""
    return [
        (mine, theirs, scale(1, old.unit, new.unit)[0] if old.unit != new.unit else 1.0)
        for mine, new in enumerate(newer)
        for theirs, old in enumerate(base)
        if old.type == new.type and compatible(old.unit, new.unit)
    ]


def sides(stacks: Stacks) -> Stacks:
    """Return a difference (some values are negative) as what grew beside what shrank; all others unchanged."""
    if stacks.based or not (stacks.taken < 0).any():
        return stacks
    values = np.concatenate([np.maximum(stacks.taken, 0), np.maximum(-stacks.taken, 0)], axis=1)
    return replace(stacks, taken=values, based=True)


def rooted(stacks: Stacks, texts: tuple[str, ...], row: I32) -> Stacks:
    """Return the stacks with one more frame above each: ``texts[row]``."""
    names = stacks.names + texts
    return replace(
        stacks, names=names, files=stacks.files + ("",) * len(texts), root=(row + len(stacks.names)).astype(np.int32)
    )


def label_values(columns: Columns, key: str) -> tuple[tuple[str, ...], I32]:
    """Return (values, row of each sample's value) of one label; ``(none)`` where a sample has none.

    Several values of one sample are joined with commas; numeric values are written with their unit.

    Raises:
        UsageError: no sample has such a label.
    """
    labels = columns.labels
    try:
        chosen = np.flatnonzero(labels.key == columns.strings.index(key))
    except ValueError:
        chosen = np.empty(0, np.int64)
    if not len(chosen):
        raise UsageError(f"no sample has the label {key!r}")
    parts = list(
        zip(labels.string[chosen].tolist(), labels.number[chosen].tolist(), labels.unit[chosen].tolist(), strict=True)
    )
    unit = label_units(columns)[0].get(key, "")
    shown = {part: columns.strings[part[0]] if part[0] >= 0 else amount(part[1], unit) for part in set(parts)}
    texts: dict[int, str] = {}
    for sample, part in zip(labels.sample[chosen].tolist(), parts, strict=True):
        text = shown[part]
        texts[sample] = f"{texts[sample]},{text}" if sample in texts else text
    rows: dict[str, int] = {_NO_VALUE: 0}
    row = np.zeros(len(columns.samples), np.int32)
    row[list(texts)] = [rows.setdefault(text, len(rows)) for text in texts.values()]
    return tuple(rows), row


def join_values(newer: tuple[tuple[str, ...], I32], base: tuple[tuple[str, ...], I32]) -> tuple[tuple[str, ...], I32]:
    """Return the label values of two profiles as those of their samples side by side."""
    rows = {text: row for row, text in enumerate(newer[0])}
    moved = np.fromiter((rows.setdefault(text, len(rows)) for text in base[0]), np.int32, len(base[0]))
    return tuple(rows), np.concatenate([newer[1], moved[base[1]]])
