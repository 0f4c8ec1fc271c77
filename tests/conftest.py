"""What every test may use: where the shared data lies and the bundled packet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of shared test data that may not be copied into the project; skips where it is absent."""
    folder = Path(os.environ.get("SUPPORTPACKET_SHARED", ROOT.parent / "shared"))
    if not (folder / "packets").is_dir():
        pytest.skip(f"shared test data is not at {folder.name}/ beside the checkout (SUPPORTPACKET_SHARED)")
    return folder


@pytest.fixture(scope="session")
def bundled() -> Path:
    """The packet that comes with the project: a real 11.6 server under load."""
    return DATA / "standalone-load-a.zip"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI (SUPPORTPACKET_NO_SKIPS=1) a skipped test fails: there nothing may be missing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("SUPPORTPACKET_NO_SKIPS") == "1":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped, which is not allowed here: {report.longrepr}"
    return report
