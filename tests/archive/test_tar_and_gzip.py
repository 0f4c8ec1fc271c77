"""Tar, tar.gz and bare gzip: members, links, devices, sparse files, bombs, cuts."""

from __future__ import annotations

import gzip
import io
import tarfile
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.archive import Limits, MemberError, open_archive
from analyzer.errors import UnsafeArchive

MB = 1 << 20
WHEN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def make(entries, mode="w:gz", form=tarfile.GNU_FORMAT):
    """Build a tar from (name, data or type) pairs."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as tar:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.mtime = WHEN.timestamp()
            if isinstance(content, bytes) and len(content) == 1 and content in b"123456":
                info.type = content
                info.linkname = "/etc/passwd"
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_members(mode, form):
    long = "top/" + "d" * 90 + "/" + "n" * 80
    entries = [
        ("top/", b"5"),
        ("top/a.log", b"one\n" * 5000),
        (long, b"two"),
        ("top/empty", b""),
        ("top/a.log", b"again"),
    ]
    with open_archive(make(entries, mode, form)) as archive:
        assert archive.kind == "tar"
        assert [(m.path, m.ordinal, m.size) for m in archive.members] == [
            ("top/a.log", 0, 20_000), (long, 0, 3), ("top/empty", 0, 0), ("top/a.log", 1, 5)
        ]  # fmt: skip
        wanted = [b"one\n" * 5000, b"two", b"", b"again"]
        assert [archive.read(member) for member in archive.members] == wanted
        assert [archive.read(member) for member in reversed(archive.members)] == wanted[::-1]
        assert {member.modified for member in archive.members} == {WHEN}
        assert [problem.severity for problem in archive.refused] == ["info"]


def test_two_members_read_side_by_side():
    with open_archive(make([("a", b"1\n" * 900_000), ("b", b"2\n" * 900_000)])) as archive:
        first, second = (archive.stream(member) for member in archive.members)
        assert all(a == b"1\n" and b == b"2\n" for a, b in zip(first, second, strict=True))


def test_links_devices_and_pipes_are_refused():
    entries = [("hard", b"1"), ("soft", b"2"), ("char", b"3"), ("block", b"4"), ("pipe", b"6"), ("../up", b"fine")]
    with open_archive(make(entries)) as archive:
        assert {problem.part: problem.message for problem in archive.refused} == {
            "hard": "a hard link, not read",
            "soft": "a symbolic link, not read",
            "char": "a device, not read",
            "block": "a device, not read",
            "pipe": "a pipe, not read",
            "..%2Fup": "unsafe name; read under this escaped one",
        }
        assert [archive.read(member) for member in archive.members] == [b"fine"]


def test_sparse_files_are_refused_old_and_new():
    header = tarfile.TarInfo("old")
    header.type = b"S"
    new = tarfile.TarInfo("new")
    new.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": "1099511627776"}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(new)
        tar.addfile(tarfile.TarInfo("good"))
    data = header.tobuf(tarfile.GNU_FORMAT) + buffer.getvalue()
    with open_archive(data) as archive:
        assert [member.path for member in archive.members] == ["good"]
        assert {p.part: p.message for p in archive.refused} == {
            "old": "a sparse file, not read", "new": "a sparse file, not read"
        }  # fmt: skip


def test_gzip_bomb_ends_the_listing(peak):
    header = tarfile.TarInfo("bomb")
    header.size = 300 * MB
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb") as packed:
        packed.write(header.tobuf())
        for _ in range(300):
            packed.write(bytes(MB))
    with peak, open_archive(buffer.getvalue(), limits=Limits(ratio_floor=MB)) as archive:
        assert archive.refused[0].stage == "limit"
        assert "unpacks to more than 250 times" in archive.refused[0].message
        for member in archive.members:
            with pytest.raises(MemberError, match=r"more than 250 times"):
                for _ in archive.chunks(member):
                    pass
    assert peak.bytes < 8 * MB


def test_huge_extended_header_is_not_held(peak):
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = b"L", 40 * MB
    data = header.tobuf(tarfile.GNU_FORMAT) + bytes(40 * MB) + make([("good", b"fine")], "w")
    with peak, open_archive(data) as archive:
        assert [archive.read(member) for member in archive.members] == [b"fine"]
        assert archive.refused[0].message == "an extended header is too large and is not read"
    assert peak.bytes < 4 * MB


def test_sizes_beyond_the_file_and_beyond_sense():
    header = tarfile.TarInfo("lie")
    header.size = 1 << 62
    with open_archive(header.tobuf(tarfile.GNU_FORMAT) + b"data") as archive:
        (member,) = archive.members
        data, error = archive.salvage(member)
        assert data == b"data"
        assert error.reason == f"cut: only the first 4 of {1 << 62:,} bytes can be read"


def test_too_many_members():
    with pytest.raises(UnsafeArchive, match=r"more members than the limit of 50$"):
        open_archive(make([(str(n), b"") for n in range(51)]), limits=Limits(members=50))


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.booleans())
def test_cut_anywhere(where, packed):
    files = {"a": b"first line\n" * 400, "b": bytes(range(256)) * 40, "c": b"tail\n" * 900}
    data = make(files.items(), "w:gz" if packed else "w")
    cut = int(where * len(data))
    with open_archive(data[:cut], name="x.tar.gz" if packed else "x.tar") as archive:
        if archive.kind == "tar":
            # only the zeros at the end of a plain tar may be missing unnoticed
            assert archive.refused or not any(data[cut:])
        for member in archive.members:
            got, error = archive.salvage(member)
            if member.path in files:
                assert files[member.path].startswith(got)
                assert (error is None) == (got == files[member.path])


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7), st.booleans())
def test_flipped_anywhere(where, bit, packed):
    data = bytearray(make([("a", b"first line\n" * 400), ("b", b"tail\n" * 900)], "w:gz" if packed else "w"))
    data[int(where * len(data))] ^= 1 << bit
    with open_archive(bytes(data), name="x.tar.gz") as archive:
        for member in archive.members:
            archive.salvage(member)


def test_joined_and_trailing_gzip_data():
    data = make([("a", b"fine")])
    with open_archive(data + b"garbage" * 10) as archive:
        assert archive.read(archive.members[0]) == b"fine"
        assert archive.refused[0].message == "70 bytes behind the gzip data are not read"
    with open_archive(data + bytes(512)) as archive:
        assert archive.refused == ()
    with open_archive(data + make([("b", b"more")])) as archive:
        assert [archive.read(member) for member in archive.members] == [b"fine", b"more"]
        assert "two archives may be joined" in archive.refused[0].message


def test_a_gzip_file_that_is_no_tar(tmp_path):
    path = tmp_path / "mattermost-2026.log.gz"
    path.write_bytes(gzip.compress(b"line\n" * 100) + gzip.compress(b"more\n"))
    with open_archive(path) as archive:
        assert archive.kind == "gzip"
        assert archive.members[0].path == "mattermost-2026.log"
        assert archive.members[0].size == 5
        assert archive.read(archive.members[0]) == b"line\n" * 100 + b"more\n"
    profile = tmp_path / "cpu.prof"
    profile.write_bytes(path.read_bytes())
    with open_archive(profile) as archive:
        assert archive.kind == "file"
        assert archive.read(archive.members[0]) == path.read_bytes()


def test_a_tar_inside_a_zip(piece, build):
    with open_archive(
        build([piece(b"tsdb_dump.tar.gz", make([("metadata.yaml", b"type: plugin-packet\n")]))])
    ) as archive:
        inner = archive.nested(archive.members[0])
        assert (inner.kind, inner.depth) == ("tar", 1)
        assert inner.read(inner.members[0]) == b"type: plugin-packet\n"
