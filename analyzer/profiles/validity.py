"""Which profiles are refused although their bytes are in order.

Rules and their order follow ``Profile.CheckValid`` in github.com/google/pprof/profile/profile.go; ``verdict``
is its text, the message tells which entry is at fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.errors import ProfileError
from analyzer.profiles.numbers import first_of_each

if TYPE_CHECKING:
    from analyzer.profiles.model import I32, U64, Bools, Columns


@dataclass(frozen=True, slots=True)
class References:
    """What the file says and the columns cannot hold.

    Attributes:
        missing_location: (sample, id) of the first reference to a location that does not exist.
        value_counts: int32 [samples], how many values each sample has.
    """

    missing_location: tuple[int, int] | None
    value_counts: I32


def check(columns: Columns, references: References) -> None:
    """Raise ``ProfileError`` for the defect that ``go tool pprof`` would name."""
    _check_samples(columns, references)
    _check_ids(columns.mappings.id, "mapping", "ID")
    _check_ids(columns.functions.id, "function", "ID")
    _check_locations(columns)


def _malformed(message: str, verdict: str) -> ProfileError:
    return ProfileError(message, verdict=f"malformed profile: {verdict}")


def _check_samples(columns: Columns, references: References) -> None:
    counts = references.value_counts
    types = len(columns.sample_types)
    if not types and len(counts):
        raise _malformed("there are samples but no sample types", "missing sample type information")
    wrong = np.flatnonzero(counts != types)
    missing = references.missing_location
    if len(wrong) and (missing is None or wrong[0] <= missing[0]):
        have = int(counts[wrong[0]])
        raise _malformed(
            f"sample {wrong[0]} has {have} values for {types} sample types",
            f"mismatch: sample has {have} values vs. {types} types",
        )
    if missing is not None:
        sample, location = missing
        raise _malformed(
            f"sample {sample} refers to location {location}, which does not exist", "sample has nil location"
        )


def _repeats(ids: U64) -> Bools:
    """Return which ids have occurred before."""
    again = np.ones(len(ids), bool)
    again[first_of_each(ids)] = False
    return again


def _check_ids(ids: U64, kind: str, word: str) -> None:
    bad = np.flatnonzero((ids == 0) | _repeats(ids))
    if len(bad):
        raise _bad_id(int(ids[bad[0]]), int(bad[0]), kind, word)


def _bad_id(number: int, row: int, kind: str, word: str) -> ProfileError:
    if number == 0:
        return _malformed(f"{kind} {row} has the reserved id 0", f"found {kind} with reserved {word}=0")
    return _malformed(
        f"{kind} {row} has id {number}, which an earlier one has", f"multiple {kind}s with same id: {number}"
    )


def _check_locations(columns: Columns) -> None:
    locations = columns.locations
    ids = locations.id
    wrong_id = (ids == 0) | _repeats(ids)
    nil = np.zeros(len(ids), bool)
    lines = np.flatnonzero(columns.lines.function < 0)
    nil[np.searchsorted(locations.offsets, lines, side="right") - 1] = True
    bad = np.flatnonzero(wrong_id | nil)
    if not len(bad):
        return
    row = int(bad[0])
    if wrong_id[row]:
        raise _bad_id(int(ids[row]), row, "location", "id")
    raise _malformed(
        f"location {ids[row]} has a line whose function does not exist",
        f"location id: {ids[row]} has a line with nil function",
    )
