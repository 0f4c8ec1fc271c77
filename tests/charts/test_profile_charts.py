"""Charts of profiles: what is drawn, and that hostile names stay text."""

import numpy as np
import pandas as pd
import pytest

from analyzer.charts.profiles import HotFunctionsDisplay


def _functions(rows):
    frame = pd.DataFrame(rows, columns=["function", "flat", "cum"])
    return frame.astype({"flat": np.int64, "cum": np.int64})


def test_bars_are_flat_over_cum_in_one_unit():
    frame = _functions([("a/b.(*T).Get", 220_000_000, 220_000_000), ("main.main", 0, 1_570_000_000)])
    shown = HotFunctionsDisplay(
        functions=frame, total=1_570_000_000, unit="nanoseconds", sample_type="cpu", duration_ns=5_016_052_973
    ).plot()
    widths = [bar.get_width() for bar in shown.ax_.patches]
    assert widths == pytest.approx([0.22, 1.57, 0.22, 0.0])
    assert [tick.get_text() for tick in shown.ax_.get_yticklabels()] == ["b.(*T).Get", "main.main"]
    assert [text.get_text() for text in shown.ax_.texts] == ["220 ms  14.0%", "0 ns  0.0%"]
    assert shown.ax_.get_title(loc="left") == "Hot functions: cpu · 1.57 s in all · collected over 5.02 s"
    assert shown.ax_.get_xlabel() == "cpu [s]"


def test_an_empty_profile_says_so():
    shown = HotFunctionsDisplay(functions=_functions([]), total=0, unit="bytes").plot()
    assert "no samples" in shown.ax_.texts[0].get_text()


def test_hostile_names_draw_as_text(tmp_path):
    frame = _functions([("$\\frac{1}{0}$\x1b[31m\u202e", 5, 5), ("x" * 5000, 1, 2)])
    shown = HotFunctionsDisplay(functions=frame, total=6, unit="count").plot()
    shown.figure_.savefig(tmp_path / "hot.png")
    names = [tick.get_text() for tick in shown.ax_.get_yticklabels()]
    assert "\x1b" not in names[0]
    assert "\u202e" not in names[0]
    assert len(names[1]) <= 60
