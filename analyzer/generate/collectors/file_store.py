"""The file store: a test of the local folder or of the bucket, and the volume below it (packet-format.md 2.3, 6.7)."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from analyzer.generate import s3
from analyzer.generate.base import Collected, Collector, Context
from analyzer.generate.http import client, shown
from analyzer.text import human_bytes

_CONTENT: Final = b"supportpacket file store test\n"


def _driver(context: Context) -> str:
    return context.settings.text("FileSettings.DriverName") or "local"


def _folder(context: Context) -> Path:
    return context.settings.path(context.settings.text("FileSettings.Directory") or "./data/")


def _needs(context: Context) -> Iterable[str]:
    if context.settings.fault and not context.settings.running.get("FileSettings"):
        return
    driver = _driver(context)
    if driver == "amazons3":
        yield f"bucket {context.settings.text('FileSettings.AmazonS3Bucket')} at {s3.bucket(context.settings).shown}"
    elif driver == "local":
        folder = _folder(context)
        yield f"volume of {folder}"
        if context.plan.probe_file_store:
            yield f"WRITES, reads and deletes a test file in {folder} (--no-file-store-probe leaves it out)"


def _collect(context: Context, out: Collected) -> None:
    driver = _driver(context)
    out.fact("file_store.file_driver", driver)
    out.summary = driver
    if driver == "local":
        _local(context, out)
    elif driver == "amazons3":
        _bucket(context, out)
    else:
        out.warn(f"error while testing the file store: the driver {driver} cannot be tested from outside")


def _failed(out: Collected, why: str) -> None:
    out.fact("file_store.file_status", "FAIL")
    out.fact("file_store.error", why)
    out.warn(f"error while testing the file store: {why}")
    out.summary += ", FAIL"


def _local(context: Context, out: Collected) -> None:
    folder = _folder(context)
    try:
        volume = os.statvfs(folder)
        total, free = volume.f_blocks * volume.f_frsize, volume.f_bavail * volume.f_frsize
        out.fact("file_store.total_mb", total >> 20)
        out.fact("file_store.available_mb", free >> 20)
        out.fact("file_store.filesystem_type", filesystem_type(folder))
        out.summary += f", {human_bytes(free)} free"
    except OSError as error:
        out.warn(f"error while getting disk space info: {folder}: {context.why(error)}")
    if not context.plan.probe_file_store:
        return
    try:
        probe(folder)
    except OSError as error:
        _failed(out, f"unable to write, read and delete a file in {folder}: {context.why(error)}")
    else:
        out.fact("file_store.file_status", "OK")


def probe(folder: Path) -> None:
    """Write, read and delete a small file of a name that nobody else has.

    Raises:
        OSError: one of the three failed; nothing is left behind as far as deleting is possible.
    """
    path = folder / f".supportpacket-test-{secrets.token_hex(8)}"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(_CONTENT)
            stream.flush()
            os.fsync(stream.fileno())
        if path.read_bytes() != _CONTENT:
            raise OSError("what was written is not what is read")
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    path.unlink()


def filesystem_type(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """Return the type of the file system that holds ``folder`` (``ext4``, ``xfs``, …), or None if unknown."""
    try:
        real = folder.resolve()
        rows = [line.split() for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return None
    found = [
        (len(row[1]), row[2]) for row in rows if len(row) > 2 and real.is_relative_to(row[1].replace("\\040", " "))
    ]
    return max(found)[1] if found else None


def _bucket(context: Context, out: Collected) -> None:
    bucket = s3.bucket(context.settings)
    if not bucket.key_id:
        out.warn(
            "error while testing the file store: the bucket is opened with the host's own role, which is not used here"
        )
        return
    try:
        with client(seconds=8, url=bucket.shown) as made:
            bucket.test(made)
    except Exception as error:
        _failed(out, f"bucket {bucket.name} at {shown(bucket.shown)}: {context.why(error)}")
    else:
        out.fact("file_store.file_status", "OK")
        out.summary += f", bucket {bucket.name}"


COLLECTOR = Collector(
    "file store",
    "a write, read and delete test",
    _needs,
    _collect,
    "error while testing the file store",
    "file_store.file_status",
)
