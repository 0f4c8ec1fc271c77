"""Two dumps of one process, of two processes, and more than two."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from analyzer.errors import UsageError
from analyzer.goroutines import GoroutineDump, across, read_goroutines
from analyzer.goroutines.schema import STUCK, comparison_schema


def bodies(path: Path) -> dict[int, str]:
    """Id to its frames without arguments, by a plain search."""
    found = {}
    for record in path.read_text().split("\n\n"):
        head, _, body = record.partition("\n")
        body = re.sub(r"\((0x|\{|_).*", "(", body)
        found[int(head.split()[1])] = re.sub(r" (in goroutine \d+|\+0x[0-9a-f]+)", "", body).strip()
    return found


def test_who_has_not_moved(dumps: Path, locked: GoroutineDump, locked_later: GoroutineDump) -> None:
    comparison = locked.compare(locked_later)
    STUCK.check(comparison.stuck)
    assert comparison.same_process
    assert comparison.stuck["state"].value_counts().to_dict() == {"IO wait": 60, "sync.WaitGroup.Wait": 7}
    one, two = (bodies(dumps / f"goroutines-table-lock-{n}.txt") for n in (1, 2))
    unmoved = {i for i in one.keys() & two.keys() if one[i] == two[i]}
    assert set(comparison.stuck["id"]) <= unmoved
    assert len(unmoved) == len(comparison.stuck) + comparison.furniture
    later = locked_later.goroutines.set_index("id")["stack_id"]
    assert [later[i] for i in comparison.stuck["id"]] == comparison.stuck["stack_id"].tolist()


def test_groups_of_both(locked: GoroutineDump, locked_later: GoroutineDump) -> None:
    groups = locked.compare(locked_later).groups
    comparison_schema(["before", "after"]).check(groups)
    assert int(groups["before"].sum()) == int(groups["after"].sum()) == 248
    assert (groups["after"] - groups["before"] == groups["delta"]).all()
    assert groups["delta"].abs().is_monotonic_decreasing
    assert groups["delta"].tolist()[:2] == [1, -1]


def test_stacks_with_one_name_stay_apart(locked: GoroutineDump, locked_later: GoroutineDump) -> None:
    groups = locked.compare(locked_later, by="stack").groups
    frames = {s for dump in (locked, locked_later) for s in dump.records.stacks}
    assert len(groups) == len(frames)
    assert not groups["group"].is_unique


def test_another_process_is_compared_by_group_only(dumps: Path, locked: GoroutineDump) -> None:
    with zipfile.ZipFile(dumps.parent / "standalone-load-a.zip") as packet:
        loaded = read_goroutines(packet.read("goroutines"))
    comparison = loaded.compare(locked, by="own")
    assert not comparison.same_process
    assert comparison.stuck.empty
    assert comparison.groups["delta"].tolist()[:3] == [-200, -200, -200]
    forced = loaded.compare(locked, same_process=True)
    assert forced.same_process


def test_one_process_under_load(dumps: Path) -> None:
    one, two = (
        read_goroutines(zipfile.ZipFile(dumps.parent / f"standalone-load-{n}.zip").read("goroutines")) for n in "ab"
    )
    comparison = one.compare(two)
    assert comparison.same_process
    assert comparison.stuck.empty
    assert comparison.furniture > 600


def record(number: int, state: str, function: str, pointer: int = 0) -> str:
    return f"goroutine {number} [{state}]:\n{function}(0x{pointer:x})\n\t/a.go:1 +0x1\ncreated by main.main\n\t/a.go:9 +0x1\n"


def test_without_pointers_equal_stacks_must_do() -> None:
    before = read_goroutines(
        "\n".join(
            [record(5, "select", "main.f"), record(6, "select", "main.g"), record(7, "select", "main.h")]
        ).encode()
    )
    after = read_goroutines(
        "\n".join(
            [record(5, "select, 3 minutes", "main.f"), record(6, "select", "main.g"), record(7, "sleep", "main.i")]
        ).encode()
    )
    comparison = before.compare(after)
    assert comparison.same_process
    assert comparison.stuck[["id", "state"]].to_numpy().tolist() == [[5, "select"], [6, "select"]]
    assert comparison.stuck["wait_minutes"].tolist()[0] == 3
    elsewhere = read_goroutines("\n".join([record(5, "select", "main.x"), record(6, "select", "main.y")]).encode())
    assert not before.compare(elsewhere).same_process


def test_other_pointers_mean_another_process() -> None:
    before = read_goroutines("\n".join(record(i, "select", "main.f", 0xC000100000 + i) for i in range(2, 9)).encode())
    after = read_goroutines("\n".join(record(i, "select", "main.f", 0xC000200000 + i) for i in range(2, 9)).encode())
    assert not before.compare(after).same_process


def test_profiles_are_compared_by_group(dumps: Path) -> None:
    one, two = (read_goroutines(dumps / f"workload-go1.27.3{form}") for form in (".txt", ".pb.gz"))
    comparison = one.compare(two, by="own")
    assert not comparison.same_process
    assert comparison.groups["delta"].sum() == 0


def test_several_dumps(dumps: Path) -> None:
    named = {
        release: read_goroutines(dumps / f"workload-{release}.txt") for release in ("go1.21.13", "go1.25.5", "go1.27.3")
    }
    frame = across(named, by="state")
    comparison_schema(list(named)).check(frame)
    assert frame[list(named)].sum().tolist() == [51, 51, 51]
    waits = frame.set_index("group").loc[["semacquire", "sync.WaitGroup.Wait"]]
    assert waits.to_numpy().tolist() == [[1, 0, 0, -1], [0, 1, 1, 1]]


def test_one_dump_is_not_enough(locked: GoroutineDump) -> None:
    with pytest.raises(UsageError, match="at least two"):
        across({"only": locked})
    with pytest.raises(UsageError, match="cannot be grouped"):
        locked.compare(locked, by="hour")
