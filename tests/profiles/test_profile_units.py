"""Numbers with units. Expectations are from runs of `go tool pprof` and from the rules written in the notes of it."""

from __future__ import annotations

import pytest

from analyzer.profiles.numbers import means, truncated, truncated_quotient, wrap
from analyzer.profiles.text.raw import duration_text
from analyzer.profiles.text.tabs import align_right
from analyzer.profiles.units import label, percentage, scale, scaled_label


@pytest.mark.parametrize(
    ("value", "source", "target", "text"),
    [
        (0, "bytes", "auto", "0"),
        (512, "bytes", "auto", "512B"),
        (524288, "bytes", "auto", "512kB"),
        (1 << 20, "byte", "auto", "1MB"),
        (1536, "kb", "auto", "1.50MB"),
        (1, "MB", "bytes", "1048576B"),
        (-2048, "bytes", "auto", "-2kB"),
        (1500, "nanoseconds", "auto", "1.50us"),
        (3_600_000_000_000, "nanoseconds", "auto", "1hrs"),
        (60_000_000_000, "nanoseconds", "auto", "60s"),
        (970_000_000, "nanoseconds", "ms", "970ms"),
        (970_000_000, "nanoseconds", "kb", "0.97s"),  # another family: this one's default
        (4_000_000, "nanoseconds", "s", "0"),  # rounds to nothing: no unit
        (-4_000_000, "nanoseconds", "s", "0"),
        (7, "count", "auto", "7"),
        (7, "count", "foo", "7foo"),
        (7, "widgets", "widgets", "7widgets"),
        (7, "widgets", "minimum", "7"),
        (1234567, "MILLISECONDS", "s", "1234.57s"),
        (5, "us", "ns", "5000ns"),
        (5, "μs", "ns", "5ns"),  # upstream cuts the s, so this spelling in its table is never found
        (3, "milligcu", "auto", "3m*GCU"),
        (2500, "gcu", "auto", "2.50k*GCU"),
        (-(1 << 63), "bytes", "bytes", "-9223372036854775808B"),
    ],
)
def test_scaled_label(value, source, target, text):
    assert scaled_label(value, source, target) == text


def test_scale_gives_the_unit_to_print():
    assert scale(2048, "bytes", "minimum") == (2.0, "kB")
    assert scale(5, "ns", "auto") == (5.0, "ns")
    assert scale(5, "sample", "count") == (5.0, "")
    assert label(10, "request") == "10"


@pytest.mark.parametrize(
    ("value", "total", "text"),
    [
        (0, 0, "    0%"),
        (1, 0, "    0%"),
        (1, 1, "  100%"),
        (9995, 10000, "  100%"),
        (9994, 10000, "99.94%"),
        (-1, 4, "25.00%"),
        (9009, 1_000_000, "  0.9%"),
        (1, 1_000_000_000, "1e-07%"),
        (300, 100, "300.00%"),
    ],
)
def test_percentage(value, total, text):
    assert percentage(value, total) == text


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1500, "1.5µs"),
        (20_000_000, "20ms"),
        (3_002_278_032, "3.002278032s"),
        (60_000_000_000, "1m0s"),
        (3_661_500_000_000, "1h1m1.5s"),
        (-1_000_000_000, "-1s"),
    ],
)
def test_durations_as_go_writes_them(nanoseconds, text):
    assert duration_text(nanoseconds) == text


def test_go_arithmetic():
    import numpy as np

    assert truncated_quotient(-7, 2) == -3
    assert means(np.array([-7, 7, 5]), np.array([2, -2, 0])).tolist() == [-3, -3, 5]
    assert truncated(-1.9) == -1
    assert truncated(float("nan")) == truncated(1e300) == -(1 << 63)
    assert wrap(1 << 63) == -(1 << 63)


def test_columns_align_to_the_right():
    text = "key:\t Total 5\n \t3 (60%):\t a\n \t12 (40%):\t b\n\nlonger key:\t Total 1\n"
    assert align_right(text) == " key: Total 5\n       3 (60%): a\n      12 (40%): b\n\n longer key: Total 1\n"
