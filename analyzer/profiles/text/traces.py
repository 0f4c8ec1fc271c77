"""``-traces``: every sample with its labels and its stack.

Rules: ``printTraces`` in github.com/google/pprof/internal/report/report.go.
"""

from __future__ import annotations

from analyzer.profiles.labels import SampleLabels, labels_by_sample
from analyzer.profiles.nodes import build, identity
from analyzer.profiles.numbers import means
from analyzer.profiles.report import Report
from analyzer.profiles.text.heading import profile_labels
from analyzer.profiles.units import label

_SEPARATOR = "-" * 11 + "+" + "-" * 55
_NONE = SampleLabels()


def traces(report: Report) -> str:
    """Return all stacks as text."""
    columns, options = report.columns, report.options
    # File names stay as they are in the file here; no other report leaves them alone.
    by = identity(options.granularity or "functions", inlines=not options.noinlines, columns=options.showcolumns)
    nodes = build(columns, by)
    printed: list[str] = []
    for slot, inline in zip(nodes.slot_node.tolist(), nodes.slot_inline.tolist(), strict=True):
        printed.append(nodes.printed(slot) + (" (inline)" if inline else ""))
    slots = nodes.slot_offsets.tolist()
    weights = report.weights
    values = means(weights.value, weights.divisor).tolist()
    labels = labels_by_sample(columns)
    stacks = columns.samples.locations.tolist()
    offsets = columns.samples.offsets.tolist()
    lines = ["\n".join(profile_labels(report))]
    for sample, value in enumerate(values):
        stack = stacks[offsets[sample] : offsets[sample + 1]]
        if not stack:
            continue
        lines.append(_SEPARATOR)
        lines.extend(_label_lines(labels.get(sample, _NONE), report.units))
        frames = [name for location in stack for name in printed[slots[location] : slots[location + 1]]]
        lines.append(f"{report.format(value):>10}   {frames[0]}")
        lines.extend(f"{'':>10}   {frame}" for frame in frames[1:])
    lines.append(_SEPARATOR)
    return "\n".join(lines) + "\n"


def _label_lines(labels: SampleLabels, units: dict[str, str]) -> list[str]:
    texts = sorted(f"{key:>10}:  {' '.join(values)}" for key, values in labels.texts.items())
    numbers = sorted(
        f"{key:>10}:  {' '.join(label(number, units.get(key, '')) for number, _ in values)}"
        for key, values in labels.numbers.items()
    )
    return texts + numbers
