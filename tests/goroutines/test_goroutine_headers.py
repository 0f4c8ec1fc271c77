"""Header lines of every Go release, labels included."""

from __future__ import annotations

import pytest

from analyzer.goroutines.header import Status, parse_status, unquote
from analyzer.goroutines.states import classify

S = Status
HEADERS = {
    "[running]:": S("running"),
    "[chan receive, 2 minutes]:": S("chan receive", 2),
    "[select, 1 minutes, locked to thread]:": S("select", 1, locked=True),
    "[syscall, locked to thread]:": S("syscall", locked=True),
    "[select (no cases)]:": S("select (no cases)"),
    "[chan receive (nil chan), 1234567 minutes]:": S("chan receive (nil chan)", 1234567),
    "[sync.Mutex.Lock (leaked)]:": S("sync.Mutex.Lock", marks=frozenset({"leaked"})),
    "[chan receive (nil chan) (leaked)]:": S("chan receive (nil chan)", marks=frozenset({"leaked"})),
    "[runnable (scan), 3 minutes]:": S("runnable", 3, marks=frozenset({"scan"})),
    "[chan receive (durable), synctest bubble 7]:": S("chan receive", marks=frozenset({"durable"}), bubble=7),
    "[select (scan) (durable), 2 minutes, synctest bubble 1]:": S("select", 2, marks=frozenset({"scan", "durable"}), bubble=1),
    "gp=0xc000002380 m=0 mp=0x55f0 [running]:": S("running"),
    "gp=0x3ad216d0ed20 m=nil [force gc (idle)]:": S("force gc (idle)"),
    "gp=0xc000002380 m=0 mp=0x55f0 [running, locked to thread]:": S("running", locked=True),
    '[sleep, 1 minutes labels:{"plain": "x"}]:': S("sleep", 1, labels={"plain": "x"}),
    '[sleep labels:{"a": "x]y", "b": "1, 2"}]:': S("sleep", labels={"a": "x]y", "b": "1, 2"}),
    '[sleep labels:{"a": "1"}, locked to thread]:': S("sleep", locked=True, labels={"a": "1"}),
    "[sleep, 1 minutes] {plain: x}:": S("sleep", 1, labels={"plain": "x"}),
    r'[sleep] {n: 1, req: "GET /api/v4/users \"q\" [a], {b}"}:': S("sleep", labels={"n": "1", "req": 'GET /api/v4/users "q" [a], {b}'}),
    '[chan receive] {"a b": "]:", c: }:': S("chan receive", labels={"a b": "]:", "c": ""}),
    "[chan receive] {}:": S("chan receive"),
    "[new state of 2031, in a hurry, 5 minutes]:": S("new state of 2031", 5, extra="in a hurry"),
    "[select] <unheard of>:": S("select", extra="<unheard of>"),
    "nice=3 [select]:": S("select", extra="nice=3"),
    "[???]:": S("???"),
    "[]:": S(""),
}  # fmt: skip


@pytest.mark.parametrize("line", HEADERS)
def test_header(line: str) -> None:
    assert parse_status(line) == HEADERS[line]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "exited",
        "[select]",
        "profile: total 51",
        "stack exceeds 1000000000-byte limit",
        "[select:",
        "has seen [things]:",
    ],
)
def test_what_is_no_header(line: str) -> None:
    assert parse_status(line) is None


@pytest.mark.parametrize(
    ("quoted", "value"),
    [
        (r'"a\"b"', 'a"b'),
        (r'"\x00\xff"', "\x00\ufffd"),
        (r'"\u2713 \U0001f600"', "✓ 😀"),
        (r'"tab\tnl\n"', "tab\tnl\n"),
        (r'"\303\251"', "é"),
        ("bare", "bare"),
        (r'"\U99999999"', "\ufffd"),
    ],
)
def test_go_quoted_strings(quoted: str, value: str) -> None:
    assert unquote(quoted) == value


@pytest.mark.parametrize(
    ("state", "stack", "expected"),
    [
        ("IO wait", (), "io"),
        ("select", (), "select"),
        ("sync.RWMutex.RLock", (), "lock"),
        ("semacquire", ("sync.runtime_Semacquire", "sync.(*WaitGroup).Wait", "main.f"), "group"),
        ("semacquire", ("sync.runtime_SemacquireMutex", "sync.(*Mutex).lockSlow", "main.f"), "lock"),
        ("semacquire", ("internal/poll.runtime_Semacquire",), "semaphore"),
        ("chan send (nil chan)", (), "forever"),
        ("a state of Go 1.40", ("main.f",), "other"),
        ("", ("internal/poll.runtime_pollWait",), "io"),
        ("", ("main.f",), "unknown"),
    ],
)
def test_state_class(state: str, stack: tuple[str, ...], expected: str) -> None:
    assert classify(state, stack) == expected
