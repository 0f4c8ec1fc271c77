"""``supportpacket logs`` as a support engineer asks it: filters by error text, and words where nothing is found."""

from __future__ import annotations

import json
import zipfile

import pytest


@pytest.fixture
def down(bundled):
    return bundled.parent / "standalone-database-down.zip"


@pytest.fixture
def bare(down, tmp_path):
    with zipfile.ZipFile(down) as archive:
        (tmp_path / "mattermost.log").write_bytes(archive.read("mattermost.log"))
    return tmp_path / "mattermost.log"


def lines_of(result) -> list[int]:
    assert result.returncode == 0, result.stderr
    return [json.loads(text)["line"] for text in result.stdout.splitlines()]


@pytest.mark.parametrize("more", [(), ("--level", "error"), ("--grep", "Support Packet")])
def test_error_text_is_a_filter(supportpacket, down, bare, more):
    asked = ("--error", "connection refused", *more, "--format", "jsonl")
    found = lines_of(supportpacket("logs", down, *asked))
    assert found == lines_of(supportpacket("logs", bare, *asked))
    assert 309 in found
    assert (305 in found) is (more != ("--grep", "Support Packet"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--grep", "no such words at all"), "no line fits\n"),
        (("--level", "panic", "--templates"), "no record fits\n"),
        (("--level", "panic", "--timeline"), "no record fits\n"),
        (("--panics",), "no panic found\n"),
    ],
)
def test_a_table_without_rows_says_so(supportpacket, down, bare, arguments, words):
    for source in (down, bare):
        result = supportpacket("logs", source, *arguments)
        assert (result.returncode, result.stderr) == (0, words)
        assert supportpacket("logs", source, *arguments, "-q").stderr == ""
        assert supportpacket("logs", source, *arguments, "--format", "csv").stderr == ""


def test_a_bare_file_is_named_once(supportpacket, tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("these are words\n")
    result = supportpacket("logs", path)
    assert result.returncode == 3
    assert result.stderr.splitlines() == [
        f"supportpacket: {path}: 1 line (16 bytes) not understood, the first is line 1",
        f"supportpacket: {path}: holds no log record",
    ]


def test_what_a_cut_packet_may_have_held(supportpacket, bundled, shared, tmp_path):
    cut = tmp_path / "cut.zip"
    cut.write_bytes(bundled.read_bytes()[:20_000])
    assert "mattermost.log: not in what can be read of this packet" in supportpacket("logs", cut).stderr
    cluster = supportpacket("logs", shared / "packets" / "upstream-ha").stderr
    assert cluster.count("mattermost.log: not in this packet") == 2


def test_patterns_come_with_the_error_of_their_sample(supportpacket, down, bare):
    for source in (down, bare):
        table = supportpacket("logs", source, "--level", "error", "--templates").stdout.splitlines()
        assert table[0].split()[-1] == "error"
        assert "failed to update root.html" in next(row for row in table if "Failed to update assets" in row)
        rows = supportpacket("logs", source, "--templates", "--format", "jsonl").stdout.splitlines()
        told = {row["template"]: row["error"] for row in map(json.loads, rows)}
        assert told["Failed to generate file for Support Packet"].startswith("failed to get schema definition")
        assert told["User is already a channel member, skipping"] is None
