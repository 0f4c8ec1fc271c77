"""Real packets, cut and flipped anywhere: always a named problem, never another exception, nobody else hurt."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from analyzer.archive import open_archive

DATA = Path(__file__).resolve().parent.parent / "data"
PACKETS = sorted(DATA.glob("standalone-*.zip"))
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@functools.cache
def whole(path):
    """Return the packet's bytes, its members' bytes, and where each member lies (start, end)."""
    data = path.read_bytes()
    with open_archive(data) as archive:
        assert archive.refused == ()
        contents = {member.path: archive.read(member) for member in archive.members}
        starts = [entry.offset for entry in archive._entries]
    directory = data.index(b"PK\1\2")
    spans = dict(zip(contents, zip(starts, [*starts[1:], directory], strict=True), strict=True))
    return data, contents, spans


def look(data):
    """Open and read everything; return {path: (bytes, error)} and the problems. Any other exception fails the test."""
    with open_archive(data, name="packet.zip") as archive:
        found = {}
        for member in archive.members:
            found.setdefault(member.path, archive.salvage(member))
        return found, archive.refused


@FEW
@given(path=st.sampled_from(PACKETS), where=st.floats(0, 1, exclude_max=True))
def test_cut_anywhere(path, where):
    data, contents, spans = whole(path)
    cut = int(where * len(data))
    found, problems = look(data[:cut])
    assert problems
    for name, (start, end) in spans.items():
        if end <= cut:
            assert found[name] == (contents[name], None), name
        elif name in found:
            got, _ = found[name]
            assert contents[name].startswith(got)
            assert start < cut
    if cut > 200:
        assert any(problem.severity == "error" for problem in problems)


@FEW
@given(path=st.sampled_from(PACKETS), where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_costs_at_most_one_member(path, where, bit):
    data, contents, _ = whole(path)
    flipped = bytearray(data)
    flipped[int(where * len(data))] ^= 1 << bit
    found, problems = look(bytes(flipped))
    hurt = [name for name in contents if found.get(name) != (contents[name], None)]
    assert len(hurt) <= 1
    for name in hurt:
        if name in found:
            assert found[name][1] is not None
        else:
            assert problems


@FEW
@given(path=st.sampled_from(PACKETS), back=st.integers(1, 1100), value=st.integers(0, 255))
@example(path=PACKETS[0], back=11, value=79)  # the count of members becomes larger than any limit
def test_garbled_directory_costs_at_most_one_member(path, back, value):
    data, contents, _ = whole(path)
    garbled = bytearray(data)
    garbled[-back] = value
    found, _ = look(bytes(garbled))
    assert sum(found.get(name) != (contents[name], None) for name in contents) <= 1


@FEW
@given(path=st.sampled_from(PACKETS), where=st.floats(0, 1, exclude_max=True), length=st.integers(1, 9000))
def test_bytes_lost_in_the_middle(path, where, length):
    data, contents, spans = whole(path)
    start = int(where * len(data))
    found, problems = look(data[:start] + data[start + length :])
    touched = [name for name, (a, b) in spans.items() if a < start + length and start < b]
    for name in contents:
        if name not in touched:
            assert found[name] == (contents[name], None), name
        elif name in found and found[name][0] != contents[name]:
            assert found[name][1] is not None
    assert problems


@FEW
@given(path=st.sampled_from(PACKETS), junk=st.binary(min_size=1, max_size=3000), where=st.floats(0, 1))
def test_bytes_added_anywhere(path, junk, where):
    data, contents, _ = whole(path)
    at = int(where * len(data))
    found, _ = look(data[:at] + junk + data[at:])
    assert sum(found.get(name) != (contents[name], None) for name in contents) <= 1


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000), st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"PK\1\2", b"\x1f\x8b\x08\0", b"BZh"]))
def test_any_bytes_open_as_something(data, magic):
    with open_archive(magic + data, name="x.zip") as archive:
        for member in (*archive.members, *archive.leftovers):
            archive.salvage(member)


@pytest.mark.parametrize("path", PACKETS, ids=lambda path: path.stem)
def test_a_cut_log_is_read_up_to_the_cut(path):
    data, contents, spans = whole(path)
    name = max(contents, key=lambda name: len(contents[name]))
    start, end = spans[name]
    found, problems = look(data[: (start + end) // 2])
    got, error = found[name]
    assert len(got) > len(contents[name]) // 4
    assert contents[name].startswith(got)
    assert "cut: only the first" in error.reason
    assert {problem.part for problem in problems} == {"packet.zip", name}


def test_a_flipped_byte_keeps_what_lies_before_it():
    data, contents, spans = whole(PACKETS[0])
    name = max(contents, key=lambda name: len(contents[name]))
    start, end = spans[name]
    middle = (start + end) // 2
    broken = data[:middle] + b"\xff" * 64 + data[middle + 64 :]
    got, error = look(broken)[0][name]
    assert error is not None
    common = next(i for i, (a, b) in enumerate(zip(got, contents[name], strict=False)) if a != b or i == len(got) - 1)
    assert common > len(contents[name]) // 4


def test_the_packets_that_may_not_be_copied(shared):
    seen = set()
    for path in sorted((shared / "packets").glob("real*/*.zip")):
        found, problems = look(path.read_bytes())
        assert not problems
        assert all(error is None for _, error in found.values())
        with open_archive(path) as archive:
            seen |= {member.modified for member in archive.members}
    assert None in seen  # the zero date of 8.1.9
    with open_archive(shared / "packets" / "upstream-ha") as archive:
        assert archive.kind == "folder"
        assert len(archive.members) == 4
