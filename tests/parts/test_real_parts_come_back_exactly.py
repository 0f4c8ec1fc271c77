"""Reading a real part and writing it again gives the server's own bytes."""

from __future__ import annotations

import pytest

from analyzer.format.versions import parse_version
from analyzer.parts import (
    config,
    diagnostics,
    jobs,
    metadata,
    permissions,
    plugins,
    schema,
    stats,
    support_packet,
    warnings,
)

V2 = {
    "metadata.yaml": metadata,
    "diagnostics.yaml": diagnostics,
    "stats.yaml": stats,
    "jobs.yaml": jobs,
    "permissions.yaml": permissions,
    "plugins.json": plugins,
    "sanitized_config.json": config,
    "database_schema.yaml": schema,
    "warning.txt": warnings,
}
V1 = {
    "metadata.yaml": metadata,
    "support_packet.yaml": support_packet,
    "plugins.json": plugins,
    "sanitized_config.json": config,
    "warning.txt": warnings,
}
EXPECTED = {
    "standalone-load-a": set(V2) - {"warning.txt"},
    "standalone-load-b": set(V2) - {"warning.txt"},
    "standalone-database-down": set(V2) - {"database_schema.yaml"},
}


@pytest.mark.parametrize("packet", EXPECTED)
def test_every_part_of_a_real_11_6_packet(real_116, packet):
    target = parse_version("11.6.0")
    found = real_116[packet]
    assert set(V2) & set(found) == EXPECTED[packet]
    for name in sorted(EXPECTED[packet]):
        parsed = V2[name].read(found[name])
        assert parsed.problems == (), name
        assert V2[name].write(parsed.value, target=target) == found[name], name


@pytest.mark.parametrize("release", ["8.1.9", "9.11.0"])
def test_every_part_of_a_real_v1_packet(real_v1, release):
    target = parse_version(release)
    found = real_v1[release]
    names = set(V1) & set(found)
    assert names >= {"support_packet.yaml", "plugins.json", "sanitized_config.json", "warning.txt"}
    for name in sorted(names):
        parsed = V1[name].read(found[name])
        assert parsed.problems == (), name
        assert V1[name].write(parsed.value, target=target) == found[name], name
        assert V1[name].write(parsed.value) == found[name], name


def test_the_cluster_fixture_reads_without_a_problem_and_comes_back_with_its_comments(upstream_ha):
    assert len(upstream_ha) == 4
    for name, data in upstream_ha.items():
        if name.endswith("diagnostics.yaml"):
            parsed = diagnostics.read(data)
            assert diagnostics.write(parsed.value, comments=True) == data
        else:
            parsed = config.read(data)
            assert config.write(parsed.value) == data
        assert parsed.problems == (), name
    leader = diagnostics.read(upstream_ha["app-2.example.com/diagnostics.yaml"]).value
    assert leader.cluster.is_leader is True
    assert leader.saml.provider_type == "ADFS"
    assert leader.database.version == "15.8"
    assert leader.server.started_at.isoformat() == "2026-09-20T08:00:00+00:00"


def test_values_of_the_bundled_packet(real_116):
    """Read by eye from the files."""
    found = real_116["standalone-load-a"]
    diag = diagnostics.read(found["diagnostics.yaml"]).value
    assert (diag.license.company, diag.license.users, diag.license.is_trial) == ("Example Gardens Ltd", 0, None)
    assert (diag.server.cpu_cores, diag.server.total_memory_mb, diag.server.version) == (2, 24105, "11.6.0")
    assert (diag.database.schema_version, diag.database.master_connections) == ("159", 50)
    assert diag.notifications is None
    assert diag.ldap == diagnostics.Ldap()
    assert diag.unlicensed is False
    assert stats.read(found["stats.yaml"]).value.posts == 7761
    assert stats.read(found["stats.yaml"]).value.single_channel_guests is None
    (job,) = jobs.read(found["jobs.yaml"]).value.migration_jobs
    assert job.id == "gf9dhwgjmfbw8noufttkfk5que"
    assert job.start_at.isoformat() == "2026-11-22T12:02:57.979000+00:00"
    assert set(job.data) == {"last_done", "migration_key"}
    roles = permissions.read(found["permissions.yaml"]).value.roles
    assert len(roles) == 25
    assert roles[0].permissions[0] == "restore_custom_group"
    tables = schema.read(found["database_schema.yaml"]).value.tables
    assert len({table.name for table in tables}) == len(tables) == found["database_schema.yaml"].count(b"\n- name: ")


def test_values_of_real_v1_packets(real_v1):
    old = support_packet.read(real_v1["8.1.9"]["support_packet.yaml"]).value
    assert (old.database_version, old.database_schema_version, old.cluster_id) == ("13.10", "113", None)
    assert (old.compliance_jobs, old.bleve_post_indexing_jobs) == ((), None)
    new = support_packet.read(real_v1["9.11.0"]["support_packet.yaml"]).value
    assert (new.compliance_jobs, new.bleve_post_indexing_jobs) == (None, ())
    assert new.migration_jobs[0].create_at.isoformat() == "2024-08-15T15:16:06.121000+00:00"
    running = plugins.read(real_v1["9.11.0"]["plugins.json"]).value
    assert [p.id for p in running.enabled] == ["com.mattermost.calls", "com.mattermost.user-survey", "playbooks"]
    assert running.disabled == ()
