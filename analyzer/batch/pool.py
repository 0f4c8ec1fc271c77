"""A few processes that work through a queue, one source at a time each, within limits; one may die without harm.

The standard pools give up as a whole when a worker is killed. Here the source that it worked on is marked as failed, a
new worker takes its place, and the rest goes on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from analyzer.batch.channel import Channel
from analyzer.batch.worker import WorkerLimits, work_through

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from analyzer.batch.nursery import Nursery, Ward

T = TypeVar("T")
_GRACE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What became of one source: its value, or one line on why there is none."""

    source: str
    value: T | None
    failure: str | None = None


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    sources: Iterable[str],
    work: Callable[[str], T],
    *,
    jobs: int | None = None,
    limits: WorkerLimits | None = None,
    nursery: Nursery | None = None,
) -> Iterator[Outcome[T]]:
    """Yield an outcome for each source as it is done, in no fixed order.

    Args:
        sources: what ``work`` is called with.
        work: called in a worker; it and its results must be picklable.
        jobs: processes; the processors at hand by default, never more than sources.
        limits: time and memory for each source.
        nursery: where workers are forked, if there is one; otherwise this process forks or spawns them.

    Closing the generator, or an exception such as KeyboardInterrupt in the caller, stops the workers.
    """
    waiting = deque(sources)
    crew = _Crew(work, limits or WorkerLimits(), nursery)
    size = max(1, min(jobs or cores(), len(waiting)))
    try:
        while len(crew) < size and waiting:
            crew.start(waiting.popleft())
        while crew:
            for worker, outcome in crew.finished():
                yield outcome
                if waiting:
                    crew.give(worker, waiting.popleft())
                else:
                    crew.dismiss(worker)
    finally:
        crew.stop()


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess | Ward
    pipe: Connection | Channel
    source: str = ""
    deadline: float = 0.0


class _Crew(Generic[T]):
    """The workers of one run."""

    def __init__(self, work: Callable[[str], T], limits: WorkerLimits, nursery: Nursery | None) -> None:
        self._work = work
        self._limits = limits
        self._nursery = nursery
        self._workers: list[_Worker] = []
        self._leaving: list[_Worker] = []
        # a forked worker shares what is loaded already; with threads about, forking is not safe
        forks = sys.platform == "linux" and threading.active_count() == 1
        self._context: Any = multiprocessing.get_context("fork" if forks else "spawn")

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def _forks(self) -> bool:
        return bool(self._context.get_start_method() == "fork")

    def start(self, source: str) -> None:
        """Start one more worker on ``source``."""
        worker = self._fostered() or self._started()
        self._workers.append(worker)
        self.give(worker, source)

    def _fostered(self) -> _Worker | None:
        """Start a worker from the nursery, if there is one."""
        if self._nursery is None:
            return None
        ours, theirs = Channel.pair()
        ward = self._nursery.fork(theirs, self._work, self._limits)
        theirs.close()
        if ward is None:
            ours.close()
            return None
        return _Worker(ward, ours)

    def _started(self) -> _Worker:
        """Start a worker from this process."""
        if self._forks and threading.active_count() > 1:
            self._context = multiprocessing.get_context("spawn")
        ours, theirs = self._context.Pipe()
        # a forked child holds copies of the other pipes' ends, which would hide that the parent is gone
        ends = [*(worker.pipe for worker in self._workers), ours] if self._forks else []
        process = self._context.Process(target=work_through, args=(theirs, ends, self._work, self._limits), daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def give(self, worker: _Worker, source: str) -> None:
        """Let a worker begin with ``source``; a dead one is replaced."""
        worker.source = source
        worker.deadline = time.monotonic() + self._limits.seconds
        try:
            worker.pipe.send(source)
        except OSError:
            self._workers.remove(worker)
            self._reap(worker)
            self.start(source)

    def dismiss(self, worker: _Worker) -> None:
        """Let a worker end."""
        self._workers.remove(worker)
        with contextlib.suppress(OSError):
            worker.pipe.send(None)
        worker.pipe.close()
        self._leaving.append(worker)

    def finished(self) -> list[tuple[_Worker, Outcome[T]]]:
        """Wait for at least one outcome; a worker that died or took too long gives a failure and is replaced."""
        soonest = min(worker.deadline for worker in self._workers)
        ready = wait([worker.pipe.fileno() for worker in self._workers], timeout=max(0.0, soonest - time.monotonic()))
        done: list[tuple[_Worker, Outcome[T]]] = []
        now = time.monotonic()
        for worker in list(self._workers):
            if worker.pipe.fileno() in ready:
                done.append(self._received(worker))
            elif now >= worker.deadline:
                reason = f"not done within {self._limits.seconds:g} s"
                done.append((self._replace(worker), Outcome(worker.source, None, reason)))
        return done

    def _received(self, worker: _Worker) -> tuple[_Worker, Outcome[T]]:
        try:
            value, failure = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join(_GRACE)
            reason = _cause_of_death(worker.process.exitcode)
            return self._replace(worker), Outcome(worker.source, None, reason)
        return worker, Outcome(worker.source, value, failure)

    def _replace(self, worker: _Worker) -> _Worker:
        """Put a worker without process in the place of one that is gone; it starts when it is given something."""
        self._reap(worker)
        index = self._workers.index(worker)
        self._workers[index] = _Gone(worker.process, worker.pipe)
        return self._workers[index]

    def _reap(self, worker: _Worker) -> None:
        worker.pipe.close()
        if worker.process.is_alive():
            worker.process.kill()
        worker.process.join(_GRACE)

    def stop(self) -> None:
        """End every worker now."""
        for worker in self._workers:
            if worker.process.is_alive():
                worker.process.kill()
        for worker in (*self._workers, *self._leaving):
            worker.process.join(_GRACE)
            worker.pipe.close()
        self._workers.clear()


class _Gone(_Worker):
    """The place of a worker that died; its closed pipe makes ``give`` start a new one."""


def _cause_of_death(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"its worker was killed ({signal.Signals(-code).name}): out of memory, or ended from outside"
    return f"its worker ended (exit code {code})"
