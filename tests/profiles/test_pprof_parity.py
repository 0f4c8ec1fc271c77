"""Our reports beside those of the real `go tool pprof -symbolize=none`, byte for byte, on random command lines.

SUPPORTPACKET_PARITY=5000 runs as many of them; SUPPORTPACKET_SEED sets where they start.
"""

from __future__ import annotations

import gzip
import os
import random
import re

import pytest

COUNT = int(os.environ.get("SUPPORTPACKET_PARITY", "110"))
SEED = int(os.environ.get("SUPPORTPACKET_SEED", "20261122"))


def _plain(data: bytes) -> bytes:
    """Proto output without its compression, text as it is; invalid UTF-8 replaced as ours is."""
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    return data.decode("utf-8", "replace").encode()


def _words(data: bytes) -> list[bytes]:
    """All words of a report, numbers of boxes and running sums aside: what ties can move is left out."""
    return sorted(re.sub(rb"\bN\d+\b|\bnode\d+\b|\(\d+\)|\S+%", b"", data).split())


def _compare(theirs, ours, command: list[str]) -> str:
    expected, actual = theirs(command), ours(command)
    if expected.code:
        assert actual.code, f"pprof refuses, we do not: {expected.error}\n{command}"
        return "refused"
    assert not actual.code, f"we refuse, pprof does not: {actual.error}\n{command}"
    want, got = _plain(expected.out), _plain(actual.out)
    if want == got:
        return "same"
    # Upstream leaves some ties to chance: its own runs then differ, and ours must be like one of them.
    runs = {want} | {_plain(theirs(command).out) for _ in range(25)}
    loose = "-files" in command or "-call_tree" in command
    assert len(runs) > 1 or loose, f"{' '.join(command)}\n{_first_difference(want, got)}"
    if got in runs or any(_words(run) == _words(got) for run in runs):
        return "tie"
    # A limit may cut through a tie, so that even the entries shown are a matter of chance.
    assert loose, f"{' '.join(command)}\n{_first_difference(want, got)}"
    return "cut tie"


def _first_difference(want: bytes, got: bytes) -> str:
    for number, (left, right) in enumerate(zip(want.splitlines(), got.splitlines(), strict=False), 1):
        if left != right:
            return f"line {number}\n  pprof {left!r}\n  ours  {right!r}"
    return f"{len(want)} and {len(got)} bytes"


@pytest.mark.parametrize("kind", ["real", "random"])
def test_random_command_lines(kind, theirs, ours, real_profiles, random_profiles, make_command):
    rng = random.Random(SEED + (kind == "random"))
    paths = real_profiles if kind == "real" else random_profiles(SEED, max(COUNT // 5, 20))
    outcomes: dict[str, int] = {}
    for _ in range(COUNT):
        outcome = _compare(theirs, ours, make_command(rng, paths))
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    print(outcomes)
    assert outcomes["same"] > COUNT / 3
    assert outcomes.get("cut tie", 0) <= max(COUNT / 50, 3)
