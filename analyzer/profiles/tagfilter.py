"""``tagfocus`` and ``tagignore``: samples by their labels.

Grammar: ``compileTagFilter`` and ``parseTagFilterRange`` in
github.com/google/pprof/internal/driver/driver_focus.go. ``[key=]`` and then a number, a range of numbers, or
patterns separated by commas: without a key all patterns must match some ``key:value``, with one any may.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from analyzer.errors import UsageError
from analyzer.profiles.labels import pairs
from analyzer.profiles.model import Bools, Columns
from analyzer.profiles.patterns import compile_pattern
from analyzer.profiles.units import scale

TagFilter: TypeAlias = Callable[[Columns], Bools]
_NUMBER = re.compile(r"([+-]?[0-9]+)([A-Za-z]+)?")
_MAX = (1 << 63) - 1


def compile_tag_filter(name: str, value: str, units: dict[str, str], warn: Callable[[str], None]) -> TagFilter | None:
    """Return a function from a profile to the samples that match; None where nothing is asked for.

    Raises:
        UsageError: a bad pattern, or a number that does not fit into 64 bits.
    """
    if not value:
        return None
    key, separator, rest = value.partition("=")
    wanted, value = (key, rest) if separator else ("", value)
    if (in_range := _parse_range(value)) is not None:
        warn(f"{name}:Interpreted '{value}' as range, not regexp")
        return _numbers(wanted, in_range, units)
    try:
        found = [compile_pattern(pattern) for pattern in value.split(",")]
    except UsageError as error:
        raise UsageError(f"parsing {name} regexp: {error}") from None

    def by_text(columns: Columns) -> Bools:
        labels, strings = columns.labels, columns.strings
        rows = np.flatnonzero(labels.string >= 0)
        if wanted:
            rows = rows[np.array([strings[key] == wanted for key in labels.key[rows].tolist()], bool)]
        _, first, which = np.unique(
            pairs(labels.key[rows], labels.string[rows]), return_index=True, return_inverse=True
        )
        texts = [
            strings[labels.string[row]] if wanted else f"{strings[labels.key[row]]}:{strings[labels.string[row]]}"
            for row in rows[first].tolist()
        ]
        per_pattern = []
        for matcher in found:
            hit = np.fromiter(map(matcher, texts), bool, len(texts))
            matched = np.zeros(len(columns.samples), bool)
            matched[labels.sample[rows][hit[which]]] = True
            per_pattern.append(matched)
        combine = np.logical_or if wanted else np.logical_and
        result: Bools = combine.reduce(per_pattern)
        return result

    return by_text


def _numbers(wanted: str, in_range: Callable[[int, str], bool], units: dict[str, str]) -> TagFilter:
    def by_number(columns: Columns) -> Bools:
        labels, strings = columns.labels, columns.strings
        matched = np.zeros(len(columns.samples), bool)
        verdicts: dict[tuple[int, int], bool] = {}
        for row in np.flatnonzero(labels.string < 0).tolist():
            pair = int(labels.key[row]), int(labels.number[row])
            key = strings[pair[0]]
            if wanted and key != wanted:
                continue
            if pair not in verdicts:
                verdicts[pair] = in_range(pair[1], units.get(key, ""))
            if verdicts[pair]:
                matched[labels.sample[row]] = True
        return matched

    return by_number


def _parse_range(text: str) -> Callable[[int, str], bool] | None:
    """Return a test for ``32kb``, ``:32kb``, ``32kb:`` or ``32kb:64kb``; None if the text is something else."""
    found = list(_NUMBER.finditer(text))[:2]
    if not found:
        return None
    low, unit = _scaled(found[0], found[0][2] or "")
    first = found[0][0]
    if len(found) == 1:
        tests: dict[str, Callable[[float], bool]] = {
            first: lambda value: value == low,
            f"{first}:": lambda value: value >= low,
            f":{first}": lambda value: value <= low,
        }
        test = tests.get(text)
    elif text == f"{first}:{found[1][0]}":
        high, other = _scaled(found[1], unit)
        test = None if other != unit else (lambda value: low <= value <= high)
    else:
        return None
    if test is None:
        return None
    chosen = test

    def in_range(number: int, source: str) -> bool:
        value, got = scale(number, source, unit)
        return got == unit and chosen(value)

    return in_range


def _scaled(match: re.Match[str], target: str) -> tuple[float, str]:
    number = int(match[1])
    if not -_MAX - 1 <= number <= _MAX:
        raise UsageError(f"failed to parse int {match[1]}: value out of range")
    return scale(number, match[2] or "", target)
