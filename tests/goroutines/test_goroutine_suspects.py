"""What looks wrong in real dumps, and that nothing does in healthy ones."""

from __future__ import annotations

import gzip
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from analyzer.goroutines import GoroutineDump, read_goroutines
from analyzer.goroutines.schema import SUSPECTS


def suspects(dump: GoroutineDump) -> list[dict[str, Any]]:
    frame = dump.suspects()
    SUSPECTS.check(frame)
    return frame.to_dict("records")


def records(text: str) -> list[str]:
    return [record for record in text.split("\n\n") if record.startswith("goroutine ")]


def waits_for_database(record: str) -> bool:
    """The count by hand: an answer is read by the driver below database/sql."""
    return "[IO wait" in record and "lib/pq.(*conn).recv" in record and "\ndatabase/sql." in record


def handler(record: str) -> str | None:
    lines = record.split("\n")
    calls = [
        line
        for line in lines
        if line.startswith("github.com/mattermost/mattermost/server/v8/channels/web.Handler.ServeHTTP")
    ]
    return lines[lines.index(calls[0]) - 2].rsplit("/", 1)[-1].partition("(")[0] if calls else None


@pytest.mark.parametrize("number", [1, 2])
def test_tables_that_are_locked(dumps: Path, number: int) -> None:
    path = dumps / f"goroutines-table-lock-{number}.txt"
    waiting = [record for record in records(path.read_text()) if waits_for_database(record)]
    assert len(waiting) == 60  # counted with grep, too
    first = suspects(read_goroutines(path))[0]
    assert (first["kind"], first["severity"], first["count"]) == ("database-answer", "error", 60)
    ids = sorted(int(re.match(r"goroutine (\d+)", record)[1]) for record in waiting)  # type: ignore[index]
    assert first["ids"] == ids
    text = "\n".join(first["evidence"])
    handlers = Counter(name for record in waiting if (name := handler(record)))
    for name, count in handlers.items():
        assert f"{name} {count}" in text
    assert "36 in mattermost/store/sqlstore.SqlChannelStore.IncrementMentionCount" in text
    assert "pg_blocking_pids" in first["next"]


def test_handlers_that_wait_for_goroutines_they_started(locked: GoroutineDump) -> None:
    evidence = suspects(locked)[0]["evidence"]
    assert any("7 more goroutines" in line for line in evidence)
    assert any("api4.searchPostsInTeam 7" in line for line in evidence)


def test_nothing_else_is_worse_than_info_there(locked: GoroutineDump) -> None:
    assert [s["severity"] for s in suspects(locked)[1:]] == ["info"]


@pytest.mark.parametrize("name", ["standalone-load-a", "standalone-load-b", "standalone-database-down"])
def test_a_healthy_server(dumps: Path, name: str) -> None:
    with zipfile.ZipFile(dumps.parent / f"{name}.zip") as packet:
        dump = read_goroutines(packet.read("goroutines"))
    assert {s["severity"] for s in suspects(dump)} <= {"info"}


def test_an_idle_server(shared: Path, dumps: Path) -> None:
    with zipfile.ZipFile(shared / "packets" / "real" / "mattermost-9.11.0-standalone.zip") as packet:
        assert suspects(read_goroutines(packet.read("goroutines"))) == []
    assert suspects(read_goroutines(dumps / "stuck-idle-go1.27.3.txt")) == []


# file -> kind, severity, count, what the evidence says
STUCK = {
    "stuck-mutex-go1.27.3": (
        "lock-pile-up",
        "error",
        12,
        "possible holder: goroutine 21 [chan receive] in main.(*account).hold",
    ),
    "stuck-mutex-go1.21.13": (
        "lock-pile-up",
        "error",
        12,
        "possible holder: goroutine 19 [chan receive] in main.(*account).hold",
    ),
    "stuck-rwmutex-go1.27.3": (
        "lock-pile-up",
        "warning",
        5,
        "possible holder: goroutine 21 [chan receive] in main.(*registry).read",
    ),
    "stuck-rwmutex-go1.21.13": ("lock-pile-up", "warning", 5, "5 in main.(*registry).write"),
    "stuck-nilchan-go1.27.3": ("certain-leak", "error", 12, "started by main.many"),
    "stuck-emptyselect-go1.27.3": ("certain-leak", "warning", 3, "3 goroutines can never go on"),
    "workload-go1.27.3-leak": ("certain-leak", "error", 21, "21 of them proved by the garbage collector"),
    "stuck-send-go1.27.3": ("channel-send", "warning", 30, "cannot send in main.stick.func5"),
    "stuck-leak-go1.27.3": ("leak", "warning", 1200, "1,200 goroutines started by main.many"),
    "stuck-pool-go1.27.3": ("database-pool", "error", 12, "12 goroutines wait for a free database connection"),
    "stuck-pool-go1.21.13": ("database-pool", "error", 12, "12 in main.stick.func7"),
    "stuck-http-go1.27.3": ("http-client", "warning", 6, "6 in main.stick.func8"),
    "stuck-tls-go1.27.3": ("network", "warning", 5, "connect to another host"),
    "stuck-smtp-go1.27.3": ("smtp", "warning", 3, "wait for the mail server"),
    "stuck-rpc-go1.27.3": ("plugin-rpc", "warning", 4, "wait for an RPC answer"),
    "stuck-flood-go1.27.3": ("handler-flood", "info", 30, "30 requests are in main.stick.func12 at once"),
    "stuck-waitgroup-go1.27.3": ("deadlock", "warning", 4, "none can run"),
    "stuck-collector-go1.27.3": ("runtime-pressure", "info", 1, "garbage collector"),
    "deadlock-go1.27.3": ("deadlock", "error", 4, "all goroutines are asleep"),
    "deadlock-go1.21.13": ("deadlock", "error", 4, "all goroutines are asleep"),
    "crash-go1.27.3": ("crash", "error", 1, "goroutine 1 was in main.main (main.go:59)"),
    "nilderef-go1.27.3": ("crash", "error", 1, "invalid memory address"),
    "maps-go1.21.13": ("crash", "error", 1, "concurrent map writes"),
    "overflow-go1.27.3": ("crash", "error", 1, "stack overflow"),
    "panic-go1.27.3": ("crash", "error", 1, "line 3: panic: second: first"),
    "http-go1.27.3": ("crash", "error", 1, "handler broke"),
    "synctest-go1.27.3": ("crash", "error", 1, "goroutine 19 was in example.org/syn.TestBubble"),
    "cgo-go1.26.8": ("crash", "error", 1, "SIGABRT"),
    "quit-go1.27.3": ("crash", "info", 0, "SIGQUIT is how a process is asked"),
}


@pytest.mark.parametrize("name", STUCK)
def test_processes_that_are_stuck(dumps: Path, name: str) -> None:
    packed = dumps / f"{name}.txt.gz"
    data = gzip.decompress(packed.read_bytes()) if packed.exists() else (dumps / f"{name}.txt").read_bytes()
    kind, severity, count, says = STUCK[name]
    found = [s for s in suspects(read_goroutines(data)) if s["kind"] == kind]
    assert [(s["severity"], s["count"]) for s in found][:1] == [(severity, count)]
    assert says in "\n".join(found[0]["evidence"])
    assert len(found[0]["ids"]) == count


def record(
    number: int, state: str, functions: list[str], creator: str = "net/http.(*Server).Serve", parent: int = 1
) -> str:
    frames = "".join(
        f"{function}(0xc000{number:06x})\n\t/src/f.go:{depth + 1} +0x1\n" for depth, function in enumerate(functions)
    )
    return f"goroutine {number} [{state}]:\n{frames}created by {creator} in goroutine {parent}\n\t/src/c.go:1 +0x1\n"


MM = "github.com/mattermost/mattermost/server/v8/channels"
HTTP = [f"{MM}/web.Handler.ServeHTTP", "net/http.serverHandler.ServeHTTP", "net/http.(*conn).serve"]


def test_a_plugin_that_does_not_answer() -> None:
    stack = [
        "net/rpc.(*Client).Call",
        "github.com/mattermost/mattermost/server/public/plugin.(*hooksRPCClient).MessageHasBeenPosted",
        f"{MM}/api4.createPost",
        *HTTP,
    ]
    dump = read_goroutines("\n".join(record(i, "chan receive, 4 minutes", stack) for i in range(7, 17)).encode())
    first = suspects(dump)[0]
    assert (first["kind"], first["severity"], first["count"]) == ("plugin-rpc", "error", 10)
    assert "10 in mattermost/plugin.(*hooksRPCClient).MessageHasBeenPosted" in first["evidence"][2]


def test_a_web_hub_that_is_stuck() -> None:
    loop = [f"{MM}/app/platform.(*Hub).Start.func1", f"{MM}/app/platform.(*Hub).Start.func2"]
    busy = record(
        5,
        "sync.Mutex.Lock, 8 minutes",
        ["sync.(*Mutex).Lock", f"{MM}/app/platform.(*WebConn).InvalidateCache", *loop],
        f"{MM}/app/platform.(*Hub).Start",
    )
    senders = [
        record(i, "chan send, 7 minutes", [f"{MM}/app/platform.(*Hub).Broadcast", f"{MM}/app.(*App).Publish"])
        for i in range(10, 22)
    ]
    found = suspects(read_goroutines("\n".join([busy, *senders]).encode()))
    assert [(s["kind"], s["severity"], s["count"]) for s in found[:2]] == [
        ("hub-stuck", "error", 1),
        ("web-hub", "error", 12),
    ]
    idle = record(5, "select, 8 minutes", loop, f"{MM}/app/platform.(*Hub).Start")
    assert suspects(read_goroutines(idle.encode())) == []


def test_a_slow_leak_among_furniture() -> None:
    leak = [
        record(i, f"select, {i} minutes", ["example.org/x.(*Watcher).loop"], "example.org/x.Watch")
        for i in range(11, 41)
    ]
    idle = [
        record(
            i,
            "IO wait, 900 minutes",
            ["internal/poll.runtime_pollWait", "bufio.(*Reader).Peek", "net/http.(*conn).serve"],
        )
        for i in range(100, 400)
    ]
    found = suspects(read_goroutines("\n".join([*leak, *idle]).encode()))
    assert [(s["kind"], s["severity"], s["count"]) for s in found] == [("leak", "warning", 30)]
    assert "waiting for 11 to 40 minutes" in found[0]["evidence"]


def test_clients_that_do_not_read() -> None:
    stack = [
        "internal/poll.runtime_pollWait",
        "internal/poll.(*pollDesc).waitWrite",
        "net.(*conn).Write",
        "github.com/gorilla/websocket.(*Conn).write",
        f"{MM}/app/platform.(*WebConn).writePump",
    ]
    found = suspects(
        read_goroutines(
            "\n".join(record(i, "IO wait", stack, f"{MM}/app/platform.(*WebConn).Pump") for i in range(20, 45)).encode()
        )
    )
    assert [(s["kind"], s["count"]) for s in found] == [("slow-client", 25)]


def test_the_collector_holds_requests_up() -> None:
    text = "\n".join(
        record(i, "GC assist wait", [f"{MM}/app.(*App).GetPosts", f"{MM}/api4.getPosts", *HTTP]) for i in range(2, 62)
    )
    found = {s["kind"]: s for s in suspects(read_goroutines(text.encode()))}
    assert (found["runtime-pressure"]["severity"], found["runtime-pressure"]["count"]) == ("error", 60)
    assert "api4.getPosts" in found["handler-flood"]["evidence"][0]


def test_hostile_names_are_made_safe() -> None:
    text = record(2, "chan send", ["main.\x1b[31mred"]) * 1
    dump = read_goroutines(
        "\n".join(record(i, "chan send, 3 minutes", ["main.\x1b[31mred\u202e"]) for i in range(2, 40)).encode()
    )
    shown = "\n".join(line for s in suspects(dump) for line in s["evidence"])
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[31mred" in shown
    assert "\x1b" in text
