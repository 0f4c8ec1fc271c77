"""Which of a profile's measures a report shows, and what the whole of it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from analyzer.errors import UsageError
from analyzer.profiles.graph import Weights
from analyzer.profiles.model import Columns, ValueType
from analyzer.profiles.numbers import truncated_quotient

BASE_KEY, BASE_VALUE = "pprof::base", "true"  # the label that marks samples of a base profile


@dataclass(frozen=True, slots=True)
class Measure:
    """One column of a profile's values.

    Attributes:
        index: which sample type.
        type: its type and unit as the file names them.
        mean: its values are divided by those of the first sample type.
    """

    index: int
    type: ValueType
    mean: bool = False

    @property
    def title(self) -> str:
        """Return the type as headings show it."""
        return f"mean_{self.type.type}" if self.mean else self.type.type

    def weights(self, columns: Columns) -> Weights:
        """Return what each sample counts."""
        values = columns.samples.values
        divisor = values[:, 0] if self.mean else np.zeros(len(values), np.int64)
        return Weights(np.ascontiguousarray(values[:, self.index]), divisor)

    def total(self, columns: Columns) -> int:
        """Return the sum of absolute values: of the base's samples if any are marked, else of all.

        Source: ``computeTotal`` in github.com/google/pprof/internal/report/report.go.
        """
        weights = self.weights(columns)
        values = np.abs(weights.value)
        total, divisor = int(values.sum()), int(weights.divisor.sum())
        base = marked_base(columns)
        if len(base) and int(values[base].sum()) > 0:
            total, divisor = int(values[base].sum()), int(weights.divisor[base].sum())
        return truncated_quotient(total, divisor) if divisor else total


def marked_base(columns: Columns) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the samples that carry the label of a base profile."""
    labels = columns.labels
    try:
        key, value = columns.strings.index(BASE_KEY), columns.strings.index(BASE_VALUE)
    except ValueError:
        return np.empty(0, np.int64)
    return np.unique(labels.sample[(labels.key == key) & (labels.string == value)]).astype(np.int64)


def find_measure(columns: Columns, sample_index: str = "", *, mean: bool = False) -> Measure:
    """Return the measure asked for.

    Rules: ``SampleIndexByName`` in github.com/google/pprof/profile/index.go.

    Raises:
        UsageError: there is none of that name or number.
    """
    types = columns.sample_types
    names = [kind.type for kind in types]
    if not types:
        raise UsageError("profile has no samples")
    if not sample_index:
        default = columns.default_sample_type
        index = names.index(default) if default and default in names else len(names) - 1
        return Measure(index, types[index], mean)
    if re.fullmatch(r"[+-]?[0-9]+", sample_index) and -(1 << 63) <= int(sample_index) < 1 << 63:
        index = int(sample_index)
        if not 0 <= index < len(types):
            raise UsageError(f"sample_index {sample_index} is outside the range [0..{len(types) - 1}]")
        return Measure(index, types[index], mean)
    for index, name in enumerate(names):
        if name in (sample_index, sample_index.removeprefix("inuse_")):
            return Measure(index, types[index], mean)
    raise UsageError(f'sample_index "{sample_index}" must be one of: [{" ".join(names)}]')
