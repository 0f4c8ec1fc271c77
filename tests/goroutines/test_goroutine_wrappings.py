"""One real dump inside everything that logs and copying do to it: it reads as it does alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.goroutines import GoroutineDump, read_goroutines

Lines = list[str]
TIME = "2026-11-22T12:00:01.123456789Z"


def prefixed(prefix: str) -> Callable[[Lines], str]:
    return lambda lines: "".join(f"{prefix}{line}\n" for line in lines)


def counted(prefix: str) -> Callable[[Lines], str]:
    """A prefix whose digits change from line to line."""
    return lambda lines: "".join(f"{prefix.format(n % 60)}{line}\n" for n, line in enumerate(lines))


def cri_partial(lines: Lines) -> str:
    """The container runtime splits long lines; ``P`` says that the next one goes on."""
    out = []
    for line in lines:
        head, tail = line[:30], line[30:]
        out += [f"{TIME} stderr P {head}", f"{TIME} stderr F {tail}"] if tail else [f"{TIME} stderr F {head}"]
    return "\n".join(out) + "\n"


def docker_json(lines: Lines) -> str:
    return "".join(json.dumps({"log": f"{line}\n", "stream": "stderr", "time": TIME}) + "\n" for line in lines)


def mixed(lines: Lines) -> str:
    """Two containers whose lines alternate."""
    other = (f"db-1      | {TIME} LOG:  checkpoint complete\n" for _ in iter(int, 1))
    return "".join(f"mattermost-1  | {line}\n" + next(other) for line in lines)


def log_field(lines: Lines) -> str:
    entry = {
        "timestamp": "2026-11-22 12:00:01.123 Z",
        "level": "error",
        "msg": "Unhandled panic in job",
        "job": {"id": "x"},
    }
    other = {"timestamp": "2026-11-22 12:00:00.000 Z", "level": "info", "msg": "fine"}
    text = json.dumps({**entry, "stack": "\n".join(lines) + "\n"}) + "\n"
    return json.dumps(other) + "\n" + text + json.dumps(other) + "\n"


def docker_log_field(lines: Lines) -> str:
    inner = json.dumps({"level": "error", "msg": "\n".join(lines) + "\n"})
    return json.dumps({"log": inner + "\n", "stream": "stdout", "time": TIME}) + "\n"


def plain_log(lines: Lines) -> str:
    escaped = "\n".join(lines).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'error [2026-11-22 12:00:01.123 Z] Unhandled panic in job  caller="jobs/jobs.go:1" stack="{escaped}\\n"\n'


WRAPPINGS: dict[str, Callable[[Lines], str]] = {
    "alone": prefixed(""),
    "no line break at the end": lambda lines: "\n".join(lines).rstrip("\n"),
    "windows": lambda lines: "\r\n".join(lines) + "\r\n",
    "indented": prefixed("    "),
    "quoted": prefixed("> "),
    "journald": counted("Nov 22 12:00:{:02d} host-1 mattermost[4242]: "),
    "journald iso": counted("2026-11-22T12:00:{:02d}+0000 host-1 mattermost[4242]: "),
    "journald full": counted("Sun 2026-11-22 12:00:{:02d} UTC host-1 mattermost[4242]: "),
    "journald monotonic": counted("[  1234.5678{:02d}] host-1 mattermost[4242]: "),
    "syslog": counted("<30>Nov 22 12:00:{:02d} host-1 mattermost[4242]: "),
    "syslog 5424": counted("<30>1 2026-11-22T12:00:{:02d}.1Z host-1 mattermost 4242 - - "),
    "rsyslog tabs": lambda lines: "".join(f"Nov 22 12:00:01 h m[1]: {line}\n" for line in lines).replace("\t", "#011"),
    "docker timestamps": counted("2026-11-22T12:00:{:02d}.123456789Z "),
    "kubectl timestamps": counted("2026-11-22T12:00:{:02d}.123456789+01:00 "),
    "compose": prefixed("mattermost-1  | "),
    "compose colour": prefixed("\x1b[36mmattermost-1  |\x1b[0m "),
    "compose timestamps": counted("mattermost-1  | 2026-11-22T12:00:{:02d}.123456789Z "),
    "kubectl prefix": prefixed("[pod/mattermost-6d5f/app] "),
    "kubectl prefix timestamps": counted("[pod/mattermost-6d5f/app] 2026-11-22T12:00:{:02d}.1Z "),
    "cri": prefixed(f"{TIME} stderr F "),
    "cri partial": cri_partial,
    "unknown collector": counted("web#7 (12:00:{:02d}) ~ "),
    "docker json file": docker_json,
    "two containers": mixed,
    "log field": log_field,
    "docker log field": docker_log_field,
    "plain log": plain_log,
}


def rows(dump: GoroutineDump) -> list[tuple[object, ...]]:
    r = dump.records
    return [
        (int(i), r.statuses[s], r.stacks[k], r.creators[c] if c >= 0 else None, int(p), bool(t))
        for i, s, k, c, p, t in zip(r.ids, r.status, r.stack, r.creator, r.creator_id, r.cut, strict=True)
    ]


@pytest.fixture(scope="module", params=["labels-go1.27.3", "quit-go1.27.3", "goroutines-table-lock-1"])
def alone(request: pytest.FixtureRequest, dumps: Path) -> tuple[Lines, GoroutineDump]:
    path = dumps / f"{request.param}.txt"
    return path.read_text().rstrip("\n").split("\n"), read_goroutines(path)


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_wrapped_dump_reads_as_alone(alone: tuple[Lines, GoroutineDump], wrapping: str) -> None:
    lines, expected = alone
    dump = read_goroutines(WRAPPINGS[wrapping](lines).encode())
    assert rows(dump) == rows(expected)
    foreign = {"two containers": "checkpoint complete"}.get(wrapping)
    assert [text for _, text in dump.unparsed if foreign is None or foreign not in text] == []
    assert not dump.truncated
    first = int(dump.records.ids[1])
    assert dump.frames(first).equals(expected.frames(first))


def test_lines_are_those_of_the_source(dumps: Path) -> None:
    lines = (dumps / "http-go1.27.3.txt").read_text().split("\n")
    lines.insert(4, "strange words")
    text = "unrelated beginning\n" + "".join(f"Nov 22 12:00:01 host m[1]: {line}\n" for line in lines)
    dump = read_goroutines(text.encode())
    assert dump.unparsed == [(1, "unrelated beginning"), (6, "strange words")]
    assert [m.line for m in dump.messages if "panic serving" in m.text] == [2]


def test_utf_16(dumps: Path) -> None:
    text = (dumps / "labels-go1.27.3.txt").read_text()
    assert rows(read_goroutines(text.replace("\n", "\r\n").encode("utf-16"))) == rows(read_goroutines(text.encode()))


def test_lines_of_several_processes_are_sorted_out(dumps: Path) -> None:
    one, two = ((dumps / f"{name}-go1.27.3.txt").read_text().rstrip().split("\n") for name in ("nilderef", "labels"))
    text = ""
    for n in range(max(len(one), len(two))):
        for name, lines in (("app-1", one), ("app-2", two)):
            if n < len(lines):
                text += f"Nov 22 12:00:01 {name} mattermost[1]: {lines[n]}\n"
    dump = read_goroutines(text.encode())
    expected = [read_goroutines("\n".join(lines).encode() + b"\n") for lines in (one, two)]
    assert rows(dump) == rows(expected[0]) + rows(expected[1])
    assert dump.unparsed == []


@pytest.mark.parametrize("size", [700, 1000, 2000, 2001, 2017, 2100])
def test_a_field_cut_in_the_middle(dumps: Path, size: int) -> None:
    whole = (dumps / "crash-go1.27.3.txt").read_text()
    field = whole[:size]
    text = json.dumps({"level": "error", "stack": field}) + "\n" + json.dumps({"level": "info", "msg": "later"}) + "\n"
    dump = read_goroutines(text.encode())
    headers = [line for line in field.split("\n") if line.startswith("goroutine ") and line.endswith(":")]
    assert len(dump) == len(headers)
    assert dump.unparsed == []
    assert dump.truncated
    assert bool(dump.goroutines["truncated"].iloc[-1])
    before = rows(read_goroutines(whole.encode()))
    assert rows(dump)[:-1] == before[: len(headers) - 1]
    assert before[len(headers) - 1][2][: len(rows(dump)[-1][2])] == rows(dump)[-1][2]


def test_a_json_line_that_is_cut_itself(dumps: Path) -> None:
    whole = json.dumps({"level": "error", "stack": (dumps / "crash-go1.27.3.txt").read_text()})
    dump = read_goroutines(whole[:2500].encode())
    assert dump.truncated
    assert dump.unparsed == []
    assert len(dump) >= 3


def test_several_dumps_in_one_log(dumps: Path) -> None:
    stack = (dumps / "http-go1.27.3.txt").read_text()
    line = json.dumps({"level": "error", "source": "httpserver", "msg": stack.rstrip("\n")}) + "\n"
    dump = read_goroutines((line * 3).encode())
    assert dump.goroutines["id"].tolist() == [9, 9, 9]
    assert not dump.truncated
    assert [message.line for message in dump.messages if "panic serving" in message.text] == [1, 2, 3]
