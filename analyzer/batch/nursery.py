"""A process that loads what workers need while the command still reads its arguments; workers are forked from it.

Loading the engine and importing what reads a command line take about as long: side by side they cost half. The
nursery has no threads, so workers are forked even when the command draws a progress bar. It and its workers end
with the command.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, NoReturn

from analyzer.batch.channel import Channel

if TYPE_CHECKING:
    from analyzer.batch.worker import WorkerLimits

_STEP: Final = 0.0005
_current: Nursery | None = None


def begin(load: Callable[[], None]) -> None:
    """Fork the nursery, where ``load`` is called; where forking is not safe, do nothing."""
    global _current  # noqa: PLW0603 -- one for a process, as its command line is
    if sys.platform != "linux" or threading.active_count() > 1 or _current is not None:
        return
    ours, theirs = Channel.pair()
    with _undisturbed():  # until the child no longer listens to Ctrl-C
        pid = os.fork()
        if pid == 0:
            ours.close()
            _tend(theirs, load)
    theirs.close()
    _current = Nursery(pid, ours)


def current() -> Nursery | None:
    """Return the nursery that was begun, if it is still there."""
    return _current


def end() -> None:
    """End the nursery, if there is one."""
    global _current  # noqa: PLW0603
    if _current is not None:
        _current.close()
        _current = None


class Nursery:
    """The command's side of the nursery."""

    def __init__(self, pid: int, pipe: Channel) -> None:
        self._pid = pid
        self._pipe = pipe

    def fork(self, pipe: Channel, work: Callable[[str], Any], limits: WorkerLimits) -> Ward | None:
        """Fork a worker that answers on ``pipe``; None if the nursery is gone."""
        pid = self._ask(("fork", work, limits), pipe.fileno())
        return Ward(self, pid) if isinstance(pid, int) else None

    def wait(self, pid: int, seconds: float) -> int | None:
        """Return the exit code of a worker, negative for a signal; None while it runs or if nobody knows."""
        code = self._ask(("wait", pid, seconds))
        return code if isinstance(code, int) else None

    def _ask(self, request: tuple[Any, ...], handle: int | None = None) -> object:
        with _undisturbed(), contextlib.suppress(EOFError, OSError):
            self._pipe.send(request)
            if handle is not None:
                self._pipe.send_handle(handle)
            return self._pipe.recv()
        return None

    def close(self) -> None:
        """End it."""
        self._pipe.close()
        with contextlib.suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


class Ward:
    """A worker that the nursery forked; as much of a process as the pool asks for."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid
        self.exitcode: int | None = None

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        self.join(0)
        return self.exitcode is None

    def join(self, timeout: float = 0) -> None:
        """Wait for its end."""
        if self.exitcode is None:
            self.exitcode = self._nursery.wait(self.pid, timeout)

    def kill(self) -> None:
        """End it now; until it has been waited for, its number is no other's."""
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back Ctrl-C: a question and its answer belong together."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
        if came:
            signal.raise_signal(signal.SIGINT)


def _tend(pipe: Channel, load: Callable[[], None]) -> NoReturn:
    """Live as the nursery until the command is gone."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the command, which ends this
        # nobody who reads the command's output waits for this process
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        with contextlib.suppress(Exception):  # a worker meets it again and tells
            load()
        gc.freeze()
        gc.enable()
        while True:
            what, *rest = pipe.recv()
            pipe.send(_fork(pipe, *rest) if what == "fork" else _wait(*rest))
    except (EOFError, OSError):
        pass
    finally:
        os._exit(0)


def _fork(pipe: Channel, work: Callable[[str], Any], limits: WorkerLimits) -> int:
    from analyzer.batch.worker import work_through

    handle = pipe.recv_handle()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            pipe.close()
            work_through(Channel.of(handle), [], work, limits)
            code = 0
        finally:
            os._exit(code)
    os.close(handle)
    return pid


def _wait(pid: int, seconds: float) -> int | None:
    until = time.monotonic() + seconds
    while True:
        try:
            found, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return 0  # waited for already
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            return None
        time.sleep(_STEP)
