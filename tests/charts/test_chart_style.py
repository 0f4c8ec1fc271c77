"""Text in charts: readable names, nothing that mathtext or a terminal would obey."""

from __future__ import annotations

import pytest

from analyzer.charts.style import axes, label, short_function, tidy


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("github.com/a/b/v8/channels/store.(*S).Get[go.shape.int]", "store.(*S).Get[…]"),
        ("github.com/x/msgpack/v5.(*Decoder).Decode", "msgpack.(*Decoder).Decode"),
        ("net/http.(*conn).serve", "http.(*conn).serve"),
        ("runtime.mallocgc", "runtime.mallocgc"),
        ("main.F[...].func1", "main.F[…].func1"),
        ("", ""),
    ],
)
def test_short_function(name, shown):
    assert short_function(name) == shown


def test_label_is_one_safe_line_within_its_limit():
    assert label("a$b\n\x1b[0m") == "a\\$b\\n\\x1b[0m"
    shown = label("x" * 40 + "y" * 60, 30)
    assert len(shown) == 30
    assert shown.startswith("x" * 10 + "…")
    assert shown.endswith("y")


def test_a_hostile_title_is_drawn_as_text(tmp_path):
    figure, ax = axes(None)
    tidy(ax, title="$\\frac{1}{0}$ \x00 <b>")
    figure.savefig(tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 1000
