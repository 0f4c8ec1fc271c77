"""What a release ought to send: the matrix of packet-format.md 1.2, checked row by row."""

from __future__ import annotations

import json
import zipfile

import pytest

from analyzer.format.files import FILES, NEVER_WRITTEN, advanced_targets, expected_files
from analyzer.format.versions import parse_version

QUIET = {
    "LogSettings.EnableFile": False,
    "NotificationLogSettings.EnableFile": False,
    "SqlSettings.DriverName": "mysql",
}
LOUD = {
    "LogSettings.EnableFile": True,
    "NotificationLogSettings.EnableFile": True,
    "SqlSettings.DriverName": "postgres",
}
V1 = {"support_packet.yaml", "plugins.json", "sanitized_config.json"}
PROFILES = {"cpu.prof", "heap.prof", "goroutines"}
V2 = {"metadata.yaml", "diagnostics.yaml", "stats.yaml", "jobs.yaml", "permissions.yaml", "plugins.json", "sanitized_config.json"} | PROFILES  # fmt: skip
LOGS = {"mattermost.log", "notifications.log"}


def names(release, config, *, clustered=False):
    return [row.name for row in expected_files(parse_version(release), clustered=clustered, config=config)]


@pytest.mark.parametrize(
    ("release", "always"),
    [
        ("5.33.0", V1),
        ("8.1.9", V1),
        ("9.2.0", V1 | PROFILES),
        ("9.10.0", V1 | PROFILES),
        ("9.11.0", V1 | PROFILES | {"metadata.yaml"}),
        ("10.4.0", V1 | PROFILES | {"metadata.yaml"}),
        ("10.5.0", V2),
        ("10.10.0", V2),
        ("11.6.0-dev", V2),
        ("12.0.0", V2),
    ],
)
def test_the_matrix_by_release(release, always):
    assert set(names(release, QUIET)) == always
    assert set(names(release, None)) == always
    version = parse_version(release)
    logs = LOGS if version.before("11.0") else {"mattermost.log"}
    schema = {"database_schema.yaml"} if version.at_least("10.11") else set()
    assert set(names(release, LOUD)) == always | logs | schema
    assert len(names(release, LOUD)) == len(set(names(release, LOUD)))


def test_names_that_only_documentation_uses_are_never_expected():
    for release in ("5.33.0", "9.11.0", "10.11.0", "12.0.0"):
        assert not set(NEVER_WRITTEN) & set(names(release, LOUD))
    assert not set(NEVER_WRITTEN) & {row.name for row in FILES}


@pytest.mark.parametrize(("release", "per_node"), [("10.9.0", False), ("10.10.0", True)])
def test_node_folders_begin_with_10_10(release, per_node):
    rows = {row.name: row.per_node for row in expected_files(parse_version(release), clustered=True, config=LOUD)}
    assert rows["diagnostics.yaml"] is per_node
    assert rows["mattermost.log"] is per_node
    assert rows["cpu.prof"] is per_node
    assert rows["stats.yaml"] is rows["plugins.json"] is rows["metadata.yaml"] is False


def test_plugins_off_and_an_unknown_version():
    assert "plugins.json" not in names("11.6.0", {"PluginSettings.Enable": False})
    assert "plugins.json" in names("11.6.0", {"PluginSettings.Enable": True})
    assert expected_files(None, config=LOUD) == ()


def test_a_notification_log_is_expected_but_its_absence_is_usual():
    rows = {row.name: row.required for row in expected_files(parse_version("9.11.0"), config=LOUD)}
    assert rows == {name: name != "notifications.log" for name in rows}


TARGETS = {
    "a": {"type": "file", "options": {"filename": "./logs/adv.log"}},
    "b": {"type": "file", "options": {"filename": "C:\\logs\\win.log"}},
    "c": {"type": "tcp", "options": {"host": "x"}},
    "d": {"type": "file", "options": {}},
    "e": {"type": "file", "options": {"filename": "/other/adv.log"}},
    "f": "odd",
}


@pytest.mark.parametrize("given", [TARGETS, json.dumps(TARGETS)])
def test_advanced_logging_targets_are_expected_by_base_name(given):
    config = {"LogSettings.AdvancedLoggingJSON": given, "ExperimentalAuditSettings.AdvancedLoggingJSON": {"x": {"type": "file", "options": {"filename": "audit.log"}}}}  # fmt: skip
    assert {"adv.log", "win.log", "audit.log"} <= set(names("10.7.0", config))
    assert set(names("10.6.0", config)) & {"adv.log", "win.log", "audit.log"} == {"adv.log", "win.log"}
    assert not set(names("10.4.0", config)) & {"adv.log", "win.log", "audit.log"}


@pytest.mark.parametrize("given", [None, "", "/etc/mm/logging.json", "{", [], 7, {"a": []}, "[" * 100_000])
def test_odd_advanced_logging_settings_are_survived(given):
    assert list(advanced_targets({"LogSettings.AdvancedLoggingJSON": given}, parse_version("11.6.0"))) == []


def test_nothing_is_missing_from_a_complete_real_packet(bundled):
    with zipfile.ZipFile(bundled) as archive:
        have = set(archive.namelist())
        tree = json.loads(archive.read("sanitized_config.json"))
    flat = {f"{section}.{key}": value for section, block in tree.items() for key, value in block.items()}
    assert set(names("11.6.0", flat)) == have


def test_every_row_has_a_source():
    assert all(row.source and row.detail for row in FILES)
