"""Operating system, cores, memory, limits and the server's process, from /proc and cgroups (packet-format.md 2.3)."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from analyzer.generate.base import Collected, Collector, Context

PROC: Final = Path("/proc")
CGROUP: Final = Path("/sys/fs/cgroup")
# runtime.GOARCH for what uname says
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386", "ppc64le": "ppc64le"}
_BUILD_INFO: Final = b"\xff Go buildinf:"


def find_server(folder: Path | None, proc: Path = PROC) -> int | None:
    """Return the process id of a running Mattermost server, or None.

    Several may run on one host; the one whose working folder is ``folder`` is taken first.
    """
    entries = proc.iterdir() if proc.is_dir() else ()
    found = sorted(int(entry.name) for entry in entries if entry.name.isdigit() and _is_server(entry))
    for pid in found:
        try:
            if folder is not None and (proc / str(pid) / "cwd").resolve() == folder.resolve():
                return pid
        except OSError:
            continue
    return min(found, default=None)


def _is_server(entry: Path) -> bool:
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return bool(words) and os.path.basename(words[0]) == b"mattermost" and b"version" not in words[1:2]  # noqa: PTH119


def server_variables(pid: int, proc: Path = PROC) -> dict[str, str]:
    """Return the ``MM_*`` variables of a running process; nothing where they may not be read."""
    try:
        raw = (proc / str(pid) / "environ").read_bytes()
    except OSError:
        return {}
    pairs = (item.decode("utf-8", "replace").partition("=") for item in raw.split(b"\0"))
    return {name: value for name, mark, value in pairs if mark and name.upper().startswith("MM")}


def _needs(context: Context) -> Iterable[str]:
    return ("/proc, /sys/fs/cgroup", *((f"/proc/{context.process} (the server)",) if context.process else ()))


def _collect(context: Context, out: Collected) -> None:
    out.fact("server.os", platform.system().lower())
    out.fact("server.architecture", _ARCHITECTURES.get(platform.machine(), platform.machine()))
    out.fact("server.hostname", socket.gethostname())
    out.fact("server.installation_type", context.environment.get("MM_INSTALL_TYPE") or "unknown")
    out.fact("server.cpu_cores", os.cpu_count())
    _memory(out)
    _limits(out)
    try:
        uptime = float((PROC / "uptime").read_text().split()[0])
        out.fact("server.host_started_at", (datetime.now(UTC) - timedelta(seconds=int(uptime))).replace(microsecond=0))
    except (OSError, ValueError, IndexError):
        pass  # not on this operating system: left out, as the server does
    if context.process:
        _process(context.process, out)
    cores = out.facts.get("server.cpu_cores")
    out.summary = f"{cores} cores, {out.facts.get('server.total_memory_mb', '?')} MB" + (
        f", server is process {context.process}" if context.process else ", no server process"
    )


def _memory(out: Collected) -> None:
    try:
        lines = (PROC / "meminfo").read_text().splitlines()
        total = next(int(line.split()[1]) for line in lines if line.startswith("MemTotal:"))
        out.fact("server.total_memory_mb", total // 1024)
    except (OSError, ValueError, StopIteration) as error:
        out.warn(f"error while getting total memory: {error or 'not in /proc/meminfo'}")


def _limits(out: Collected) -> None:
    """Limits of a container, cgroup v2 only, as in the server; absent means none."""
    try:
        quota, period = (CGROUP / "cpu.max").read_text().split()[:2]
        if quota != "max":
            out.fact("server.container_cpu_limit", int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        pass
    try:
        limit = (CGROUP / "memory.max").read_text().strip()
        if limit != "max":
            out.fact("server.container_memory_limit_mb", int(limit) // (1 << 20))
    except (OSError, ValueError):
        pass


def _process(pid: int, out: Collected) -> None:
    folder = PROC / str(pid)
    out.fact("server.process_id", pid)
    try:
        ticks = int((folder / "stat").read_text().rpartition(")")[2].split()[19])
        booted = next(
            int(line.split()[1]) for line in (PROC / "stat").read_text().splitlines() if line.startswith("btime")
        )
        started = booted + ticks / os.sysconf("SC_CLK_TCK")
        out.fact("server.started_at", datetime.fromtimestamp(started, UTC))
    except (OSError, ValueError, IndexError, StopIteration):
        out.warn("error while getting the start time of the server's process")
    try:
        out.fact("server.open_file_descriptors", sum(1 for _ in (folder / "fd").iterdir()))
    except OSError as error:
        out.warn(f"error while getting open file descriptor count: {error.strerror}")
    try:
        line = next(x for x in (folder / "limits").read_text().splitlines() if x.startswith("Max open files"))
        soft = line.split()[3]
        out.fact("server.max_file_descriptors", int(soft) if soft.isdigit() else None)
    except (OSError, StopIteration, IndexError) as error:
        out.warn(f"error while getting max file descriptor limit: {getattr(error, 'strerror', None) or 'not in /proc'}")
    out.fact("server.go_version", go_version(folder / "exe"))


def go_version(program: Path) -> str | None:
    """Return the Go release that a program was built with, from its build information; None where there is none.

    Source: https://pkg.go.dev/debug/buildinfo (format since Go 1.18: magic, pointer size, flags, then the version as a
    length-prefixed text at offset 32).
    """
    import mmap

    try:
        with program.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            start = content.find(_BUILD_INFO)
            while start >= 0:
                flags, size = content[start + 15], content[start + 32]
                text = content[start + 33 : start + 33 + size]
                if flags & 2 and size < 128 and text.startswith((b"go", b"devel")):
                    return text.decode("ascii", "replace")
                start = content.find(_BUILD_INFO, start + 16)
    except (OSError, ValueError, IndexError):
        return None
    return None


COLLECTOR = Collector(
    "host", "operating system, memory, limits, process", _needs, _collect, "error while reading the host"
)
