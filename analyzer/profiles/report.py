"""From a profile and options to everything that one report needs.

Order of steps: ``generateRawReport`` in github.com/google/pprof/internal/driver/driver.go. The total is taken
before the filters, unless percentages are to be relative to what they leave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from analyzer.errors import UsageError
from analyzer.profiles.edit import without_inlines
from analyzer.profiles.filters import apply_filters
from analyzer.profiles.graph import Weights
from analyzer.profiles.labels import label_units
from analyzer.profiles.measure import Measure, find_measure
from analyzer.profiles.model import Columns
from analyzer.profiles.nodes import Nodes, build, identity
from analyzer.profiles.numbers import truncated
from analyzer.profiles.options import Options
from analyzer.profiles.paths import base
from analyzer.profiles.sourcepath import shortener
from analyzer.profiles.tagframes import add_tag_frames
from analyzer.profiles.trim import Graph, trimmed
from analyzer.profiles.units import scale, scaled_label

_UNLIMITED = ("text", "top", "topproto")
_UNTRIMMED = ("disasm", "weblist", "peek", "list")
_WHOLE = ("proto", "raw", "callgrind", "kcachegrind")
_BY_BINARY = ("raw", "list", "weblist", "disasm", "callgrind", "kcachegrind")
_FILTERS = ("focus", "ignore", "hide", "show", "show_from", "tagfocus", "tagignore", "tagshow", "taghide")


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A profile as one report sees it.

    Attributes:
        command: which report.
        columns: the profile after all filters.
        options: with the report's own limits and granularity filled in.
        measure: which values are shown.
        total: what percentages refer to.
        units: unit of every numeric label key.
        output_unit: unit that numbers are printed in.
    """

    command: str
    columns: Columns
    options: Options
    measure: Measure
    total: int
    units: dict[str, str]
    output_unit: str

    @property
    def title(self) -> str:
        """Return the name of the main binary, "" if unknown."""
        mappings = self.columns.mappings
        file = self.columns.strings[mappings.filename[0]] if len(mappings) else ""
        return base(file) if file else ""

    @property
    def ratio(self) -> float:
        """Return what every number is multiplied by."""
        return 1 / self.options.divide_by

    @property
    def filters(self) -> list[str]:
        """Return the active filters as ``name=value``."""
        values = ((name, getattr(self.options, name)) for name in _FILTERS)
        return [f"{name}={value}" for name, value in values if value]

    @property
    def weights(self) -> Weights:
        """Return what each sample counts."""
        return self.measure.weights(self.columns)

    def format(self, value: int) -> str:
        """Return a value as the report prints it."""
        if self.ratio > 0 and self.ratio != 1:
            value = truncated(float(value) * self.ratio)
        return scaled_label(value, self.measure.type.unit, self.output_unit)

    def nodes(self) -> Nodes:
        """Group the frames of the profile at the report's granularity."""
        options = self.options
        by = identity(
            options.granularity or "functions",
            inlines=not options.noinlines,
            columns=options.showcolumns,
            binary=self.command in _BY_BINARY,
        )
        return build(self.columns, by, shortener(options.trim_path, options.source_path))

    def graph(self) -> Graph:
        """Sum up and trim."""
        return trimmed(self.columns, self.nodes(), self.weights, self.options)

    def with_unit_for(self, flat: list[int], cum: list[int]) -> Report:
        """Settle the unit for all numbers, if it is to be the ``minimum`` one.

        Rules: ``selectOutputUnit`` in github.com/google/pprof/internal/report/report.go.
        """
        if self.output_unit != "minimum" or not flat:
            return self
        sizes = (abs(f) or abs(c) for f, c in zip(flat, cum, strict=True))
        largest = self.total
        smallest = min((size for size in sizes if size > 0), default=0) or largest
        if self.ratio > 0 and self.ratio != 1:
            smallest, largest = (truncated(float(v) * self.ratio) for v in (smallest, largest))
        own = self.measure.type.unit
        unit = scale(smallest, own, "minimum")[1]
        if unit != scale(largest, own, "minimum")[1] and smallest * 100 < largest and self.command not in _WHOLE:
            unit = scale(100 * smallest, own, "minimum")[1]
        return replace(self, output_unit=unit or own)


def prepare(columns: Columns, command: str, options: Options, warn: Callable[[str], None]) -> Report:
    """Apply tag frames and filters and settle what a report shows.

    Raises:
        UsageError: an option that cannot be met.
    """
    units, others = label_units(columns)
    for key, ignored in others.items():
        warn(f"For tag {key} used unit {units[key]}, also encountered unit(s) {', '.join(ignored)}")
    options = settled(command, options)
    columns = add_tag_frames(columns, options, warn)
    if options.relative_percentages:
        columns = apply_filters(columns, options, warn)
    measure = find_measure(columns, options.sample_index, mean=options.mean)
    if options.divide_by == 0:
        raise UsageError("zero divisor specified")
    total = measure.total(columns)
    if not options.relative_percentages:
        columns = apply_filters(columns, options, warn)
    if options.noinlines:
        columns = without_inlines(columns, source_columns=options.showcolumns)
    return Report(command, columns, options, measure, total, units, options.unit)


def settled(command: str, options: Options) -> Options:
    """Fill in a report's own granularity and limits (``applyCommandOverrides`` upstream)."""
    trim = options.trim and command not in _UNTRIMMED and command not in _WHOLE
    changes: dict[str, object] = {}
    if command in ("disasm", "weblist", *_WHOLE):
        changes["granularity"] = "addresses"
    if command == "disasm":
        changes["noinlines"] = True
    if command == "list":
        changes["granularity"] = "lines"
    if options.nodecount == -1:
        changes["nodecount"] = 0 if command in _UNLIMITED else 80
    if not trim:
        changes |= {"nodecount": 0, "nodefraction": 0.0, "edgefraction": 0.0}
    return replace(options, **changes)  # type: ignore[arg-type]
