"""Who waits for which mutex, and who may hold it: addresses are read from the arguments in the dump."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from analyzer.goroutines.records import spans
from analyzer.goroutines.survey import own_frame, place_text

if TYPE_CHECKING:
    from analyzer.goroutines.records import Ints
    from analyzer.goroutines.survey import Survey

# the receiver of the slow path is the mutex; without "?" it is certain (internal/sync since Go 1.24)
_MUTEX: Final = re.compile(
    rb"\nsync\.\(\*RWMutex\)\.(?:R?Lock|rUnlockSlow)\((0x[0-9a-f]+)[,)]"
    rb"|\n(?:internal/)?sync\.\(\*Mutex\)\.(?:lockSlow|Lock)\((0x[0-9a-f]+)[,)]"
)
_RECEIVER: Final = re.compile(rb"\n[^\n(]*\(\*[^\n)]+\)\.[^\n(]+\((0x[0-9a-f]{6,})\??[,)]")
_OBJECT: Final = 4096  # a mutex lies this near to the beginning of what it protects
_MAX_HOLDERS: Final = 5


@dataclass(frozen=True, slots=True)
class Lock:
    """A mutex: its address (None: not in the dump), who waits for it, and what it was recognised by."""

    address: int | None
    rows: Ints
    site: str


def find_locks(survey: Survey, rows: Ints) -> list[Lock]:
    """Group goroutines that wait for a lock: by its address, else by the place that asks for it."""
    records = survey.dump.records
    groups: dict[tuple[int | None, str], list[int]] = {}
    starts, ends = spans(records) if records.text else (None, None)
    for row in rows.tolist():
        stack = records.stacks[records.stack[row]]
        callers = [f for f in stack if not f.function.startswith(("sync.", "internal/sync.", "runtime."))]
        site = place_text(callers[0]) if callers else "(no frames)"
        address = None
        if starts is not None and ends is not None:
            match = _MUTEX.search(records.text, int(starts[row]), int(ends[row]))
            if match:
                address = int(match[1] or match[2], 16)
        groups.setdefault((address, "" if address is not None else site), []).append(row)
    locks = []
    for (address, site), members in groups.items():
        locks.append(Lock(address, np.array(members, dtype=np.int64), site))
    return sorted(locks, key=lambda lock: -survey.weight(lock.rows))


def holders(survey: Survey, lock: Lock, waiting: Ints) -> list[str]:
    """Return lines about goroutines that may hold the lock: a guess, said as one.

    The lock's address, or that of what it is part of, is an argument of theirs, and they wait for no lock.
    """
    records = survey.dump.records
    mutex = lock.address
    if mutex is None or not records.text:
        return []
    starts, ends = spans(records)
    wanted = {mutex}
    for row in lock.rows[:50].tolist():
        raw = records.text[int(starts[row]) : int(ends[row])]
        wanted |= {a for m in _RECEIVER.finditer(raw) if 0 <= mutex - (a := int(m[1], 16)) < _OBJECT}
    blocked = set(waiting.tolist())
    lines: list[str] = []
    for address in sorted(wanted, key=lambda a: abs(a - mutex)):
        pattern = re.compile(rb"[({ ]0x%x[?,)}]" % address)
        rows = {int(np.searchsorted(starts, m.start(), "right")) - 1 for m in pattern.finditer(records.text)}
        for row in sorted(rows - blocked):
            if row < 0:
                continue
            status = records.statuses[records.status[row]]
            frame = own_frame(records.stacks[records.stack[row]])
            where = place_text(frame) if frame else "(no frames)"
            line = f"possible holder: goroutine {records.ids[row]} [{status.state}] in {where}"
            if line not in lines:
                lines.append(line)
            if len(lines) == _MAX_HOLDERS:
                return lines
    return lines
