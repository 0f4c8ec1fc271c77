"""Every lineage, and every shape in which customers send packets."""

from __future__ import annotations

import io
import re
import tarfile

import pytest

from analyzer import NotAPacket, SourceError, open_packet

V1_YAML = b"""license_to: Example Gardens Ltd
server_os: linux
server_architecture: amd64
server_version: 10.2.1
build_hash: abc
database_type: postgres
database_version: "14.9"
active_users: 12
total_posts: 340
inactive_user_count: -1
"""


def parts_of(packet):
    return {(part.node, part.member): part.status for part in packet.summary().parts}


def test_the_bundled_packet_is_read_whole(bundled):
    with open_packet(bundled) as packet:
        assert (packet.lineage, packet.server_version, list(packet.nodes)) == ("V2-flat", "11.6.0", ["vm"])
        assert packet.missing == ()
        assert packet.problems == ()
        assert set(parts_of(packet).values()) == {"read"}
        assert packet.config["SqlSettings.DriverName"] == "postgres"
        assert packet.diagnostics.database.version == "15.18 (Debian 15.18-0+deb12u1)"
        assert packet.stats.posts == 7761
        assert packet.doubtful_stats == frozenset()
        assert len(packet.permissions) == 25
        assert len(packet.database_schema.tables) == 81
        node = packet.nodes["vm"]
        assert node.goroutines.total == 746
        assert node.cpu.top(1).loc[0, "flat"] > 0
        assert node.heap.sample_types[-1].type == "inuse_space"
        assert packet.first_node is node


def test_the_packet_with_its_database_down_tells_what_failed(bundled):
    with open_packet(bundled.parent / "standalone-database-down.zip") as packet:
        assert packet.missing == ("database_schema.yaml",)
        by_stage = {problem.stage for problem in packet.problems}
        assert by_stage == {"server"}
        assert {p.part for p in packet.problems} >= {
            "database_schema.yaml",
            "stats.yaml",
            "jobs.yaml",
            "permissions.yaml",
        }
        assert len(packet.warning_lines) == 9
        assert packet.stats.registered_users == 0
        assert "registered_users" in packet.doubtful_stats


@pytest.mark.parametrize(
    ("name", "version", "missing", "goroutines"),
    [
        ("mattermost-8.1.9-standalone", "8.1.9", (), None),
        ("mattermost-9.11.0-standalone", "9.11.0", ("mattermost.log",), 120),
    ],
)
def test_real_v1_packets(shared, name, version, missing, goroutines):
    with open_packet(shared / "packets" / "real" / f"{name}.zip") as packet:
        assert (packet.lineage, packet.server_version, list(packet.nodes)) == ("V1", version, ["standalone"])
        assert packet.missing == missing
        assert [p.stage for p in packet.problems] == ["server"]
        assert packet.support_packet.database_type == "postgres"
        node = packet.nodes["standalone"]
        assert (node.goroutines.total if node.goroutines else None) == goroutines
        assert packet.plugins["running"].all()
        assert packet.config["SqlSettings.DriverName"] == "postgres"


def test_real_node_folders(shared):
    with open_packet(shared / "packets" / "upstream-ha") as packet:
        assert (packet.lineage, packet.server_version) == ("V2-cluster", "11.0.4")
        assert list(packet.nodes) == ["app-1.example.com", "app-2.example.com"]
        assert not [p for p in packet.problems if p.severity == "error"]
        assert "app-2.example.com/cpu.prof" in packet.missing
        assert packet.generated_at is None


def test_a_cluster_has_its_nodes_and_root_files(zip_of, cluster_files):
    packet = open_packet(zip_of(cluster_files))
    assert packet.lineage == "V2-cluster"
    assert list(packet.nodes) == ["app-1.example.com", "app-2.example.com"]
    assert packet.missing == ()
    assert packet.problems == ()
    assert [node.goroutines.total for node in packet.nodes.values()] == [746, 746]
    logs = packet.logs
    assert next(iter(logs.columns)) == "node"
    assert set(logs["node"]) == set(packet.nodes)
    assert packet.jobs["node"].isna().all()


def test_a_missing_part_of_one_node_is_named(zip_of, cluster_files):
    gone = [pair for pair in cluster_files if pair[0] != "app-2.example.com/heap.prof"]
    packet = open_packet(zip_of(gone))
    assert packet.missing == ("app-2.example.com/heap.prof",)
    assert packet.nodes["app-2.example.com"].heap is None
    assert packet.nodes["app-1.example.com"].heap is not None


def test_a_node_whose_diagnostics_failed_is_still_a_node(zip_of, cluster_files):
    packet = open_packet(zip_of([pair for pair in cluster_files if pair[0] != "app-2.example.com/diagnostics.yaml"]))
    assert list(packet.nodes) == ["app-1.example.com", "app-2.example.com"]
    assert packet.missing == ("app-2.example.com/diagnostics.yaml",)


def test_a_folder_with_diagnostics_alone_belongs_to_a_plugin(zip_of, real_files):
    calls = ("com.mattermost.calls/diagnostics.yaml", b"version: 1.4.0\ntotal_calls: 3\n")
    packet = open_packet(zip_of([*real_files.items(), calls]))
    assert list(packet.nodes) == ["vm"]
    assert packet.plugin_diagnostics["com.mattermost.calls"].version == "1.4.0"
    assert packet.missing == ()


def test_a_v2_mixture_names_the_root_node_first(zip_of, real_files, cluster_files):
    files = [*real_files.items(), *(pair for pair in cluster_files if pair[0].startswith("app-2"))]
    packet = open_packet(zip_of(files))
    assert packet.lineage == "mixed"
    assert list(packet.nodes) == ["vm", "app-2.example.com"]
    assert packet.first_node.name == "vm"


def test_repeated_names_at_the_root_are_further_nodes(zip_of, real_files):
    """10.0 to 10.9 clusters: other nodes' files are appended under the same names."""
    other = real_files["diagnostics.yaml"].replace(b"hostname: vm", b"hostname: app-9")
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zip_of([*real_files.items(), ("diagnostics.yaml", other), ("cpu.prof", real_files["cpu.prof"])])
    packet = open_packet(data)
    assert list(packet.nodes) == ["vm", "app-9"]
    assert packet.nodes["app-9"].cpu is not None
    assert {p.part for p in packet.problems if p.severity == "warning"} == {"diagnostics.yaml", "cpu.prof"}


@pytest.mark.parametrize("version", [b"5.33.0", b"6.7.0", b"7.8.15", b"10.2.1"])
def test_v1_of_several_releases(zip_of, real_files, version):
    text = V1_YAML.replace(b"10.2.1", version)
    files = {
        "support_packet.yaml": text,
        "plugins.json": b'{"active":[],"inactive":[{"id":"jira","version":"1.0"}]}',
        "sanitized_config.json": real_files["sanitized_config.json"],
        "warning.txt": b"os.ReadFile(notificationsLog) Error: open x: no such file or directory",
    }
    packet = open_packet(zip_of(files.items()))
    assert packet.lineage == "V1"
    assert packet.server_version == version.decode()
    assert packet.support_packet.active_users == 12
    assert "inactive_user_count" in packet.support_packet.unavailable
    assert list(packet.plugins["running"]) == [False]
    profiles = {"cpu.prof", "heap.prof", "goroutines"} & set(packet.missing)
    assert profiles == ({"cpu.prof", "heap.prof", "goroutines"} if version == b"10.2.1" else set())


def test_the_oldest_packets_tell_their_version_in_the_log(zip_of, real_files):
    yaml = b"server_os: linux\nserver_architecture: amd64\ndatabase_type: postgres\ndatabase_version: 5.33.0\n"
    log = (
        b'{"level":"info","ts":1574928072.85,"caller":"app/server.go:1","msg":"Current version is 5.33.1 (5.33.1/x)"}\n'
    )
    files = {
        "support_packet.yaml": yaml,
        "sanitized_config.json": real_files["sanitized_config.json"],
        "mattermost.log": log,
    }
    assert open_packet(zip_of(files.items())).server_version == "5.33.1"


@pytest.mark.parametrize("wrap", ["packet", "top/mm_support_packet_x"])
def test_wrapping_folders_and_leftovers_of_an_operating_system(zip_of, real_files, wrap):
    files = [(f"{wrap}/{name}", data) for name, data in real_files.items()]
    files += [("__MACOSX/._cpu.prof", b"junk"), (f"{wrap}/.DS_Store", b"junk")]
    packet = open_packet(zip_of(files))
    assert list(packet.nodes) == ["vm"]
    assert packet.missing == ()
    assert [p.severity for p in packet.problems] == ["info"]
    assert ("stats.yaml") in {part.member for part in packet.summary().parts}


def test_a_wrapped_cluster_keeps_its_nodes(zip_of, cluster_files):
    packet = open_packet(zip_of([(f"packet/{name}", data) for name, data in cluster_files]))
    assert list(packet.nodes) == ["app-1.example.com", "app-2.example.com"]
    lone = [(name, data) for name, data in cluster_files if name.startswith("app-1")]
    assert list(open_packet(zip_of(lone)).nodes) == ["app-1.example.com"]


def test_tar_folder_bytes_and_file_objects_give_the_same(bundled, real_files, tmp_path):
    for name, data in real_files.items():
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(data)
    with tarfile.open(tmp_path / "packet.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "folder", "packet")
    expected = open_packet(bundled).nodes["vm"].goroutines.states()
    for source in (
        tmp_path / "folder",
        tmp_path / "packet.tar.gz",
        bundled.read_bytes(),
        io.BytesIO(bundled.read_bytes()),
    ):
        with open_packet(source) as packet:
            assert packet.missing == ()
            assert packet.nodes["vm"].goroutines.states().equals(expected)


def test_what_is_no_packet_is_refused_in_one_line(tmp_path, zip_of, bundled, real_files):
    (tmp_path / "cpu.prof").write_bytes(real_files["cpu.prof"])
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "photos.zip").write_bytes(zip_of([("a.jpg", b"x"), ("b.jpg", b"y")]))
    plugin = b"version: 1\ntype: plugin-packet\ngenerated_at: 1724075205094\nserver_version: 9.11.0\n"
    (tmp_path / "survey.zip").write_bytes(zip_of([("metadata.yaml", plugin), ("responses.csv", b"a,b\n")]))
    for name, reason in {
        "cpu.prof": "single file",
        "empty": "empty|single file",
        "photos.zip": "none of its files",
        "survey.zip": "none of its files",
    }.items():
        with pytest.raises(NotAPacket, match=reason) as caught:
            open_packet(tmp_path / name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(SourceError, match=r"nowhere\.zip"):
        open_packet(tmp_path / "nowhere.zip")


def test_extra_log_targets_are_logs(zip_of, real_files):
    config = real_files["sanitized_config.json"].replace(
        b'"AdvancedLoggingJSON": {}',
        b'"AdvancedLoggingJSON": {"a": {"type": "file", "options": {"filename": "/var/log/extra-target"}}}',
        1,
    )
    assert config != real_files["sanitized_config.json"]
    line = b'{"timestamp":"2026-11-22 12:00:00.000 Z","level":"error","msg":"from a target","caller":"a/b.go:1"}\n'
    files = {**real_files, "sanitized_config.json": config, "extra-target": line, "ldap.log": line}
    packet = open_packet(zip_of(files.items()))
    logs = packet.nodes["vm"].logs
    assert set(logs) == {"mattermost.log", "ldap.log"} | ({"extra-target"} & set(logs))
    assert list(logs["ldap.log"].lines["msg"]) == ["from a target"]


def test_garbled_parts_cost_only_themselves(zip_of, real_files):
    files = {
        **real_files,
        "stats.yaml": b"- no\n- map\n",
        "cpu.prof": b"\x1f\x8b\x00junk",
        "goroutines": b"\x00\x01\x02",
        "plugins.json": b"{",
    }
    packet = open_packet(zip_of(files.items()))
    assert packet.stats is None
    assert packet.nodes["vm"].cpu is None
    assert packet.nodes["vm"].goroutines is None
    assert len(packet.plugins) == 0
    assert next(iter(packet.plugins.columns)) == "node"
    assert {p.part for p in packet.problems if p.severity == "error"} == {
        "stats.yaml",
        "cpu.prof",
        "goroutines",
        "plugins.json",
    }
    assert packet.nodes["vm"].heap is not None
    statuses = parts_of(packet)
    assert statuses[None, "cpu.prof"] == "broken"
    assert statuses[None, "heap.prof"] == "read"


def test_one_node_of_a_cluster_alone(zip_of, cluster_files):
    from analyzer import UsageError
    from analyzer.packet import open_packet as opened

    data = zip_of([pair for pair in cluster_files if pair[0] != "app-2.example.com/heap.prof"])
    packet = opened(data, node="app-1.example.com")
    assert list(packet.nodes) == ["app-1.example.com"]
    assert packet.missing == ()
    assert set(packet.frames()["diagnostics"]()["node"]) == {"app-1.example.com"}
    assert packet.jobs["node"].isna().all()
    assert "app-2" not in packet.summary().text()
    with pytest.raises(UsageError, match=r"no node app-9; its nodes: app-1\.example\.com, app-2\.example\.com"):
        opened(data, node="app-9")


@pytest.mark.parametrize(
    ("zone", "hour", "source"), [("+05:30", "06:30", "packet"), ("Z", "12:00", "packet"), (None, "12:00", "assumed")]
)
def test_times_without_offset_take_that_of_the_packets_jobs(real_files, zip_of, zone, hour, source):
    """Only times of jobs tell the server's zone (packet-format.md 2.5); a log's own offsets come before them."""
    files = dict(real_files)
    files["mattermost.log"] = b'info  [2026-11-22 12:00:00.000] Server is listening caller="app/server.go:1"\n'
    jobs = files.pop("jobs.yaml")
    if zone:
        files["jobs.yaml"] = re.sub(rb"(_at: \"[^\"]*)Z\"", rb"\g<1>" + zone.encode() + b'"', jobs)
    with open_packet(zip_of(files.items())) as packet:
        lines = packet.nodes["vm"].log.lines
        assert str(lines["time"].iloc[0]) == f"2026-11-22 {hour}:00+00:00"
        assert lines["time_from"].iloc[0] == source
        assert list(lines["time_from"].cat.categories) == ["line", "packet", "log", "assumed"]
    files["mattermost.log"] += b'info  [2026-11-22 12:00:00.000 +02:00] Server is listening caller="app/server.go:1"\n'
    with open_packet(zip_of(files.items())) as packet:
        lines = packet.nodes["vm"].log.lines
        assert lines["time_from"].tolist() == ["log", "line"]
        assert lines["time"].nunique() == 1
