"""Warnings, plugins, jobs, spellings and sections as data."""

from __future__ import annotations

import json
import zipfile

import pytest

from analyzer.format import jobs, plugins, spelling, warnings
from analyzer.format.config_sections import REMOVED_IN_12_0, SECTIONS, known_sections, section_order
from analyzer.format.versions import parse_version

# One line each of packet-format.md 3.2, with the member that it is about
SEEN = {
    "ioutil.ReadFile(mattermostLog) Error: open /x: no such file or directory": "mattermost.log",
    "os.ReadFile(mattermostLog) Error: open /x: no such file or directory": "mattermost.log",
    "os.ReadFile(notificationsLog) Error: open /x: no such file or directory": "notifications.log",
    "Unable to retrieve mattermost.log because LogSettings: EnableFile is false in config.json": "mattermost.log",
    "Unable to retrieve notifications.log because LogSettings: EnableFile is false in config.json": "notifications.log",
    "c.App.GetPlugins() Error: x": "plugins.json",
    "json.MarshalIndent(c.App.GetPlugins()) Error: x": "plugins.json",
    "yaml.Marshal(&supportPacket) Error: x": "support_packet.yaml",
    "not enought analytics information found": "support_packet.yaml",
    "Unable to retrieve mattermost logs because LogSettings.EnableFile is set to false": "mattermost.log",
    "failed read mattermost log file at path /x: open /x: y": "mattermost.log",
    "failed read notifcation log file at path /x: open /x: y": "notifications.log",
    "log file path /x is outside allowed logging directory: path /x is outside logging root /y": "mattermost.log",
    "log file path /x in LogSettings.AdvancedLoggingJSON is outside allowed logging directory: y": None,
    "failed to read advanced log file at path /x in LogSettings.AdvancedLoggingJSON: y": None,
    "failed to get plugin list for Support Packet: x": "plugins.json",
    "error while getting LDAP vendor info: x": "diagnostics.yaml",
    "error while getting total memory: x": "diagnostics.yaml",
    "error while getting hostname: x": "diagnostics.yaml",
    "error while getting open file descriptor count: x": "diagnostics.yaml",
    "error while getting max file descriptor limit: x": "diagnostics.yaml",
    "error while collecting support packet database diagnostics: x": "diagnostics.yaml",
    "failed to start CPU profile: cpu profiling already in use": "cpu.prof",
    "failed to lookup heap profile": "heap.prof",
    "failed to lookup goroutine profile": "goroutines",
    "failed to sanitized config into json: x": "sanitized_config.json",
    "failed to get bot acount count: x": "stats.yaml",
    "failed to get  outgoing webhook count: x": "stats.yaml",
    "error while getting ES post aggregation jobs: x": "jobs.yaml",
    "failed to get list of schemes: x": "permissions.yaml",
    "failed to get schema definition: x": "database_schema.yaml",
    "failed to generate Packet metadata: invalid metadata: x": "metadata.yaml",
}


@pytest.mark.parametrize("text", SEEN)
def test_a_known_message_is_told(text):
    known = warnings.classify(text)
    assert known is not None
    assert known.part == SEEN[text]


@pytest.mark.parametrize("text", ["", "something else", "x failed to get schema definition", "Error: open x"])
def test_an_unknown_message_is_not(text):
    assert warnings.classify(text) is None


def test_every_known_message_is_seen_or_told_apart():
    unused = [row.step for row in warnings.KNOWN if not any(row.pattern.match(text) for text in SEEN)]
    assert len(unused) < len(warnings.KNOWN) / 3
    told = {id(warnings.classify(text)) for text in SEEN}
    assert len(told) > 25


def test_before_10_5_diagnostics_stand_in_support_packet_yaml():
    known = warnings.classify("error while getting LDAP vendor info: x")
    assert known.part_in(parse_version("9.11.0")) == "support_packet.yaml"
    assert known.part_in(parse_version("10.5.0")) == known.part_in(None) == "diagnostics.yaml"


@pytest.mark.parametrize(
    ("release", "form"), [("8.1.9", "lines"), ("9.11.0", "mixed"), ("10.0.0", "multierror"), (None, "multierror")]
)
def test_the_text_form_follows_the_release(release, form):
    assert warnings.form_of(parse_version(release)) == form


@pytest.mark.parametrize(
    ("folder", "keys", "plugin"),
    [
        ("playbooks", (), "playbooks"),
        ("com.mattermost.calls", (), "com.mattermost.calls"),
        ("1.4.0", ("version", "connected_user_count"), "com.mattermost.mscalendar or com.mattermost.gcal"),
        ("1.4.0", ("version", "posts"), None),
        ("app-1.example.com", ("version", "license"), None),
        ("10.0.0.5", (), None),
    ],
)
def test_a_plugin_is_told_by_its_folder(folder, keys, plugin):
    assert plugins.plugin_of(folder, frozenset(keys)) == plugin


def test_spellings_change_with_the_release():
    for path, release, shown in (
        ("ldap.error", "10.12.0", "erorr"),
        ("ldap.error", "11.0.0", "error"),
        ("file_store.error", "12.0.0", "erorr"),
        ("file_store.error", "dev", "error"),
        ("bleve_post_indexing_jobs", "10.5.0", "bleve_post_indexin_jobs"),
        ("enabled", "10.4.0", "active"),
        ("enabled", "10.5.0", "enabled"),
    ):
        assert spelling.written(path, parse_version(release)) == shown
        assert shown in spelling.variants(path)


def test_job_lists_have_the_keys_of_the_packets(shared):
    with zipfile.ZipFile(shared / "packets" / "real" / "mattermost-9.11.0-standalone.zip") as archive:
        text = archive.read("support_packet.yaml").decode()
    keys = {line.partition(":")[0] for line in text.splitlines() if "_jobs:" in line}
    version = parse_version("9.11.0")
    assert keys == {kind.key for kind in jobs.JOB_KINDS if version.within(kind.since, kind.until)}


@pytest.mark.parametrize(
    "packet", ["real/mattermost-8.1.9-standalone", "real/mattermost-9.11.0-standalone", "real-11.6/standalone-load-a"]
)
def test_sections_stand_in_the_order_of_real_packets(shared, packet):
    with zipfile.ZipFile(shared / "packets" / f"{packet}.zip") as archive:
        sections = list(json.loads(archive.read("sanitized_config.json")))
    version = parse_version(packet.rpartition("mattermost-")[2].partition("-")[0] if "real/" in packet else "11.6.0")
    order = section_order(version)
    assert [name for name in order if name in sections] == sections
    assert known_sections(version) == set(sections)


def test_removed_keys_name_known_sections():
    names = {row.name for row in SECTIONS}
    assert {path.partition(".")[0] for path in REMOVED_IN_12_0} <= names
    assert len(set(REMOVED_IN_12_0)) == len(REMOVED_IN_12_0)
