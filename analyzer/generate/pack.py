"""Members, redacted and checked, into a zip as the server writes it. A member that is not clean does not get in."""

from __future__ import annotations

import contextlib
import gzip
import os
import queue
import re
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from analyzer.archive.zipwriter import ZipWriter
from analyzer.errors import Progress
from analyzer.generate.base import RawFile
from analyzer.redact.redactor import Count, Left, Places, Redactor

CHUNK: Final = 1 << 20
LEVEL: Final = 4
SWITCH_SECONDS: Final = 0.0002
MORE_PASSES: Final = 3
_GZIP: Final = b"\x1f\x8b"
_UNPACKED_CAP: Final = 256 << 20
_STALE_SECONDS: Final = 600
_PARTIAL = re.compile(r"\.(?:[0-9a-f]{8,64}|(?:mm|mattermost)_support_packet_.*)\.part\Z")


@dataclass(slots=True)
class Packed:
    """What went into the zip.

    Attributes:
        sizes: member name to unpacked bytes, in order.
        replaced: member name to how many places were replaced in it.
        left_out: member name to why it is not there.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


class _NotClean(Exception):  # noqa: N818
    def __init__(self, name: str, left: list[Left]) -> None:
        super().__init__(f"a secret was still in it after sanitizing ({left[0].kind})")
        self.name = name
        self.values = [item.value for item in left if item.value]


def chunks_of(item: RawFile) -> Iterator[bytes]:
    """Yield a member's bytes; a stream is read from its start, at most ``size`` bytes, however often this is called."""
    if item.data is not None:
        for start in range(0, len(item.data), CHUNK):
            yield item.data[start : start + CHUNK]
        return
    assert item.stream is not None
    handle, offset = item.stream.fileno(), 0
    while offset < item.size:
        piece = os.pread(handle, min(CHUNK, item.size - offset), offset)
        if not piece:
            return  # the file was cut meanwhile
        offset += len(piece)
        yield piece


def _opened(item: RawFile) -> RawFile:
    """Return a packed profile unpacked, so that its strings can be looked at; anything else as it is."""
    if item.data is None or not item.data.startswith(_GZIP):
        return item
    machine = zlib.decompressobj(31)
    data = machine.decompress(item.data, _UNPACKED_CAP)
    if not machine.eof or machine.unused_data:
        raise ValueError("it cannot be unpacked whole")
    return replace(item, data=data)


def survey(
    items: list[RawFile], redactor: Redactor, progress: Progress | None = None
) -> tuple[dict[int, Places], Packed]:
    """Scan every member, learn the secrets in it, and return the places that only stand alone.

    A member that cannot be scanned is named in ``left_out``.
    """
    packed = Packed()
    places: dict[int, Places] = {}
    for position, item in enumerate(items):
        if progress:
            progress(position, len(items), f"scanning {item.name}")
        try:
            places[position] = redactor.survey(chunks_of(_opened(item)))
        except Exception as error:
            packed.left_out[item.name] = f"it cannot be scanned for secrets ({type(error).__name__})"
    redactor.ready()
    return places, packed


def write(
    path: Path,
    items: list[RawFile],
    redactor: Redactor,
    surveyed: tuple[dict[int, Places], Packed],
    warning_text: object,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Packed:
    """Write the packet and return what is in it.

    Args:
        path: the zip; it appears with mode 0600 when it is complete.
        items: members in order.
        redactor: has learnt every secret.
        surveyed: as ``survey`` gave it.
        warning_text: function from what was left out to the bytes of ``warning.txt``.
        overwrite: replace a file that is there.
        progress: told of each member.

    Raises:
        SourceError: the zip cannot be written.
    """
    places, known = surveyed
    left_out = dict(known.left_out)
    tries: dict[str, int] = {}
    while True:
        packed = Packed(left_out=left_out)
        try:
            with ZipWriter(path, overwrite=overwrite, level=LEVEL) as writer:
                for position, item in enumerate(items):
                    if progress:
                        progress(position, len(items), f"writing {item.name}")
                    if item.name not in left_out:
                        _member(writer, item, places.get(position), redactor, packed)
                _warning(writer, warning_text, redactor, packed, items)
            return packed
        except _NotClean as fault:
            # rare: everything is written once more, with what was found replaced too; at last, without the member
            tries[fault.name] = tries.get(fault.name, 0) + 1
            if fault.values and tries[fault.name] <= MORE_PASSES:
                redactor.again(fault.values)
            else:
                left_out[fault.name] = str(fault)


def _member(writer: ZipWriter, item: RawFile, places: Places | None, redactor: Redactor, packed: Packed) -> None:
    count = Count()
    if item.data is not None:
        data = _clean(item, places, redactor, count)
        writer.write(item.name, data, item.modified)
        size = len(data)
    else:
        size = _stream(writer, item, places, redactor, count)
    packed.sizes[item.name] = size
    if count.replaced:
        packed.replaced[item.name] = count.replaced


def _clean(item: RawFile, places: Places | None, redactor: Redactor, count: Count) -> bytes:
    opened = _opened(item)
    data = b"".join(redactor.rewrite(chunks_of(opened), places, count))
    left = redactor.leftovers(chunks_of(replace(opened, data=data)))
    if left:
        raise _NotClean(item.name, left)
    if opened is item:
        return data
    # a profile nothing was found in keeps its very bytes
    return gzip.compress(data, 6, mtime=0) if count.replaced else item.data or b""


def _stream(writer: ZipWriter, item: RawFile, places: Places | None, redactor: Redactor, count: Count) -> int:
    """Write a log while a second thread looks at what is written; deflating and matching leave the interpreter free."""
    checked: queue.Queue[bytes | None] = queue.Queue(maxsize=4)
    left: list[Left] = []
    ended = threading.Event()

    def blocks() -> Iterator[bytes]:
        while (block := checked.get()) is not None:
            yield block

    def check() -> None:
        try:
            left.extend(redactor.leftovers(blocks()))
        except BaseException as error:
            left.append(Left(f"it could not be looked at again: {type(error).__name__}"))
        finally:
            ended.set()
            with contextlib.suppress(queue.Empty):
                while True:
                    checked.get_nowait()

    thread = threading.Thread(target=check, name="look again", daemon=True)
    thread.start()
    size = 0
    patience = sys.getswitchinterval()
    # both threads leave the interpreter for every block and want it back: they should not wait 5 ms for it each time
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with writer.member(item.name, item.modified) as file:
            for block in redactor.rewrite(chunks_of(item), places, count):
                _offer(checked, block, ended)
                file.write(block)
                size += len(block)
    finally:
        _offer(checked, None, ended)
        thread.join()
        sys.setswitchinterval(patience)
    if left:
        raise _NotClean(item.name, left)
    return size


def _offer(checked: queue.Queue[bytes | None], block: bytes | None, ended: threading.Event) -> None:
    while not ended.is_set():
        with contextlib.suppress(queue.Full):
            checked.put(block, timeout=0.2)
            return


def _warning(writer: ZipWriter, warning_text: object, redactor: Redactor, packed: Packed, items: list[RawFile]) -> None:
    assert callable(warning_text)
    data = warning_text(packed.left_out)
    if not data:
        return
    places = Places()
    modified = next((item.modified for item in items), None)
    item = RawFile("warning.txt", data, modified=modified)
    count = Count()
    try:
        clean = _clean(item, places, redactor, count)
    except _NotClean:
        # the lines say what is missing; without them, at least that something is
        clean = b"1 error occurred:\n\t* the warnings are left out: a secret was still in them after sanitizing\n\n"
    writer.write(item.name, clean, modified)
    packed.sizes[item.name] = len(clean)
    if count.replaced:
        packed.replaced[item.name] = count.replaced


def remove_stale(folder: Path) -> None:
    """Remove what an earlier run that was killed left half-written; nothing younger than ten minutes."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if _PARTIAL.match(path.name) and time.time() - path.lstat().st_mtime > _STALE_SECONDS:
                path.unlink(missing_ok=True)
