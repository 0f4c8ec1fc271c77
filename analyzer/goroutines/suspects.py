"""What looks wrong in a dump: every kind has a finder that says how many, which, why, and what to look at next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from analyzer.errors import Severity
from analyzer.goroutines.furniture import canonical
from analyzer.goroutines.kinds import HUB_LOOP, NEXT, ORDER, PLACES
from analyzer.goroutines.locks import find_locks, holders
from analyzer.goroutines.schema import SUSPECTS
from analyzer.goroutines.survey import Survey, own_frame, place_text, short
from analyzer.text import count, printable

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.goroutines.body import Frame
    from analyzer.goroutines.model import GoroutineDump
    from analyzer.goroutines.records import Ints

_SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")
_MANY_WAIT_LONG: Final = 20
_LONG_MINUTES: Final = 10
_MANY: Final = 1000
_PILE: Final = 3
_MOST_LOCKS: Final = 20
_FLOOD: Final = 25


class Suspect(NamedTuple):
    """One thing that looks wrong, with the rows concerned."""

    kind: str
    severity: Severity
    rows: Ints
    evidence: list[str]
    next: str


def _places(survey: Survey) -> Iterator[Suspect]:
    """Known places to wait at, one suspect a kind."""
    for kind in dict.fromkeys(place.kind for place in PLACES):
        numbers = [i for i, place in enumerate(PLACES) if place.kind == kind]
        rows = np.flatnonzero(np.isin(survey.place, numbers))
        if not len(rows):
            continue
        place = PLACES[int(survey.place[rows[0]])]
        number = survey.weight(rows)
        evidence = [f"{count(number, 'goroutine')} {place.title}", survey.wait_text(rows), *survey.own_lines(rows)]
        parents = survey.children_wait(rows)
        if len(parents):
            started = (
                "1 more goroutine, which started some of these, waits"
                if len(parents) == 1
                else (f"{len(parents):,} more goroutines, which started some of these, wait")
            )
            evidence += [f"{started} for them:", *survey.own_lines(parents, 3)]
        evidence += survey.handler_line(np.concatenate((rows, parents)))
        evidence += survey.first_rows(rows)
        yield Suspect(kind, place.severity(number, survey.longest(rows)), rows, evidence, place.next)


def _crash(survey: Survey) -> Iterator[Suspect]:
    """What the process died of; one that was asked for its goroutines with SIGQUIT is only mentioned."""
    dump = survey.dump
    said = [m for m in dump.messages if m.kind in ("panic", "fatal", "signal") and m.text.strip()]
    said = [m for m in said if "all goroutines are asleep" not in m.text]
    fatal = [m for m in said if m.kind in ("panic", "fatal") or m.text.startswith("SIG")]
    if not fatal:
        return
    asked = all(m.text.startswith("SIGQUIT") for m in fatal)
    evidence = [f"line {m.line}: {printable(m.text.strip(), 200)}" for m in said[:6]]
    if asked:
        evidence.append("SIGQUIT is how a process is asked for its goroutines; it ends with it")
    # the runtime prints the goroutine that failed first
    after = np.flatnonzero(survey.header_lines > fatal[0].line)
    rows = after[~survey.furniture[after] & (dump.records.ids[after] > 0)][:1]
    for row in rows[: 0 if asked else 1].tolist():
        frame = own_frame(_below_panic(dump.records.stacks[dump.records.stack[row]]))
        evidence.append(f"goroutine {dump.records.ids[row]} was in {place_text(frame) if frame else '(no frames)'}")
    yield Suspect("crash", "info" if asked else "error", rows[: 0 if asked else 1], evidence, NEXT["crash"])


def _below_panic(stack: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Return the part of a stack that panicked, without what ran because of it."""
    depths = [depth for depth, frame in enumerate(stack) if frame.function == "panic"]
    return stack[depths[-1] + 1 :] if depths else stack


def _deadlock(survey: Survey) -> Iterator[Suspect]:
    """Nothing can run any more: the runtime says so, or every goroutine waits for another one."""
    said = [m for m in survey.dump.messages if "all goroutines are asleep" in m.text]
    blocked = survey.of_class("lock", "channel", "select", "forever", "group", "semaphore")
    alive = ~blocked & ~survey.furniture
    listening = survey.furniture & survey.of_class("io", "runnable", "running", "sleep", "gc", "runtime")
    names = survey.dump.stack_functions
    dumping = np.array(
        [any("writeGoroutine" in f or f.startswith("runtime/") for f in s[:4]) for s in names], dtype=bool
    )
    alive &= ~dumping[survey.dump.records.stack] if len(names) else alive
    rows = np.flatnonzero(blocked & (~survey.furniture | survey.of_class("lock")))
    locked = np.count_nonzero(blocked & survey.of_class("lock", "group", "forever", "channel"))
    if not said and (alive.any() or listening.any() or len(rows) < 2 or not locked):
        return
    if said:
        rows = np.flatnonzero(blocked)
    evidence = [f"line {m.line}: {printable(m.text, 120)}" for m in said]
    evidence.append(f"{count(survey.weight(rows), 'goroutine')} wait for each other, none can run")
    evidence += [*survey.own_lines(rows), survey.wait_text(rows)]
    yield Suspect("deadlock", "error" if said else "warning", rows, evidence, NEXT["deadlock"])


def _lock_pile_up(survey: Survey) -> Iterator[Suspect]:
    """Several goroutines wait for one mutex."""
    waiting = np.flatnonzero(survey.of_class("lock"))
    for lock in find_locks(survey, waiting)[:_MOST_LOCKS]:
        number = survey.weight(lock.rows)
        if number < _PILE:
            continue
        what = f"one lock at 0x{lock.address:x}" if lock.address is not None else f"a lock asked for in {lock.site}"
        evidence = [f"{count(number, 'goroutine')} wait for {what}", survey.wait_text(lock.rows)]
        evidence += survey.own_lines(lock.rows) + survey.handler_line(lock.rows)
        found = holders(survey, lock, waiting)
        evidence += found or ["no goroutine that could hold it was recognised"]
        bad = number >= 10 or survey.longest(lock.rows) >= 1
        yield Suspect("lock-pile-up", "error" if bad else "warning", lock.rows, evidence, NEXT["lock-pile-up"])


def _certain_leak(survey: Survey) -> Iterator[Suspect]:
    """Goroutines that can never go on."""
    proved = np.array(["leaked" in s.marks or s.state == "leaked" for s in survey.dump.records.statuses], dtype=bool)
    leaked = proved[survey.dump.records.status] if len(proved) else np.zeros(0, dtype=bool)
    rows = np.flatnonzero(leaked | (survey.of_class("forever") & ~survey.furniture))
    if not len(rows):
        return
    number = survey.weight(rows)
    evidence = [f"{count(number, 'goroutine')} can never go on"]
    if leaked[rows].any():
        evidence.append(f"{survey.weight(rows[leaked[rows]]):,} of them proved by the garbage collector (leaked)")
    evidence += survey.own_lines(rows) + _creator_lines(survey, rows)
    yield Suspect("certain-leak", "error" if number >= 10 else "warning", rows, evidence, NEXT["certain-leak"])


def _creator_lines(survey: Survey, rows: Ints) -> list[str]:
    creators = survey.dump.records.creators
    found, numbers = np.unique(survey.dump.records.creator[rows], return_counts=True)
    order = np.argsort(-numbers, kind="stable")[:3]
    return [f"started by {place_text(creators[found[i]])}: {numbers[i]:,}" for i in order if found[i] >= 0]


def _hub_stuck(survey: Survey) -> Iterator[Suspect]:
    """A web hub's loop waits for something other than its own messages."""
    stacks = [
        i
        for i, functions in enumerate(survey.dump.stack_functions)
        if any(canonical(function) in HUB_LOOP for function in functions[1:])
    ]
    waits = survey.of_class("lock", "io", "channel", "group", "semaphore", "forever", "select")
    rows = np.flatnonzero(np.isin(survey.dump.records.stack, stacks) & waits & ~survey.furniture)
    if len(rows):
        evidence = [f"{count(len(rows), 'web hub')} waits inside its own loop", survey.wait_text(rows)]
        evidence += survey.own_lines(rows) + survey.first_rows(rows)
        severity: Severity = "error" if survey.longest(rows) >= 1 else "warning"
        yield Suspect("hub-stuck", severity, rows, evidence, NEXT["hub-stuck"])


def _groups_by_creator(survey: Survey, rows: Ints) -> Iterator[Ints]:
    creators = survey.dump.records.creator[rows]
    for creator in np.unique(creators[creators >= 0]):
        yield rows[creators == creator]


def _leak(survey: Survey) -> Iterator[Suspect]:
    """Many goroutines from one place that wait for long, and for none of the known places."""
    waits = survey.of_class("channel", "select", "semaphore", "group", "sleep")
    plain = waits & ~survey.furniture & (survey.place < 0)
    for rows in _groups_by_creator(survey, np.flatnonzero(plain)):
        long = rows[survey.dump.minutes[rows] >= _LONG_MINUTES]
        number = survey.weight(rows)
        if survey.weight(long) < _MANY_WAIT_LONG and number < _MANY:
            continue
        creator = survey.dump.records.creators[survey.dump.records.creator[rows[0]]]
        evidence = [
            f"{count(number, 'goroutine')} started by {place_text(creator)} wait",
            survey.wait_text(rows),
            *survey.own_lines(rows),
            *survey.first_rows(rows),
        ]
        yield Suspect("leak", "error" if number >= 10 * _MANY else "warning", rows, evidence, NEXT["leak"])


def _channel_send(survey: Survey) -> Iterator[Suspect]:
    """Several goroutines cannot send on a channel."""
    sending = np.array([s.state == "chan send" for s in survey.dump.records.statuses], dtype=bool)
    mask = sending[survey.dump.records.status] if len(sending) else np.zeros(0, dtype=bool)
    rows = np.flatnonzero(mask & ~survey.furniture & (survey.place < 0))
    by_site: dict[str, list[int]] = {}
    for row in rows.tolist():
        frame = own_frame(survey.dump.records.stacks[survey.dump.records.stack[row]])
        by_site.setdefault(place_text(frame) if frame else "(no frames)", []).append(row)
    for site, members in by_site.items():
        found = np.array(members, dtype=np.int64)
        number = survey.weight(found)
        if number < _PILE:
            continue
        evidence = [f"{count(number, 'goroutine')} cannot send in {site}", survey.wait_text(found)]
        evidence += _creator_lines(survey, found) + survey.first_rows(found)
        bad = number >= _FLOOD or survey.longest(found) >= 1
        yield Suspect("channel-send", "warning" if bad else "info", found, evidence, NEXT["channel-send"])


def _handler_flood(survey: Survey) -> Iterator[Suspect]:
    """Many requests of one kind at once."""
    by_handler: dict[str, list[int]] = {}
    for stack, handler in enumerate(survey.handlers):
        if handler is not None:
            by_handler.setdefault(handler, []).append(stack)
    for handler, stacks in by_handler.items():
        rows = np.flatnonzero(np.isin(survey.dump.records.stack, stacks) & ~survey.furniture)
        number = survey.weight(rows)
        if number < _FLOOD or "connectWebSocket" in handler:
            continue
        evidence = [
            f"{number:,} requests are in {short(handler)} at once",
            survey.wait_text(rows),
            *survey.own_lines(rows),
        ]
        yield Suspect(
            "handler-flood", "warning" if number >= 4 * _FLOOD else "info", rows, evidence, NEXT["handler-flood"]
        )


_STOPS: Final = frozenset(
    {
        "GC assist wait",
        "GC assist marking",
        "wait for GC cycle",
        "stopping the world",
        "GC mark termination",
        "dumping heap",
    }
)
_WORLD: Final = (
    "runtime.stopTheWorld",
    "runtime.stopTheWorldGC",
    "runtime.ReadMemStats",
    "runtime.GC",
    "runtime.gcStart",
)


def _runtime_pressure(survey: Survey) -> Iterator[Suspect]:
    """The collector makes goroutines help or wait, or more are ready than CPUs can run."""
    states = survey.dump.records.statuses
    forced = np.array([s.state in _STOPS for s in states], dtype=bool)
    mask = forced[survey.dump.records.status] if len(states) else np.zeros(0, dtype=bool)
    world = [i for i, functions in enumerate(survey.dump.stack_functions) if set(functions) & set(_WORLD)]
    mask |= np.isin(survey.dump.records.stack, world) & survey.of_class("semaphore", "gc", "runtime")
    rows = np.flatnonzero(mask & ~survey.furniture)
    number = survey.weight(rows)
    if number:
        evidence = [f"{count(number, 'goroutine')} held up by the garbage collector", *survey.own_lines(rows)]
        severity: Severity = "error" if number >= 50 else "warning" if number >= 5 else "info"
        yield Suspect("runtime-pressure", severity, rows, evidence, NEXT["runtime-pressure"])
    ready = np.flatnonzero(survey.of_class("runnable"))
    number = survey.weight(ready)
    if number >= 100:
        evidence = [f"{number:,} of {survey.dump.total:,} goroutines are ready to run and wait for a CPU"]
        evidence += survey.own_lines(ready) + survey.handler_line(ready)
        yield Suspect(
            "runtime-pressure", "warning" if number >= _MANY else "info", ready, evidence, NEXT["runtime-pressure"]
        )


FINDERS: Final[tuple[Callable[[Survey], Iterator[Suspect]], ...]] = (
    _crash, _deadlock, _places, _lock_pile_up, _hub_stuck, _certain_leak, _leak, _channel_send, _handler_flood,
    _runtime_pressure,
)  # fmt: skip
"""Every finder; a new kind is one function here and one row in ``kinds``."""


def suspects(dump: GoroutineDump) -> list[Suspect]:
    """Return what looks wrong: errors first, causes before what follows from them, then by number."""
    survey = Survey(dump)
    found = [suspect for finder in FINDERS for suspect in finder(survey)] if dump.total else []
    return sorted(found, key=lambda s: (_SEVERITIES.index(s.severity), ORDER.index(s.kind), -survey.weight(s.rows)))


def suspect_frame(dump: GoroutineDump) -> pd.DataFrame:
    """Return one row a suspect; columns as in ``schema.SUSPECTS``."""
    found = suspects(dump)
    ids = [np.sort(dump.records.ids[s.rows][dump.records.ids[s.rows] >= 0]).tolist() for s in found]
    return SUSPECTS.frame(
        {
            "kind": [s.kind for s in found],
            "severity": [s.severity for s in found],
            "count": [int(dump.records.weight[s.rows].sum()) for s in found],
            "ids": ids,
            "evidence": [s.evidence for s in found],
            "next": [s.next for s in found],
        }
    )
