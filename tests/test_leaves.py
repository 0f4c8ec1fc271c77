"""The leaves: safe text, frame schemas, atomic writes."""

from __future__ import annotations

import os
import stat
import unicodedata

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import UsageError
from analyzer.files import replace_when_done
from analyzer.schema import Column, FrameSchema
from analyzer.text import count, human_bytes, printable

SCHEMA = FrameSchema("things", (Column("name", "str", "its name"), Column("size_bytes", "Int64", "its size", "bytes")))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x9bcsi \x85nel", "\\x9bcsi \\x85nel"),
        ("evil\u202egpj.exe", "evil\\u202egpj.exe"),
        ("nul\x00 del\x7f", "nul\\x00 del\\x7f"),
        ("lone\udcff", "lone\\udcff"),
        ("Grüße 日本 🎉", "Grüße 日本 🎉"),
    ],
)
def test_printable_escapes_what_a_terminal_would_obey(value, shown):
    assert printable(value) == shown


@settings(max_examples=200, deadline=None)
@given(st.text(), st.integers(1, 40))
def test_printable_is_one_encodable_line_within_its_limit(value, limit):
    shown = printable(value, limit)
    assert len(shown) <= limit
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cs", "Zl", "Zp"}
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 kB"), (150 << 20, "150.0 MB"), (5 << 40, "5.0 TB")]
)
def test_human_bytes(size, text):
    assert human_bytes(size) == text


def test_count_knows_one_from_many():
    assert [count(1, "line"), count(2000, "line"), count(2, "entry", "entries")] == [
        "1 line",
        "2,000 lines",
        "2 entries",
    ]


def test_schema_makes_checks_and_describes_its_frame():
    frame = SCHEMA.frame({"name": ["a", "b"], "size_bytes": [1, None]})
    SCHEMA.check(frame)
    SCHEMA.check(SCHEMA.empty())
    SCHEMA.check(SCHEMA.frame({"name": ["only"]}))
    assert "size_bytes  Int64  its size [bytes]" in SCHEMA.describe()
    with pytest.raises(AssertionError, match="dtype"):
        SCHEMA.check(frame.astype({"size_bytes": "float64"}))
    with pytest.raises(AssertionError, match="columns"):
        SCHEMA.check(pd.DataFrame({"size_bytes": [1]}))
    with pytest.raises(KeyError, match="colour"):
        SCHEMA.frame({"colour": ["red"]})


def test_replace_when_done_writes_whole_files_or_nothing(tmp_path):
    target = tmp_path / "new" / "report.html"
    with replace_when_done(target) as partial:
        partial.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    with pytest.raises(UsageError, match="exists already"), replace_when_done(target) as partial:
        partial.write_text("never")
    with pytest.raises(RuntimeError, match="boom"), replace_when_done(target, force=True) as partial:
        partial.write_text("half")
        raise RuntimeError("boom")
    assert target.read_text() == "whole"
    assert os.listdir(target.parent) == ["report.html"]


def test_replace_when_done_keeps_private_files_private(tmp_path):
    with replace_when_done(tmp_path / "key", mode=0o600) as partial:
        partial.write_bytes(b"k")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_replace_when_done_names_an_unwritable_place(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"), replace_when_done(tmp_path / "file" / "x"):
        pass
