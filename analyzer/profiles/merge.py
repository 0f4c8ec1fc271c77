"""Several profiles as one, and the difference of two.

Rules: ``merge.go`` in github.com/google/pprof/profile, ``ScaleProfiles`` in internal/measurement and
``fetchProfiles`` in internal/driver/fetch.go. What is the same: mappings of equal size (to 4 KiB), offset and build
id or file; functions of equal names, file and first line; locations of equal place in their mapping, lines and
folding; samples of equal locations and labels. New entries are numbered in the order in which samples meet them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.errors import UsageError
from analyzer.profiles.edit import keep_samples, set_label, with_values
from analyzer.profiles.interning import Interned
from analyzer.profiles.measure import BASE_KEY, BASE_VALUE
from analyzer.profiles.model import I64, Columns, ValueType
from analyzer.profiles.numbers import truncated
from analyzer.profiles.units import compatible, scale

if TYPE_CHECKING:
    from numpy.typing import NDArray


def combine(profiles: Sequence[Columns]) -> Columns:
    """Return several profiles as one; a single one as it is.

    Sample types that not all of them have are left out; values are scaled to the finest unit.

    Raises:
        UsageError: nothing in common, or units that do not convert.
    """
    common = _common_types(profiles)
    aligned = _same_units([_with_types(profile, common) for profile in profiles])
    return aligned[0] if len(aligned) == 1 else merge(aligned)


def difference(source: Columns, base: Columns, *, mark: bool = False, normalize: bool = False) -> Columns:
    """Return ``source`` minus ``base``.

    Args:
        source: the newer profile.
        base: what is taken away.
        mark: label the base's samples, so that they stay apart and percentages refer to the base.
        normalize: scale the source first, so that each measure's sum equals that of the base.

    Raises:
        UsageError: the profiles cannot be compared.
    """
    if mark:
        base = set_label(base, BASE_KEY, BASE_VALUE)
    if normalize:
        source = _normalized(source, base)
    return combine([source, scaled(base, [-1.0] * len(base.sample_types))])


def scaled(columns: Columns, ratios: Sequence[float]) -> Columns:
    """Return the profile with each measure multiplied and rounded; samples that become 0 are left out."""
    if all(ratio == 1 for ratio in ratios):
        return columns
    values = columns.samples.values.copy()
    kept = np.zeros(len(values), bool)
    for index, ratio in enumerate(ratios):
        if ratio != 1:
            values[:, index] = _rounded(values[:, index] * ratio)
            kept |= values[:, index] != 0
    return keep_samples(with_values(columns, values), kept)


def _rounded(values: NDArray[np.floating]) -> I64:
    """Round half away from zero, as Go's ``math.Round``."""
    whole = np.trunc(values)
    rounded = whole + np.where(np.abs(values - whole) >= 0.5, np.copysign(1.0, values), 0.0)
    fits = (rounded >= -(2.0**63)) & (rounded < 2.0**63)
    return np.where(fits, rounded, -(2.0**63)).astype(np.int64)


def _types_text(columns: Columns) -> str:
    return " ".join(f"{kind.type}/{kind.unit}" for kind in columns.sample_types)


def _check_compatible(first: Columns, other: Columns) -> None:
    if first.period_type != other.period_type:
        raise UsageError(f"incompatible period types {'/'.join(first.period_type)} and {'/'.join(other.period_type)}")
    if first.sample_types != other.sample_types:
        raise UsageError(f"incompatible sample types {_types_text(first)} and {_types_text(other)}")


def _normalized(source: Columns, base: Columns) -> Columns:
    _check_compatible(source, base)
    wanted = base.samples.values.sum(axis=0, dtype=np.int64).tolist()
    have = source.samples.values.sum(axis=0, dtype=np.int64).tolist()
    return scaled(source, [float(b) / float(s) if s else 0.0 for b, s in zip(wanted, have, strict=True)])


def _common_types(profiles: Sequence[Columns]) -> list[str]:
    counts: dict[str, int] = {}
    for profile in profiles:
        for kind in profile.sample_types:
            counts[kind.type] = counts.get(kind.type, 0) + 1
    common = [kind.type for kind in profiles[0].sample_types if counts[kind.type] == len(profiles)]
    if not common:
        raise UsageError("profiles have empty common sample type list")
    return common


def _with_types(columns: Columns, wanted: list[str]) -> Columns:
    names = [kind.type for kind in columns.sample_types]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise UsageError(f'"{missing[0]}" sample type is not found in profile')
    index = [names.index(name) for name in wanted]
    if index == list(range(len(names))):
        return columns
    default = columns.default_sample_type if columns.default_sample_type in wanted else wanted[0]
    changed = replace(columns, sample_types=tuple(columns.sample_types[i] for i in index), default_sample_type=default)
    return with_values(changed, np.ascontiguousarray(columns.samples.values[:, index]))


def _finest(types: Sequence[ValueType]) -> ValueType | None:
    if len(types) <= 1:
        return None
    finest = types[0]
    for kind in types[1:]:
        if finest.type.removesuffix("s") != kind.type.removesuffix("s") or not compatible(finest.unit, kind.unit):
            raise UsageError(f"incompatible types: {{{finest.type} {finest.unit} 0 0}} {{{kind.type} {kind.unit} 0 0}}")
        if scale(1, kind.unit, finest.unit)[0] < 1:
            finest = kind
    return finest


def _same_units(profiles: list[Columns]) -> list[Columns]:
    try:
        period = _finest([profile.period_type for profile in profiles])
    except UsageError as error:
        raise UsageError(f"period type: {error}") from None
    try:
        finest = [_finest(types) for types in zip(*(p.sample_types for p in profiles), strict=True)]
    except UsageError as error:
        raise UsageError(f"sample types: {error}") from None
    changed = []
    for profile in profiles:
        if period is not None:
            amount = truncated(scale(profile.period, profile.period_type.unit, period.unit)[0])
            profile = replace(profile, period=amount, period_type=profile.period_type._replace(unit=period.unit))
        ratios = [
            1.0 if target is None else scale(1, kind.unit, target.unit)[0]
            for kind, target in zip(profile.sample_types, finest, strict=True)
        ]
        types = tuple(
            kind if target is None else kind._replace(unit=target.unit)
            for kind, target in zip(profile.sample_types, finest, strict=True)
        )
        changed.append(scaled(replace(profile, sample_types=types), ratios))
    return changed


def merge(profiles: Sequence[Columns]) -> Columns:
    """Merge profiles whose sample types are the same in order and unit.

    Raises:
        UsageError: they are not.
    """
    first = profiles[0]
    for other in profiles[1:]:
        _check_compatible(first, other)
    times = [profile.time_ns for profile in profiles]
    time_ns = 0
    for time in times:
        # Upstream's comparison: an unset time of a later profile does replace a set one.
        if time_ns == 0 or time < time_ns:
            time_ns = time
    period = 0
    for profile in profiles:
        if period == 0 or period < profile.period:
            period = profile.period
    interned = Interned()
    for profile in profiles:
        interned.add(profile)
    merged = replace(
        interned.columns(first),
        default_sample_type=next((p.default_sample_type for p in profiles if p.default_sample_type), ""),
        period=period,
        time_ns=time_ns,
        duration_ns=sum(profile.duration_ns for profile in profiles),
        comments=tuple(dict.fromkeys(text for profile in profiles for text in profile.comments)),
        doc_url=next((profile.doc_url for profile in profiles if profile.doc_url), ""),
    )
    zero = ~merged.samples.values.any(axis=1)
    return merge([merged]) if zero.any() else merged
