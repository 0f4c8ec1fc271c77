"""Server versions: tolerant reading, release comparison."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.format.versions import Version, parse_version, within


@pytest.mark.parametrize(
    ("text", "numbers", "pre"),
    [
        ("5.33.0", (5, 33, 0), ""),
        ("v9.11.0", (9, 11, 0), ""),
        (" 10.10 ", (10, 10, 0), ""),
        ("11.6.0-dev", (11, 6, 0), "dev"),
        ("11.6.0-rc1", (11, 6, 0), "rc1"),
        ("10.5.1+abc123", (10, 5, 1), ""),
        ("7.8.0.1", (7, 8, 0), ""),
        ("10.11.3.abcdef", (10, 11, 3), "abcdef"),
    ],
)
def test_texts_that_name_a_version(text, numbers, pre):
    version = parse_version(text)
    assert ((version.major, version.minor, version.patch), version.pre) == (numbers, pre)
    assert str(version) == text.strip()


@pytest.mark.parametrize("text", ["", "latest", "11", "eleven.six", "1.2.x y", "١.٢.٣ ", "9" * 50 + ".1", None])
def test_texts_that_name_none(text):
    assert parse_version(text) is None


def test_the_order():
    texts = ["5.33.0", "9.9.0", "9.11.0", "10.0.0", "10.10.0-rc1", "10.10.0", "11.6.0-dev", "11.6.0", "12.0.0", "dev"]
    versions = [parse_version(t) for t in texts]
    assert sorted(versions, key=lambda v: v) == versions
    assert len(set(versions)) == len(texts)


@pytest.mark.parametrize(
    ("text", "release", "reached"),
    [
        ("10.9.5", "10.10", False),
        ("10.10.0", "10.10", True),
        ("11.6.0-dev", "11.6", True),
        ("9.5.1", "9.5.2", False),
        ("dev", "12.1", True),
        ("12.0.0", "12.1", False),
    ],
)
def test_releases_compare_by_number(text, release, reached):
    version = parse_version(text)
    assert version.at_least(release) is reached
    assert version.before(release) is not reached


def test_ranges():
    assert within(parse_version("10.4.0"), "9.11", "10.5")
    assert not within(parse_version("10.5.0"), "9.11", "10.5")
    assert within(None, "9.11", "10.5")
    assert parse_version("dev").release == "dev"
    assert str(Version(10, 5)) == "10.5.0"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_answered(text):
    version = parse_version(text)
    assert version is None or version.at_least("0.0")


@settings(max_examples=100, deadline=None)
@given(st.tuples(*[st.integers(0, 99)] * 3), st.tuples(*[st.integers(0, 99)] * 3))
def test_numbers_order_as_tuples_do(a, b):
    left, right = (parse_version(".".join(map(str, x))) for x in (a, b))
    assert (left < right) == (a < b)
    assert left.at_least(".".join(map(str, b))) == (a >= b)
