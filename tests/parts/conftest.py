"""Parts of real packets, by packet and member name."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parent.parent / "data"
BUNDLED = ("standalone-load-a", "standalone-load-b", "standalone-database-down")


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith((".prof", ".log"))}


@pytest.fixture(scope="session")
def real_116() -> dict[str, dict[str, bytes]]:
    """Packet name to members of the real 11.6 packets that come with the project."""
    return {name: members(DATA / f"{name}.zip") for name in BUNDLED}


@pytest.fixture(scope="session")
def real_v1(shared: Path) -> dict[str, dict[str, bytes]]:
    """Release to members of the real V1 packets."""
    folder = shared / "packets" / "real"
    return {release: members(folder / f"mattermost-{release}-standalone.zip") for release in ("8.1.9", "9.11.0")}


@pytest.fixture(scope="session")
def upstream_ha(shared: Path) -> dict[str, bytes]:
    """``node/member`` to bytes of the official reader's cluster fixture."""
    folder = shared / "packets" / "upstream-ha"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
