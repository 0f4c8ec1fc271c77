"""Dotted access to the configuration, as notebooks and findings spell it."""

from __future__ import annotations

import json

import pytest

from analyzer.format.versions import parse_version
from analyzer.parts import config
from analyzer.parts.keypaths import parse_path

TREE = {
    "SqlSettings": {"MaxOpenConns": 300, "DataSourceReplicas": ["one", "two"], "AtRestEncryptKey": "x"},
    "PluginSettings": {
        "Plugins": {
            "com.mattermost.calls": {"turn": {"a.b": 1}, "x": None},
            "com.mattermost": {"calls": {"y": 2}},
            "playbooks": {},
            'odd"[0]\\': {"z": 3},
        }
    },
    "LogSettings": {"AdvancedLoggingJSON": '{"file":{"type":"file","options":{"filename":"./adv.log"}}}'},
    "": {"empty": True},
}
VALUE = config.Config(TREE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("SqlSettings.MaxOpenConns", 300),
        ("SqlSettings.DataSourceReplicas[1]", "two"),
        ("SqlSettings.DataSourceReplicas", ["one", "two"]),
        ('PluginSettings.Plugins["com.mattermost.calls"].turn["a.b"]', 1),
        ("PluginSettings.Plugins['com.mattermost.calls'].turn['a.b']", 1),
        ("PluginSettings.Plugins.com.mattermost.calls.turn.a.b", 1),
        ("PluginSettings.Plugins.com.mattermost.calls.y", 2),
        ("PluginSettings.Plugins.com.mattermost.calls.x", None),
        ("PluginSettings.Plugins.playbooks", {}),
        ('["PluginSettings"].Plugins.playbooks', {}),
        ('[""].empty', True),
    ],
)
def test_a_path_finds_its_value(path, value):
    assert VALUE[path] == value
    assert path in VALUE


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "Nope",
        "SqlSettings.Nope",
        "SqlSettings.DataSourceReplicas[2]",
        "SqlSettings.MaxOpenConns.x",
        "a[",
        'a["',
        "]",
    ],
)
def test_a_path_to_nothing_is_a_key_error(path):
    with pytest.raises(KeyError):
        VALUE[path]
    assert path not in VALUE
    assert VALUE.get(path, "fallback") == "fallback"


def test_every_leaf_has_a_path_that_finds_it():
    paths = [path for path, _ in VALUE]
    assert 'PluginSettings.Plugins["com.mattermost.calls"].turn["a.b"]' in paths
    assert "SqlSettings.DataSourceReplicas[0]" in paths
    assert "PluginSettings.Plugins.playbooks" in paths
    for path, leaf in VALUE:
        assert VALUE[path] == leaf
    assert len(VALUE) == len(paths) == 11


def test_json_in_a_string_is_entered_only_when_asked():
    plain, deep = dict(VALUE.leaves()), dict(VALUE.leaves(into_json=True))
    assert "LogSettings.AdvancedLoggingJSON" in plain
    assert deep["LogSettings.AdvancedLoggingJSON.file.options.filename"] == "./adv.log"
    assert "LogSettings.AdvancedLoggingJSON" not in deep


@pytest.mark.parametrize("path", ["x" * 10_000, ".".join("a" * 1000), "[" * 500, '["' + "\\" * 999])
def test_hostile_paths_are_answered(path):
    parse_path(path)
    assert VALUE.get(path) is None


def test_the_repr_shows_no_value():
    assert repr(VALUE) == "<Config: 4 sections, 11 settings>"
    assert "one" not in repr(config.read(json.dumps(TREE).encode()))


def test_sections_are_put_into_the_order_of_the_target():
    tree = {"FeatureFlags": {}, "New": {}, "LogSettings": {}, "ImportSettings": {}, "ServiceSettings": {}}
    new = json.loads(config.write(config.Config(tree), target=parse_version("11.6.0")))
    old = json.loads(config.write(config.Config(tree), target=parse_version("9.11.0")))
    assert list(new) == ["ServiceSettings", "LogSettings", "ImportSettings", "New", "FeatureFlags"]
    assert list(old) == ["ServiceSettings", "LogSettings", "FeatureFlags", "ImportSettings", "New"]


def test_keys_that_12_0_removed_are_dropped_for_12_0_only():
    for release, kept in (("11.6.0", True), ("12.0.0", False), ("dev", False)):
        written = config.read(config.write(VALUE, target=parse_version(release))).value
        assert ("SqlSettings.AtRestEncryptKey" in written) is kept
        assert "SqlSettings.MaxOpenConns" in written


def test_the_settings_frame(real_116):
    value = config.read(real_116["standalone-load-a"]["sanitized_config.json"]).value
    frame = value.frame()
    config.SETTINGS.check(frame)
    assert len(frame) == len(value) > 500
    row = frame.set_index("path").loc["SqlSettings.MaxOpenConns"]
    assert (row["section"], row["value"], row["type"]) == ("SqlSettings", "100", "number")
