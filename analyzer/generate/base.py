"""What a collector is: one thing about the server, with its own needs and its own time limit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from analyzer.generate.settings import Settings

if TYPE_CHECKING:
    from analyzer.format.versions import Version
    from analyzer.generate.plan import Plan


@dataclass(frozen=True, slots=True)
class RawFile:
    """A member that is taken as it is: a log, a profile.

    Attributes:
        name: base name in the packet.
        data: the bytes, or None where ``stream`` has them.
        stream: an open file read from its beginning; its length is fixed at ``size``, so a log that grows is cut there.
        size: bytes to take from ``stream``.
        modified: time of last change, for the zip.
    """

    name: str
    data: bytes | None = None
    stream: BinaryIO | None = None
    size: int = 0
    modified: datetime | None = None


@dataclass(slots=True)
class Collected:
    """What one collector found; filled as it goes, so that a time limit costs only the rest.

    Attributes:
        facts: dotted paths of ``diagnostics.yaml`` to values, and a few names of our own starting with ``_``.
        parts: member name to part value.
        files: members taken as they are.
        warnings: lines for ``warning.txt``; never a credential.
        summary: what was found, in a few words for the checklist.
        begun: set by a collector with a head start once it has asked.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    files: list[RawFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    summary: str = ""
    begun: threading.Event = field(default_factory=threading.Event, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _closed: bool = field(default=False, repr=False)

    def fact(self, path: str, value: Any) -> None:
        """Note one fact; None is no fact."""
        with self._lock:
            if not self._closed and value is not None:
                self.facts[path] = value

    def part(self, name: str, value: Any) -> None:
        """Note one part."""
        with self._lock:
            if not self._closed:
                self.parts[name] = value

    def file(self, item: RawFile) -> None:
        """Note one member."""
        with self._lock:
            if not self._closed:
                self.files.append(item)

    def warn(self, message: str) -> None:
        """Note what could not be collected, and why."""
        with self._lock:
            if not self._closed and message not in self.warnings:
                self.warnings.append(message)

    def fail(self, path: str, why: str) -> None:
        """Note a failed test under a status path, with its error beside it, unless the test has ended already."""
        with self._lock:
            if not self._closed and path and path not in self.facts:
                self.facts[path] = "FAIL"
                self.facts[f"{path.rpartition('.')[0]}.error"] = why

    def close(self) -> None:
        """Take nothing more: the time is over, whatever the thread still does."""
        with self._lock:
            self._closed = True


@dataclass(frozen=True, slots=True)
class Context:
    """What a collector may look at.

    Attributes:
        plan: what the user asked for.
        settings: the running configuration in clear.
        environment: the server's variables.
        version: server version as far as known before collecting.
        process: the running server's process id, or None.
        secrets: credentials known so far, to keep them out of messages.
    """

    plan: Plan
    settings: Settings
    environment: Mapping[str, str]
    version: Version | None = None
    process: int | None = None
    secrets: tuple[str, ...] = ()

    def why(self, error: BaseException) -> str:
        """Return an exception's reason without credentials."""
        from analyzer.generate.scrub import reason

        return reason(error, self.secrets)


@dataclass(frozen=True, slots=True)
class Collector:
    """One collector.

    Attributes:
        name: short name, as ``--plan``, the checklist and ``--json`` show it.
        title: what it collects, in a few words.
        limit: seconds after which it is left behind; a callable where it depends on the plan.
        needs: what it would read or connect to in this context, one line each, without credentials; empty means that it
            has nothing to do here.
        collect: does it.
        failed: the warning's words when it fails as a whole.
        head_start: the others wait until it has asked, half a second at most: it takes the longest by far.
        fails: path of the status that then says ``FAIL``, as far as it said nothing yet.
    """

    name: str
    title: str
    needs: Callable[[Context], Iterable[str]]
    collect: Callable[[Context, Collected], None]
    failed: str
    fails: str = ""
    limit: float | Callable[[Context], float] = 12.0
    head_start: bool = False

    def seconds(self, context: Context) -> float:
        """Return the time limit in this context."""
        return self.limit(context) if callable(self.limit) else self.limit
