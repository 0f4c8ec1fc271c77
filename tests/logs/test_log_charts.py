"""Charts of logs: what they compute, and that they draw what they computed."""

from __future__ import annotations

import json

import pytest

from analyzer.charts.logs import ErrorsDisplay, TemplatesDisplay, TimelineDisplay, best_freq
from analyzer.logs import Log, merge_logs, read_log


def log_of(*rows):
    lines = [
        json.dumps({"timestamp": f"2026-01-01 {hour}:00:00.000 Z", "level": level, "msg": msg, "caller": "a/b.go:1"})
        + "\n"
        for hour, level, msg in rows
    ]
    return read_log("".join(lines).encode())


def test_timeline_draws_every_record(samples, tmp_path):
    log = read_log(samples / "mattermost-plain-text.log")
    display = TimelineDisplay.from_log(log).plot()
    assert sum(bar.get_height() for bar in display.ax_.patches) == 754
    texts = [text.get_text().strip() for text in display.ax_.texts]
    assert texts == ["start 11.6.0", "start 11.6.0"]
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["debug (659)", "info (53)", "warn (40)", "error (2)"]
    target = tmp_path / "timeline.png"
    display.figure_.savefig(target)
    assert target.stat().st_size > 5_000


def test_timeline_joins_marks_that_overlap():
    rows = [
        ("00", "info", "x"),
        ("10", "info", "Server stopped"),
        ("10", "info", "Server is initializing..."),
        ("23", "info", "y"),
    ]
    texts = [text.get_text().strip() for text in TimelineDisplay.from_log(log_of(*rows)).plot().ax_.texts]
    assert texts == ["restart"]


def test_families_are_drawn_as_what_they_mean():
    display = TimelineDisplay.from_log(
        log_of(("01", "LDAPError", "a"), ("02", "error", "b"), ("03", "own", "c"))
    ).plot()
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["error (2)", "own (1)"]


def test_templates_are_drawn_top_down(bundled_log):
    display = TemplatesDisplay.from_log(read_log(bundled_log), n=5).plot()
    assert [bar.get_width() for bar in display.ax_.patches][-1] == 288
    assert display.ax_.get_yticklabels()[-1].get_text() == "User is already a channel member, skipping"
    assert len(TemplatesDisplay.from_log(read_log(bundled_log), levels=("error",)).templates) == 1


def test_hostile_messages_are_drawn_as_text():
    display = TemplatesDisplay.from_log(log_of(("01", "info", "$\\frac{x$ \x1b[31m"))).plot()
    display.figure_.canvas.draw()
    assert "\x1b" not in display.ax_.get_yticklabels()[0].get_text()


def test_errors_per_hour_and_node():
    one, two = log_of(("01", "error", "a"), ("01", "LDAPError", "b"), ("03", "info", "c")), log_of(("02", "fatal", "d"))
    merged = merge_logs({"app-1": one, "app-2": two})
    display = ErrorsDisplay.from_log(Log(merged, one.quality, one.damage)).plot()
    assert display.errors.to_numpy().tolist() == [[2, 0], [0, 1], [0, 0]]
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == ["app-1", "app-2"]
    assert sorted(text.get_text() for text in display.ax_.texts) == ["1", "2"]


@pytest.mark.parametrize("display", [TimelineDisplay, TemplatesDisplay, ErrorsDisplay])
def test_nothing_to_draw_is_said(display):
    shown = display.from_log(read_log(b"")).plot()
    assert shown.ax_.texts[0].get_text().startswith("no ")


def test_given_axes_are_drawn_on(bundled_log):
    first = TimelineDisplay.from_log(read_log(bundled_log)).plot()
    second = TemplatesDisplay.from_log(read_log(bundled_log)).plot(first.ax_)
    assert second.figure_ is first.figure_
    assert best_freq(read_log(bundled_log).lines) == "1s"
