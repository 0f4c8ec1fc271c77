"""Lineage by file names, and what a zip's own name says."""

from __future__ import annotations

import zipfile
from datetime import datetime

import pytest

from analyzer.format.lineage import (
    Lineage,
    detect,
    lineage_of,
    node_folders,
    parse_zip_name,
    sanitize_file_name,
    zip_name,
)
from analyzer.format.versions import parse_version

V1 = ["support_packet.yaml", "plugins.json", "sanitized_config.json", "mattermost.log"]
FLAT = ["diagnostics.yaml", "stats.yaml", "sanitized_config.json", "com.mattermost.calls/diagnostics.yaml"]
NODE = ["app-1/diagnostics.yaml", "app-1/sanitized_config.json", "app-1/cpu.prof"]


@pytest.mark.parametrize(
    ("names", "lineage", "nodes"),
    [
        (V1, Lineage.V1, ()),
        (FLAT, Lineage.V2_FLAT, ()),
        (["stats.yaml", *NODE, "playbooks/diagnostics.yaml"], Lineage.V2_CLUSTER, ("app-1",)),
        (FLAT + NODE, Lineage.MIXED, ("app-1",)),
        (V1 + NODE, Lineage.MIXED, ("app-1",)),
        ([*V1, "node-2/support_packet.yaml"], Lineage.MIXED, ("node-2",)),
        (["stats.yaml", "app-2/cpu.prof", "app-2/heap.prof"], Lineage.MIXED, ("app-2",)),
        (["stats.yaml", "metadata.yaml"], Lineage.V2_FLAT, ()),
        (["tsdb_dump.tar.gz", "metadata.yaml"], Lineage.UNKNOWN, ()),
        (["github/diagnostics.yaml", "1.4.0/diagnostics.yaml"], Lineage.UNKNOWN, ()),
        (["a/b/diagnostics.yaml", "a/b/sanitized_config.json"], Lineage.UNKNOWN, ()),
        ([], Lineage.UNKNOWN, ()),
    ],
)
def test_lineage_and_nodes(names, lineage, nodes):
    assert detect(names) == lineage
    assert detect(reversed(names)) == lineage
    assert node_folders(names) == nodes


def test_the_bundled_packet_is_flat(bundled):
    with zipfile.ZipFile(bundled) as archive:
        assert detect(archive.namelist()) == Lineage.V2_FLAT


def test_the_shared_packets(shared):
    for release in ("8.1.9", "9.11.0"):
        with zipfile.ZipFile(shared / "packets" / "real" / f"mattermost-{release}-standalone.zip") as archive:
            assert detect(archive.namelist()) == Lineage.V1
    folder = shared / "packets" / "upstream-ha"
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    assert detect(names) == Lineage.V2_CLUSTER
    assert node_folders(names) == ("app-1.example.com", "app-2.example.com")


@pytest.mark.parametrize(
    ("release", "clustered", "lineage"),
    [
        ("5.33.0", False, Lineage.V1),
        ("9.11.0", True, Lineage.V1),
        ("10.2.0", True, Lineage.MIXED),
        ("10.4.0", False, Lineage.V1),
        ("10.5.0", False, Lineage.V2_FLAT),
        ("10.9.0", True, Lineage.MIXED),
        ("10.10.0", True, Lineage.V2_CLUSTER),
        ("12.0.0", False, Lineage.V2_FLAT),
        ("dev", True, Lineage.V2_CLUSTER),
    ],
)
def test_the_lineage_that_a_release_writes(release, clustered, lineage):
    assert lineage_of(parse_version(release), clustered=clustered) == lineage


@pytest.mark.parametrize(
    ("name", "era", "company", "time", "twelve_hour"),
    [
        (
            "mm_support_packet_Example_Gardens_Ltd_2026-11-22T12-03.zip",
            "V2",
            "Example_Gardens_Ltd",
            (2026, 11, 22, 12, 3),
            False,
        ),
        ("mm_support_packet__2026-11-22T00-00.zip", "V2", "", (2026, 11, 22, 0, 0), False),
        ("mm_support_packet_2026-11-22T23-59.zip", "browser", None, (2026, 11, 22, 23, 59), False),
        ("/tmp/x/mm_support_packet____2026-11-22T12-03 (1).zip", "V2", "__", (2026, 11, 22, 12, 3), False),
        ("mattermost_support_packet_2024-08-15-03-14.zip", "V1", None, (2024, 8, 15, 3, 14), True),
        ("mm_support_packet_A_2026-01-02T03-04.tar.gz", "V2", "A", (2026, 1, 2, 3, 4), False),
        ("C:\\Users\\x\\mm_support_packet_A_2026-01-02T03-04/", "V2", "A", (2026, 1, 2, 3, 4), False),
        (
            "mm_support_packet_A_2025-01-01T00-00_2026-01-02T03-04.zip",
            "V2",
            "A_2025-01-01T00-00",
            (2026, 1, 2, 3, 4),
            False,
        ),
    ],
)
def test_zip_names(name, era, company, time, twelve_hour):
    found = parse_zip_name(name)
    assert (found.era, found.company, found.time, found.twelve_hour) == (era, company, datetime(*time), twelve_hour)  # noqa: DTZ001


@pytest.mark.parametrize(
    "name", ["packet.zip", "", "mm_support_packet_A_2026-13-02T03-04.zip", "mattermost_support_packet_.zip", "x" * 9999]
)
def test_other_names_say_nothing(name):
    assert parse_zip_name(name) is None


@pytest.mark.parametrize(
    ("company", "shown"),
    [("Mattermost Inc.", "Mattermost_Inc"), ("株式", "__"), (" .A.B. ", "AB"), ("x" * 150, "x" * 100), ("", "")],
)
def test_company_names_are_sanitized_as_the_server_does(company, shown):
    assert sanitize_file_name(company) == shown


@pytest.mark.parametrize(("release", "hour"), [("10.4.0", 21), ("10.5.0", 21), ("9.0.0", 0)])
def test_a_written_name_is_read_again(release, hour):
    time = datetime(2026, 1, 2, hour, 4)  # noqa: DTZ001
    found = parse_zip_name(zip_name(parse_version(release), "Acme & Co.", time))
    assert found.time.minute == 4
    assert found.time.hour % 12 == hour % 12
    assert found.company == ("Acme___Co" if release == "10.5.0" else None)
