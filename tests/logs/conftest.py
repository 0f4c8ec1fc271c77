"""What the log tests share: real logs, samples of the real encoders, and an independent count of a file's lines."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parent.parent / "data" / "logs"


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of log samples."""
    return SAMPLES


@pytest.fixture(scope="session")
def bundled_log(bundled: Path) -> bytes:
    """The 11.6 server's JSON log."""
    with zipfile.ZipFile(bundled) as archive:
        return archive.read("mattermost.log")


@pytest.fixture(scope="session")
def database_down_log(bundled: Path) -> bytes:
    """The JSON log of an 11.6 server whose database was stopped."""
    with zipfile.ZipFile(bundled.parent / "standalone-database-down.zip") as archive:
        return archive.read("mattermost.log")


@pytest.fixture(scope="session")
def old_log(shared: Path) -> bytes:
    """The JSON log of an 8.1.9 server; not part of the project."""
    with zipfile.ZipFile(shared / "packets" / "real" / "mattermost-8.1.9-standalone.zip") as archive:
        return archive.read("mattermost.log")


@pytest.fixture(scope="session")
def account():
    """Check ``quality`` of a log against a count made here: every line, every byte, blank lines by their look."""

    def check(log, data: bytes) -> None:
        lines = [line for line in re.split(rb"(?<=\n)", data) if line]
        if b"\x00{" in data or (data.startswith(b'{"version":') and b"\x00" in data):
            lines = [line for line in re.split(rb'(?<=\n)|(?<=\})\x00(?=\{"version":|$)', data) if line]
        else:
            assert int(log.quality["bytes"].sum()) == len(data)
        blank = [line for line in lines if not line.strip(b"\r\n\t \x0b\x0c").removeprefix(b"\xef\xbb\xbf").strip()]
        assert int(log.quality["bytes"].sum()) == len(data)
        assert int(log.quality["lines"].sum()) == len(lines)
        assert int(log.quality["lines"]["blank"]) == len(blank)
        rows = log.lines["kind"].value_counts()
        for kind, number in log.quality["lines"].items():
            if kind != "blank":
                assert int(rows.get(kind, 0)) == number, kind

    return check
