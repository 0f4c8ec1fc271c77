"""Charts of profiles: what is drawn, and that hostile names stay text."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from analyzer.charts.flame import FlameDisplay
from analyzer.charts.profiles import HotFunctionsDisplay, LabelShareDisplay, ProfileDiffDisplay
from analyzer.errors import UsageError
from analyzer.profiles.profile import Profile
from analyzer.profiles.read import read_columns


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


@pytest.fixture(scope="module")
def profiles(bundled):
    def read(packet, part):
        with zipfile.ZipFile(packet) as opened:
            return Profile(read_columns(opened.read(f"{part}.prof")))

    later = bundled.with_name("standalone-load-b.zip")
    return {
        (which, part): read(packet, part)
        for which, packet in (("a", bundled), ("b", later))
        for part in ("cpu", "heap")
    }


def test_hot_functions_of_a_real_profile(profiles):
    shown = HotFunctionsDisplay.from_profile(profiles["a", "heap"], n=5, sample_index="alloc_objects").plot()
    assert shown.total == 2_652_227
    assert shown.ax_.get_title(loc="left") == "Hot functions: alloc_objects · 2,652,227 in all"
    names = [tick.get_text() for tick in shown.ax_.get_yticklabels()]
    assert names[0] == "json.(*decodeState).literalStore"
    assert len(names) == 5


def test_profile_difference(profiles):
    before, after = profiles["a", "cpu"], profiles["b", "cpu"]
    shown = ProfileDiffDisplay.from_profiles(after, before, n=1000).plot()
    table = shown.functions
    assert table["before"].sum() - table["after"].sum() == 1_570_000_000 - 3_010_000_000
    assert (table["change"].abs().diff().dropna() <= 0).all()
    assert (table["change"] != 0).all()
    shown = ProfileDiffDisplay.from_profiles(after, before, n=10).plot()
    texts = [text.get_text() for text in shown.ax_.texts]
    assert texts[0] == "+450 ms  205%"
    assert texts[1] == "−70 ms  88%"
    assert any(text.endswith("new") for text in texts)
    assert any(text.endswith("gone") for text in texts)
    assert shown.ax_.get_title(loc="left") == "Change: cpu 1.57 s → 3.01 s"
    same = ProfileDiffDisplay.from_profiles(after, after).plot()
    assert same.ax_.texts[0].get_text() == "no function changed"


def test_profile_difference_needs_a_common_measure(profiles):
    with pytest.raises(UsageError, match="must be one of"):
        ProfileDiffDisplay.from_profiles(profiles["a", "cpu"], profiles["a", "heap"])


def test_label_shares_add_up(profiles):
    heap = profiles["a", "heap"]
    shown = LabelShareDisplay.from_profile(heap, "bytes", n=10).plot()
    assert shown.shares["total"].sum() == shown.total == 83_645_323
    assert len(shown.shares) == 11
    assert shown.shares["value"].tolist()[0] == "26.6 kB"
    assert shown.shares["value"].tolist()[-1].endswith("other values)")
    with pytest.raises(UsageError, match="no sample has the label 'handler'"):
        LabelShareDisplay.from_profile(heap, "handler")


def test_flame_picture(profiles, tmp_path):
    shown = FlameDisplay.from_profile(profiles["a", "cpu"], title="$x_1$ \x1b[31m").plot()
    shown.figure_.savefig(tmp_path / "flame.png")
    (boxes,) = shown.ax_.collections
    corners = [path.vertices for path in boxes.get_paths()]
    assert len(corners) > 500
    assert corners[0][:, 0].max() == pytest.approx(1, abs=0.002)
    assert "\x1b" not in shown.ax_.get_title(loc="left")
    names = [text.get_text() for text in shown.ax_.texts]
    assert names[0] == "all"
    assert "net/http.(*conn).serve" in names


def test_flame_picture_of_a_difference_and_on_given_axes(profiles):
    from matplotlib.figure import Figure

    axes = Figure(figsize=(6, 3)).add_subplot()
    shown = FlameDisplay.from_profile(profiles["b", "heap"], base=profiles["a", "heap"], invert=True).plot(axes)
    assert shown.ax_ is axes
    assert shown.ax_.get_title(loc="left").endswith("· callers")
    colours = {tuple(colour) for colour in shown.ax_.collections[0].get_facecolor().round(2)}
    assert len(colours) > 5
