"""Lines as collectors of container and system logs pass them on, and files as terminals of Windows write them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.logs import read_log, search
from analyzer.logs.forms import read_line
from analyzer.logs.search import Search
from analyzer.logs.select import make_filter
from analyzer.logs.source import open_feed

JSON = '{"timestamp":"2026-11-22 12:00:00.000 Z","level":"error","msg":"m","caller":"app/a.go:1","error":"boom","n":1}'
PLAIN = (
    'error [2026-11-22 12:00:00.000 Z] m                                             caller="app/a.go:1" error=boom n=1'
)
ZAP = '2026-11-22T12:00:00.000Z\terror\tapp/a.go:1\tm\t{"error": "boom", "n": 1}'
PREFIXES = (
    "2026-11-22T12:00:00.123456789Z stdout F ",
    "2026-11-22T13:00:00.123456789+01:00 stderr F ",
    "Nov 22 12:00:00 host mattermost[123]: ",
    "Nov  2 12:00:00 host mattermost: ",
    "<14>Nov 22 12:00:00 host mattermost[123]: ",
    "<14>1 2026-11-22T12:00:00.000Z host mattermost 123 - - ",
    "2026-11-22T12:00:00.000000+00:00 host mattermost[123]: ",
    "mattermost-app-1  | ",
    "mattermost-app-1  | 2026-11-22T12:00:00.123Z ",
    "[pod/mattermost-0/mattermost] ",
    "2026-11-22T12:00:00.123456789Z ",
)


@pytest.mark.parametrize(("line", "kind"), [(JSON, "json"), (PLAIN, "plain"), (ZAP, "zap")])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_is_looked_behind(account, prefix, line, kind):
    data = "".join(f"{prefix}{line}\n" for _ in range(3)).encode()
    log = read_log(data)
    account(log, data)
    assert log.lines["kind"].tolist() == [kind] * 3
    row = log.lines.iloc[1]
    assert (row["time"].isoformat(), row["level"], row["msg"]) == ("2026-11-22T12:00:00+00:00", "error", "m")
    assert (row["caller"], row["error"], json.loads(row["fields"])) == ("app/a.go:1", "boom", {"n": row_number(kind)})
    assert log.damage.empty


def row_number(kind: str) -> object:
    return "1" if kind == "plain" else 1


@pytest.mark.parametrize("prefix", PREFIXES[:-1])
def test_a_crash_behind_prefixes_is_one_panic(prefix):
    text = ["panic: boom", "", "goroutine 1 [running]:", "main.main()", "\t/x/main.go:3 +0x1", "exit status 2"]
    before = f"{prefix}{JSON}\n" * 2
    log = read_log((before + "".join(f"{prefix}{line}\n" for line in text)).encode())
    found = log.panics()
    assert len(found) == 1
    panic = found.iloc[0]
    assert (panic["kind"], panic["message"], panic["top_function"], panic["goroutines"]) == (
        "process",
        "boom",
        "main.main",
        1,
    )
    assert "\nmain.main()\n\t/x/main.go:3 +0x1" in panic["stack"]
    assert log.sessions()["end"].tolist() == ["cut"]


@pytest.mark.parametrize(
    "line",
    [
        "name      | value",
        "name      |   value",
        "2026-11-22T12:00:00Z came and went",
        "Nov 22 12:00:00 host systemd[1]: mattermost.service: Main process exited, code=exited",
        "[pod/mattermost-0/mattermost] hello",
    ],
)
def test_text_behind_a_prefix_stays_whole(line):
    assert read_line(line.encode()).msg == line


def test_damage_behind_a_prefix_is_where_it_is():
    prefix = "2026-11-22T12:00:00Z stdout F "
    data = f"{prefix}{JSON}\n".encode() + prefix.encode() + JSON[:-20].encode()
    log = read_log(data)
    assert log.lines["kind"].tolist() == ["json", "unparsed"]
    place = log.damage.iloc[0]
    assert data[place["offset"] : place["offset"] + place["length"]] == JSON[:-20].encode()


@pytest.mark.parametrize("line", [JSON, PLAIN, ZAP])
def test_docker_and_journald_objects_hold_a_line(line):
    docker = {"log": line + "\n", "stream": "stdout", "time": "2026-11-22T12:00:00.123456789Z"}
    journald = {"__REALTIME_TIMESTAMP": "1795348800000000", "SYSLOG_IDENTIFIER": "mattermost", "MESSAGE": line}
    for outer in (docker, journald):
        assert read_line(json.dumps(outer).encode()) == read_line(line.encode())


def test_fields_named_as_a_collector_does_stay_fields():
    line = JSON[:-1] + ',"log":"' + "x" + '","stream":"stdout"}'
    assert json.loads(str(read_line(line.encode()).fields)) == {"n": 1, "log": "x", "stream": "stdout"}


@pytest.mark.parametrize("around", [("  ", ""), ("\t", " "), ("\x1b[32m", "\x1b[0m")])
def test_blanks_and_colour_around_json(account, around):
    data = (f"{around[0]}{JSON}{around[1]}\n" * 2).encode()
    log = read_log(data)
    account(log, data)
    assert log.lines["msg"].tolist() == ["m", "m"]


def test_indented_json_in_a_message_is_part_of_it():
    log = read_log(b'info  [2026-11-22 12:00:00.000 Z] a body:\n  {"id":"x"}\n')
    assert log.lines["kind"].tolist() == ["plain", "continuation"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_utf_16_is_read_as_utf_8(account, encoding, size):
    text = f"{JSON}\r\n{PLAIN}\r\n{JSON.replace(chr(109), 'é🧀')}\r\n"
    data = ("\ufeff" + text).encode(encoding)
    log = read_log(data[at : at + size] for at in range(0, len(data), size))
    account(log, ("\ufeff" + text).encode())
    assert log.lines["msg"].tolist()[:2] == ["m", "m"]
    assert log.problems == ()


def test_a_stray_nul_is_no_utf_16():
    data = b"\xff\xfe" + JSON.encode() + b"\n" + JSON[0].encode() + b"\0" + JSON[1:].encode() + b"\n" + JSON.encode()
    log = read_log(data)
    assert int(log.quality["bytes"].sum()) == len(data)
    assert log.lines["msg"].iloc[2] == "m"


def test_the_command_searches_no_escaped_bytes():
    """Levels inside an object's string are escaped: a search for bytes would find none."""
    docker = json.dumps({"log": JSON + "\n", "stream": "stdout"}) + "\n"
    found = [search.is_wrapped(open_feed(text.encode(), 1 << 20)) for text in (docker, JSON + "\n", "")]
    assert found == [True, False, False]


TEXTS = (
    JSON,
    PLAIN,
    ZAP,
    "error [2026-11-22 12:00:00.000 Z] begins here",
    'ends here, timeout refused   caller="app/a.go:1" error=boom',
    'at 2026-11-22 12:00:00 timeout refused   caller="app/a.go:1"',
    "\tat some/file.go:3 +0x1",
    "timeout refused",
)
LINES_OF = st.builds(str.__add__, st.sampled_from(("", "", "  ", *PREFIXES)), st.sampled_from(TEXTS))


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES_OF, min_size=1, max_size=20))
@pytest.mark.parametrize(
    "asked", [{"level": "error"}, {"grep": "timeout refused"}, {"level": "error", "error": "boom"}]
)
def test_searching_finds_what_reading_finds(asked, lines):
    data = "\n".join(lines).encode()
    whole = read_log(data).select(**asked).lines
    found = list(Search(open_feed(data, 1 << 20), make_filter(**asked)))
    assert [row["line"] for row in found] == whole["line"].tolist()
    assert [row["kind"] for row in found] == whole["kind"].tolist()
    assert [row["msg"] for row in found] == whole["msg"].tolist()
