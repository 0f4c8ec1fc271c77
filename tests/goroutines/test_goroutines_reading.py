"""Real dumps of every Go release and server at hand: nothing is lost, nothing is left over."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from analyzer.errors import DumpError, SourceError, UsageError
from analyzer.goroutines import GoroutineDump, read_goroutines
from analyzer.goroutines.schema import FRAMES, GOROUTINES, GROUPS, STACKS, STATES

WORKLOADS = ("workload-go1.21.13", "workload-go1.25.5", "workload-go1.27.3", "workload-go1.27.3-leak")
REAL = ("goroutines-table-lock-1", "goroutines-table-lock-2")
HEADER = re.compile(r"^goroutine (\d+) \[([^\],]+)", re.MULTILINE)


def headers(text: str) -> list[tuple[int, str]]:
    """What a plain search for headers finds: an independent count."""
    marks = re.compile(r"( \((leaked|scan|durable)\))+$")
    return [(int(number), marks.sub("", state)) for number, state in HEADER.findall(text)]


@pytest.mark.parametrize("name", [*WORKLOADS, *REAL])
def test_every_goroutine_is_read_and_nothing_is_left(dumps: Path, name: str) -> None:
    path = dumps / f"{name}.txt"
    text = path.read_text()
    dump = read_goroutines(path)
    frame = dump.goroutines
    assert list(zip(frame["id"], frame["state"], strict=True)) == headers(text)
    assert dump.unparsed == []
    assert dump.messages == []
    assert int(frame["depth"].sum()) == len(re.findall(r"^[^\s.].*\)$", text, re.MULTILINE)) - len(
        re.findall(r"^created by .*\)$", text, re.MULTILINE)
    )


def test_packets_read_with_nothing_left(bundled: Path) -> None:
    with zipfile.ZipFile(bundled) as packet:
        data = packet.read("goroutines")
    dump = read_goroutines(data)
    assert len(dump) == 746 == len(headers(data.decode()))
    assert dump.unparsed == []
    assert not dump.goroutines["truncated"].any()


def test_older_server(shared: Path) -> None:
    with zipfile.ZipFile(shared / "packets" / "real" / "mattermost-9.11.0-standalone.zip") as packet:
        data = packet.read("goroutines")
    dump = read_goroutines(data)
    assert len(dump) == 120
    states = dump.states().set_index("state")["count"].to_dict()
    assert states == {
        "select": 86,
        "IO wait": 20,
        "chan receive": 8,
        "semacquire": 3,
        "syscall": 1,
        "sleep": 1,
        "running": 1,
    }
    assert dump.unparsed == []


def test_frames_keep_their_written_schemas(locked: GoroutineDump) -> None:
    GOROUTINES.check(locked.goroutines)
    STACKS.check(locked.stacks)
    GROUPS.check(locked.groups())
    STATES.check(locked.states())
    FRAMES.check(locked.frames(int(locked.goroutines["id"].iloc[0])))


def test_frames_of_one_goroutine_have_arguments_and_offsets(locked: GoroutineDump) -> None:
    frames = locked.frames(51832)
    assert frames.to_dict("records")[0]["function"].endswith("watchCancel.func1")
    assert frames["depth"].tolist() == list(range(len(frames)))
    with pytest.raises(UsageError, match="no goroutine 999999"):
        locked.frames(999999)


def test_source_forms(dumps: Path) -> None:
    path = dumps / "workload-go1.27.3.txt"
    data = path.read_bytes()
    for source in (path, str(path), data, bytearray(data), memoryview(data), io.BytesIO(data)):
        assert len(read_goroutines(source)) == 51


def test_what_is_no_dump_says_so(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="no goroutine"):
        read_goroutines(b"nothing here\n")
    with pytest.raises(SourceError, match="No such file"):
        read_goroutines(tmp_path / "missing")


def test_stacks_are_interned(locked: GoroutineDump) -> None:
    sizes = locked.goroutines.groupby("stack_id").size()
    assert sizes.max() == 60
    stacks = locked.stacks
    distinct = stacks.groupby("stack_id")[["function", "file", "line"]].apply(lambda s: tuple(map(tuple, s.to_numpy())))
    assert distinct.is_unique
    assert len(distinct) == len(sizes)


@pytest.mark.parametrize("by", ["stack", "state", "class", "creator", "own", "package", "label:none"])
def test_groups_add_up(locked: GoroutineDump, by: str) -> None:
    groups = locked.groups(by)
    assert int(groups["count"].sum()) == len(locked)
    assert groups["count"].is_monotonic_decreasing
    assert sorted(i for ids in groups["ids"] for i in ids) == sorted(locked.goroutines["id"])
    assert abs(groups["share"].sum() - 1) < 1e-9


def test_groups_by_creator_are_those_of_the_text(dumps: Path, locked: GoroutineDump) -> None:
    text = (dumps / "goroutines-table-lock-1.txt").read_text()
    expected = Counter(re.findall(r"^created by (\S+)", text, re.MULTILINE))
    groups = locked.groups("creator").set_index("group")["count"].to_dict()
    assert groups.pop("(unknown)") == len(locked) - sum(expected.values())
    assert groups == expected


def test_unknown_group_is_refused(locked: GoroutineDump) -> None:
    with pytest.raises(UsageError, match="cannot be grouped"):
        locked.groups("colour")


def test_returned_frames_cannot_change_the_dump(locked: GoroutineDump) -> None:
    frame = locked.goroutines
    frame.loc[:, "state"] = "gone"
    assert "gone" not in set(locked.goroutines["state"])
