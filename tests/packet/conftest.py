"""Packets made by the tests from the files of real ones."""

from __future__ import annotations

import io
import zipfile

import pytest


def zipped(files, order=None):
    """Return a zip of (name, data) pairs; names may repeat."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 22, 10, 0, 0)), data)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def zip_of():
    return zipped


@pytest.fixture(scope="session")
def real_files(bundled):
    """Members of the bundled 11.6 packet by name."""
    with zipfile.ZipFile(bundled) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


NODE_FILES = ("diagnostics.yaml", "sanitized_config.json", "cpu.prof", "heap.prof", "goroutines", "mattermost.log")


@pytest.fixture(scope="session")
def cluster_files(real_files):
    """A V2-cluster packet of two nodes, as (name, data) pairs, made of the bundled packet's parts."""
    pairs = [(name, data) for name, data in real_files.items() if name not in NODE_FILES]
    for host in ("app-1.example.com", "app-2.example.com"):
        for name in NODE_FILES:
            data = real_files[name]
            if name == "diagnostics.yaml":
                data = data.replace(b"hostname: vm", f"hostname: {host}".encode())
            pairs.append((f"{host}/{name}", data))
    return pairs
