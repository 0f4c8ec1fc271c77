"""What real processes printed: panics, fatal errors, signals, races, cgo, ancestors, bubbles; and older releases."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from analyzer.goroutines import GoroutineDump, read_goroutines

HEADER = re.compile(r"^goroutine (\d+) .*\[", re.MULTILINE)
# file -> kinds of crash output that it holds
REAL = {
    "ancestors-go1.21.13": set(),
    "ancestors-go1.27.3": set(),
    "cgo-go1.26.8": {"signal", "registers"},
    "cgo-symbols-go1.26.8": {"signal", "registers"},
    "crash-go1.21.13": {"panic"},
    "crash-go1.27.3": {"panic"},
    "deadlock-go1.21.13": {"fatal"},
    "deadlock-go1.27.3": {"fatal"},
    "deep-go1.27.3": set(),
    "http-go1.27.3": {"panic"},
    "labels-go1.26.8": set(),
    "labels-go1.27.3": set(),
    "maps-go1.21.13": {"fatal"},
    "nilderef-go1.27.3": {"panic"},
    "overflow-go1.21.13": {"runtime", "fatal"},
    "overflow-go1.27.3": {"runtime", "fatal"},
    "panic-go1.27.3": {"panic"},
    "quit-go1.21.13": {"signal", "registers"},
    "quit-go1.27.3": {"signal", "registers"},
}


@pytest.mark.parametrize("name", REAL)
def test_real_output_is_understood_to_the_last_line(dumps: Path, name: str) -> None:
    text = (dumps / f"{name}.txt").read_text()
    dump = read_goroutines(dumps / f"{name}.txt")
    assert dump.goroutines["id"].tolist() == [int(number) for number in HEADER.findall(text)]
    assert dump.unparsed == []
    assert {message.kind for message in dump.messages} == REAL[name]
    assert not dump.truncated
    lines = text.split("\n")
    assert all(lines[message.line - 1] == message.text for message in dump.messages)


@pytest.mark.parametrize("name", REAL)
def test_every_file_line_is_a_frame_or_a_creator(dumps: Path, name: str) -> None:
    text = (dumps / f"{name}.txt").read_text()
    body = re.sub(r"(?s)runtime stack:.*?\n\n", "\n", text)
    dump = read_goroutines(dumps / f"{name}.txt")
    places = len(re.findall(r"^\t\S.*:\d+(?: |$)", body, re.MULTILINE))
    frames = int(dump.goroutines["depth"].sum()) - body.count("\nnon-Go function")
    creators = int(dump.goroutines["creator"].notna().sum())
    inherited = sum(len(a.frames) for many in dump.records.ancestors.values() for a in many)
    assert frames + creators + inherited == places


def test_frame_addresses_do_not_keep_stacks_apart(dumps: Path) -> None:
    text = (dumps / "crash-go1.27.3.txt").read_text()
    dump = read_goroutines(dumps / "crash-go1.27.3.txt")
    frames = dump.frames(1)
    assert " fp=0x" in text
    assert frames["function"].iloc[0] == "panic"
    assert frames["offset"].iloc[0] > 0
    assert not frames["args"].str.contains("fp=").any()


def test_c_frames(dumps: Path) -> None:
    plain = read_goroutines(dumps / "cgo-go1.26.8.txt").frames(1)
    assert plain["function"].tolist()[:3] == ["non-Go function", "non-Go function", "runtime.cgocall"]
    named = read_goroutines(dumps / "cgo-symbols-go1.26.8.txt").frames(1)
    assert named.loc[0, ["function", "file", "line"]].tolist() == ["crash_here", "crash.c", 12]


def test_ancestors(dumps: Path) -> None:
    text = (dumps / "ancestors-go1.27.3.txt").read_text()
    dump = read_goroutines(text.encode())
    assert [a.id for a in dump.records.ancestors[2]] == [5, 4, 1]
    functions = [a.frames[0].function for a in dump.records.ancestors[2]]
    assert functions == ["main.main.func5.1", "main.main.func5", "main.main"]
    assert text.count("originating from") == sum(map(len, dump.records.ancestors.values()))
    assert dump.goroutines["creator"].iloc[2] == "main.main.func5.1"


def test_elided_frames_are_marked(dumps: Path) -> None:
    dump = read_goroutines(dumps / "deep-go1.27.3.txt")
    assert dump.goroutines["truncated"].tolist() == [False, True]
    assert dump.goroutines["depth"].tolist()[1] == 100
    assert not dump.truncated


def test_bubbles(dumps: Path) -> None:
    for release in ("go1.25.5", "go1.27.3"):
        frame = read_goroutines(dumps / f"synctest-{release}.txt").goroutines.head(8)
        inside = frame[frame["bubble"] == 1]
        assert len(inside) == 7
        assert set(inside[inside["durable"]]["state"]) == {
            "synctest.Run",
            "chan receive",
            "select",
            "sync.WaitGroup.Wait",
            "sleep",
        } - (
            {"select"}  # a select with one case is a receive
        )


def test_leaked_marks(dumps: Path) -> None:
    frame = read_goroutines(dumps / "workload-go1.27.3-leak.txt").goroutines
    text = (dumps / "workload-go1.27.3-leak.txt").read_text()
    assert int(frame["leaked"].sum()) == text.count("(leaked)") > 0
    assert not frame["state"].str.contains("leaked").any()


def test_labels_of_both_eras(dumps: Path) -> None:
    expected = [
        {"plain": "x"},
        {"n": "1", "req": 'GET /api/v4/users "q" [a], {b}'},
        {"empty": "", "unicode": "naïve ✓\n\x00", "call": "f(0x1)"},
    ]
    for release in ("go1.26.8", "go1.27.3"):
        labels = [value for value in read_goroutines(dumps / f"labels-{release}.txt").goroutines["labels"] if value]
        assert sorted(map(sorted, labels)) == sorted(map(sorted, expected))
        assert all(value in labels for value in expected)


def test_groups_by_label(dumps: Path) -> None:
    dump = read_goroutines(dumps / "labels-go1.27.3.txt")
    assert dump.groups("label:plain").set_index("group")["count"].to_dict() == {"(no label)": 3, "x": 1}


def test_race_reports(dumps: Path) -> None:
    dump = read_goroutines(dumps / "race-go1.26.8.txt")
    frame = dump.goroutines
    text = (dumps / "race-go1.26.8.txt").read_text()
    assert len(frame) == len(re.findall(r" by (?:main )?goroutine", text)) == 8
    assert frame["id"].tolist() == [7, 1, 9, 7, 10, 9, 1, 10]
    assert frame["state"].tolist()[3] == "finished"
    assert frame["extra"].iloc[0] == "data race, read at 0x00000061f4d8"
    assert frame["creator"].iloc[2] == "main.main"
    assert dump.frames(9)["function"].tolist() == ["main.add", "main.main.func1"]
    assert dump.unparsed == [(text.split("\n").index("4") + 1, "4")]  # the program's own output


# written by hand after runtime/traceback.go, print1.go and proc.c of each release
GO_1_4 = """goroutine 16 [running]:
runtime.throw(0x8c5d00)
	/usr/lib/go/src/runtime/panic.go:491 +0xad fp=0xc208013ef8 sp=0xc208013ec8
main.main()
	/home/u/src/main.go:12 +0x25 fp=0xc208013f98 sp=0xc208013ef8

goroutine 17 [syscall, 3 minutes, locked to thread]:
runtime.goexit()
	/usr/lib/go/src/runtime/asm_amd64.s:2232 +0x1

goroutine 5 [chan receive, 2 minutes]:
net/http.func·011()
	/usr/lib/go/src/net/http/server.go:117 +0x77
created by net/http.(*Server).Serve
	/usr/lib/go/src/net/http/server.go:1751 +0x35e
"""
GO_1_11 = """goroutine 1 [semacquire]:
sync.runtime_Semacquire(0xc0000140a8)
	/usr/local/go/src/runtime/sema.go:56 +0x39
sync.(*WaitGroup).Wait(0xc0000140a0)
	/usr/local/go/src/sync/waitgroup.go:130 +0x64
main.main()
	C:/Users/some one/src/main.go:17 +0x9d

goroutine 6 [select]:
main.work(0xc0000140a0, 0x4b0f10, 0x3, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, ...)
	/src/main.go:30 +0x1b8
...additional frames elided...
created by main.main
	/src/main.go:14 +0x7b
"""
GO_1_17 = """goroutine 18 [chan send]:
main.send({0x4a1f2a, 0x5}, {0xc00001c0c0, 0x1, 0x1})
	/src/main.go:9 +0x45
main.(*pool[...]).run(0xc000010250)
	/src/main.go:21 +0x31
created by main.glob..func1
	/src/main.go:33 +0x5b
"""
GO_1_19 = """goroutine 7 [running]:
	goroutine running on other thread; stack unavailable
created by main.main
	/src/main.go:5 +0x28

goroutine 8 [runnable]:
main.f(0x0?, _, {0x1?, 0x2?})
	<autogenerated>:1 +0x2a
github.com/x/y%2ev2.(*T).M-fm(...)
	??:0
"""


def only(text: str) -> GoroutineDump:
    dump = read_goroutines(text.encode())
    assert dump.unparsed == []
    return dump


def test_go_1_4() -> None:
    frame = only(GO_1_4).goroutines
    assert frame["id"].tolist() == [16, 17, 5]
    assert frame["wait_minutes"].tolist()[1:] == [3, 2]
    assert frame["locked_to_thread"].tolist() == [False, True, False]
    assert frame["top_function"].iloc[2] == "net/http.func·011"
    assert frame["creator_id"].isna().all()


def test_go_1_11() -> None:
    dump = only(GO_1_11)
    frame = dump.goroutines
    assert frame["state_class"].tolist() == ["group", "select"]
    assert frame["truncated"].tolist() == [False, True]
    assert dump.frames(1)["file"].iloc[2] == "C:/Users/some one/src/main.go"
    assert dump.frames(6)["args"].iloc[0].endswith("0x0, ...")


def test_go_1_17() -> None:
    dump = only(GO_1_17)
    assert dump.frames(18)["function"].tolist() == ["main.send", "main.(*pool[...]).run"]
    assert dump.frames(18)["args"].iloc[0] == "{0x4a1f2a, 0x5}, {0xc00001c0c0, 0x1, 0x1}"
    assert dump.goroutines["creator"].iloc[0] == "main.glob..func1"


def test_go_1_19() -> None:
    dump = only(GO_1_19)
    assert dump.goroutines["truncated"].tolist() == [True, False]
    frames = dump.frames(8)
    assert frames["args"].tolist() == ["0x0?, _, {0x1?, 0x2?}", "..."]
    assert frames["file"].tolist() == ["<autogenerated>", "??"]
    assert frames["offset"].tolist()[0] == 0x2A
    assert frames["offset"].isna().tolist() == [False, True]


def test_a_line_that_tears_a_frame_apart_is_kept_aside() -> None:
    text = "goroutine 1 [select]:\nmain.a()\nsomething else entirely\n\t/m.go:1 +0x1\nmain.b()\n\t/m.go:2 +0x1\nwhat is this?\n\ngoroutine 2 [select]:\nmain.b()\n\t/m.go:2 +0x1\n"
    dump = read_goroutines(text.encode())
    assert dump.unparsed == [(3, "something else entirely"), (7, "what is this?")]
    assert dump.goroutines["depth"].tolist() == [2, 1]


def test_a_sentence_about_a_goroutine_is_no_header() -> None:
    text = "goroutine 1 [select]:\nmain.a()\n\t/m.go:1 +0x1\n\ngoroutine 7 exited with [x]:\ngoroutine 99999999999999999999 [select]:\n\ngoroutine 2 [select]:\nmain.b(0x1)\n\t/m.go:2 +0x1\n"
    dump = read_goroutines(text.encode())
    assert dump.goroutines["id"].tolist() == [1, 2]
    assert [line for line, _ in dump.unparsed] == [5, 6]
    assert dump.frames(2)["args"].tolist() == ["0x1"]


def test_arguments_do_not_keep_stacks_apart_but_lines_do() -> None:
    records = [
        f"goroutine {i} [select]:\nmain.a({args})\n\t/m.go:{line} +0x{offset}\ncreated by main.main in goroutine {i + 100}\n\t/m.go:9 +0x1\n"
        for i, (args, line, offset) in enumerate(
            [("0x1", 1, "1"), ("0x2, {0x3?}", 1, "2"), ("...", 1, "1"), ("0x1", 2, "1")], 1
        )
    ]
    dump = read_goroutines("\n".join(records).encode())
    assert dump.goroutines["stack_id"].tolist() == [0, 0, 0, 1]
    assert dump.goroutines["creator_id"].tolist() == [101, 102, 103, 104]
    assert Counter(dump.goroutines["creator"]) == {"main.main": 4}
