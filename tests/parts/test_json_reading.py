"""JSON as it may arrive: odd, hostile, cut by hand."""

from __future__ import annotations

import pytest

from analyzer.errors import PartError
from analyzer.format.versions import parse_version
from analyzer.parts import config, plugins


def test_both_forms_of_the_plugin_list():
    old = plugins.read(b'{"active":[{"id":"a","version":"1"}],"inactive":[]}')
    new = plugins.read(b'{"enabled":[{"id":"a","version":"1"}],"disabled":null}')
    assert old.value.enabled == new.value.enabled
    assert (old.value.disabled, new.value.disabled) == ((), ())
    assert plugins.write(old.value, target=parse_version("11.6.0")) == plugins.write(new.value)
    assert plugins.write(new.value, target=parse_version("9.11.0")) == plugins.write(old.value)


def test_a_missing_plugin_list_is_not_an_empty_one():
    assert plugins.read(b'{"enabled":[]}').value.disabled is None


def test_odd_plugin_lists_cost_only_themselves():
    parsed = plugins.read(b'{"enabled":"x","disabled":[{"id":1},7,{"id":"b","settings_schema":[]}],"more":1}')
    assert parsed.value.enabled is None
    assert [p.id for p in parsed.value.disabled] == ["1", "b"]
    assert parsed.value.extra == {"enabled": "x", "more": 1}
    assert [(p.key_path, p.severity) for p in parsed.problems] == [
        ("enabled", "error"),
        ("disabled[0].id", "info"),
        ("disabled[1]", "error"),
        ("disabled[2].settings_schema", "warning"),
    ]


def test_secret_settings_in_sections_count():
    data = b'{"enabled":[{"id":"p","settings_schema":{"settings":[{"key":"A","secret":true}],"sections":[{"settings":[{"key":"B","secret":true},{"key":"C"}]}]}}]}'
    (plugin,) = plugins.read(data).value.enabled
    assert plugin.secret_keys == ("A", "B")


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b'\xef\xbb\xbf{"A":{"x":1}}', "byte order mark"),
        (b'{"A":{"x":1},"B":{"y":NaN}}', "NaN is no JSON"),
        (b'{"A":{"x":0,"x":1}}', "more than once"),
        (b'{"A":{"x":1}} trailing', "text follows"),
        (b'{"A":{"x":1},"B":{"y":"a\xff"}}', "invalid UTF-8 on line 1"),
        (b'{"A":{"x":1},"B":{"y":"a\nb"}}', "Invalid control character"),
        (b'{"A":{"x":1},"B":{"y":"\\ud800"}}', "surrogate"),
        (b'{"A":{"x":1},"B":{"y":1e999}}', "too large"),
        (b'{"A":{"x":1},"B":{"y":' + b"9" * 5000 + b"}}", "5,000 digits"),
        (b'{"A":{"x":1},"B":[]}', "expected a section"),
        (b'{"A":{"x":1}}\n\x00\x00', None),
        (b' \n{"A":{"x":1}}', None),
    ],
)
def test_odd_documents_are_read_and_noted(data, note):
    parsed = config.read(data)
    assert parsed.value["A.x"] == 1
    assert [note in p.message for p in parsed.problems] == ([True] if note else [])
    config.write(parsed.value).decode()


def test_a_document_garbled_in_the_middle_is_kept_up_to_there():
    parsed = config.read(b'{"A":{"x":1,"l":[1,2]},"B":{"y":[3,zzz],"z":4},"C":{}}')
    assert parsed.value.tree == {"A": {"x": 1, "l": [1, 2]}, "B": {"y": [3]}}
    assert [p.severity for p in parsed.problems] == ["error"]
    assert "line 1, column 36" in parsed.problems[0].message


def test_a_cut_document_is_kept_up_to_the_cut(real_116):
    whole = real_116["standalone-load-a"]["sanitized_config.json"]
    parsed = config.read(whole[: len(whole) // 2])
    before = list(config.read(whole).value)
    after = list(parsed.value)
    assert len(before) / 3 < len(after) < len(before)
    assert after[:-1] == before[: len(after) - 1]
    assert [p.severity for p in parsed.problems] == ["error"]
    assert "line " in parsed.problems[0].message


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\x00" * 100, "empty"),
        (b"[]", "found a list"),
        (b"3", "found one value"),
        (b'{"a"', "line 1, column 5"),
        (b"{'a': 1}", "line 1, column 2"),
        (b"[" * 100_000, "line 1"),
        (b'{"a":' * 100_000, "line 1"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "levels deep"),
        (b"<html>502 Bad Gateway</html>", "line 1, column 1"),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(data, reason):
    with pytest.raises(PartError) as caught:
        config.read(data)
    assert reason in str(caught.value) or "deep" in str(caught.value)
    assert "\n" not in str(caught.value)
