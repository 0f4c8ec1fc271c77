"""Labels of samples: their units, and per sample as plain values where a report prints them.

Rules: ``NumLabelUnits`` in github.com/google/pprof/profile/profile.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analyzer.profiles.model import I32, I64, Columns
from analyzer.profiles.numbers import first_of_each

_UNITS_BY_KEY = {"alignment": "bytes", "request": "bytes"}


def label_units(columns: Columns) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the unit of every numeric key, and other units met for it, sorted.

    The first unit in the file counts; a key without any is its own unit.
    """
    labels = columns.labels
    numeric = np.flatnonzero(labels.string < 0)
    units: dict[str, str] = {}
    others: dict[str, set[str]] = {}
    first = first_of_each(pairs(labels.key[numeric], labels.unit[numeric]))
    for row in numeric[np.sort(first)].tolist():
        key, unit = columns.strings[labels.key[row]], columns.strings[labels.unit[row]]
        if not unit:
            units.setdefault(key, "")
        elif not units.get(key):
            units[key] = unit
        elif units[key] != unit:
            others.setdefault(key, set()).add(unit)
    named = {key: unit or _UNITS_BY_KEY.get(key, key) for key, unit in units.items()}
    return named, {key: sorted(found) for key, found in others.items()}


def pairs(first: I32, second: I32) -> I64:
    """Return one number for each pair of string rows."""
    return (first.astype(np.int64) << 32) | second


@dataclass(slots=True)
class SampleLabels:
    """Labels of one sample: key -> values in the order of the file.

    ``numbers`` holds (value, unit) pairs; ``units_given`` the keys for which the file names any unit.
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    numbers: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def units_given(self, key: str) -> bool:
        """Tell whether the file names a unit for any value of a key."""
        return any(unit for _, unit in self.numbers.get(key, ()))


def labels_by_sample(columns: Columns) -> dict[int, SampleLabels]:
    """Return the labels of every sample that has any."""
    table = columns.labels
    strings = columns.strings
    found: dict[int, SampleLabels] = {}
    rows = zip(
        table.sample.tolist(),
        table.key.tolist(),
        table.string.tolist(),
        table.number.tolist(),
        table.unit.tolist(),
        strict=True,
    )
    for sample, key, string, number, unit in rows:
        labels = found.setdefault(sample, SampleLabels())
        if string >= 0:
            labels.texts.setdefault(strings[key], []).append(strings[string])
        else:
            labels.numbers.setdefault(strings[key], []).append((number, strings[unit]))
    return found
