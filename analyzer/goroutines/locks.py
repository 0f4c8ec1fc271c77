"""Who waits for which mutex, and who may hold it: addresses are read from the arguments in the dump."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from analyzer.goroutines.body import BodyReader, Call, Frame
from analyzer.goroutines.pieces import decode
from analyzer.goroutines.survey import own_frame, place_text
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.goroutines.records import Ints
    from analyzer.goroutines.survey import Survey

# the receiver of the slow path is the mutex; without "?" it is certain (internal/sync since Go 1.24)
_MUTEX: Final = re.compile(
    rb"\nsync\.\(\*RWMutex\)\.(?:R?Lock|rUnlockSlow)\((0x[0-9a-f]+)[,)]"
    rb"|\n(?:internal/)?sync\.\(\*Mutex\)\.(?:lockSlow|Lock)\((0x[0-9a-f]+)[,)]"
)
_METHOD: Final = re.compile(r"(.*\(\*[^()]+\))\.[^()]+\Z")
_FIRST: Final = re.compile(r"(0x[0-9a-f]{6,16})(\??)(?:,|\Z)")
_OBJECT: Final = 4096  # a mutex lies this near to the beginning of what it protects
_LOCKING: Final = ("sync.", "internal/sync.", "runtime.")
_MAX_HOLDERS: Final = 5
_LOOK_AT: Final = 2000  # goroutines in methods of the type in question


@dataclass(frozen=True, slots=True)
class Lock:
    """A mutex: its address (None: not in the dump), who waits for it, and what it was recognised by."""

    address: int | None
    rows: Ints
    site: str


def _callers(stack: Sequence[Frame]) -> Sequence[Frame]:
    """Return the frames of a stack from the one that asks for the lock on."""
    depth = next((i for i, frame in enumerate(stack) if not frame.function.startswith(_LOCKING)), len(stack))
    return stack[depth:]


def find_locks(survey: Survey, rows: Ints) -> list[Lock]:
    """Group goroutines that wait for a lock: by its address, else by the place that asks for it.

    Where the address is missing (stale arguments) and all others at the same place wait for one lock, it is that.
    """
    records = survey.dump.records
    starts, ends = survey.dump.spans if records.text else (None, None)
    groups: dict[tuple[str, int | None], list[int]] = {}
    for row in rows.tolist():
        callers = _callers(records.stacks[records.stack[row]])
        site = place_text(callers[0]) if callers else "(no frames)"
        match = None
        if starts is not None and ends is not None:
            match = _MUTEX.search(records.text, int(starts[row]), int(ends[row]))
        groups.setdefault((site, int(match[1] or match[2], 16) if match else None), []).append(row)
    known: dict[str, list[int]] = {}
    for site, address in groups:
        if address is not None:
            known.setdefault(site, []).append(address)
    merged: dict[tuple[str, int | None], list[int]] = {}
    for (site, address), members in groups.items():
        if address is None and len(known.get(site, [])) == 1:
            address = known[site][0]
        key = (site, None) if address is None else ("", address)
        merged.setdefault(key, []).extend(members)
    locks = [Lock(address, np.array(sorted(m), dtype=np.int64), site) for (site, address), m in merged.items()]
    return sorted(locks, key=lambda lock: -survey.weight(lock.rows))


def holders(survey: Survey, lock: Lock, waiting: Ints) -> list[str]:
    """Return lines about goroutines that may hold the lock: a guess, said as one.

    They wait for no lock themselves, and the lock is an argument of theirs, or lies inside the object whose
    method they are in, the type of which is that of the methods that ask for the lock.
    """
    records = survey.dump.records
    if lock.address is None or not records.text:
        return []
    types = set()
    for stack, _ in survey.by_stack(lock.rows):
        callers = _callers(records.stacks[stack])
        if callers and (method := _METHOD.match(callers[0].function)):
            types.add(method[1])
    starts, ends = survey.dump.spans
    exact = re.compile(rb"[({ ]0x%x[?,)}]" % lock.address)
    rows = {int(np.searchsorted(starts, m.start(), "right")) - 1 for m in exact.finditer(records.text)}
    inside = [
        stack
        for stack, frames in enumerate(records.stacks)
        if any((method := _METHOD.match(frame.function)) and method[1] in types for frame in frames)
    ]
    reader = BodyReader()
    others = np.setdiff1d(np.flatnonzero(np.isin(records.stack, inside)), waiting, assume_unique=True)
    for row in others[:_LOOK_AT].tolist():
        body = reader.read(decode(records.text[starts[row] : ends[row]].partition(b"\n")[2]))
        if any(_is_object(call, types, lock.address) for call in body.calls):
            rows.add(row)
    lines = []
    for row in sorted(rows - set(waiting.tolist()) - {-1}):
        state = records.statuses[records.status[row]].state
        frame = own_frame(records.stacks[records.stack[row]])
        where = place_text(frame) if frame else "(no frames)"
        lines.append(f"possible holder: goroutine {records.ids[row]} [{printable(state, 40)}] in {where}")
    return lines[:_MAX_HOLDERS]


def _is_object(call: Call, types: set[str], mutex: int) -> bool:
    """Whether a call's receiver is of one of the types and the mutex lies inside it."""
    method = _METHOD.match(call.frame.function)
    receiver = _FIRST.match(call.args)
    if method is None or receiver is None or method[1] not in types or receiver[2]:
        return False
    return 0 <= mutex - int(receiver[1], 16) < _OBJECT
