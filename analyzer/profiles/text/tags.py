"""``-tags`` and ``-comments``.

Rules: ``printTags`` in github.com/google/pprof/internal/report/report.go.
"""

from __future__ import annotations

from analyzer.profiles.labels import SampleLabels, labels_by_sample
from analyzer.profiles.report import Report
from analyzer.profiles.text.tabs import align_right
from analyzer.profiles.units import percentage, scaled_label


def tag_sums(report: Report) -> dict[str, dict[str, int]]:
    """Return key -> value as printed -> sum of the samples that carry it, keys and values in report order."""
    values = report.weights.value.tolist()
    sums: dict[str, dict[str, int]] = {}
    for sample, labels in labels_by_sample(report.columns).items():
        for key, text in _rendered(report, labels):
            own = sums.setdefault(key, {})
            own[text] = own.get(text, 0) + values[sample]
    return {key: dict(sorted(sums[key].items(), key=lambda item: (-abs(item[1]), item[0]))) for key in sorted(sums)}


def _rendered(report: Report, labels: SampleLabels) -> list[tuple[str, str]]:
    texts = [(key, value) for key, values in labels.texts.items() for value in values]
    numbers = [
        (key, scaled_label(number, report.units.get(key, ""), report.output_unit))
        for key, values in labels.numbers.items()
        for number, _ in values
    ]
    return texts + numbers


def tags(report: Report) -> str:
    """Return all labels with their shares."""
    total = report.total
    lines = []
    for key, own in tag_sums(report).items():
        whole = sum(own.values())
        share = f" ({percentage(whole, total)})" if total > 0 else ""
        lines.append(f"{key}:\t Total {report.format(whole)} of {report.format(total)}{share}\n")
        for text, value in own.items():
            share = f" ({percentage(value, total)})" if total > 0 else ""
            lines.append(f" \t{report.format(value)}{share}:\t {text}\n")
        lines.append("\n")
    return align_right("".join(lines))


def comments(report: Report) -> str:
    """Return the free texts of the file."""
    return "".join(f"{comment}\n" for comment in report.columns.comments)
