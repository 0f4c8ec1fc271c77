"""Status words of the Go runtime and what they mean for a reader: one table.

The words are those of ``runtime/traceback.go`` (``gStatusStrings``) and ``runtime/runtime2.go``
(``waitReasonStrings``) of Go 1.4 to 1.27. A word that is not here is kept and has the class ``other``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias, get_args

StateClass: TypeAlias = Literal[
    "running", "runnable", "syscall", "io", "channel", "select", "lock", "semaphore", "group", "sleep",
    "forever", "gc", "runtime", "unknown", "other",
]  # fmt: skip
"""What a goroutine does, coarsely: ``lock`` waits for a mutex, ``group`` for a WaitGroup or a Cond,
``forever`` for something that cannot happen; ``unknown`` means that the dump gives no state."""

STATE_CLASSES: Final[tuple[StateClass, ...]] = get_args(StateClass)

_WORDS: Final[dict[StateClass, tuple[str, ...]]] = {
    "running": ("running", "copystack"),
    "runnable": ("runnable", "preempted", "idle", "enqueue"),
    "syscall": ("syscall", "waiting for cgo callback"),
    "io": ("IO wait", "netpoll wait"),
    "channel": ("chan receive", "chan send"),
    "select": ("select",),
    "lock": ("sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock"),
    "semaphore": ("semacquire", "semarelease"),
    "group": ("sync.WaitGroup.Wait", "sync.Cond.Wait", "synctest.Wait", "synctest.Run"),
    "sleep": ("sleep", "timer goroutine (idle)"),
    "forever": ("chan receive (nil chan)", "chan send (nil chan)", "select (no cases)"),
    "gc": (
        "GC assist marking", "garbage collection", "garbage collection scan", "GC assist wait", "GC sweep wait",
        "GC scavenge wait", "wait for GC cycle", "GC worker (idle)", "GC worker (active)", "GC mark termination",
        "GC weak to strong wait", "force gc (idle)", "finalizer wait", "cleanup wait", "concurrent sweep wait",
        "mark wait (idle)", "runtime.gcBgMarkWorker",
    ),
    "runtime": (
        "waiting", "dead", "leaked", "dumping heap", "panicwait", "GOMAXPROCS updater (idle)", "trace reader (blocked)",
        "debug call", "stopping the world", "flushing proc caches", "trace goroutine status", "trace proc status",
        "page trace flush", "coroutine", "stackgrowth", "???",
    ),
}  # fmt: skip
_CLASS: Final[dict[str, StateClass]] = {word: name for name, words in _WORDS.items() for word in words}

# Where the word says little (``semacquire`` before Go 1.20, no word at all in profiles) the stack says more.
# First match from the leaf wins; names end where the argument list would begin.
_BY_FRAME: Final[dict[str, StateClass]] = {
    "sync.(*Mutex).Lock": "lock",
    "sync.(*Mutex).lockSlow": "lock",
    "internal/sync.(*Mutex).Lock": "lock",
    "internal/sync.(*Mutex).lockSlow": "lock",
    "sync.(*RWMutex).Lock": "lock",
    "sync.(*RWMutex).RLock": "lock",
    "sync.runtime_SemacquireMutex": "lock",
    "internal/sync.runtime_SemacquireMutex": "lock",
    "sync.runtime_SemacquireRWMutex": "lock",
    "sync.runtime_SemacquireRWMutexR": "lock",
    "sync.(*WaitGroup).Wait": "group",
    "sync.runtime_SemacquireWaitGroup": "group",
    "sync.(*Cond).Wait": "group",
    "sync.runtime_notifyListWait": "group",
    "internal/poll.runtime_pollWait": "io",
    "net.runtime_pollWait": "io",
    "runtime.netpollblock": "io",
    "time.Sleep": "sleep",
    "runtime.selectgo": "select",
    "runtime.chanrecv": "channel",
    "runtime.chansend": "channel",
    "runtime.block": "forever",
    "syscall.Syscall": "syscall",
    "syscall.Syscall6": "syscall",
    "syscall.RawSyscall6": "syscall",
    "os/signal.signal_recv": "syscall",
    "runtime.cgocall": "syscall",
}
_VAGUE: Final = frozenset({"", "semacquire", "waiting"})
_LOOK_AT: Final = 12  # frames from the leaf: the wait itself is never deeper


def classify(state: str, functions: Iterable[str] = ()) -> StateClass:
    """Return the class of a status word, helped by the functions of the stack (leaf first) where it is vague."""
    known = _CLASS.get(state)
    if state in _VAGUE:
        for depth, function in enumerate(functions):
            if depth >= _LOOK_AT:
                break
            if found := _BY_FRAME.get(function):
                return found
        return known or "unknown"
    return known or "other"
