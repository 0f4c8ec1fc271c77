from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.goroutines import GoroutineDump, read_goroutines


@pytest.fixture(scope="session")
def dumps() -> Path:
    """Folder of goroutine dumps made with real Go programs and a real server."""
    return Path(__file__).resolve().parent.parent / "data" / "goroutines"


@pytest.fixture(scope="session")
def locked(dumps: Path) -> GoroutineDump:
    """A real 11.6 server whose database tables are locked."""
    return read_goroutines(dumps / "goroutines-table-lock-1.txt")


@pytest.fixture(scope="session")
def locked_later(dumps: Path) -> GoroutineDump:
    """The same server some seconds later."""
    return read_goroutines(dumps / "goroutines-table-lock-2.txt")
