"""``Profile``: what callers hold. It owns nothing but columns; every answer is computed from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.profiles.options import Options
from analyzer.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from analyzer.profiles.flame import FlameTree
    from analyzer.profiles.model import Columns, ValueType
    from analyzer.profiles.tree import CallTree


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One pprof profile; ``columns`` holds the arrays (see ``analyzer.profiles.model``).

    Frames are made anew at every access; numbers are int64 in the sample type's own unit. Patterns are RE2.
    """

    columns: Columns

    def __repr__(self) -> str:
        types = ", ".join(f"{kind.type}/{kind.unit}" for kind in self.sample_types[:8])
        return f"<Profile: {len(self.columns.samples):,} samples of {printable(types, 200)}>"

    @property
    def sample_types(self) -> tuple[ValueType, ...]:
        """What each sample measures, in the order of the file."""
        return self.columns.sample_types

    @property
    def period(self) -> int:
        """Events between two samples, in the unit of ``period_type``."""
        return self.columns.period

    @property
    def period_type(self) -> ValueType:
        """What ``period`` counts."""
        return self.columns.period_type

    @property
    def duration_ns(self) -> int:
        """How long it was collected in nanoseconds, 0 if unknown."""
        return self.columns.duration_ns

    @property
    def comments(self) -> tuple[str, ...]:
        """Free texts in the file."""
        return self.columns.comments

    @property
    def time(self) -> pd.Timestamp | None:
        """When collection began, UTC; None if unknown."""
        import pandas as pd

        return pd.Timestamp(self.columns.time_ns, unit="ns", tz="UTC") if self.columns.time_ns else None

    @property
    def samples(self) -> pd.DataFrame:
        """One row a sample: ``sample_id``, ``depth`` and a column a sample type (``frames.samples``)."""
        from analyzer.profiles.frames import samples

        return samples(self.columns)

    @property
    def stacks(self) -> pd.DataFrame:
        """One row a frame: ``sample_id, depth`` (0 = leaf)``, function, file, line, inlined``."""
        from analyzer.profiles.frames import stacks

        return stacks(self.columns)

    @property
    def labels(self) -> pd.DataFrame:
        """One row a label: ``sample_id, key, text, number, unit``."""
        from analyzer.profiles.frames import labels

        return labels(self.columns)

    @property
    def functions(self) -> pd.DataFrame:
        """One row a function: ``function_id, name, system_name, file, start_line``."""
        from analyzer.profiles.frames import functions

        return functions(self.columns)

    @property
    def locations(self) -> pd.DataFrame:
        """One row a location: ``location_id, mapping_id, address, folded, frames, function, file, line``."""
        from analyzer.profiles.frames import locations

        return locations(self.columns)

    @property
    def mappings(self) -> pd.DataFrame:
        """One row a mapped binary: ``mapping_id, start, limit, offset, file, build_id``."""
        from analyzer.profiles.frames import mappings

        return mappings(self.columns)

    def top(
        self,
        n: int | None = None,
        *,
        sample_index: str | int | None = None,
        sort: str = "flat",
        granularity: str = "functions",
        noinlines: bool = False,
        mean: bool = False,
        nodefraction: float = 0.0,
    ) -> pd.DataFrame:
        """Return the heaviest functions, one row each.

        Args:
            n: at most so many rows.
            sample_index: which measure, by type or number; the file's own choice without it.
            sort: order by ``flat`` or ``cum``.
            granularity: ``functions``, ``filefunctions``, ``files``, ``lines`` or ``addresses``.
            noinlines: give inlined calls to the function that was really called.
            mean: divide by the first measure.
            nodefraction: leave out rows below this share (``pprof -top``: 0.005).

        Returns:
            columns ``function, flat, flat_pct, sum_pct, cum, cum_pct`` (see ``tables.TOP``), then ``file``,
            ``line`` and ``address`` by granularity; ``attrs`` has ``sample_type``, ``unit`` and ``total``.

        Raises:
            UsageError: no such measure, order or granularity.
        """
        from analyzer.profiles.tables import top

        if n is not None and n <= 0:
            return self.top(1, sample_index=sample_index, sort=sort, granularity=granularity).iloc[:0]
        options = Options(
            sample_index=_index(sample_index),
            sort=sort,
            granularity=granularity,
            noinlines=noinlines,
            mean=mean,
            nodecount=n or 0,
            nodefraction=nodefraction,
        )
        return top(self.columns, options)

    def peek(
        self,
        pattern: str,
        *,
        sample_index: str | int | None = None,
        granularity: str = "functions",
        noinlines: bool = False,
    ) -> pd.DataFrame:
        """Return entries whose printed name matches, between their callers and callees (``tables.CALLS``).

        Raises:
            UsageError: a bad pattern, no such measure or granularity.
        """
        from analyzer.profiles.patterns import compile_pattern
        from analyzer.profiles.tables import calls

        options = Options(sample_index=_index(sample_index), granularity=granularity, noinlines=noinlines)
        return calls(self.columns, options, "peek", compile_pattern(pattern))

    def tree(
        self,
        n: int | None = 80,
        *,
        sample_index: str | int | None = None,
        sort: str = "flat",
        granularity: str = "functions",
        noinlines: bool = False,
        nodefraction: float = 0.005,
        edgefraction: float = 0.001,
    ) -> pd.DataFrame:
        """Return entries between their callers and callees, light ones left out as in the text (``tables.CALLS``).

        Raises:
            UsageError: no such measure or granularity.
        """
        from analyzer.profiles.tables import calls

        options = Options(
            sample_index=_index(sample_index),
            sort=sort,
            granularity=granularity,
            noinlines=noinlines,
            nodecount=n or 0,
            nodefraction=nodefraction,
            edgefraction=edgefraction,
        )
        return calls(self.columns, options, "tree")

    def traces(
        self, *, sample_index: str | int | None = None, granularity: str = "functions", noinlines: bool = False
    ) -> pd.DataFrame:
        """Return one row a sample with a stack: ``sample_id, value, labels, stack`` (``tables.TRACES``).

        Raises:
            UsageError: no such measure or granularity.
        """
        from analyzer.profiles.tables import traces

        options = Options(sample_index=_index(sample_index), granularity=granularity, noinlines=noinlines)
        return traces(self.columns, options)

    def tags(self, *, sample_index: str | int | None = None) -> pd.DataFrame:
        """Return one row a label value: ``key, value, weight, weight_pct`` (``tables.TAGS``).

        Raises:
            UsageError: no such measure.
        """
        from analyzer.profiles.tables import tags

        return tags(self.columns, Options(sample_index=_index(sample_index)))

    def select(
        self,
        *,
        focus: str = "",
        ignore: str = "",
        hide: str = "",
        show: str = "",
        show_from: str = "",
        prune_from: str = "",
        tagfocus: str = "",
        tagignore: str = "",
        tagshow: str = "",
        taghide: str = "",
        tagroot: str = "",
        tagleaf: str = "",
        noinlines: bool = False,
    ) -> Profile:
        """Return a new profile with what pprof's filters of the same names leave (see ``options.Options``).

        Shares of the result refer to what is left.

        Raises:
            UsageError: a bad pattern.
        """
        from analyzer.profiles.edit import without_inlines
        from analyzer.profiles.filters import apply_filters
        from analyzer.profiles.prune import drop_frames
        from analyzer.profiles.tagframes import add_tag_frames

        options = Options(
            focus=focus,
            ignore=ignore,
            hide=hide,
            show=show,
            show_from=show_from,
            prune_from=prune_from,
            tagfocus=tagfocus,
            tagignore=tagignore,
            tagshow=tagshow,
            taghide=taghide,
            tagroot=tagroot,
            tagleaf=tagleaf,
        )
        columns = add_tag_frames(drop_frames(self.columns), options, _silent)
        columns = apply_filters(columns, options, _silent)
        return Profile(without_inlines(columns, source_columns=True) if noinlines else columns)

    def __sub__(self, base: Profile) -> Profile:
        """Return this profile minus an older one: equal stacks net out, as with ``pprof -base``."""
        return self.diff(base)

    def diff(self, base: Profile, *, mark: bool = False, normalize: bool = False) -> Profile:
        """Return this profile minus an older one.

        Args:
            base: the older one.
            mark: keep its samples apart, so that shares refer to it (``pprof -diff_base``).
            normalize: scale this profile first, so that both sums are equal.

        Raises:
            UsageError: they measure nothing in common.
        """
        from analyzer.profiles.merge import difference

        return Profile(difference(self.columns, base.columns, mark=mark, normalize=normalize))

    @staticmethod
    def merge(profiles: Sequence[Profile]) -> Profile:
        """Return several profiles as one; only measures that all of them have are kept.

        Raises:
            UsageError: none at all, or they measure nothing in common.
        """
        from analyzer.errors import UsageError
        from analyzer.profiles.merge import combine

        if not profiles:
            raise UsageError("no profiles to merge")
        return Profile(combine([profile.columns for profile in profiles]))

    def call_tree(self, *, base: Profile | None = None, bottom_up: bool = False, by: str | None = None) -> CallTree:
        """Return the call tree as arrays; see ``analyzer.profiles.tree.call_tree``."""
        from analyzer.profiles.tree import call_tree

        return call_tree(self, base=base, bottom_up=bottom_up, by=by)

    def flame(
        self, *, base: Profile | None = None, sample_index: str | int | None = None, invert: bool = False
    ) -> FlameTree:
        """Return the flame graph, which shows itself in a notebook; see ``analyzer.profiles.flame.flame_tree``."""
        from analyzer.profiles.flame import flame_tree

        return flame_tree(self, base=base, sample_index=sample_index, invert=invert)

    def to_bytes(self) -> bytes:
        """Return the profile as gzip-packed protobuf, which every pprof reads."""
        from analyzer.profiles.encode import encode, pack

        return pack(encode(self.columns))


def _index(sample_index: str | int | None) -> str:
    return "" if sample_index is None else str(sample_index)


def _silent(_: str) -> None:
    """Take no notice of filters that match nothing: an empty profile says so."""
