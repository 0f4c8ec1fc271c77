"""The command as users run it: a process of its own, with exit code, stdout and stderr."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def supportpacket():
    """Run ``supportpacket ARGS`` and return the finished process (text)."""
    command = Path(sys.executable).with_name("supportpacket")

    def run(*arguments, **options):
        return subprocess.run(
            [command, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False, **options
        )

    return run
