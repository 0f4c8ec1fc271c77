"""Running collectors at once, each within its own time, each failing alone."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from analyzer.generate.base import Collected, Collector, Context

State: TypeAlias = Literal["waiting", "running", "done", "partly", "failed", "late", "off"]
HEAD_START: Final = 0.5
TOTAL_SECONDS: Final = 20.0
"""No packet waits longer than this for its collectors, except for a longer CPU profile that was asked for."""


@dataclass(slots=True)
class Step:
    """One collector and how it went.

    Attributes:
        collector: what it is.
        needs: what it reads or connects to; empty means that it has nothing to do (``off``).
        state: ``done``, ``partly`` (with warnings), ``failed``, ``late`` (left behind at its time limit), ``off``.
        seconds: how long it took.
        collected: what it found.
    """

    collector: Collector
    needs: tuple[str, ...]
    state: State = "waiting"
    seconds: float = 0.0
    collected: Collected | None = None

    @property
    def ok(self) -> bool:
        """Whether it left nothing to be desired."""
        return self.state in ("done", "off")


Watch: TypeAlias = Callable[[Step], None]


def prepare(collectors: Iterable[Collector], context: Context) -> list[Step]:
    """Return a step for every collector, with what it would read; nothing is read or connected to here."""
    steps = []
    for collector in collectors:
        try:
            needs = tuple(collector.needs(context))
        except Exception as error:
            # settings of a wrong kind: it will fail alone, with its own warning
            needs = (f"settings that cannot be read ({context.why(error)})",)
        steps.append(Step(collector, needs, "waiting" if needs else "off"))
    return steps


def run(steps: list[Step], context: Context, watch: Watch | None = None) -> None:
    """Run every step that has something to do, all at once, and return when each is done or its time is over.

    Threads that hang are left behind; they are daemons, and what they find later is not taken.

    Args:
        steps: as ``prepare`` gives them; changed in place.
        context: what they may look at.
        watch: called from this thread whenever a step changes its state.
    """
    finished: queue.Queue[tuple[Step, BaseException | None]] = queue.Queue()
    started = time.monotonic()
    open_steps: list[Step] = []
    for step in steps:
        if step.state == "off":
            continue
        step.collected = Collected()
        step.state = "running"
        if watch:
            watch(step)
        name = f"collect {step.collector.name}"
        threading.Thread(target=_work, args=(step, context, finished), name=name, daemon=True).start()
        open_steps.append(step)
        if step.collector.head_start:
            step.collected.begun.wait(HEAD_START)
    total = max(TOTAL_SECONDS, context.plan.cpu_seconds + 8.0)
    while open_steps:
        now = time.monotonic() - started
        ends = min(min(step.collector.seconds(context), total) for step in open_steps)
        with contextlib.suppress(queue.Empty):
            step, error = finished.get(timeout=max(ends - now, 0.01))
            if step in open_steps:
                open_steps.remove(step)
                _ended(step, time.monotonic() - started, error, context, watch)
        now = time.monotonic() - started
        for late in [s for s in open_steps if now >= min(s.collector.seconds(context), total)]:
            open_steps.remove(late)
            _late(late, now, watch)


def _work(step: Step, context: Context, finished: queue.Queue[tuple[Step, BaseException | None]]) -> None:
    assert step.collected is not None
    try:
        step.collector.collect(context, step.collected)
    except BaseException as error:
        finished.put((step, error))
    else:
        finished.put((step, None))


def _ended(step: Step, now: float, error: BaseException | None, context: Context, watch: Watch | None) -> None:
    assert step.collected is not None
    step.seconds = now
    if error is not None:
        why = context.why(error)
        step.collected.fail(step.collector.fails, why)
        step.collected.warn(f"{step.collector.failed}: {why}")
        step.collected.summary = step.collected.summary or why
        step.state = "failed"
    else:
        step.state = "partly" if step.collected.warnings else "done"
    step.collected.close()
    if watch:
        watch(step)


def _late(step: Step, now: float, watch: Watch | None) -> None:
    assert step.collected is not None
    step.seconds = now
    step.state = "late"
    why = f"no answer within {now:.0f} s"
    step.collected.fail(step.collector.fails, why)
    step.collected.warn(f"{step.collector.failed}: {step.needs[0]}: {why}")
    step.collected.summary = why
    step.collected.close()
    if watch:
        watch(step)
