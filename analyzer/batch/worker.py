"""What a worker process does: one source in, one answer out, within limits, until it is told to end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzer.errors import PacketError
from analyzer.text import printable

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from analyzer.batch.channel import Channel


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What one worker may take for one source.

    Attributes:
        seconds: wall-clock time; then it is stopped.
        memory: address space in bytes beyond what it has at its start; None for no limit.
    """

    seconds: float = 900.0
    memory: int | None = 1 << 30


def work_through(
    pipe: Connection | Channel, others: list[Connection | Channel], work: Callable[[str], Any], limits: WorkerLimits
) -> None:
    """Work in a child process until told to end: one message in, one out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which ends this
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:
        other.close()
    _limit_memory(limits.memory)
    while True:
        try:
            source = pipe.recv()
        except (EOFError, OSError):
            return
        if source is None:
            return
        answer = _answer(work, source)
        try:
            pipe.send(answer)
        except OSError:
            return


def _answer(work: Callable[[str], Any], source: str) -> tuple[Any, str | None]:
    """Call ``work``; whatever goes wrong is one line that holds no value of the packet."""
    try:
        return work(source), None
    except PacketError as error:
        return None, printable(str(error))
    except MemoryError:
        return None, "needs more memory than a worker may take"
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119
        return None, f"internal error: {type(error).__name__} at {place}; please report it"


def _limit_memory(extra: int | None) -> None:
    if extra is None or sys.platform != "linux":
        return
    import resource

    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm", "rb") as stream:  # noqa: PTH123
        now = int(stream.read().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = now + extra if hard == resource.RLIM_INFINITY else min(now + extra, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
