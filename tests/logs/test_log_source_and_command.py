"""Sources of a log, and the command ``logs`` as a process."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analyzer.errors import SourceError
from analyzer.logs import LINES, read_log


def test_every_kind_of_source_gives_the_same(tmp_path, bundled_log):
    path = tmp_path / "mattermost.log"
    path.write_bytes(bundled_log)
    packed = tmp_path / "old.log.gz"
    packed.write_bytes(gzip.compress(bundled_log[:50_000]) + gzip.compress(bundled_log[50_000:]))
    want = read_log(bundled_log).lines
    chunks = [bundled_log[at : at + 777] for at in range(0, len(bundled_log), 777)]
    with path.open("rb") as file:
        for source in (
            path,
            str(path),
            bytearray(bundled_log),
            memoryview(bundled_log),
            io.BytesIO(bundled_log),
            file,
            iter(chunks),
            packed,
        ):
            pd.testing.assert_frame_equal(read_log(source).lines, want)
    assert read_log(path).name == "mattermost.log"


def test_threads_do_not_change_the_rows(bundled_log):
    data = bundled_log * 40  # more than one block
    one, two = read_log(data, workers=1), read_log(data, workers=3)
    pd.testing.assert_frame_equal(one.lines, two.lines)
    assert one.lines["line"].tolist() == list(range(1, 314 * 40 + 1))


def test_chosen_columns(bundled_log):
    lines = read_log(bundled_log, columns=["msg", "error"]).lines
    assert list(lines.columns) == ["line", "kind", "msg", "error"]
    pd.testing.assert_frame_equal(lines, read_log(bundled_log).lines[["line", "kind", "msg", "error"]])


def test_sources_that_cannot_be_read(tmp_path):
    with pytest.raises(SourceError, match=r"nope\.log: no such file"):
        read_log(tmp_path / "nope.log")
    with pytest.raises(SourceError, match="not a file"):
        read_log(tmp_path)
    with pytest.raises(TypeError, match="not int"):
        read_log(5)
    broken = gzip.compress(b"x" * 100)[:5]
    with pytest.raises(SourceError, match="gzip file is cut"):
        read_log(broken)


def test_reading_that_stops_is_reported(bundled_log):
    packed = gzip.compress(bundled_log)
    log = read_log(packed[: len(packed) * 3 // 4])
    assert 0 < len(log.lines) < 314
    assert log.problems[0].severity == "error"
    assert "reading stopped after" in log.problems[0].message

    def failing():
        yield bundled_log[:1000]
        raise OSError(5, "Input/output error")

    log = read_log(failing(), name="a.log", node="app-1")
    assert str(log.problems[0]).startswith("app-1/a.log: reading stopped after 1,000 bytes: Input/output error")
    assert int(log.quality["bytes"].sum()) == 1000


def test_no_more_than_the_limit_is_read(bundled_log):
    log = read_log(bundled_log, max_bytes=10_000)
    assert int(log.quality["bytes"].sum()) == 10_000
    assert "only the first 10,000 bytes" in log.problems[0].message


def test_progress_is_told(bundled_log):
    calls = []
    read_log(bundled_log, name="x", progress=lambda *args: calls.append(args))
    assert calls[-1] == (119175, 119175, "x")


def run(*args: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "analyzer.cli.main", "logs", *map(str, args)],
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def log_file(tmp_path, database_down_log):
    path = tmp_path / "mattermost.log"
    path.write_bytes(database_down_log + b"\xffgarbage\n")
    return path


@pytest.mark.parametrize("grep", [("--grep", "Support Packet"), ()])
def test_rows_as_json_lines(log_file, grep):
    done = run(log_file, "--level", "error", *grep, "--format", "jsonl")
    assert done.returncode == 0
    rows = [json.loads(text) for text in done.stdout.splitlines()]
    assert [row["line"] for row in rows] == ([306, 307, 308, 309] if grep else [17, 305, 306, 307, 308, 309])
    assert rows[-1]["time"] == "2026-11-22T12:18:24.371000+00:00"
    assert list(rows[0]) == LINES.names
    assert rows[-1]["error"].startswith("1 error occurred")


def test_rows_of_both_ways_are_the_same(log_file, tmp_path):
    quick = run(log_file, "--level", "error", "--format", "csv").stdout
    zipped = tmp_path / "p.log"
    zipped.write_bytes(gzip.compress(log_file.read_bytes()))
    whole = read_log(log_file).select(level="error").lines
    rows = list(csv.DictReader(io.StringIO(quick.decode())))
    assert [int(row["line"]) for row in rows] == whole["line"].tolist()
    assert [row["msg"] for row in rows] == whole["msg"].tolist()
    assert run(zipped, "--level", "error", "--format", "csv").stdout == quick


def test_parquet_table_and_output(log_file, tmp_path, bundled):
    target = tmp_path / "out.parquet"
    assert run(log_file, "--format", "parquet", "-o", target).returncode == 0
    assert pq.read_table(target).num_rows == 310
    assert run(log_file, "--format", "parquet", "-o", target).returncode == 2
    table = run(bundled, "--level", "warn", "--until", "2026-11-22T12:12:29Z")
    assert table.returncode == 0
    assert table.stdout.decode().splitlines()[0].split() == ["node", "line", "time", "level", "caller", "msg", "error"]
    assert b"User is already a channel member" in table.stdout


@pytest.mark.parametrize("question", ["--stats", "--templates", "--timeline", "--panics"])
@pytest.mark.parametrize("form", ["table", "jsonl", "csv"])
def test_questions_in_every_form(log_file, question, form):
    done = run(log_file, question, "--format", form)
    assert done.returncode == 0, done.stderr
    if question == "--templates" and form == "jsonl":
        first = json.loads(done.stdout.splitlines()[0])
        assert (first["template"], first["count"]) == ("User is already a channel member, skipping", 276)
    if question == "--stats" and form == "csv":
        values = dict(csv.reader(io.StringIO(done.stdout.decode())))
        assert values["level.warn"] == "278"
        assert values["unparsed_lines"] == "1"
    assert b"1 line (9 bytes) not understood, the first is line 310" in done.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--grep", "("], b"bad pattern"),
        (["--since", "soon"], b"bad time"),
        (["--level", "loud"], b"no such level"),
        (["--stats", "--panics"], b"cannot be asked for together"),
        (["--node", "x"], b"no nodes"),
        (["--format", "xml"], b"xml"),
    ],
)
def test_wrong_usage_exits_2(log_file, args, words):
    done = run(log_file, *args)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr


def test_missing_source_exits_2(tmp_path):
    assert run(tmp_path / "nope.log").returncode == 2


def test_incomplete_source_exits_3(tmp_path, bundled_log):
    packed = gzip.compress(bundled_log)
    path = tmp_path / "cut.log.gz"
    path.write_bytes(packed[: len(packed) // 2])
    for args in ([], ["--level", "warn", "--format", "jsonl"], ["--stats"]):
        done = run(path, *args)
        assert done.returncode == 3
        assert b"reading stopped" in done.stderr
        assert done.stdout


def test_terminal_escapes_are_not_passed_on(tmp_path):
    path = tmp_path / "evil.log"
    path.write_bytes(
        b'{"timestamp":"2026-01-01 10:00:00.000 Z","level":"error","msg":"a\\u001b[31mred\\u0007","caller":"a/b.go:1"}\n'
    )
    for args in ([], ["--level", "error"], ["--templates"]):
        out = run(path, *args).stdout
        assert b"\x1b" not in out
        assert b"\x07" not in out
        assert b"red" in out


@pytest.mark.parametrize("with_times", [True, False])
def test_stats_keep_whole_numbers(tmp_path, bundled_log, with_times):
    path = tmp_path / "a.log"
    path.write_bytes(bundled_log if with_times else b'{"level":"info","msg":"a"}\n' * 14_420)
    lines = "314" if with_times else "14420"
    target = tmp_path / "stats.parquet"
    assert run(path, "--stats", "--format", "parquet", "-o", target).returncode == 0
    table = pq.read_table(target).to_pydict()
    assert dict(zip(table["name"], table["value"], strict=True))["lines"] == lines
    shown = [row.split() for row in run(path, "--stats").stdout.decode().splitlines()]
    assert ["lines", lines] in shown
    rows = [json.loads(text) for text in run(path, "--stats", "--format", "jsonl").stdout.splitlines()]
    assert {row["name"]: row["value"] for row in rows}["lines"] == int(lines)


@pytest.mark.parametrize("args", [(), ("--stats",), ("--level", "error", "--format", "csv")])
def test_what_is_no_log_exits_3(tmp_path, args):
    path = tmp_path / "goroutines"
    path.write_text("goroutine 1 [running]:\nmain.main()\n")
    done = run(path, *args)
    assert done.returncode == 3
    assert b"goroutines: holds no log record" in done.stderr
    assert b"2 lines" in done.stderr


def test_member_of_a_packet_and_standard_input(bundled, bundled_log):
    member = run(f"{bundled}:mattermost.log", "--format", "csv")
    assert member.returncode == 0
    assert len(member.stdout.splitlines()) > 300
    command = [sys.executable, "-m", "analyzer.cli.main", "logs", "-", "--format", "csv"]
    piped = subprocess.run(command, input=bundled_log, capture_output=True, check=False, timeout=120)
    assert (piped.returncode, piped.stdout) == (0, member.stdout)


def test_messages_name_what_there_is(bundled):
    assert b"panic, fatal, error" in run(bundled, "--level", "bogus").stderr
    unknown = run(bundled, "--node", "nope")
    assert unknown.returncode == 2
    assert b"no node nope; its nodes: " in unknown.stderr


BY_HAND = """
import sys
from analyzer.logs import search
from analyzer.cli.main import main
if sys.argv.pop(1) == "whole":
    search.can_search = lambda chosen: False
try:
    main()
finally:
    print("frames" if "pandas" in sys.modules else "search", file=sys.stderr)
"""


@pytest.mark.parametrize("form", ["jsonl", "csv", "table"])
@pytest.mark.parametrize(
    "chosen",
    [("--level", "warn", "--grep", "channel"), ("--level", "error,info", "--node", "vm"), ("--grep", "no such text")],
)
def test_a_packet_is_searched_as_its_whole_log_is_read(bundled, chosen, form):
    search, whole = (
        subprocess.run(
            [sys.executable, "-c", BY_HAND, way, "logs", str(bundled), *chosen, "--format", form],
            capture_output=True,
            check=False,
            timeout=120,
        )
        for way in ("search", "whole")
    )
    assert (search.returncode, search.stdout) == (whole.returncode, whole.stdout)
    assert search.stderr.removesuffix(b"search\n") == whole.stderr.removesuffix(b"frames\n")
    assert len(search.stderr) == len(whole.stderr) > 0
