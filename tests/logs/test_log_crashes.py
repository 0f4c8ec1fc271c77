"""Crashes, restarts and slow requests as servers of several releases log them: what counts, what only looks like it."""

from __future__ import annotations

import json

import pytest

from analyzer.logs import read_log

STACK = (
    "goroutine 211 [running]:",
    "main.(*Plugin).MessageHasBeenPosted(0xc0001, 0xc0002, 0xc0003)",
    "\t/home/build/server/plugin.go:88 +0x1a",
    "created by net/rpc.(*Server).ServeCodec in goroutine 8",
    "\t/usr/local/go/src/net/rpc/server.go:463 +0x3fa",
)
DUMP = "\n".join((*STACK, "", "goroutine 1 [chan receive]:", "main.main()", "\t/x/main.go:1 +0x1"))


def line(second: int, msg: str, level: str = "info", **fields: object) -> str:
    at = f"2026-11-22 12:{second // 60:02d}:{second % 60:02d}.000 Z"
    return json.dumps({"timestamp": at, "level": level, "msg": msg, "caller": "app/server.go:1", **fields})


def log_of(*lines: str):
    return read_log("".join(text + "\n" for text in lines).encode())


def start(second: int, version: str, *, fields: bool = True) -> tuple[str, ...]:
    named = {"current_version": version, "build_number": version} if fields else {}
    return (
        line(second, "Server is initializing...", go_version="go1.24.6"),
        line(second + 1, f"Current version is {version} ({version}/Mon Feb 15 12:00:00 UTC 2021/abc/def)", **named),
        line(second + 2, "Starting Server..."),
    )


@pytest.mark.parametrize("name", ["http: panic serving 10.0.0.5:51234", "http2: panic serving [::1]:443"])
def test_panics_of_handlers(name):
    log = log_of(line(0, f"{name}: index out of range [3] with length 2\n" + "\n".join(STACK), "error"))
    panic = log.panics().iloc[0]
    assert (panic["kind"], panic["message"]) == ("http", "index out of range [3] with length 2")
    assert panic["top_function"] == "main.(*Plugin).MessageHasBeenPosted"


def test_a_panic_while_the_server_starts():
    log = log_of(line(0, "A panic occurred", "error", error="runtime error: nil map", stack=DUMP))
    panic = log.panics().iloc[0]
    assert (panic["kind"], panic["message"], panic["goroutines"]) == ("server", "runtime error: nil map", 2)


def test_panics_that_were_caught_elsewhere():
    log = log_of(
        line(0, "Panic in orphan cleanup goroutine", "error", source_field_id="f", panic="nil map"),
        line(1, "Handler panicked", "error", plugin_id="p", panic={"a": 1}, stack=DUMP),
        line(2, "Panic button pressed", "error", button="red"),
    )
    found = log.panics()
    assert found[["kind", "message"]].to_dict("records") == [
        {"kind": "server", "message": "nil map"},
        {"kind": "plugin", "message": '{"a":1}'},
    ]
    assert found["goroutines"].astype("object").tolist()[1] == 2


def test_two_panics_of_one_plugin_are_two():
    text = ("panic: boom [recovered]", "\tpanic: bang", "[signal SIGSEGV: segmentation violation]", "", *STACK)
    records = [line(0, part + "\n", "error", plugin_id="p", source="plugin_stderr") for part in text * 2]
    found = log_of(*records).panics()
    assert found["lines"].tolist() == [len(text)] * 2
    assert found["goroutines"].tolist() == [1, 1]


@pytest.mark.parametrize("level", ["debug", "error"])
def test_what_the_runtime_prints_of_a_dying_plugin_has_no_source(level):
    """go-plugin hands it to the server's logger line by line, older releases at debug."""
    text = ("panic: runtime error: index out of range [3] with length 2", "", *STACK)
    made = []
    for number, part in enumerate(text):
        made.append(line(number, part, level, plugin_id="p", caller="plugin/hclog_adapter.go:52"))
        made.append(line(number, "Received HTTP request", "debug"))
        made.append(line(number, "printed", plugin_id="p", source="plugin_stderr", caller="io/io.go:429"))
    made.append(line(9, "plugin process exited", "error", plugin_id="p", caller="plugin/hclog_adapter.go:79"))
    made.append(line(9, "Health check failed for plugin", "warn", id="p", error="not responding"))
    log = log_of(*made)
    (panic,) = log.panics().to_dict("records")
    assert (panic["kind"], panic["plugin_id"], panic["lines"]) == ("plugin", "p", len(text))
    assert (panic["goroutines"], panic["top_function"]) == (1, "main.(*Plugin).MessageHasBeenPosted")
    (plugin,) = log.plugins().to_dict("records")
    assert (plugin["panics"], plugin["exits"], plugin["health_failures"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("fatal error: concurrent map writes", "concurrent map writes"),
        ("fatal error: all goroutines are asleep - deadlock!", "all goroutines are asleep - deadlock!"),
        ("runtime: out of memory: cannot allocate 4194304-byte block (1 in use)", "out of memory: cannot allocate 4194304-byte block (1 in use)"),
        ("SIGQUIT: quit", "quit"),
        ("SIGABRT: abort", "abort"),
        ("unexpected fault address 0x7f0000000000", "unexpected fault address 0x7f0000000000"),
    ],
)  # fmt: skip
def test_what_go_prints_when_a_process_dies(head, message):
    log = log_of(*start(0, "11.6.0"), head, "PC=0x47fd81 m=0 sigcode=0", "", *DUMP.split("\n"))
    panic = log.panics().iloc[0]
    assert (len(log.panics()), panic["kind"], panic["message"], panic["goroutines"]) == (1, "process", message, 2)
    assert log.sessions()["end"].tolist() == ["cut"]


def test_records_between_the_lines_of_a_crash_are_left_out():
    record = line(5, "Received HTTP request", "debug")
    text = ["panic: boom", "", *DUMP.split("\n")]
    mixed = [part for row in text for part in ((row, record) if row.startswith(("\t", "goroutine")) else (row,))]
    log = log_of(*start(0, "11.6.0"), *mixed, *start(60, "11.6.0"), "not a log line")
    (panic,) = log.panics().to_dict("records")
    assert (panic["goroutines"], panic["lines"]) == (2, len([row for row in text if row]))
    assert record not in panic["stack"]


@pytest.mark.parametrize(
    "text",
    [
        "don't panic: everything is fine",
        "The handbook says http: panic serving is logged",
        "User searched for panic: help",
        "A panic occurred in the story",
    ],
)
def test_words_are_no_panics(text):
    assert log_of(line(0, text, "error", plugin_id="p", source="plugin_stderr"), line(1, text)).panics().empty


def test_versions_are_read_from_the_message_where_there_are_no_fields():
    log = log_of(*start(0, "5.33.0", fields=False), *start(60, "11.6.0"))
    assert log.sessions()["version"].tolist() == ["5.33.0", "11.6.0"]


def test_what_plugins_and_users_say_is_no_restart():
    log = log_of(
        *start(0, "10.5.0"),
        line(10, "Server is initializing...", plugin_id="com.example"),
        line(11, "Current version is unknown"),
        line(12, "Server stopped", plugin_id="com.example"),
        line(13, "Current version is 3.1", plugin_id="com.example"),
    )
    found = log.sessions()
    assert (found["version"].tolist(), found["end"].tolist()) == (["10.5.0"], ["open"])


def test_a_fatal_record_ends_the_last_run():
    log = log_of(*start(0, "10.5.0"), line(9, "Error starting server", "fatal", error="listen tcp :8065: bind"))
    assert log.sessions()["end"].tolist() == ["cut"]
    assert log_of(*start(0, "10.5.0"), line(9, "x", "error")).sessions()["end"].tolist() == ["open"]


def test_fields_at_the_end_of_a_message_of_several_lines_belong_to_its_record():
    log = log_of(
        "error [2026-11-22 12:00:00.000 Z] first",
        "second",
        'third                caller="platform/web_hub.go:500" hub=3 user_id=u1 x=1',
        'info  [2026-11-22 12:00:01.000 Z] next                caller="app/a.go:1"',
    )
    lines = log.lines
    assert lines["kind"].tolist() == ["plain", "continuation", "continuation", "plain"]
    assert lines["msg"].tolist()[2].startswith("third  ")
    assert lines["caller"].astype(object).where(lines["caller"].notna(), None).tolist() == ["platform/web_hub.go:500", None, None, "app/a.go:1"]  # fmt: skip
    assert (lines["hub"].iloc[0], lines["user_id"].iloc[0], lines["fields"].iloc[0]) == ("3", "u1", '{"x":"1"}')
    assert log_of('alone caller="a/b.go:1"').lines["kind"].tolist() == ["plain"]


def test_a_stack_in_plain_text_ends_with_the_fields_of_its_record():
    log = log_of(
        "error [2026-11-22 12:00:00.000 Z] http: panic serving 10.0.0.5:5: boom",
        *STACK[:-1],
        STACK[-1] + ' caller="app/server.go:1" source=httpserver',
    )
    row = log.lines.iloc[0]
    assert (row["caller"], row["source"]) == ("app/server.go:1", "httpserver")
    assert (log.panics()["lines"].tolist(), log.panics()["caller"].tolist()) == ([6], ["app/server.go:1"])


@pytest.mark.parametrize("clock", ["Nov  2 12:49:20", "Nov 22 12:49:20.123", "12:49:20", "3:04PM"])
def test_a_timestamp_without_a_date_is_no_message(clock):
    row = log_of(f'info  [{clock}] words and more      caller="x/y.go:3"').lines.iloc[0]
    assert (row["kind"], row["level"], row["msg"], row["caller"]) == ("plain", "info", "words and more", "x/y.go:3")
    assert row["time"] is not row["time"] or str(row["time"]) == "NaT"


@pytest.mark.parametrize("ts", ["1574928072.853", "1574928072853", "1574928072853000", "1574928072853000000"])
def test_epochs_of_every_unit(ts):
    row = log_of('{"level":"info","ts":' + ts + ',"msg":"m"}').lines.iloc[0]
    assert row["time"].isoformat(timespec="milliseconds") == "2019-11-28T08:01:12.853+00:00"


def test_two_records_on_one_line_are_told():
    both = line(0, "first") + line(1, "second")
    log = log_of(both, line(2, "third"))
    assert log.lines["msg"].tolist() == ["second", "third"]
    assert log.damage["reason"].tolist() == ["whole record in front of a whole one"]
    assert log.damage["length"].tolist() == [len(line(0, "first"))]


def test_an_open_websocket_is_no_slow_request():
    lines = [
        json.dumps(
            {
                "timestamp": f"2026-11-22 {hour}:00:00.000 Z",
                "level": "debug",
                "msg": "m",
                "request_id": name,
                "url": url,
            }
        )
        for hour in (12, 13)
        for name, url in (("r1", "/api/v4/websocket"), ("r2", "/api/v4/posts"))
    ]
    slow = read_log("\n".join(lines).encode()).slow()
    assert slow[["request_id", "kind"]].to_dict("records") == [{"request_id": "r2", "kind": "span"}]


def test_a_server_that_crashes_again_and_again():
    lines: list[str] = []
    for number in range(40):
        lines += start(number * 10, f"11.{number}.0")
        lines += [line(number * 10 + 3, "Server is listening on [::]:8065")] * (number % 2)
        lines += [line(number * 10 + 4, "x", "error")] * (number % 3)
        lines += [line(number * 10 + 5, text) for text in ("Stopping Server...", "Server stopped")] * (number % 4 == 3)
    found = log_of(*lines).sessions()
    assert found["version"].tolist() == [f"11.{number}.0" for number in range(40)]
    assert found["ready"].notna().tolist() == [number % 2 == 1 for number in range(40)]
    assert found["errors"].tolist() == [number % 3 for number in range(40)]
    assert found["end"].tolist() == ["stopped" if number % 4 == 3 else "cut" for number in range(39)] + ["stopped"]
    assert int(found["records"].sum()) == len(lines)
    log = log_of(*lines)
    assert (log.stats().starts, log.select(level="error").stats().starts) == (40, 0)
    assert read_log(lines[0].encode(), columns=["time"]).stats().starts is None
    assert (found["last"] - found["start"]).dt.total_seconds().isin([2, 3, 4, 5]).all()
