"""What a flame page is told: trees as lists of numbers, every text once, values split by labels.

A page adds values up itself, so only what stacks take themselves is written: one *cell* for each pair of node and
label set that has any. Lists that rise are written as differences; they are short numbers then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from analyzer.errors import UsageError
from analyzer.profiles.flame_colour import PALETTE, package_of, tint_of
from analyzer.profiles.flame_hot import function_totals
from analyzer.profiles.flame_units import amount, steps
from analyzer.profiles.model import I32, I64
from analyzer.profiles.tree_grow import shares
from analyzer.profiles.tree_stacks import join_values, label_values
from analyzer.text import count, printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.profiles.flame import FlameTree
    from analyzer.profiles.model import Columns
    from analyzer.profiles.tree import CallTree

Json: TypeAlias = dict[str, Any]

LABEL_VALUES = 30  # of one key; the rest is one value more
_LABEL_KEYS = 6
_HOT = 300  # rows of the table
_NAME = 400  # characters of a name; real ones end near 250


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """What does not depend on how far the tree is cut.

    Attributes:
        flat, cum: int64 [frames, columns], see ``function_totals``.
        labels: key, values and the row of each sample's value, most frequent key first.
        weight: float64 [samples], their sizes for choosing label values.
    """

    flat: I64
    cum: I64
    labels: tuple[tuple[str, tuple[str, ...], I32], ...]
    weight: NDArray[np.float64]


def basis_of(flame: FlameTree) -> Basis:
    """Return what a page needs beside its tree."""
    flat, cum = function_totals(flame.stacks)
    labels = tuple((key, *_values(flame.profiles, key)) for key in _keys(flame.profiles))
    return Basis(flat, cum, labels, shares(flame.stacks.taken))


def page_data(
    flame: FlameTree, basis: Basis, trees: dict[str, CallTree], *, max_label_values: int = LABEL_VALUES
) -> Json:
    """Return everything that a page shows, as values that JSON can hold.

    Args:
        flame: the flame graph.
        basis: see ``basis_of``.
        trees: ``down``, and ``up`` unless the page can derive it because nothing was cut.
        max_label_values: values of one label; the others are added up.
    """
    labels, sets, sample_set = _label_sets(basis, max_label_values)
    flat, cum = basis.flat, basis.cum
    hot = _hottest(flat, cum)
    used = np.unique(np.concatenate([hot, *(tree.frame[tree.frame >= 0] for tree in trees.values())]))
    row = np.full(len(flame.stacks.names), -1, np.int64)
    row[used] = np.arange(len(used))
    return {
        "title": printable(flame.title, _NAME),
        "facts": _facts(flame),
        "types": [
            {
                "name": printable(kind.type, 80),
                "unit": printable(kind.unit, 80),
                "steps": steps(printable(kind.unit, 80)),
            }
            for kind in flame.types
        ],
        "shown": flame.shown,
        "inverted": flame.inverted,
        "compared": flame.stacks.based,
        "signed": flame.stacks.based and len(flame.profiles) == 1,
        "palette": PALETTE,
        "labels": labels,
        "sets": sets,
        "frames": _frames(flame, used),
        "trees": {name: _tree(flame, tree, row, sample_set, max(len(sets), 1)) for name, tree in trees.items()},
        "hot": {"frame": row[hot].tolist(), "flat": flat[hot].T.tolist(), "cum": cum[hot].T.tolist()},
    }


def _facts(flame: FlameTree) -> list[str]:
    """Return what to know about the profiles, one line each."""
    lines = []
    for columns, role in zip(flame.profiles, ("", "base: "), strict=False):
        parts = [count(len(columns.samples), "stack")]
        if columns.time_ns:
            parts.insert(0, f"{np.datetime64(columns.time_ns // 10**9, 's')}Z".replace("T", " ").replace("Z", " UTC"))
        if columns.duration_ns:
            parts.append(f"collected over {amount(columns.duration_ns, 'nanoseconds')}")
        lines.append(role + ", ".join(parts))
    return lines


def _frames(flame: FlameTree, used: I64) -> Json:
    names = [printable(flame.stacks.names[frame], _NAME) for frame in used.tolist()]
    files: dict[str, int] = {"": 0}
    file = [files.setdefault(printable(flame.stacks.files[frame], _NAME), len(files)) for frame in used.tolist()]
    packages: dict[str, int] = {}
    package = [packages.setdefault(package_of(name), len(packages)) for name in names]
    return {
        "name": names,
        "file": file,
        "files": list(files),
        "package": package,
        "packages": list(packages),
        "tints": [tint_of(name) for name in packages],
    }


def _tree(flame: FlameTree, tree: CallTree, row: I64, sample_set: I64, sets: int) -> Json:
    frame = np.where(tree.frame >= 0, row[tree.frame], tree.frame)
    taken = flame.stacks.taken
    counted = np.flatnonzero((taken != 0).any(axis=1))
    keys, place = np.unique(tree.ends[counted] * np.int64(sets) + sample_set[counted], return_inverse=True)
    values = np.zeros((len(keys), taken.shape[1]), np.int64)
    for column in range(taken.shape[1]):
        np.add.at(values[:, column], place, taken[counted, column])
    node, label_set = np.divmod(keys, sets)
    # one factor for a column: CPU time comes in multiples of the period
    factors = np.maximum(np.gcd.reduce(values, axis=0), 1) if len(values) else np.ones(values.shape[1], np.int64)
    cells: Json = {"node": _steps(node), "factors": factors.tolist(), "values": (values // factors).T.tolist()}
    if sets > 1:
        cells["set"] = label_set.tolist()
    return {
        "frame": frame.tolist(),
        "parent": _steps(tree.parent),
        "inlined": _steps(np.flatnonzero(tree.inlined)),
        "cells": cells,
    }


def _steps(values: I64 | I32) -> list[int]:
    steps: list[int] = np.diff(values.astype(np.int64), prepend=0).tolist()
    return steps


def _hottest(flat: I64, cum: I64) -> I64:
    """Return the functions for the table: the heaviest in any column, by flat or cum."""
    share = np.zeros(len(flat))
    for values in (flat, cum):
        sizes = np.abs(values.astype(np.float64))
        # cum may be spread wide, so both are measured against the same whole: all that is flat
        whole = np.abs(flat.astype(np.float64)).sum(axis=0)
        share = np.maximum(share, (sizes / np.where(whole == 0, 1, whole)).max(axis=1, initial=0))
        if values is flat:
            share *= 4  # a function that works itself says more than one that passes on
    return np.argsort(-share, kind="stable")[:_HOT]


def _label_sets(basis: Basis, max_values: int) -> tuple[list[Json], list[list[int]], I64]:
    """Return (labels with their values, distinct combinations as a row of each label's values, one a sample)."""
    labels: list[Json] = []
    rows: list[I32] = []
    for key, values, value_row in basis.labels:
        texts, row = _heaviest(values, value_row, basis.weight, max_values)
        labels.append({"key": printable(key, 80), "values": [printable(text, 120) for text in texts]})
        rows.append(row)
    if not rows:
        return [], [], np.zeros(len(basis.weight), np.int64)
    found, place = np.unique(np.stack(rows, axis=1), axis=0, return_inverse=True)
    return labels, found.tolist(), place.reshape(-1).astype(np.int64)


def _keys(profiles: tuple[Columns, ...]) -> list[str]:
    """Return the most frequent label keys."""
    counts: dict[str, int] = {}
    for columns in profiles:
        for row, number in zip(
            *(part.tolist() for part in np.unique(columns.labels.key, return_counts=True)), strict=True
        ):
            counts[columns.strings[row]] = counts.get(columns.strings[row], 0) + number
    return sorted(counts, key=lambda key: (-counts[key], key))[:_LABEL_KEYS]


def _values(profiles: tuple[Columns, ...], key: str) -> tuple[tuple[str, ...], I32]:
    found = []
    for columns in profiles:
        try:
            found.append(label_values(columns, key))
        except UsageError:
            found.append((("(none)",), np.zeros(len(columns.samples), np.int32)))
    return found[0] if len(found) == 1 else join_values(found[0], found[1])


def _heaviest(texts: tuple[str, ...], row: I32, weight: NDArray[np.float64], limit: int) -> tuple[tuple[str, ...], I32]:
    """Keep the values that take most; all others become one."""
    if len(texts) <= limit + 1:
        return texts, row
    order = np.argsort(-np.bincount(row, weight, minlength=len(texts)), kind="stable")
    moved = np.full(len(texts), limit, np.int32)
    moved[order[:limit]] = np.arange(limit)
    kept = tuple(texts[place] for place in order[:limit].tolist())
    return (*kept, f"({len(texts) - limit} other values)"), moved[row]
