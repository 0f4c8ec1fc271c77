"""The labelled corpus, engines, and a home of its own for keys and caches."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

from analyzer.archive import open_archive
from analyzer.secrets import FingerprintKey, PacketScan, Policy, scan_archive
from analyzer.secrets.engine import matcher
from analyzer.secrets.stream import MemberScan, Placed, placed_matches

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory):
    """Keys and compiled patterns of the tests do not mix with the user's."""
    patch = pytest.MonkeyPatch()
    home = tmp_path_factory.mktemp("home")
    patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    yield home
    patch.undo()


@pytest.fixture(scope="session")
def corpus() -> ModuleType:
    spec = importlib.util.spec_from_file_location("secret_corpus", HERE / "corpus.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def rng() -> random.Random:
    return random.Random(20261122)


@pytest.fixture(scope="session")
def policy() -> Policy:
    return Policy(key=FingerprintKey(b"k" * 32))


@pytest.fixture(params=["hyperscan", "literal"])
def engine(request):
    return matcher(request.param)


@pytest.fixture
def find(engine):
    """Return the matches of all rules in a text, as (rule, value) and with places."""

    def run(text: bytes | str, chunk: int = 1 << 20) -> list[Placed]:
        data = text.encode() if isinstance(text, str) else text
        chunks = [data[at : at + chunk] for at in range(0, len(data), chunk)]
        return list(placed_matches(chunks, engine, MemberScan()))

    return run


@pytest.fixture
def scan_case(tmp_path, policy):
    """Write a corpus case as a packet and scan it."""

    def run(case, **changes) -> PacketScan:
        from dataclasses import replace

        with open_archive(str(case.write(tmp_path))) as archive:
            return scan_archive(archive, policy=replace(policy, **changes))

    return run
