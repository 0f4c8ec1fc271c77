"""Goroutine profiles, which hold counts by stack: debug=1 text and protobuf, read into the same columns.

A profile has no ids, minutes, creators or arguments. Its stacks have frames of the runtime that a dump does
not print (``runtime/traceback.go``, ``showfuncinfo``); they are left out so that both forms give the same
stacks, after the state was deduced from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from analyzer.errors import DumpError
from analyzer.goroutines.body import Frame
from analyzer.goroutines.header import Status, read_labels
from analyzer.goroutines.pieces import decode
from analyzer.goroutines.records import Records
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.profiles.model import Columns

TITLE: Final = re.compile(rb"\s*(\S{1,64}) profile: total \d{1,19}\s*?(?:\n|\Z)")
_KINDS: Final = ("goroutine", "goroutineleak")
_ROW: Final = re.compile(r"(\d{1,18}) @((?: 0x[0-9a-f]+)*)\s*\Z")
_OFFSET: Final = re.compile(r"\+0x[0-9a-f]{1,16}\Z")
_LABELS: Final = "# labels: "
_MOST: Final = 1 << 53  # a count beyond any process; sums stay exact

# The function a goroutine is parked in tells its state; where two rows fit, the first from the leaf decides
_PARKED: Final[dict[str, str]] = {
    "sync.runtime_SemacquireMutex": "sync.Mutex.Lock",
    "internal/sync.runtime_SemacquireMutex": "sync.Mutex.Lock",
    "sync.runtime_SemacquireRWMutexR": "sync.RWMutex.RLock",
    "sync.runtime_SemacquireRWMutex": "sync.RWMutex.Lock",
    "sync.runtime_SemacquireWaitGroup": "sync.WaitGroup.Wait",
    "sync.runtime_Semacquire": "semacquire",
    "internal/poll.runtime_Semacquire": "semacquire",
    "sync.runtime_notifyListWait": "sync.Cond.Wait",
    "runtime.notifyListWait": "sync.Cond.Wait",
    "internal/poll.runtime_pollWait": "IO wait",
    "runtime.netpollblock": "IO wait",
    "time.Sleep": "sleep",
    "runtime.timeSleep": "sleep",
    "runtime.chanrecv": "chan receive",
    "runtime.chansend": "chan send",
    "runtime.selectgo": "select",
    "runtime.block": "select (no cases)",
    "os/signal.signal_recv": "syscall",
    "runtime.cgocall": "syscall",
    "runtime.gcParkAssist": "GC assist wait",
}
_GENERIC: Final = re.compile(r"\[.*\]")


class Counted(NamedTuple):
    """One stack of a profile: how many goroutines have it, all its frames (leaf first), labels."""

    number: int
    frames: tuple[Frame, ...]
    labels: dict[str, str]


def _shown(function: str) -> bool:
    """Whether a dump prints a frame of this function."""
    if function.startswith("runtime."):
        tail = function[len("runtime.") :].removeprefix("(*")
        return tail[:1].isupper()
    return "." in function or function == "panic"


def visible(frames: Iterable[Frame]) -> tuple[Frame, ...]:
    """Return the frames that a dump prints, named as it names them."""
    named = []
    for frame in frames:
        function = "panic" if frame.function == "runtime.gopanic" else frame.function
        if _shown(function):
            named.append(frame._replace(function=_GENERIC.sub("[...]", function)))
    return tuple(named)


def deduce_state(functions: Sequence[str]) -> str:
    """Return the state that the parked function at the leaf stands for, "" if none tells it."""
    for function in functions[:8]:
        if state := _PARKED.get(function):
            return state
        if function.startswith("syscall."):
            return "syscall"
        if not function.startswith(("runtime.", "internal/", "sync.")):
            break
    return ""


def _records(rows: Iterable[Counted], unparsed: Sequence[tuple[int, str]] = (), *, leaked: bool = False) -> Records:
    stacks: dict[tuple[Frame, ...], int] = {}
    statuses: list[Status] = []
    numbers: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
    table = []
    for row in rows:
        state = deduce_state([frame.function for frame in row.frames])
        key = (state, tuple(sorted(row.labels.items())))
        if key not in numbers:
            numbers[key] = len(statuses)
            statuses.append(Status(state, labels=row.labels, marks=frozenset({"leaked"} if leaked else ())))
        stack = visible(row.frames)
        table.append((numbers[key], stacks.setdefault(stack, len(stacks)), min(row.number, _MOST)))
    array = np.array(table, dtype=np.int64).reshape(-1, 3)
    absent = np.full(len(array), -1, dtype=np.int64)
    return Records(
        ids=absent,
        status=array[:, 0],
        stack=array[:, 1],
        creator=absent,
        creator_id=absent,
        cut=np.zeros(len(array), dtype=bool),
        weight=array[:, 2],
        statuses=tuple(statuses),
        stacks=tuple(stacks),
        creators=(),
        unparsed=tuple(unparsed),
    )


def _frame(line: str) -> Frame | None:
    """Read ``#``, address, name with offset, ``file:line``; tabs between them, several where columns are aligned."""
    words = [word for word in line.rstrip().split("\t") if word]
    if len(words) != 4 or words[0] != "#":
        return None
    file, _, number = words[3].rpartition(":")
    return Frame(_OFFSET.sub("", words[2]), file, int(number)) if number.isdigit() and len(number) < 10 else None


def read_counts(text: bytes) -> Records:
    """Read ``goroutine profile: total N`` text (debug=1); lines that are not understood are kept.

    Raises:
        DumpError: it is a profile of something else.
    """
    title = TITLE.match(text)
    kind = decode(title[1]) if title else ""
    if kind not in _KINDS:
        raise DumpError(f"this is a {printable(kind, 40)} profile, not one of goroutines")
    unparsed: list[tuple[int, str]] = []
    rows: list[Counted] = []
    frames: list[Frame] = []
    for number, line in enumerate(decode(text).split("\n"), 1):
        if found := _ROW.match(line):
            if rows:
                rows[-1] = rows[-1]._replace(frames=tuple(frames))
            frames = []
            rows.append(Counted(int(found[1]), (), {}))
        elif rows and (frame := _frame(line)):
            frames.append(frame)
        elif rows and line.startswith(_LABELS):
            labels = read_labels(line[len(_LABELS) :].strip(), 0)
            rows[-1] = rows[-1]._replace(labels=labels[0] if labels else {})
        elif line.strip() and line != "#" and not TITLE.match(line.encode()):
            unparsed.append((number, line))
    if rows:
        rows[-1] = rows[-1]._replace(frames=tuple(frames))
    return _records(rows, unparsed, leaked=kind == "goroutineleak")


def from_columns(columns: Columns) -> Records:
    """Take the goroutines out of a decoded protobuf profile.

    Raises:
        DumpError: it is a profile of something else.
    """
    kinds = [value.type for value in columns.sample_types]
    wanted = [i for i, kind in enumerate(kinds) if kind in _KINDS]
    if not wanted:
        names = ", ".join(kinds) or "nothing"
        raise DumpError(f"this is a profile of {printable(names, 80)}, not of goroutines")
    return _records(_counted(columns, wanted[0]), leaked=kinds[wanted[0]] == "goroutineleak")


def _counted(columns: Columns, value: int) -> Iterator[Counted]:
    samples, locations, lines, functions = columns.samples, columns.locations, columns.lines, columns.functions
    strings = columns.strings
    labels: dict[int, dict[str, str]] = {}
    for row in range(len(columns.labels)):
        text = int(columns.labels.string[row])
        if text >= 0:
            pairs = labels.setdefault(int(columns.labels.sample[row]), {})
            pairs[strings[int(columns.labels.key[row])]] = strings[text]
    for sample in range(len(samples)):
        frames = []
        for location in samples.locations[samples.offsets[sample] : samples.offsets[sample + 1]].tolist():
            for line in range(int(locations.offsets[location]), int(locations.offsets[location + 1])):
                function = int(lines.function[line])
                name = strings[int(functions.name[function])]
                file = strings[int(functions.filename[function])]
                frames.append(Frame(name, file, int(lines.line[line])))
        yield Counted(max(int(samples.values[sample, value]), 0), tuple(frames), labels.get(sample, {}))
