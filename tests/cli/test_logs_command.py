"""``supportpacket logs`` as a support engineer asks it: filters by error text, and words where nothing is found."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import zipfile
from pathlib import Path

import pytest

from analyzer.cli.common import text_table


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
        assert table[0].split()[:5] == ["count", "level", "last", "template", "error"]
        assert "failed to update root.html" in next(row for row in table if "Failed to update assets" in row)
        rows = supportpacket("logs", source, "--templates", "--format", "jsonl").stdout.splitlines()
        told = {row["template"]: row["error"] for row in map(json.loads, rows)}
        assert told["Failed to generate file for Support Packet"].startswith("failed to get schema definition")
        assert told["User is already a channel member, skipping"] is None


def test_long_texts_share_a_narrow_table():
    rows = [[1, "2026-11-22T12:00:00.000Z", "m" * 90, "e" * 60], [12, "2026-11-22T12:00:01.000Z", "short", ""]]
    headers = ("line", "time", "msg", "error")
    whole = text_table(headers, rows)
    assert "m" * 90 + "  " + "e" * 60 in whole
    assert text_table(headers, rows, width=200) == whole
    head, first, second = text_table(headers, rows, width=100).splitlines()
    assert first == "   1  2026-11-22T12:00:00.000Z  " + "m" * 32 + "…  " + "e" * 32 + "…"
    assert second == "  12  2026-11-22T12:00:01.000Z  short"
    assert head.index("error") == first.index("e")
    narrow = text_table(headers, rows, width=60).splitlines()
    assert narrow[1] == "   1  2026-11-22T12:00:00.000Z  " + "m" * 23 + "…  e…"
    assert max(map(len, narrow)) == 60


def test_on_a_terminal_the_progress_is_gone_before_the_table(down, tmp_path):
    # the text of errors is not searched for: the whole log is read, which takes a progress bar
    command = [Path(sys.executable).with_name("supportpacket"), "logs", down, "--error", "."]
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 110, 0, 0))
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal says that the other end is closed
            while block := os.read(screen, 1 << 16):
                shown += block
    os.close(screen)
    assert process.returncode == 0
    _, cleared, table = shown.decode().rpartition("\x1b[2K")
    assert cleared
    rows = table.split("\r\n")
    assert rows[0].split() == ["node", "line", "time", "level", "caller", "msg", "error"]
    assert len(rows) == 1 + 8 + 1
    assert max(map(len, rows)) == 110
