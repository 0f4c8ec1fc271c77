"""The live log, the notifications log, and the file targets of advanced logging (packet-format.md 1.5)."""

from __future__ import annotations

import json
import mmap
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from analyzer.generate.base import Collected, Collector, Context, RawFile
from analyzer.text import human_bytes, printable

_SECTIONS: Final = (("LogSettings", "10.5"), ("ExperimentalAuditSettings", "10.7"))
_CURRENT = re.compile(rb'"?current_version"?[=:]\s?"?([0-9][0-9A-Za-z.+-]{0,40})')
_HASH = re.compile(rb'"?build_hash"?[=:]\s?"?([0-9a-f]{7,64})?')
_GO = re.compile(rb'"?go_version"?[=:]\s?"?(go[0-9][0-9a-z.]{0,30})')


def log_folder(context: Context) -> Path:
    """Return the folder of ``mattermost.log``: as the user says, else ``LogSettings.FileLocation``, else ``logs``."""
    if context.plan.logs:
        return context.plan.logs
    return context.settings.path(context.settings.text("LogSettings.FileLocation") or "logs")


def root(context: Context) -> Path:
    """Return the folder under which advanced targets must lie: ``MM_LOG_PATH`` or the default logs folder.

    Servers from 11.4 have this rule. An administrator of the application may name any file there, and this tool runs
    with more rights than the server (CVE-2026-3112), so it holds whatever the release. A folder given on the command
    line counts too.
    """
    named = context.environment.get("MM_LOG_PATH")
    return Path(named) if named else context.plan.logs or context.settings.path("logs")


def _configured(context: Context) -> bool:
    return context.plan.with_logs and (context.plan.logs is not None or not context.settings.fault)


def _notifications(context: Context) -> Path | None:
    if context.version is None or context.version.at_least("11.0"):
        return None
    if context.plan.logs:
        return context.plan.logs / "notifications.log"
    return (
        context.settings.path(context.settings.text("NotificationLogSettings.FileLocation") or "logs")
        / "notifications.log"
    )


def advanced(context: Context) -> Iterator[tuple[str, str]]:
    """Yield (section, path) of every file target of advanced logging.

    Raises:
        ValueError: the setting is no map of targets.
    """
    for section, since in _SECTIONS:
        if context.version is not None and context.version.before(since):
            continue
        raw = context.settings.get(f"{section}.AdvancedLoggingJSON")
        raw = json.loads(raw) if isinstance(raw, str) and raw.strip() else raw
        if raw and not isinstance(raw, Mapping):
            raise ValueError(f"{section}.AdvancedLoggingJSON is no map of targets")
        for target in (raw or {}).values():
            options: Any = target.get("options") if isinstance(target, Mapping) else None
            name = options.get("filename") if isinstance(options, Mapping) else None
            if isinstance(target, Mapping) and target.get("type") == "file" and isinstance(name, str) and name:
                yield section, name


def _needs(context: Context) -> Iterable[str]:
    if not _configured(context):
        return
    if context.plan.logs is not None or context.settings.get("LogSettings.EnableFile") is not False:
        yield str(log_folder(context) / "mattermost.log")
    else:
        yield "nothing: LogSettings.EnableFile is false"
    notifications = _notifications(context)
    if notifications:
        yield str(notifications)
    try:
        yield from (name for _, name in advanced(context))
    except ValueError:
        return


def open_log(path: Path, name: str) -> RawFile:
    """Open a regular file for reading; what is written to it later is not taken.

    Raises:
        OSError: it cannot be opened or is no regular file.
    """
    # a pipe put there would block an ordinary open for ever
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    stream = os.fdopen(handle, "rb", buffering=0)
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        stream.close()
        raise OSError("it is no regular file")
    modified = datetime.fromtimestamp(facts.st_mtime).astimezone()
    return RawFile(name, stream=stream, size=facts.st_size, modified=modified)


def _collect(context: Context, out: Collected) -> None:
    main = log_folder(context) / "mattermost.log"
    if context.plan.logs is None and context.settings.get("LogSettings.EnableFile") is False:
        out.warn("Unable to retrieve mattermost logs because LogSettings.EnableFile is set to false")
    else:
        _take(out, main, "mattermost.log", "failed read mattermost log file at path", context)
    notifications = _notifications(context)
    if notifications and context.settings.get("NotificationLogSettings.EnableFile") is not False:
        _take(out, notifications, "notifications.log", "failed read notifcation log file at path", context)
    try:
        for section, name in advanced(context):
            _take_advanced(context, out, section, name)
    except ValueError as error:
        out.warn(f"error decoding advanced logging configuration {context.why(error)}")
    out.summary = ", ".join(f"{item.name} {human_bytes(item.size)}" for item in out.files) or "no log"


def _take(out: Collected, path: Path, name: str, failed: str, context: Context) -> None:
    try:
        out.file(open_log(path, name))
    except OSError as error:
        out.warn(f"{failed} {printable(str(path))}: open {printable(str(path))}: {context.why(error)}")


def _take_advanced(context: Context, out: Collected, section: str, name: str) -> None:
    path = context.settings.path(name)
    shown = printable(name, 300)
    top = root(context)
    try:
        # the file itself counts, not the link that leads to it
        real = path.resolve(strict=True)
        if not real.is_relative_to(top.resolve()):
            out.warn(
                f"log file path {shown} in {section}.AdvancedLoggingJSON is outside allowed logging directory: "
                f"path {shown} is outside logging root {printable(str(top))}"
            )
            return
        if real == (log_folder(context) / "mattermost.log").resolve():
            return  # it is there already
        out.file(open_log(real, path.name))
    except OSError as error:
        out.warn(
            f"failed to read advanced log file at path {shown} in {section}.AdvancedLoggingJSON: {context.why(error)}"
        )


def identity(path: Path) -> dict[str, str]:
    """Return what the newest start-up lines of a log say: ``version``, ``build_hash``, ``go_version``.

    Searched from the end, so that a large log costs little; nothing where the file cannot be read.
    """
    try:
        with open_log(path, path.name).stream as stream:  # type: ignore[union-attr]
            if not os.fstat(stream.fileno()).st_size:
                return {}
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _identity(content)
    except (OSError, ValueError):
        return {}


def _identity(content: mmap.mmap) -> dict[str, str]:
    found: dict[str, str] = {}
    here = content.rfind(b"current_version")
    if here >= 0:
        start = content.rfind(b"\n", 0, here) + 1
        ends = content.find(b"\n", here)
        line = content[start : min(ends if ends >= 0 else len(content), start + 4096)]
        for name, pattern in (("version", _CURRENT), ("build_hash", _HASH)):
            match = pattern.search(line)
            if match:
                found[name] = (match[1] or b"").decode("ascii", "replace")
    here = content.rfind(b"go_version")
    if here >= 0 and (match := _GO.search(content[max(here - 1, 0) : here + 64])):
        found["go_version"] = match[1].decode("ascii", "replace")
    return found


COLLECTOR = Collector("logs", "the live log files", _needs, _collect, "failed to read the log files", limit=10.0)
