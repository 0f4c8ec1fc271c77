"""Displays: what they compute, and that every name and number is inside the picture."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from analyzer.charts.goroutines import (
    NO_TIME,
    CreatorTreeDisplay,
    GoroutineChangesDisplay,
    GoroutineGroupsDisplay,
    GoroutineStatesDisplay,
    GoroutineWaitsDisplay,
    creator_paths,
)
from analyzer.goroutines import GoroutineDump, read_goroutines

KINDS = (GoroutineStatesDisplay, GoroutineGroupsDisplay, GoroutineWaitsDisplay, CreatorTreeDisplay)


@pytest.fixture(scope="module")
def loaded(dumps: Path) -> GoroutineDump:
    with zipfile.ZipFile(dumps.parent / "standalone-load-a.zip") as packet:
        return read_goroutines(packet.read("goroutines"))


def visible_texts(display: Any) -> list[Any]:
    display.figure_.canvas.draw()
    ax = display.ax_
    texts = [*ax.texts, ax.title, ax._left_title]
    for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        low, high = sorted(limits)
        texts += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    return [text for text in texts if text.get_text() and text.get_visible()]


def assert_inside(display: Any) -> None:
    """Nothing may be clipped: the picture is saved with a tight box only in notebooks."""
    width, height = display.figure_.get_size_inches() * display.figure_.dpi
    for text in visible_texts(display):
        box = text.get_window_extent()
        assert box.x0 >= -1, text.get_text()
        assert box.y0 >= -1, text.get_text()
        assert box.x1 <= width + 1, text.get_text()
        assert box.y1 <= height + 1, text.get_text()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_clipped(kind: Any, locked: GoroutineDump, loaded: GoroutineDump) -> None:
    for dump in (locked, loaded):
        display = kind.from_dump(dump)
        assert display.plot() is display
        assert_inside(display)


def test_bars_hold_every_goroutine(locked: GoroutineDump) -> None:
    states = GoroutineStatesDisplay.from_dump(locked)
    assert states.names[0] == "IO wait"
    assert (states.busy[0], states.idle[0]) == (60, 64)
    for by in ("own", "stack", "creator", "package", "class"):
        groups = GoroutineGroupsDisplay.from_dump(locked, by=by, n=5)
        assert sum(groups.busy) + sum(groups.idle) == 248
        assert len(groups.names) <= 6


def test_waits_without_a_time_have_their_own_bar(locked: GoroutineDump) -> None:
    waits = GoroutineWaitsDisplay.from_dump(locked)
    assert waits.names[0] == NO_TIME
    given = locked.goroutines["wait_minutes"]
    assert waits.busy[0] + waits.idle[0] == int(given.isna().sum())
    assert sum(waits.busy[1:]) + sum(waits.idle[1:]) == int(given.notna().sum())


@pytest.mark.parametrize(
    ("minutes", "name"),
    [
        (1, "1 min"),
        (4, "2–4 min"),
        (5, "5–9 min"),
        (30, "30–59 min"),
        (60, "1–5 h"),
        (1440, "1 day +"),
        (10**9, "1 day +"),
    ],
)
def test_bins_of_minutes(minutes: int, name: str) -> None:
    dump = read_goroutines(f"goroutine 1 [select, {minutes} minutes]:\nmain.f()\n\t/a.go:1 +0x1\n".encode())
    display = GoroutineWaitsDisplay.from_dump(dump)
    filled = [n for n, busy, idle in zip(display.names, display.busy, display.idle, strict=True) if busy or idle]
    assert filled == [name]


def test_creators_hang_below_their_creators(locked: GoroutineDump) -> None:
    paths = creator_paths(locked)
    assert sum(paths.values()) == 248
    tree = CreatorTreeDisplay.from_dump(locked)
    assert tree.depths[0] == 0
    for (name, depth, total), (_, below, part) in zip(
        zip(tree.names, tree.depths, tree.totals, strict=True),
        list(zip(tree.names, tree.depths, tree.totals, strict=True))[1:],
        strict=False,
    ):
        assert below <= depth + 1, name
        assert below != depth + 1 or part <= total
    assert "net/http.(*conn).serve" in tree.names


def test_before_and_after(loaded: GoroutineDump, locked: GoroutineDump) -> None:
    display = GoroutineChangesDisplay.from_comparison(loaded.compare(locked, by="own"), n=10).plot()
    assert (display.before[0], display.after[0]) == (200, 0)
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts[0] == "-200"
    assert_inside(display)


def test_drawn_on_given_axes(locked: GoroutineDump) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    ax = figure.add_subplot()
    display = GoroutineStatesDisplay.from_dump(locked).plot(ax)
    assert display.ax_ is ax
    assert display.figure_ is figure


def test_profiles_are_drawn_too(dumps: Path) -> None:
    profile = read_goroutines(dumps / "workload-go1.27.3.pb.gz")
    for kind in KINDS:
        display: Any = kind.from_dump(profile)
        assert_inside(display.plot())
    assert any("does not say" in text.get_text() for text in CreatorTreeDisplay.from_dump(profile).plot().ax_.texts)


def test_hostile_names_are_drawn_as_text() -> None:
    name = "main.$\\frac{x\x1b[31m" + "a" * 300
    dump = read_goroutines(
        f"goroutine 1 [$weird{{]:\n{name}(0x1)\n\t/a.go:1 +0x1\ncreated by {name}\n\t/a.go:1 +0x1\n".encode()
    )
    for kind in KINDS:
        display: Any = kind.from_dump(dump)
        assert_inside(display.plot())
        assert not any("\x1b" in text.get_text() for text in visible_texts(display))
