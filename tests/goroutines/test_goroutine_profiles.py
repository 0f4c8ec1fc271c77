"""Goroutine profiles as text and protobuf: the same groups as the dump of the same process."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from analyzer.errors import DumpError, UsageError
from analyzer.goroutines import GoroutineDump, read_goroutines
from analyzer.goroutines.body import Frame
from analyzer.goroutines.counts import deduce_state, visible
from analyzer.goroutines.schema import GOROUTINES, GROUPS, STACKS, STATES, SUSPECTS

RELEASES = ("go1.21.13", "go1.25.5", "go1.27.3")
FORMS = ("-debug1.txt", ".pb.gz")


def stacks(dump: GoroutineDump) -> Counter[tuple[Frame, ...]]:
    counts: Counter[tuple[Frame, ...]] = Counter()
    for stack, number in zip(dump.records.stack.tolist(), dump.records.weight.tolist(), strict=True):
        counts[dump.records.stacks[stack]] += number
    return counts


def moving(stack: tuple[Frame, ...]) -> bool:
    """Whether a stack was running when the snapshot was taken, or is deeper than one form writes."""
    return any(frame.function in ("main.save", "main.fib", "main.deep") for frame in stack)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("release", RELEASES)
def test_groups_are_those_of_the_dump(dumps: Path, release: str, form: str) -> None:
    dump = stacks(read_goroutines(dumps / f"workload-{release}.txt"))
    profile = stacks(read_goroutines(dumps / f"workload-{release}{form}"))
    assert dump.total() == profile.total() == 51
    assert {s: n for s, n in dump.items() if not moving(s)} == {s: n for s, n in profile.items() if not moving(s)}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_calls_answer(dumps: Path, form: str) -> None:
    profile = read_goroutines(dumps / f"workload-go1.27.3{form}")
    for schema, frame in (
        (GOROUTINES, profile.goroutines),
        (STACKS, profile.stacks),
        (STATES, profile.states()),
        (SUSPECTS, profile.suspects()),
    ):
        schema.check(frame)
    for by in ("stack", "state", "class", "creator", "own", "package", "label:req"):
        groups = profile.groups(by)
        GROUPS.check(groups)
        assert int(groups["count"].sum()) == 51
    assert len(profile) == len(profile.goroutines) == 51
    assert profile.goroutines["id"].isna().all()
    assert profile.unparsed == []
    with pytest.raises(UsageError):
        profile.frames(1)
    assert set(profile.suspects()["kind"]) >= {"lock-pile-up"}


def test_labels_of_a_profile(dumps: Path) -> None:
    for form in FORMS:
        frame = read_goroutines(dumps / f"workload-go1.27.3{form}").goroutines
        labels = [value for value in frame["labels"] if value]
        assert {"n": "1", "req": 'GET /api/v4/users "q"'} in labels
        assert {"plain": "x"} in labels


def test_states_are_deduced_from_frames_of_the_runtime(dumps: Path) -> None:
    dump = read_goroutines(dumps / "workload-go1.27.3.txt").states().set_index("state")["count"]
    profile = read_goroutines(dumps / "workload-go1.27.3.pb.gz").states().set_index("state")["count"]
    for state in (
        "sleep",
        "sync.Mutex.Lock",
        "sync.RWMutex.RLock",
        "select",
        "IO wait",
        "sync.Cond.Wait",
        "sync.WaitGroup.Wait",
        "select (no cases)",
    ):
        assert profile[state] == dump[state]
    nil = "chan receive (nil chan)"
    assert profile["chan receive"] == dump["chan receive"] + dump[nil]


def test_nothing_is_deduced_from_own_functions() -> None:
    assert deduce_state(["main.f", "time.Sleep"]) == ""
    assert deduce_state(["runtime.gopark", "runtime.chanrecv", "runtime.chanrecv1", "main.f"]) == "chan receive"


def test_frames_that_a_dump_does_not_print() -> None:
    names = [
        "runtime.gopark",
        "runtime.gopanic",
        "slices.SortFunc[go.shape.int]",
        "runtime.Gosched",
        "main.main",
        "runtime.main",
        "runtime.goexit",
    ]
    shown = visible(Frame(name, "f.go", 1) for name in names)
    assert [frame.function for frame in shown] == ["panic", "slices.SortFunc[...]", "runtime.Gosched", "main.main"]


def test_profiles_of_something_else_are_refused(dumps: Path) -> None:
    with pytest.raises(DumpError, match="heap"):
        read_goroutines(b"heap profile: total 5\n1 @ 0x1\n")
    with pytest.raises(DumpError, match="cpu"):
        read_goroutines(dumps.parent / "profiles" / "go1.27.3" / "cpu.prof")


def test_a_dump_packed_with_gzip(dumps: Path) -> None:
    data = (dumps / "workload-go1.27.3.txt").read_bytes()
    assert len(read_goroutines(gzip.compress(data))) == 51
    with pytest.raises(DumpError):
        read_goroutines(gzip.compress(data)[:-200])


def test_lines_of_a_count_profile_that_are_not_understood() -> None:
    text = b"goroutine profile: total 3\n2 @ 0x1 0x2\n#\t0x1\tmain.f+0x0\t/m.go:3\nhello\n\n1 @\n"
    dump = read_goroutines(text)
    assert len(dump) == 3
    assert dump.unparsed == [(4, "hello")]
    assert dump.groups()["count"].tolist() == [2, 1]


def test_a_count_beyond_all_reason_costs_nothing() -> None:
    text = b"goroutine profile: total 3\n900000000000000 @ 0x1\n#\t0x1\tmain.f+0x0\t/m.go:3\n"
    dump = read_goroutines(text)
    assert dump.groups()["count"].tolist() == [900000000000000]
    assert len(dump.goroutines) == 1_000_000
