"""The emitters against recorded output of goccy/go-yaml v1.18.0, yaml.v2 v2.4.0, yaml.v3 v3.0.1 and encoding/json.

``data/go_output.json`` was written by those libraries, not by this package.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from analyzer.format.versions import parse_version
from analyzer.parts.fields import rfc3339
from analyzer.parts.jsonwrite import write_json
from analyzer.parts.scalars import Plain
from analyzer.parts.yamlwrite import dialect_for, write_yaml

GO = json.loads((Path(__file__).parent / "data" / "go_output.json").read_text())


def document(text):
    return {"k": text, "n": {"k": text, "l": [text]}}


def reads_back(shown, tree):
    try:
        return yaml.load(shown, Loader=yaml.CBaseLoader) == tree
    except yaml.YAMLError:
        return False


@pytest.mark.parametrize("dialect", ["goccy", "v2", "v3"])
def test_every_text_that_go_writes_readably_is_written_alike(dialect):
    differs, unreadable = [], 0
    for row in GO["texts"]:
        tree = document(row["text"])
        ours = write_yaml(tree, dialect).decode()
        assert reads_back(ours, tree), (dialect, row["text"])
        if not reads_back(row[dialect], tree):
            unreadable += 1
        elif ours != row[dialect]:
            differs.append(row["text"])
    assert differs == []
    assert unreadable < len(GO["texts"]) / 8


def test_json_texts_are_escaped_as_go_does():
    for row in GO["texts"]:
        assert write_json([row["text"], {row["text"]: None}]).decode() == row["json"]


@pytest.mark.parametrize("form", ["goccy", "v2", "v3", "json"])
def test_floats_are_written_as_go_does(form):
    for row in GO["floats"]:
        value = float(row["value"])
        ours = write_json(value) if form == "json" else write_yaml({"f": value}, form)
        assert ours.decode() == row[form]


@pytest.mark.parametrize(
    ("release", "dialect"),
    [("10.5.0", "v3"), ("11.1.2", "v3"), ("11.2.0", "goccy"), ("12.0.0", "goccy"), ("dev", "goccy"), (None, "goccy")],
)
def test_the_dialect_follows_the_release(release, dialect):
    assert dialect_for(parse_version(release)) == dialect


def test_nesting_in_the_four_space_dialect():
    """As in packets of 10.5 to 11.1: yaml.v3 with SetIndent(4)."""
    tree = {"a": [], "jobs": [{"id": "x", "data": {"k": "v"}, "tags": ["t"]}], "e": {}}
    assert write_yaml(tree, "v3").decode() == (
        "a: []\njobs:\n    - id: x\n      data:\n        k: v\n      tags:\n        - t\ne: {}\n"
    )


def test_unquoted_text_of_an_unknown_key_stays_unquoted():
    assert write_yaml({"new_key": Plain("13.10"), "other": "13.10"}, "goccy") == b'new_key: 13.10\nother: "13.10"\n'


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        (datetime(2026, 11, 22, 12, 2, 54, 308000, UTC), "2026-11-22T12:02:54.308Z"),
        (datetime(2026, 11, 22, 12, 1, 54, 300000, UTC), "2026-11-22T12:01:54.3Z"),
        (datetime(1970, 1, 1, tzinfo=UTC), "1970-01-01T00:00:00Z"),
        (datetime.fromisoformat("2026-01-02T03:04:05+02:00"), "2026-01-02T03:04:05+02:00"),
        (datetime.fromisoformat("0999-01-02T03:04:05-05:30"), "0999-01-02T03:04:05-05:30"),
    ],
)
def test_times_are_written_as_go_does(when, shown):
    assert rfc3339(when) == shown
