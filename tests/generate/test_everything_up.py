"""A packet with every component up: file for file, key for key."""

from __future__ import annotations

import json
import os
import stat
import struct
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

import analyzer
from analyzer.generate import Generated, Plan, generate

MEMBERS = [
    "metadata.yaml",
    "diagnostics.yaml",
    "stats.yaml",
    "jobs.yaml",
    "permissions.yaml",
    "plugins.json",
    "sanitized_config.json",
    "database_schema.yaml",
    "cpu.prof",
    "heap.prof",
    "goroutines",
    "mattermost.log",
]
STATS = {
    "registered_users": 7,
    "active_users": 5,
    "daily_active_users": 1,
    "monthly_active_users": 2,
    "deactivated_users": 2,
    "guests": 2,
    "single_channel_guests": 1,
    "bot_accounts": 1,
    "posts": 33,
    "channels": 3,
    "teams": 2,
    "slash_commands": 1,
    "incoming_webhooks": 3,
    "outgoing_webhooks": 1,
}


def packet_of(site, tmp_path, **options) -> tuple[Generated, zipfile.ZipFile]:
    done = generate(Plan(site.save(), tmp_path / "out", **{"cpu_seconds": 1, **options}))
    return done, zipfile.ZipFile(done.path)


@pytest.fixture(scope="module")
def packet(whole, tmp_path_factory):
    return packet_of(whole, tmp_path_factory.mktemp("packet"))


def test_every_member_is_there_and_nothing_is_missing(packet):
    done, content = packet
    assert done.warnings == ()
    assert done.complete
    assert content.namelist() == MEMBERS
    assert [step.state for step in done.steps if step.needs] == ["done"] * sum(bool(s.needs) for s in done.steps)


def test_it_opens_without_problems(packet):
    done, _ = packet
    with analyzer.open_packet(str(done.path)) as opened:
        assert [str(problem) for problem in opened.problems] == []
        assert opened.missing == ()
        assert opened.server_version == "11.9.0"
        node = opened.first_node
        assert node.cpu is not None
        assert node.heap is not None
        assert len(node.goroutines.goroutines) >= 22


def test_counts_are_those_of_the_rows(packet):
    _, content = packet
    text = content.read("stats.yaml").decode()
    assert yaml.safe_load(text) == STATS
    assert list(yaml.safe_load(text)) == list(STATS)


def test_metadata_passes_the_servers_validation(packet):
    _, content = packet
    label = yaml.safe_load(content.read("metadata.yaml"))
    assert list(label) == [
        "version",
        "type",
        "generated_at",
        "server_version",
        "server_id",
        "license_id",
        "customer_id",
    ]
    assert label["version"] == 1
    assert label["type"] == "support-packet"
    assert abs(label["generated_at"] / 1000 - datetime.now(UTC).timestamp()) < 60
    assert label["server_version"] == "11.9.0"
    assert label["server_id"] == "bhwiqff5r38uuf865fs1h3y1gw"


def test_diagnostics_key_by_key(packet, postgres):
    _, content = packet
    text = content.read("diagnostics.yaml").decode()
    tree = yaml.safe_load(text)
    assert list(tree) == [
        "version",
        "license",
        "server",
        "config",
        "database",
        "file_store",
        "websocket",
        "cluster",
        "notifications",
        "ldap",
        "saml",
        "elastic",
        "oauth_providers",
    ]
    assert tree["version"] == 2
    assert tree["license"] == {"company": "", "users": 0, "sku_short_name": ""}
    assert tree["server"]["os"] == "linux"
    assert tree["server"]["cpu_cores"] == os.cpu_count()
    assert tree["server"]["build_hash"] == "4c83724516242843802cc75840b08ead6afbd37b"
    assert tree["server"]["installation_type"] == "unknown"
    assert "process_id" not in tree["server"]  # no outsider can see a process that is not there
    assert tree["config"]["store_type"].startswith("file:///")
    with postgres.connect() as connection:
        assert tree["database"]["version"] == connection.execute("SHOW server_version").fetchone()[0]
    assert tree["database"]["schema_version"] == "159"
    assert 'schema_version: "159"' in text
    assert {"cache_hit_ratio", "deadlocks", "rollbacks", "posts_dead_tuples"} <= set(tree["database"])
    assert "master_connections" not in tree["database"]  # the server's own pool cannot be seen
    assert tree["file_store"] == {"file_status": "OK", "file_driver": "amazons3"}
    assert tree["websocket"] == {}
    assert tree["cluster"] == {"id": "", "number_of_nodes": 0}
    assert tree["notifications"] == {"email": {"status": "OK"}, "push": {"status": "OK"}}
    assert tree["ldap"] == {"status": "OK", "server_name": "Example Directory Works", "server_version": "7.8.9"}
    assert tree["saml"] == {"provider_type": "Keycloak", "status": "OK"}
    assert tree["elastic"] == {
        "status": "OK",
        "backend": "elasticsearch",
        "server_version": "8.15.1",
        "server_plugins": ["analysis-icu", "x"],
    }
    assert {name: row["status"] for name, row in tree["oauth_providers"].items()} == {
        "gitlab": "OK",
        "google": "disabled",
        "office365": "disabled",
        "openid": "OK",
    }
    assert "# " in text  # 11.9 writes comments


def test_jobs_are_the_newest_five(packet):
    _, content = packet
    tree = yaml.safe_load(content.read("jobs.yaml"))
    assert [job["id"] for job in tree["ldap_sync_jobs"]] == ["job7", "job6", "job5", "job4", "job3"]
    [failed] = tree["migration_jobs"]
    assert failed["progress"] == -1
    assert failed["data"] == {"error": "went wrong: x", "last_done": '{"a":"b"}'}
    assert datetime.fromisoformat(failed["create_at"]) == datetime.fromtimestamp(1700000000.308, UTC)
    assert failed["start_at"] == "1970-01-01T00:00:00Z"
    assert tree["data_retention_jobs"] == []


def test_permissions_are_masked_as_the_server_does(packet):
    _, content = packet
    tree = yaml.safe_load(content.read("permissions.yaml"))
    [role] = tree["roles"]
    assert role["name"] == "system_admin"
    assert role["display_name"] == role["description"] == "*" * 32
    assert role["permissions"] == ["edit_other_users", "manage_system"]
    assert [scheme["id"] for scheme in tree["schemes"]] == ["scheme2", "scheme1"]
    assert {scheme["name"] for scheme in tree["schemes"]} == {"*" * 32}
    assert b"secret project" not in content.read("permissions.yaml")


def test_schema_is_complete(packet):
    _, content = packet
    tree = yaml.safe_load(content.read("database_schema.yaml"))
    assert tree["database_encoding"] == "UTF8"
    tables = {table["name"]: table for table in tree["tables"]}
    assert tables["users"]["options"] == {"autovacuum_vacuum_scale_factor": "0.1"}
    assert tables["posts"]["collation"] == "C"
    assert {"name": "message", "data_type": "character varying", "max_length": 65535, "is_nullable": True} in tables[
        "posts"
    ]["columns"]
    assert "idx_posts_delete_at" in {index["name"] for index in tables["posts"]["indexes"]}
    assert "max_length" not in tables["posts"]["columns"][1]


def test_plugins_have_the_shape_of_the_layout(packet):
    _, content = packet
    text = content.read("plugins.json").decode()
    tree = json.loads(text)
    assert [m["id"] for m in tree["enabled"]] == ["com.example.one"]
    assert [m["id"] for m in tree["disabled"]] == ["two"]
    assert text.startswith('{\n    "enabled": [\n        {\n            "id"')


def test_config_is_complete_and_masked(packet, postgres):
    _, content = packet
    data = content.read("sanitized_config.json")
    assert not data.endswith(b"\n")
    tree = json.loads(data)
    assert list(tree)[:4] == ["ServiceSettings", "TeamSettings", "ClientRequirements", "SqlSettings"]
    assert list(tree)[-1] == "FeatureFlags"
    sql = tree["SqlSettings"]
    assert sql["DataSource"] == (
        f"postgres://****:****@127.0.0.1:{postgres.port}/mattermost?connect_timeout=10&sslmode=disable"
    )
    assert sql["AtRestEncryptKey"] == "*" * 32  # always, also when empty
    assert sql["MaxOpenConns"] == 100  # a default that the stored file does not have
    for path in (
        "LdapSettings.BindPassword",
        "LdapSettings.BindUsername",
        "EmailSettings.SMTPPassword",
        "EmailSettings.SMTPUsername",
        "FileSettings.AmazonS3AccessKeyId",
        "FileSettings.AmazonS3SecretAccessKey",
        "FileSettings.PublicLinkSalt",
        "ElasticsearchSettings.Password",
        "CacheSettings.RedisPassword",
    ):
        section, name = path.split(".")
        assert tree[section][name] == "*" * 32, path
    assert tree["GoogleSettings"]["Secret"] == ""  # empty stays empty: set and unset can be told apart


def test_profiles_open_in_the_go_tool(packet, go, tmp_path):
    _, content = packet
    for name, kind in (("cpu.prof", "Type: cpu"), ("heap.prof", "Type: inuse_space")):
        path = tmp_path / name
        path.write_bytes(content.read(name))
        done = subprocess.run(
            [go, "tool", "pprof", "-symbolize=none", "-top", str(path)], capture_output=True, text=True, check=True
        )
        assert kind in done.stdout
    assert (
        "main.spin"
        in subprocess.run(
            [go, "tool", "pprof", "-symbolize=none", "-top", str(tmp_path / "cpu.prof")],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )


def test_container_is_what_go_writes(packet):
    done, content = packet
    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600
    raw = done.path.read_bytes()
    for info in content.infolist():
        assert info.compress_type == zipfile.ZIP_DEFLATED
        assert info.flag_bits & 8
        assert info.create_system == 0
        assert info.external_attr == 0
        assert info.extra[:2] == struct.pack("<H", 0x5455)
        assert info.date_time[0] >= 2026
    assert raw[:4] == b"PK\x03\x04"
    assert done.path.name.startswith("mm_support_packet__20")
    assert content.testzip() is None


def test_nothing_is_written_to_the_database_or_sent_by_mail(packet, postgres, mail_server):
    assert mail_server.mails == []
    with postgres.connect() as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_stat_user_tables WHERE relname LIKE '%supportpacket%'"
        ).fetchall()
    assert rows == []


def test_licence_company_and_ids(everything, postgres, tmp_path):
    import base64

    licence = {
        "id": "t6prh96nki8dijpehyn4p7m6ma",
        "customer": {"id": "jieexaawzpnsfnnymfyro8oihe", "company": "Example Gardens Ltd."},
        "features": {"users": 250},
        "sku_short_name": "enterprise",
        "is_trial": True,
    }
    text = base64.b64encode(json.dumps(licence).encode() + b"s" * 256).decode()
    with postgres.connect() as connection:
        connection.execute("INSERT INTO licenses VALUES ('t6prh96nki8dijpehyn4p7m6ma', 0, %s)", (text,))
    try:
        done, content = packet_of(everything, tmp_path, cpu_seconds=0)
    finally:
        with postgres.connect() as connection:
            connection.execute("DELETE FROM licenses")
    assert done.path.name.startswith("mm_support_packet_Example_Gardens_Ltd_20")
    tree = yaml.safe_load(content.read("diagnostics.yaml"))
    assert tree["license"] == {
        "company": "Example Gardens Ltd.",
        "users": 250,
        "sku_short_name": "enterprise",
        "is_trial": True,
    }
    label = yaml.safe_load(content.read("metadata.yaml"))
    assert (label["license_id"], label["customer_id"]) == ("t6prh96nki8dijpehyn4p7m6ma", "jieexaawzpnsfnnymfyro8oihe")


def test_configuration_from_the_database(everything, postgres, tmp_path, monkeypatch):
    with postgres.connect() as connection:
        connection.execute(
            "INSERT INTO configurations VALUES ('old', '{}', 1, NULL, ''), ('new', %s, 2, TRUE, '')",
            (json.dumps(everything.config),),
        )
    monkeypatch.setenv("MM_SERVICESETTINGS_SITEURL", "https://from.environment.example")
    try:
        done = generate(Plan(postgres.dsn, tmp_path / "out", cpu_seconds=0, logs=everything.folder / "logs"))
    finally:
        with postgres.connect() as connection:
            connection.execute("DELETE FROM configurations")
    content = zipfile.ZipFile(done.path)
    tree = json.loads(content.read("sanitized_config.json"))
    assert tree["ServiceSettings"]["SiteURL"] == "https://from.environment.example"
    diagnostics = yaml.safe_load(content.read("diagnostics.yaml"))
    assert diagnostics["config"]["store_type"].startswith(f"postgres://****:****@127.0.0.1:{postgres.port}/mattermost")
    assert postgres.password.encode() not in b"".join(content.read(name) for name in content.namelist())


def test_local_file_store_is_probed_and_left_clean(site, tmp_path):
    done, content = packet_of(site, tmp_path, cpu_seconds=0)
    tree = yaml.safe_load(content.read("diagnostics.yaml"))["file_store"]
    assert tree["file_status"] == "OK"
    assert tree["total_mb"] >= tree["available_mb"] > 0
    assert list((site.folder / "data").iterdir()) == []
    assert done.steps  # and without the probe nothing is said of the store
    _, content = packet_of(site, tmp_path, cpu_seconds=0, probe_file_store=False)
    assert "file_status" not in yaml.safe_load(content.read("diagnostics.yaml"))["file_store"]


def test_a_name_that_is_taken_gets_a_number(site, tmp_path):
    first, _ = packet_of(site, tmp_path, cpu_seconds=0)
    second, _ = packet_of(site, tmp_path, cpu_seconds=0)
    assert first.path != second.path
    assert Path(first.path).exists()
    assert Path(second.path).exists()
