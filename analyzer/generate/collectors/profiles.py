"""CPU and heap profile and goroutine dump from the server's profiling listener (packet-format.md 2.10, 6.5)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from analyzer.generate.base import Collected, Collector, Context, RawFile
from analyzer.generate.http import plain_get, shown

if TYPE_CHECKING:
    from collections.abc import Callable

_SLACK: Final = 6.0
_DUMP = re.compile(rb"\s*goroutine \d+ (?:\S+ )*\[")


def address(context: Context) -> str | None:
    """Return the listener's base address: as the user says, else ``MetricsSettings.ListenAddress`` on this host."""
    if context.plan.pprof_url:
        return context.plan.pprof_url.rstrip("/").removesuffix("/debug/pprof")
    if not context.settings.on("MetricsSettings.Enable"):
        return None
    listen = context.settings.text("MetricsSettings.ListenAddress") or ":8067"
    host, _, port = listen.rpartition(":")
    if not port.isdigit():
        return None
    # an empty host and the unspecified addresses listen on the loopback too
    return f"http://{host if host not in ('', '0.0.0.0', '[::]') else '127.0.0.1'}:{port}"  # noqa: S104


def _cpu_path(context: Context) -> str:
    return f"/debug/pprof/profile?seconds={context.plan.cpu_seconds}"


def _needs(path: Callable[[Context], str]) -> Callable[[Context], Iterable[str]]:
    def needs(context: Context) -> Iterable[str]:
        base = address(context)
        return (f"GET {shown(base)}{path(context)}",) if base else ()

    return needs


def _cpu_needs(context: Context) -> Iterable[str]:
    return _needs(_cpu_path)(context) if context.plan.cpu_seconds else ()


def _fetch(context: Context, out: Collected, path: str, seconds: float) -> bytes:
    base = address(context)
    assert base
    try:
        status, body = plain_get(base + path, seconds=seconds, cap=256 << 20, began=out.begun.set)
    except Exception as error:
        raise OSError(f"{shown(base)}: {context.why(error)}") from None
    if status != 200:
        text = " ".join(body[:200].decode("utf-8", "replace").split())
        # Go answers 500 with its reason in plain text: "cpu profiling already in use"
        reason = text if text and "<" not in text else "no reason given"
        raise OSError(f"the listener answers {status}: {reason}")
    return body


def _checked_profile(body: bytes) -> bytes:
    """Return the profile if it is a gzip-compressed protobuf, as the server's is.

    Raises:
        ValueError: it is anything else.
    """
    from analyzer.errors import ProfileError
    from analyzer.profiles.read import read_profile

    if body[:2] != b"\x1f\x8b":
        raise ValueError("the listener's answer is no gzip-compressed profile")
    try:
        read_profile(body)
    except ProfileError as error:
        raise ValueError(f"the listener's answer is no profile: {error}") from None
    return body


def _cpu(context: Context, out: Collected) -> None:
    body = _checked_profile(_fetch(context, out, _cpu_path(context), context.plan.cpu_seconds + _SLACK - 1))
    out.file(RawFile("cpu.prof", body, modified=datetime.now(UTC).astimezone()))
    out.summary = f"{context.plan.cpu_seconds} s, {len(body):,} bytes"


def _heap(context: Context, out: Collected) -> None:
    body = _checked_profile(_fetch(context, out, "/debug/pprof/heap", 10))
    out.file(RawFile("heap.prof", body, modified=datetime.now(UTC).astimezone()))
    out.summary = f"{len(body):,} bytes"


def _goroutines(context: Context, out: Collected) -> None:
    body = _fetch(context, out, "/debug/pprof/goroutine?debug=2", 15)
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    if not _DUMP.match(body):
        raise ValueError("the listener's answer is no goroutine dump")
    out.file(RawFile("goroutines", body, modified=datetime.now(UTC).astimezone()))
    count = body.count(b"\n\ngoroutine ") + 1
    out.summary = f"{count:,} goroutines"


CPU = Collector(
    "cpu profile",
    "what the server computes",
    _cpu_needs,
    _cpu,
    "failed to start CPU profile",
    limit=lambda context: context.plan.cpu_seconds + _SLACK,
    head_start=True,
)
HEAP = Collector(
    "heap profile",
    "what its memory holds",
    _needs(lambda _: "/debug/pprof/heap"),
    _heap,
    "failed to lookup heap profile",
)
GOROUTINES = Collector(
    "goroutines",
    "what it waits for",
    _needs(lambda _: "/debug/pprof/goroutine?debug=2"),
    _goroutines,
    "failed to lookup goroutine profile",
    limit=16.0,
)
