"""Layouts by release: v1 and v2, file for file, in the style of the target."""

from __future__ import annotations

import json
import zipfile

import pytest
import yaml

import analyzer
from analyzer.format.files import expected_files
from analyzer.format.versions import parse_version
from analyzer.generate import Plan, generate


@pytest.mark.parametrize(
    "version", ["8.1.9", "9.3.0", "9.11.0", "10.4.2", "10.5.0", "10.10.0", "11.6.0", "11.9.0", "12.0.0"]
)
def test_the_file_set_of_each_release(whole, tmp_path, version):
    plan = Plan(whole.save(), tmp_path / "out", cpu_seconds=1, target_version=version)
    done = generate(plan)
    content = zipfile.ZipFile(done.path)
    target = parse_version(version)
    config = json.loads(content.read("sanitized_config.json"))

    class Settings:
        def get(self, path, default=None):
            tree = config
            for key in path.split("."):
                tree = tree.get(key, {}) if isinstance(tree, dict) else {}
            return tree if tree != {} else default

    expected = {row.name for row in expected_files(target, config=Settings()) if row.required}
    names = set(content.namelist())
    if target.before("9.2"):
        names -= {"cpu.prof", "heap.prof", "goroutines"}  # merged for 9.1 or 9.2
    assert names - {"warning.txt", "notifications.log"} == expected
    with analyzer.open_packet(str(done.path)) as opened:
        assert opened.server_version == version
        assert [str(p) for p in opened.problems if p.stage != "server"] == []
    if target.before("10.5"):
        assert done.layout == "v1"
        assert done.path.name.startswith("mattermost_support_packet_20")
    if target.before("9.3"):
        assert content.infolist()[0].date_time[0] == 1980
        assert content.infolist()[0].extra == b""


def test_v1_key_by_key(whole, tmp_path):
    done = generate(Plan(whole.save(), tmp_path / "out", cpu_seconds=0, target_version="9.11.0"))
    text = zipfile.ZipFile(done.path).read("support_packet.yaml").decode()
    tree = yaml.safe_load(text)
    assert list(tree) == [
        "server_os",
        "server_architecture",
        "server_version",
        "build_hash",
        "database_type",
        "database_version",
        "database_schema_version",
        "cluster_id",
        "file_driver",
        "file_status",
        "ldap_vendor_name",
        "ldap_vendor_version",
        "elastic_server_version",
        "elastic_server_plugins",
        "license_to",
        "license_supported_users",
        "active_users",
        "daily_active_users",
        "monthly_active_users",
        "inactive_user_count",
        "total_posts",
        "total_channels",
        "total_teams",
        "data_retention_jobs",
        "message_export_jobs",
        "elastic_post_indexing_jobs",
        "elastic_post_aggregation_jobs",
        "bleve_post_indexin_jobs",
        "ldap_sync_jobs",
        "migration_jobs",
    ]
    assert tree["server_version"] == "9.11.0"
    assert tree["file_driver"] == "amazons3"
    assert tree["file_status"] == "OK"
    assert tree["ldap_vendor_name"] == "Example Directory Works"
    assert (tree["active_users"], tree["daily_active_users"], tree["monthly_active_users"]) == (5, 1, 2)
    assert (tree["inactive_user_count"], tree["total_posts"], tree["total_channels"], tree["total_teams"]) == (
        2,
        33,
        3,
        2,
    )
    assert [job["id"] for job in tree["ldap_sync_jobs"]] == ["job7", "job6"]
    assert tree["ldap_sync_jobs"][0]["createat"] == 1700000420000
    assert 'database_schema_version: "159"' in text


def test_old_releases_mask_data_sources_whole(whole, tmp_path):
    done = generate(Plan(whole.save(), tmp_path / "out", cpu_seconds=0, target_version="10.4.0"))
    config = json.loads(zipfile.ZipFile(done.path).read("sanitized_config.json"))
    assert config["SqlSettings"]["DataSource"] == "*" * 32
    assert list(config).index("FeatureFlags") < len(config) - 1  # V1 has the flags in their place


def test_the_spelling_of_errors_follows_the_release(site, tmp_path, misbehaving):
    site.setting("LdapSettings.Enable", True)
    site.setting("LdapSettings.LdapServer", "127.0.0.1")
    site.setting("LdapSettings.LdapPort", misbehaving("down").port)
    for version, key in (("10.9.0", "erorr"), ("11.6.0", "error")):
        done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0, target_version=version))
        tree = yaml.safe_load(zipfile.ZipFile(done.path).read("diagnostics.yaml"))
        assert key in tree["ldap"]
        assert tree["version"] == (1 if version < "10.91" else 2)


def test_a_cluster_node_has_a_folder(site, tmp_path):
    site.setting("ClusterSettings.Enable", True)
    site.setting("ClusterSettings.OverrideHostname", "app-1.example.org")
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0, target_version="11.6.0"))
    names = zipfile.ZipFile(done.path).namelist()
    assert "app-1.example.org/diagnostics.yaml" in names
    assert "app-1.example.org/sanitized_config.json" in names
    assert "app-1.example.org/mattermost.log" in names
    assert "plugins.json" in names
    with analyzer.open_packet(str(done.path)) as opened:
        assert list(opened.nodes) == ["app-1.example.org"]


def test_layout_overrides_the_version(site, tmp_path):
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0, layout="v1"))
    content = zipfile.ZipFile(done.path)
    assert "support_packet.yaml" in content.namelist()
    assert "diagnostics.yaml" not in content.namelist()
    assert yaml.safe_load(content.read("support_packet.yaml"))["server_version"] == "11.9.0"


def test_plugins_json_of_v1(site, tmp_path):
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0, target_version="9.11.0"))
    tree = json.loads(zipfile.ZipFile(done.path).read("plugins.json"))
    assert list(tree) == ["active", "inactive"]


def test_without_logs(site, tmp_path):
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0, with_logs=False))
    assert "mattermost.log" not in zipfile.ZipFile(done.path).namelist()
    assert not [line for line in done.warnings if "log" in line]
