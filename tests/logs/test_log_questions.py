"""Filters, patterns, runs of the server, panics, slow and failed requests, plugins, nodes, source links."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import UsageError
from analyzer.goroutines import read_goroutines
from analyzer.logs import PANICS, PLUGINS, REQUEST_ERRORS, SKEW, SLOW, clock_skew, merge_logs, read_log
from analyzer.logs.requests import duration_ms
from analyzer.logs.search import Search, can_search, required_texts
from analyzer.logs.select import make_filter
from analyzer.logs.source import open_feed
from analyzer.logs.templates import normalise


def line(second: float, level: str = "info", msg: str = "m", caller: str = "a/b.go:1", **fields) -> str:
    whole, part = divmod(round(second * 1000), 1000)
    stamp = f"2026-01-01 {10 + whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{part:03d} Z"
    value = {"timestamp": stamp, "level": level, "msg": msg, "caller": caller, **fields}
    return json.dumps(value, separators=(",", ":"))


def log_of(*lines: str, **options):
    return read_log("".join(text + "\n" for text in lines).encode(), **options)


MIXED = (
    line(1, "error", "Hook failed", "app/hook.go:5", error="dial tcp: refused", request_id="r1", user_id="u1"),
    "goroutine 1 [running]:",
    "main.f(0x1)",
    line(2, "LDAPError", "ldap down", "ldap/x.go:7", request_id="r2"),
    line(3, "info", "fine [x]", "web/y.go:9", request_id="r1", plugin_id="p"),
    "not a log line",
    'error [2026-01-01 10:00:04.000 Z] plain one caller="app/z.go:3" error="refused too"',
    "  main.g",
    '{"timestamp":"2026-01-01 10:00:05.000 Z","level":"error","msg":"cut ref',
)


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"level": "error"}, [1, 2, 3, 7, 8, 9]),
        ({"level": "ERROR,LDAPerror"}, [1, 2, 3, 4, 7, 8, 9]),
        ({"level": ["ldap"]}, [4]),
        ({"level": "standard"}, [1, 2, 3, 5, 7, 8, 9]),
        ({"since": "2026-01-01T10:00:03Z"}, [5, 7, 8, 9]),
        ({"until": "2026-01-01 10:00:02"}, [1, 2, 3]),
        ({"since": "2026-01-01T11:00:03+01:00", "until": pd.Timestamp("2026-01-01T10:00:04Z")}, [5]),
        ({"since": "2026-01-02"}, []),
        ({"caller": "app/*"}, [1, 2, 3, 7, 8]),
        ({"caller": "[x]"}, []),
        ({"grep": "(?i)HOOK|ldap"}, [1, 2, 3, 4]),
        ({"grep": r"fine \[x\]"}, [5]),
        ({"error": "^refused"}, [7, 8]),
        ({"request_id": "r1"}, [1, 2, 3, 5]),
        ({"user_id": "u1"}, [1, 2, 3]),
        ({"plugin_id": "p"}, [5]),
        ({"kind": "unparsed"}, [6, 9]),
        ({"level": "error", "grep": "cut"}, [9]),
        ({"node": "other"}, []),
    ],
)
def test_select(options, numbers):
    log = log_of(*MIXED)
    chosen = log.select(**options)
    assert chosen.lines["line"].tolist() == numbers
    assert chosen.quality is log.quality
    assert len(log.lines) == 9


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"level": "nope"}, "no such level"),
        ({"level": ""}, "no such level"),
        ({"since": "yesterday"}, "bad time for since"),
        ({"until": "2026-13-01"}, "bad time for until"),
        ({"grep": "("}, "bad pattern"),
        ({"grep": "a" * 5000}, "more than 4096"),
        ({"error": "[z-a]"}, "bad pattern"),
    ],
)
def test_select_refuses(options, words):
    with pytest.raises(UsageError, match=words):
        log_of(*MIXED).select(**options)


def test_select_needs_its_columns():
    log = log_of(*MIXED, columns=["msg"])
    assert list(log.lines.columns) == ["line", "kind", "msg"]
    with pytest.raises(UsageError, match="'level'"):
        log.select(level="error")
    with pytest.raises(UsageError, match="no column 'nope'"):
        read_log(b"", columns=["nope"])


def test_a_pattern_cannot_take_exponential_time():
    log = log_of(line(1, msg="a" * 30_000 + "b"))
    assert len(log.select(grep=r"(a|aa|a+)+$").lines) == 0


SEARCHES = st.fixed_dictionaries(
    {},
    optional={
        "level": st.sampled_from(["error", "info", "ldap", "error,LDAPError", "warn"]),
        "grep": st.sampled_from(["Hook", "fine", "plain one", "cut ref", "not a log", "main", "e", "down$", "x.*y|fine", "Hook|mai+n", "fail.d|wör|not a", "wörld"]),
        "caller": st.sampled_from(["app/*", "*"]),
        "since": st.sampled_from(["2026-01-01T10:00:03Z"]),
    },
)  # fmt: skip
POOL = (*MIXED, line(6, "warn", "wörld"), "", '{"timestamp":"2026-01-01 10:00:06.000 Z","level":"\\u0065rror","msg":"Hook esc"}',
        '{"version":"1.1","host":"h","short_message":"Hook gelf","timestamp":1767261600.5,"level":2,"__caller":"app/a.go:1"}',
        '2026-01-01T10:00:07.000Z\tERROR\tapp/q.go:1\tHook zap\t{"a": 1}', "panic: Hook")  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(POOL), min_size=1, max_size=25), SEARCHES)
def test_search_finds_what_select_finds(lines, options):
    chosen = make_filter(**options)
    if not can_search(chosen):
        return
    data = "\n".join(lines).encode()
    search = Search(open_feed(data, 1 << 30), chosen)
    rows = list(search)
    want = read_log(data).select(**options).lines
    assert [row["line"] for row in rows] == want["line"].tolist()
    for row, expected in zip(rows, want.to_dict("records"), strict=True):
        for name in expected:
            value = expected[name]
            if isinstance(value, pd.Timestamp):
                assert pd.Timestamp(row[name]) == value
            else:
                assert (None if pd.isna(value) else value) == row[name], name
    assert search.lines == len(data.splitlines()) or search.lines == data.count(b"\n") + (not data.endswith(b"\n"))


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [("Failed to", ["Failed to"]), ("a|b", []), ("(?i)failed", []), ("Fail.*ping DB", ["ping DB"]), ("ab?cdef", ["cdef"]),
     ("(abcdef)+xyz", ["xyz"]), (r"\d+ms took", ["ms took"]), ("[abc]defg", ["defg"]), ("abcd*", ["abc"]), ("abc+defg", ["defg"]), ("ab", []),
     ("x{3}yyyy", ["yyyy"]), ("refused|timed? out", ["refused", "time"]), ("refused|no", []), ("refused|", []), ("(no|yes) answer", [" answer"]),
     (r"[|]abc\|def", ["abc"]), ("abcd|abcd", ["abcd"])],
)  # fmt: skip
def test_required_texts(pattern, texts):
    assert list(required_texts(pattern)) == texts


@pytest.mark.parametrize(
    ("message", "pattern"),
    [
        ("user 9n153a7ek3dptn1ofd3t3ha3iw left", "user <id> left"),
        ("took 1.5s, then 1m30s and 20ms", "took <duration>, then <duration> and <duration>"),
        ("retry 3 of 10 (11.6.0)", "retry <num> of <num> (<num>)"),
        ('Post "https://x.test/a?b=1": dial tcp 10.0.0.1:443: refused', "Post <quoted>: dial tcp <addr>: refused"),
        ("listening on [::]:8065", "listening on <addr>"),
        ("GET https://x.test/a?b=1 failed", "GET <url> failed"),
        ("mail to a.b@x.test failed", "mail to <email> failed"),
        ("id 550e8400-e29b-41d4-a716-446655440000", "id <uuid>"),
        ("at 2026-01-01 10:00:00.123 +02:00 it", "at <time> it"),
        ("pc=0x1234af in i18n utf8 S3", "pc=<hex> in i18n utf8 S3"),
        ("read 10.5MB of 3 GiB, 812 bytes, 5B", "read <size> of <size>, <size>, <size>"),
        ("plugin v1.2.3-rc1 of v2", "plugin v<num>-rc1 of v2"),
        ("user ybndrfgejkmcpqxotuwiszayqw left", "user <id> left"),
        ("electroencephalographically", "electroencephalographically"),
        ("can't say 'this one' isn't", "can't say <quoted> isn't"),
        ("first\nsecond", "first …"),
        ("  padded \n", "padded"),
        ("", ""),
    ],
)
def test_normalise(message, pattern):
    assert normalise(message) == pattern


PIECES = (
    "a", "9", "0x1f", "://", " ", '"', "-", "2026-01-02", "10.0.0.1", "[::1]:80", "@x.y", "1.5s", "10.5MB", "v1.2.3", "abcdef0123456789", ".", ":", "'", "é", "ms",
    "9n153a7ek3dptn1ofd3t3ha3iw", "550e8400-e29b-41d4-a716-446655440000",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_a_message_without_long_parts_reads_the_same_with_all_parts(message):
    import analyzer.logs.templates as room

    quick = normalise(message)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_FEW_PARTS", room._PARTS)
        assert normalise(message) == quick


def test_templates_count_times_levels_and_nodes():
    one = log_of(
        line(1, "warn", "took 5ms"),
        line(2, "error", "took 7ms"),
        line(3, "warn", "took 2s"),
        "main.f(0x1)",
        line(4, msg="other"),
    )
    both = merge_logs({"b": one, "a": log_of(line(0.5, "info", "took 9ms"))})
    top = read_log(b"").__class__(both, one.quality, one.damage).templates().iloc[0]
    assert (top["template"], top["count"], top["level"], top["levels"]) == (
        "took <duration>",
        4,
        "error",
        "warn, error, info",
    )
    assert (top["nodes"], top["sample"], str(top["first"])) == ("a, b", "took 9ms", "2026-01-01 10:00:00.500000+00:00")
    new = one.new_templates(log_of(line(1, msg="took 1h")))
    assert new["template"].tolist() == ["other"]


def test_many_different_messages_get_the_same_patterns(monkeypatch):
    import analyzer.logs.templates as room

    messages = [
        f'user {"abcdefghijklmnopqrstuvwxy"}{n % 10} took {n}ms from 10.0.{n % 200}.1 for "x{n}" 0x{n:x} v{n}'
        for n in range(500)
    ]
    messages += [f"https://h{n}.test/a{n} {n}:{n}" for n in range(300)]
    log = log_of(*(line(1, msg=text) for text in messages))
    plain = log.templates()[["template", "count"]]
    monkeypatch.setattr(room, "_MANY", 10)
    coarse = log.templates()[["template", "count"]]
    assert dict(zip(plain["template"], plain["count"], strict=True)) == dict(
        zip(coarse["template"], coarse["count"], strict=True)
    )


def test_sessions_of_a_log_that_starts_in_the_middle():
    sessions = log_of(
        line(1, msg="before"),
        line(2, msg="Stopping Server..."),
        line(3, msg="Server stopped"),
        line(4, msg="Server is initializing...", go_version="go1.26", pid=77),
        line(5, msg="Current version is 11.6.0 (x)", current_version="11.6.0", build_number="1"),
        line(6, msg="Enterprise Build", enterprise_build=True),
        line(7, msg="Server is listening on [::]:8065"),
        line(8, "error", "bad"),
        line(9, msg="Current version is 11.7.0 (y)", current_version="11.7.0"),
    ).sessions()
    assert sessions["end"].tolist() == ["stopped", "cut", "open"]
    assert sessions["version"].tolist()[1:] == ["11.6.0", "11.7.0"]
    assert sessions["start"].isna().tolist() == [True, False, False]
    assert sessions["pid"].tolist() == [pd.NA, 77, pd.NA]
    assert sessions["errors"].tolist() == [0, 1, 0]
    assert sessions["ready"].notna().tolist() == [False, True, False]


def test_timeline_frequency():
    log = log_of(line(1), line(61, "error"), line(3700, "LDAPError"), "main.f(0x1)")
    hours = log.timeline("1h")
    assert hours.to_dict("list") == {"error": [1, 0], "info": [1, 0], "LDAPError": [0, 1]}
    with pytest.raises(UsageError, match="bad frequency"):
        log.timeline("soon")


STACK = "goroutine 55 [running]:\nruntime/debug.Stack()\n\t/go/stack.go:24 +0x5e\ngithub.com/x/app.(*Hub).Start.func1.1()\n\t/x/web_hub.go:400 +0x1d\n"


def test_panics_of_every_kind():
    http = "http: panic serving 10.0.0.1:1: nil map\ngoroutine 9 [running]:\nnet/http.(*conn).serve.func1()\n\t/h.go:1\npanic({0x1})\n\t/p.go:1\nmain.handler(0x1)\n\t/m.go:2 +0x1\n"
    other = line(5, msg="unrelated")
    log = log_of(
        line(1, "error", http, "http/server.go:3215", source="httpserver", request_id="r9"),
        line(2, "error", "Recovering from Hub panic.", panic="boom"),
        line(2, "error", STACK),
        line(
            3,
            "error",
            "Unhandled panic in job",
            "jobs/jobs.go:1",
            panic="oops",
            job={"id": "x"},
            stack=STACK + "\n" + STACK,
        ),
        line(4, msg="panic: oh no\n", caller="io/io.go:429", plugin_id="p", source="plugin_stderr"),
        other,
        line(4, msg="goroutine 1 [running]:\n", caller="io/io.go:429", plugin_id="p", source="plugin_stderr"),
        line(4, msg="main.main()\n", caller="io/io.go:429", plugin_id="p", source="plugin_stderr"),
        line(4, msg="normal line of another", caller="io/io.go:429", plugin_id="q", source="plugin_stderr"),
        line(4, msg="\t/src/main.go:3 +0x1\n", caller="io/io.go:429", plugin_id="p", source="plugin_stderr"),
        line(4, msg="started again\n", caller="io/io.go:429", plugin_id="p", source="plugin_stderr"),
        "panic: index out of range",
        "",
        "goroutine 7 [running]:",
        "main.g(0x1)",
        "\t/x.go:1 +0x2",
        other,
    )
    panics = log.panics()
    PANICS.check(panics)
    assert panics["kind"].tolist() == ["http", "hub", "job", "plugin", "process"]
    assert panics["message"].tolist() == ["nil map", "boom", "oops", "oh no", "index out of range"]
    assert panics["goroutines"].tolist() == [1, 1, 2, 1, 1]
    assert panics["top_function"].tolist() == [
        "main.handler",
        "github.com/x/app.(*Hub).Start.func1.1",
        "github.com/x/app.(*Hub).Start.func1.1",
        "main.main",
        "main.g",
    ]
    assert panics["line"].tolist() == [1, 2, 4, 5, 12]
    assert panics["last_line"].tolist() == [1, 3, 4, 10, 16]
    assert panics["lines"].tolist() == [1, 2, 1, 4, 4]
    assert panics["plugin_id"].tolist()[3] == "p"
    assert panics["request_id"].tolist()[0] == "r9"
    assert panics["stack"][3] == "panic: oh no\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:3 +0x1"
    assert len(read_goroutines(panics["stack"][2].encode()).goroutines) == 2
    assert log.plugins().set_index("plugin_id")["panics"].to_dict() == {"p": 1, "q": 0}
    assert len(log_of(other).panics()) == 0


@pytest.mark.parametrize(
    ("name", "value", "want"),
    [("duration", "1.5s", 1500), ("took", "1m2s", 62000), ("elapsed_ms", 12.5, 12.5), ("elapsed_seconds", 2, 2000), ("duration", 2_500_000_000, 2500),
     ("duration", "abc", None), ("duration", True, None), ("duration", -5, None), ("x_ns", 5_000_000, 5), ("took", "250µs", 0.25)],
)  # fmt: skip
def test_durations(name, value, want):
    assert duration_ms(name, value) == (pytest.approx(want) if want is not None else None)


def test_slow():
    log = log_of(
        line(1, msg="query done", caller="sqlstore/x.go:1", duration="2s"),
        line(2, msg="took 3.5s to answer", request_id="r1", url="/api/v4/a"),
        line(3, msg="quick", duration_ms=5),
        line(4, msg="start", request_id="r2", path="/p"),
        line(9, msg="end", request_id="r2", path="/p"),
    )
    slow = log.slow()
    SLOW.check(slow)
    assert list(zip(slow["kind"], slow["duration_ms"], slow["line"], strict=True)) == [
        ("span", 5000, 5),
        ("request", 3500, 2),
        ("query", 2000, 1),
    ]
    assert len(log.slow(10_000)) == 0
    assert len(log.slow(1)) == 4


def test_errors_by_request():
    log = log_of(
        line(1, msg="in", request_id="r1"),
        line(
            2,
            "error",
            "first",
            request_id="r1",
            user_id="u",
            method="GET",
            path="/p",
            http_code=500,
            err_where="W",
            error="E1",
        ),
        line(3, "error", "second", request_id="r1", error="E2"),
        line(4, "error", "alone", request_id="r2"),
        line(5, "error", "none"),
        line(6, "warn", "w", request_id="r3"),
    )
    errors = log.errors_by_request()
    REQUEST_ERRORS.check(errors)
    first = errors.iloc[0].to_dict()
    assert (
        first["request_id"],
        first["errors"],
        first["records"],
        first["http_code"],
        first["msg"],
        first["error"],
    ) == ("r1", 2, 3, 500, "first", "E1")
    assert errors["request_id"].tolist() == ["r1", "r2"]


def test_plugins():
    log = log_of(
        line(1, "error", "Unable to activate plugin", plugin_id="p", error="no file"),
        line(2, "warn", "w", plugin_id="p"),
        line(3, msg="plugin process exited", plugin_id="p"),
        line(4, msg="x"),
    )
    plugins = log.plugins()
    PLUGINS.check(plugins)
    (row,) = plugins.to_dict("records")
    assert (
        row["records"],
        row["errors"],
        row["warnings"],
        row["activation_failures"],
        row["exits"],
        row["last_error"],
    ) == (3, 1, 1, 1, 1, "no file")


def shifted(seconds: float, *moments: float):
    return log_of(
        *(line(t + seconds, msg=f"Cluster event {t}", caller="cluster/x.go:1") for t in moments),
        line(60 + seconds, msg="own"),
    )


def test_nodes_are_merged_by_time_and_never_corrected():
    a, b = shifted(0, 10, 20, 40, 50), shifted(2.5, 10, 20, 40, 50)
    merged = merge_logs({"a": a, "b": b})
    assert merged.columns[0] == "node"
    assert merged["node"].tolist() == ["a", "b", "a", "b", "a", "b", "a", "b", "a", "b"]
    assert merged["time"].is_monotonic_increasing
    assert set(merged[merged["node"] == "b"]["time"]) == set(b.lines["time"])
    (skew,) = clock_skew({"a": a, "b": b}).to_dict("records")
    assert (skew["node"], skew["reference"], skew["skew_ms"], skew["events"], skew["sure"]) == ("b", "a", 2500, 4, True)
    assert merged.attrs["skew"] == [skew]


def test_one_node_keeps_its_order():
    log = log_of(line(5), line(1), "main.f(0x1)", line(3))
    merged = merge_logs({"only": log})
    assert merged["line"].tolist() == [1, 2, 3, 4]
    assert merged["node"].tolist() == ["only"] * 4
    assert list(merged.columns) == ["node", *log.lines.columns]
    assert "node" not in log.lines


def test_skew_of_unrelated_logs_is_unknown():
    skew = clock_skew({"a": log_of(line(1)), "b": log_of(line(2))})
    SKEW.check(skew)
    assert skew["skew_ms"].isna().all()
    assert skew["events"].tolist() == [0]
    assert len(clock_skew({"a": log_of(line(1))})) == 0
    assert len(merge_logs({})) == 0


def test_continuations_stay_with_their_record_when_merged():
    a = log_of(line(1, "error", "bad"), "main.f(0x1)", "\t/x.go:1", line(5))
    b = log_of(line(0.5), line(1.5), line(2))
    merged = merge_logs({"a": a, "b": b})
    assert list(zip(merged["node"], merged["line"], strict=True)) == [
        ("b", 1),
        ("a", 1),
        ("a", 2),
        ("a", 3),
        ("b", 2),
        ("b", 3),
        ("a", 4),
    ]
