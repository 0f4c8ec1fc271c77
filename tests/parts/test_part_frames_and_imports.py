"""Frames of the table parts, and what importing a part may not cost."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd

from analyzer.parts import job, jobs, permissions, plugin_diagnostics, plugins, schema, support_packet


def test_importing_every_part_does_not_import_pandas():
    code = (
        "import sys, pkgutil, importlib, analyzer.parts, analyzer.format\n"
        "for room in (analyzer.parts, analyzer.format):\n"
        "    for m in pkgutil.iter_modules(room.__path__, room.__name__ + '.'): importlib.import_module(m.name)\n"
        "print(sorted({'pandas', 'numpy', 'matplotlib', 'pyarrow'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_frames_follow_their_schemas(real_116):
    found = real_116["standalone-load-a"]
    frames = {
        job.JOBS: jobs.read(found["jobs.yaml"]).value.frame(),
        permissions.ROLES: permissions.read(found["permissions.yaml"]).value.frame(),
        permissions.SCHEMES: permissions.read(found["permissions.yaml"]).value.schemes_frame(),
        plugins.PLUGINS: plugins.read(found["plugins.json"]).value.frame(),
        schema.COLUMNS: schema.read(found["database_schema.yaml"]).value.frame(),
        schema.INDEXES: schema.read(found["database_schema.yaml"]).value.indexes_frame(),
        plugin_diagnostics.PLUGIN_FACTS: plugin_diagnostics.read(b"version: 1\nx: 2\n").value.frame(),
    }
    for written, frame in frames.items():
        written.check(frame)
    rows = {written.name: len(frame) for written, frame in frames.items()}
    assert rows == {
        "jobs": 1, "roles": 25, "schemes": 0, "plugins": 0, "columns": 662, "indexes": found["database_schema.yaml"].count(b"definition:"), "plugin_facts": 2,
    }  # fmt: skip


def test_job_times_are_utc_and_the_epoch_is_never():
    data = (
        b'ldap_sync_jobs:\n- id: a\n  create_at: "2026-01-02T03:04:05+02:00"\n  start_at: "1970-01-01T01:00:00+01:00"\n'
        b"  progress: -1\n  status: error\n  data:\n    error: LDAP Result Code 200\n    n: '1'\n"
    )
    (row,) = jobs.read(data).value.frame().to_dict("records")
    assert row["create_at"] == pd.Timestamp("2026-01-02T01:04:05Z")
    assert pd.isna(row["start_at"])
    assert (row["kind"], row["progress"], row["error"], row["data"]) == (
        "ldap_sync",
        -1,
        "LDAP Result Code 200",
        '{"n": "1"}',
    )


def test_v1_and_v2_jobs_give_the_same_rows():
    v1 = support_packet.read(
        b"migration_jobs:\n- id: a\n  createat: 1723734966121\n  startat: 0\n  status: success\n"
    ).value
    v2 = jobs.read(
        b'migration_jobs:\n- id: a\n  create_at: "2024-08-15T15:16:06.121Z"\n  start_at: "1970-01-01T00:00:00Z"\n  status: success\n'
    ).value
    pd.testing.assert_frame_equal(v1.frame(), v2.frame())


def test_an_index_counts_where_the_real_file_has_it(real_116):
    frame = schema.read(real_116["standalone-load-a"]["database_schema.yaml"]).value.indexes_frame()
    row = frame[frame["index"] == "recaps_pkey"].iloc[0]
    assert row["table"] == "recaps"
    assert row["definition"].startswith("CREATE UNIQUE INDEX recaps_pkey")
