"""Broken and odd lines: each is accounted for, and the lines beside it read as before."""

from __future__ import annotations

import json
import random

import numpy as np
import pandas as pd
import pytest

from analyzer.logs import read_log
from analyzer.logs.schema import INTEGER_FIELDS, LINES

DIRT = {
    "cut line": lambda line: line[: len(line) // 2],
    "no first brace": lambda line: line[1:],
    "two records on a line": lambda line: line + line[: len(line) // 3],
    "invalid utf-8": lambda line: line.replace(b"msg", b"m\xff\xfeg"),
    "nul bytes": lambda line: b"\x00" * 40,
    "nul inside": lambda line: line[:30] + b"\x00" + line[30:],
    "broken escape": lambda line: line.replace(b'"msg":"', b'"msg":"\\q'),
    "plain text": lambda line: b'error [2026-01-01 00:00:00.000 Z] Text caller="a/b.go:1" x=1',
    "garbage": lambda line: bytes(random.Random(1).randbytes(50)).replace(b"\n", b"").replace(b"\x00", b""),
    "stack trace": lambda line: b"goroutine 1 [running]:\nmain.f(0x1)\n\t/a/b.go:1 +0x2",
    "blank": lambda line: b"",
    "wrong types": lambda line: b'{"timestamp":5,"level":{"a":1},"msg":[1],"caller":null}',
}


@pytest.mark.parametrize("kind", DIRT)
def test_dirt_changes_nothing_elsewhere(bundled_log, account, kind):
    rng = random.Random(kind)
    clean = read_log(bundled_log).lines
    lines = bundled_log.splitlines(keepends=True)
    places = sorted(rng.sample(range(len(lines)), 12))
    moved = np.zeros(len(lines), int)
    for place in places:
        dirt = DIRT[kind](lines[place].rstrip(b"\n"))
        lines[place] = lines[place] + dirt + b"\n"  # after the line, so the line itself must stay
        moved[place + 1 :] += dirt.count(b"\n") + 1
    data = b"".join(lines)
    log = read_log(data)
    account(log, data)
    own = log.lines[log.lines["line"].isin(clean["line"] + moved)].reset_index(drop=True)
    pd.testing.assert_frame_equal(own.drop(columns="line"), clean.drop(columns="line"), check_categorical=False)
    added = len(log.lines) - len(clean)
    assert added == (0 if kind == "blank" else 36 if kind == "stack trace" else 12)


def test_all_dirt_at_once(bundled_log, account):
    rng = random.Random(5)
    clean = read_log(bundled_log).lines
    lines = bundled_log.splitlines(keepends=True)
    for place in rng.sample(range(len(lines)), 60):
        lines[place] = lines[place] + rng.choice(list(DIRT.values()))(lines[place].rstrip(b"\n")) + b"\n"
    data = b"".join(lines)
    log = read_log(data)
    account(log, data)
    found = set(zip(log.lines["time"], log.lines["msg"], log.lines["fields"], strict=True))
    assert set(zip(clean["time"], clean["msg"], clean["fields"], strict=True)) <= found


def test_a_record_after_a_cut_one_is_whole(account):
    whole = b'{"timestamp":"2026-01-01 10:00:00.123 Z","level":"info","msg":"after","caller":"a/b.go:1"}'
    data = b'{"timestamp":"2026-01-01 09:00:00.000 Z","level":"error","msg":"cut' + whole + b"\n"
    log = read_log(data)
    account(log, data)
    assert log.lines["msg"].tolist() == ["after"]
    (damage,) = log.damage.to_dict("records")
    assert (damage["line"], damage["offset"], damage["length"]) == (1, 0, len(data) - len(whole) - 1)


def test_a_cut_last_line_keeps_time_and_level():
    data = b'{"timestamp":"2026-01-01 10:00:00.123 Z","level":"error","msg":"half a mess'
    log = read_log(data)
    row = log.lines.iloc[0]
    assert (row["kind"], row["level"], row["msg"]) == ("unparsed", "error", data.decode())
    assert str(row["time"]) == "2026-01-01 10:00:00.123000+00:00"
    assert log.damage["reason"].tolist() == ["cut JSON"]
    assert [problem.severity for problem in log.problems] == ["warning"]


def test_deep_nesting_and_long_numbers_do_not_stop_it():
    data = b'{"msg":"a","x":' + b"[" * 100_000 + b'}\n{"msg":"b","x":' + b"9" * 100_000 + b"}\n"
    log = read_log(data)
    assert log.lines["kind"].tolist() == ["unparsed", "json"]
    assert json.loads(log.lines["fields"][1].replace("9" * 100_000, "9")) == {"x": 9}


def test_one_line_of_100_mb_does_not_hide_the_others(account):
    good = b'{"timestamp":"2026-01-01 10:00:00.123 Z","level":"info","msg":"m","caller":"a/b.go:1"}\n'
    head = b'{"timestamp":"2026-01-01 10:00:01.000 Z","level":"error","msg":"'
    chunk = b"A" * (1 << 20)

    def chunks():
        yield good * 3
        yield head
        for _ in range(100):
            yield chunk
        yield b'"}\n' + good * 2

    log = read_log(chunks())
    assert log.lines["line"].tolist() == [1, 2, 3, 4, 5, 6]
    assert log.lines["kind"].tolist() == ["json"] * 3 + ["unparsed"] + ["json"] * 2
    assert log.lines["level"][3] == "error"
    assert len(log.lines["msg"][3]) < 10_000
    long = len(head) + 100 * len(chunk) + 3
    assert log.quality["bytes"].to_dict()["unparsed"] == long
    assert int(log.quality["bytes"].sum()) == long + 5 * len(good)
    assert log.damage[["line", "offset", "length"]].to_dict("records") == [
        {"line": 4, "offset": 3 * len(good), "length": long - 1}
    ]


def test_wrong_types_are_kept_as_json_text():
    data = b'{"timestamp":"2026-01-01 10:00:00.123 Z","level":3,"msg":{"a":1},"caller":7,"error":[1,2],"http_code":"404","user_id":null,"status_code":"x"}\n'
    row = read_log(data).lines.iloc[0]
    assert (row["level"], row["msg"], row["caller"], row["error"], row["http_code"]) == (
        "3",
        '{"a":1}',
        "7",
        "[1,2]",
        404,
    )
    assert pd.isna(row["user_id"])
    assert json.loads(row["fields"]) == {"status_code": "x"}
    assert set(INTEGER_FIELDS) == {"http_code", "status_code"}


def test_audit_schemas():
    new = {"timestamp": "2026-01-01 10:00:00.123 Z", "event_name": "login", "status": "fail", "event": {"parameters": {"x": 1}},
           "actor": {"user_id": "u1", "session_id": "s", "client": "c", "ip_address": "10.0.0.1", "x_forwarded_for": ""},
           "meta": {"api_path": "/api/v4/users/login"}, "error": {"description": "no", "status_code": 401}}  # fmt: skip
    old = {"timestamp": "2020-01-01 10:00:00.123 Z", "level": "audit-api", "msg": "", "api_path": "/a", "event": "updateUser",
           "ip_address": "10.0.0.2", "session_id": "s", "status": "success", "user_id": "u2"}  # fmt: skip
    data = "\n".join(json.dumps(item, separators=(",", ":")) for item in (new, old)).encode() + b"\n"
    rows = read_log(data).lines.to_dict("records")
    assert [(r["kind"], r["event"], r["status"], r["user_id"], r["ip_addr"]) for r in rows] == [
        ("json", "login", "fail", "u1", "10.0.0.1"), ("json", "updateUser", "success", "u2", "10.0.0.2"),
    ]  # fmt: skip
    assert json.loads(rows[0]["error"]) == new["error"]
    assert json.loads(rows[0]["fields"])["actor"] == new["actor"]
    assert rows[1]["level"] == "audit-api"
    assert read_log(data).templates()["template"].tolist() == ["audit: login", "audit: updateUser"]


def test_empty_and_blank_logs(account):
    for data in (b"", b"\n", b"\r\n \n\n", b"\xef\xbb\xbf\n"):
        log = read_log(data)
        account(log, data)
        LINES.check(log.lines)
        assert len(log.lines) == 0
        assert log.stats().records == 0
        assert len(log.templates()) == len(log.sessions()) == len(log.panics()) == len(log.timeline()) == 0
