"""What every goroutine of a dump is doing: furniture, a known place to wait at, or neither; computed once a stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from analyzer.goroutines.furniture import canonical, furniture_of
from analyzer.goroutines.kinds import PLACES, place_of
from analyzer.goroutines.owners import is_own, is_plumbing
from analyzer.goroutines.states import STATE_CLASSES, StateClass
from analyzer.text import count, printable

if TYPE_CHECKING:
    from analyzer.goroutines.body import Frame
    from analyzer.goroutines.model import GoroutineDump
    from analyzer.goroutines.records import Flags, Ints

_DISPATCH: Final = ("mattermost/web.Handler.ServeHTTP", "mattermost/web.(*Handler).ServeHTTP")
_SERVERS: Final = ("net/http.(*conn).serve", "net/http.(*http2serverConn).runHandler")
_LONG: Final = 200


def short(function: str, limit: int = 120) -> str:
    """Return a function name for people: moved and versioned parts of its path left out, safe to show."""
    return printable(canonical(function), limit)


def place_text(frame: Frame) -> str:
    """Return ``sqlstore.Get (user_store.go:12)``: a frame for people."""
    file = frame.file.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{short(frame.function)} ({printable(file, 60)}:{frame.line})" if file else short(frame.function)


def own_frame(stack: Sequence[Frame]) -> Frame | None:
    """Return the first own frame from the leaf, plumbing passed over; the leaf if there is none."""
    own = [frame for frame in stack if is_own(frame)]
    return next((f for f in own if not is_plumbing(f.function)), own[0] if own else stack[0] if stack else None)


def handler_of(stack: Sequence[Frame]) -> str | None:
    """Return the function that serves an HTTP request on this stack, or None if it serves none.

    In Mattermost it is what ``web.Handler.ServeHTTP`` calls; elsewhere the own function nearest to the root.
    """
    names = [canonical(frame.function) for frame in stack]
    for depth, name in enumerate(names):
        if name in _DISPATCH:
            return stack[depth - 1].function if depth else stack[depth].function
    if not any(name in _SERVERS for name in names):
        return None
    own = [frame.function for frame in reversed(stack) if is_own(frame)]
    named = [function for function in own if not function.endswith("ServeHTTP")]
    return next(iter(named or own), None)


class Survey:
    """A dump, looked at once: all finders of suspects work on this."""

    def __init__(self, dump: GoroutineDump) -> None:
        self.dump = dump
        r = dump.records
        combined = (dump.class_codes * max(len(r.stacks), 1) + r.stack) * (len(r.creators) + 1) + r.creator + 1
        keys, self._inverse = np.unique(combined, return_inverse=True)
        furniture, places = [], []
        for key in keys.tolist():
            rest, creator = divmod(key, len(r.creators) + 1)
            code, stack = divmod(rest, max(len(r.stacks), 1))
            functions = dump.stack_functions[stack]
            state: StateClass = STATE_CLASSES[code]
            use = furniture_of(functions, r.creators[creator - 1].function if creator else None, state)
            place = None if use else place_of(functions, state)
            furniture.append(use is not None)
            places.append(PLACES.index(place) if place else -1)
        self.furniture: Flags = np.array(furniture, dtype=bool)[self._inverse]
        self.place: Ints = np.array(places, dtype=np.int64)[self._inverse]

    @cached_property
    def handlers(self) -> list[str | None]:
        """Handler of every distinct stack."""
        return [handler_of(stack) for stack in self.dump.records.stacks]

    @cached_property
    def header_lines(self) -> Ints:
        """1-based line of the source of each row's header."""
        records = self.dump.records
        if not records.text:
            return np.zeros(len(records.ids), dtype=np.int64)
        breaks = np.flatnonzero(np.frombuffer(records.text, dtype=np.uint8) == 0x0A)
        lines = np.searchsorted(breaks, self.dump.spans[0]) + 1
        return lines if records.lines is None else records.lines[lines - 1].astype(np.int64)

    def of_class(self, *names: StateClass) -> Flags:
        """Rows in one of some state classes."""
        codes = [STATE_CLASSES.index(name) for name in names]
        return np.isin(self.dump.class_codes, codes)

    def weight(self, rows: Ints) -> int:
        """Number of goroutines in some rows."""
        return int(self.dump.records.weight[rows].sum())

    def ids(self, rows: Ints) -> list[int]:
        """Ids of some rows, ascending."""
        ids = self.dump.records.ids[rows]
        return sorted(ids[ids >= 0].tolist())

    def longest(self, rows: Ints) -> int:
        """Longest wait among some rows in minutes, -1 when none is given."""
        return int(self.dump.minutes[rows].max(initial=-1))

    def wait_text(self, rows: Ints) -> str:
        """Return how long some rows have waited, in words."""
        minutes = self.dump.minutes[rows]
        given = minutes[minutes >= 0]
        if not len(given):
            return "no waiting time given: under a minute, or no garbage collection since"
        low, high = int(given.min()), int(given.max())
        span = count(high, "minute") if low == high else f"{low} to {high} minutes"
        absent = self.weight(rows) - self.weight(rows[minutes >= 0])
        return f"waiting for {span}" + (f" ({count(absent, 'goroutine')} without a time)" if absent else "")

    def most(self, texts: Iterable[tuple[str, int]], limit: int = 6) -> list[str]:
        """Return ``36 in text`` lines, most frequent first, at most ``limit`` and a count of the rest."""
        counts: Counter[str] = Counter()
        for text, number in texts:
            counts[text] += number
        lines = [f"{number:,} in {printable(text, _LONG)}" for text, number in counts.most_common(limit)]
        rest = list(counts.values())
        hidden = sum(sorted(rest, reverse=True)[limit:])
        return lines + ([f"{hidden:,} in {count(len(rest) - limit, 'other place')}"] if hidden else [])

    def by_stack(self, rows: Ints) -> list[tuple[int, int]]:
        """Return (stack, goroutines) of some rows."""
        stacks = self.dump.records.stack[rows]
        totals = np.zeros(len(self.dump.records.stacks), dtype=np.int64)
        np.add.at(totals, stacks, self.dump.records.weight[rows])
        return [(int(stack), int(totals[stack])) for stack in np.flatnonzero(totals)]

    def own_lines(self, rows: Ints, limit: int = 6) -> list[str]:
        """Return where some rows are, by their first own frame."""
        pairs = []
        for stack, number in self.by_stack(rows):
            frame = own_frame(self.dump.records.stacks[stack])
            pairs.append((place_text(frame) if frame else "(no frames)", number))
        return self.most(pairs, limit)

    def handler_line(self, rows: Ints) -> list[str]:
        """Return one line that counts the HTTP handlers among some rows, or none."""
        counts: Counter[str] = Counter()
        for stack, number in self.by_stack(rows):
            if handler := self.handlers[stack]:
                counts[short(handler)] += number
        if not counts:
            return []
        shown = ", ".join(f"{name} {number:,}" for name, number in counts.most_common(8))
        more = f", {len(counts) - 8} more" if len(counts) > 8 else ""
        return [f"HTTP handlers that wait: {shown}{more}"]

    def first_rows(self, rows: Ints, limit: int = 3) -> list[str]:
        """Return ``goroutine 7 [IO wait, 3 minutes]`` for the rows that wait longest."""
        if not len(rows) or self.dump.records.ids[rows[0]] < 0:
            return []
        order = rows[np.argsort(-self.dump.minutes[rows], kind="stable")][:limit]
        lines = []
        for row in order.tolist():
            status = self.dump.records.statuses[self.dump.records.status[row]]
            minutes = f", {count(status.minutes, 'minute')}" if status.minutes is not None else ""
            lines.append(f"goroutine {self.dump.records.ids[row]} [{printable(status.state, 40)}{minutes}]")
        return ["such as " + ", ".join(lines)]

    def children_wait(self, rows: Ints) -> Ints:
        """Return rows that wait in a group for goroutines they started which are among ``rows``."""
        parents = self.dump.records.creator_id[rows]
        waiting = self.of_class("group", "semaphore", "channel", "select") & ~self.furniture
        waiting &= np.isin(self.dump.records.ids, parents[parents >= 0])
        waiting[rows] = False
        return np.flatnonzero(waiting)
