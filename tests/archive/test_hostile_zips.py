"""Every attack of the table: the verdict, what stays readable, and how much memory it may cost."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib

import pytest

from analyzer.archive import Limits, MemberError, open_archive
from analyzer.errors import UnsafeArchive

MB = 1 << 20
GOOD = b"all is well\n" * 1000
LIMITS = Limits(ratio_floor=MB, total_bytes=64 * MB, member_bytes=32 * MB, archive_bytes=128 * MB)


def drain(archive, member):
    """Read a member piece by piece; return (bytes, reason or None)."""
    total, failure = 0, None
    try:
        for piece in archive.chunks(member):
            total += len(piece)
    except MemberError as error:
        failure = error
    if failure is None:
        return total, None
    assert "\n" not in str(failure)
    assert (failure.member, failure.received) == (member.shown, total)
    return total, failure.reason


def verdicts(data, peak, limits=LIMITS, most=12 * MB):
    """Read all; return {shown name: verdict} where None is whole, and the container's problems."""
    found = {}
    with peak, open_archive(data, limits=limits, name="x.zip") as archive:
        for member in archive.members:
            found[member.shown] = drain(archive, member)[1]
        problems = {problem.part: problem.message for problem in archive.refused}
    assert peak.bytes < most, f"{peak.bytes / MB:.1f} MB"
    return found, problems


def test_deflate_bomb_stops_at_the_ratio(piece, build, pack, peak):
    bomb = build([piece(b"bomb", b"", packed_data=pack(bytes(200 * MB)), size=200 * MB), piece(b"good", GOOD)])
    with peak, open_archive(bomb, limits=Limits(ratio_floor=MB)) as archive:
        first, second = archive.members
        total, reason = drain(archive, first)
        assert drain(archive, second) == (len(GOOD), None)
    assert total <= 250 * first.packed_size
    assert "unpacks to more than 250 times" in reason
    assert peak.bytes < 8 * MB


def test_a_small_file_may_have_any_ratio(piece, build, peak):
    assert verdicts(build([piece(b"zeros", bytes(900_000))]), peak) == ({"zeros": None}, {})


def test_limit_for_one_member_counts_actual_bytes(piece, build, pack, peak):
    data = b"".join(i.to_bytes(4, "big") for i in range(MB))
    lying = build([piece(b"big", data, size=10), piece(b"good", GOOD)])
    found, _ = verdicts(lying, peak, Limits(member_bytes=2 * MB), most=24 * MB)
    assert found == {"big": "larger than the limit of 2.0 MB for one member", "good": None}


def test_limit_for_all_members_counts_actual_bytes_once(piece, build, peak):
    data = build([piece(b"a", bytes(600_000)), piece(b"b", bytes(600_000)), piece(b"c", b"x")])
    with open_archive(data, limits=Limits(total_bytes=MB)) as archive:
        a, b, _ = archive.members
        assert drain(archive, a) == (600_000, None)
        assert drain(archive, a) == (600_000, None)
        total, reason = drain(archive, b)
        assert total == MB - 600_000
        assert reason == "the limit of 1.0 MB for all members together is used up"


def quoted_overlap(members, size):
    """Each member's stored block quotes the header of the next one (Fifield 2019): one kernel, read by all."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    kernel = packer.compress(bytes(size)) + packer.flush()
    crc = zlib.crc32(bytes(size))
    tail_header = b"PK\3\4"
    blocks = [(b"%04d" % (members - 1), kernel, bytes(size))]
    heads = []
    body = (
        struct.pack("<4s5H3I2H", tail_header, 20, 0, 8, 0, 0x5821, crc, len(kernel), size, 4, 0) + blocks[0][0] + kernel
    )
    heads.append((blocks[0][0], crc, len(kernel), size, len(body)))
    plain = bytes(size)
    for number in range(members - 2, -1, -1):
        quote = body[: 30 + 4]
        plain = quote + plain
        packed = b"\0" + struct.pack("<2H", len(quote), len(quote) ^ 0xFFFF) + body
        # the stored block quotes exactly one header; the rest of the stream is the next member's own
        name = b"%04d" % number
        crc = zlib.crc32(plain)
        body = (
            struct.pack("<4s5H3I2H", tail_header, 20, 0, 8, 0, 0x5821, crc, len(packed), len(plain), 4, 0)
            + name
            + packed
        )
        heads.append((name, crc, len(packed), len(plain), len(body)))
    directory = b""
    for name, crc, packed, full, length in reversed(heads):
        directory += (
            struct.pack(
                "<4s6H3I5H2I",
                b"PK\1\2",
                20,
                20,
                0,
                8,
                0,
                0x5821,
                crc,
                packed,
                full,
                4,
                0,
                0,
                0,
                0,
                0,
                len(body) - length,
            )
            + name
        )
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, members, members, len(directory), len(body), 0)
    return body + directory + end


def test_quoted_overlap_leaves_the_kernel_once(peak):
    data = quoted_overlap(200, 100_000)
    with zipfile.ZipFile(io.BytesIO(data)) as known:
        first = known.infolist()[0]
    assert len(zlib.decompress(data[34 : 34 + first.compress_size], -15)) == first.file_size == 100_000 + 199 * 34
    found, problems = verdicts(data, peak)
    assert found == {"0199": None}
    assert problems["0000"] == "its data overlaps 0001"
    assert len(problems) == 199


def test_many_entries_over_one_body(piece, build, peak):
    pieces = [piece(b"first", GOOD)]
    pieces += [piece(b"copy-%04d" % n, GOOD, offset=0, in_body=False) for n in range(4999)]
    found, problems = verdicts(build(pieces), peak, most=24 * MB)
    assert found == {"first": None}
    assert len([part for part in problems if part.startswith("copy-")]) == 4999


def test_an_entry_inside_another_costs_only_itself(piece, build, peak):
    data = build([piece(b"good", GOOD), piece(b"evil", b"", offset=50, in_body=False), piece(b"tail", GOOD)])
    found, problems = verdicts(data, peak)
    assert found == {"good": None, "tail": None}
    assert problems["evil"] == "no local header where the central directory says"


@pytest.mark.parametrize("claim", [1 << 30, 0xFFFFFFFE])
def test_forged_packed_size_reads_no_further_than_the_file(piece, build, peak, claim):
    found, problems = verdicts(build([piece(b"good", GOOD), piece(b"evil", GOOD, packed=claim)]), peak)
    assert found["good"] is None
    assert found["evil"] is not None
    assert problems["evil"] == "the archive ends inside its data"


def test_forged_packed_size_over_the_next_member(piece, build, peak):
    found, problems = verdicts(build([piece(b"evil", GOOD, packed=60), piece(b"good", GOOD)]), peak)
    assert found["good"] is None
    assert "evil" in problems or found["evil"] is not None


@pytest.mark.parametrize(
    ("size", "reason"), [(7, "declares 7 bytes, holds 12,000"), (1 << 30, "declares 1,073,741,824 bytes, holds 12,000")]
)
def test_size_lies_both_ways(piece, build, peak, size, reason):
    assert verdicts(build([piece(b"lie", GOOD, size=size), piece(b"good", GOOD)]), peak)[0] == {
        "lie": reason,
        "good": None,
    }


def test_zip64_claims_an_exabyte(piece, build, peak):
    extra = struct.pack("<2HQ", 1, 8, 1 << 60)
    data = build([piece(b"lie", b"x" * 100, size=0xFFFFFFFF, extra=extra), piece(b"good", GOOD)])
    assert verdicts(data, peak)[0] == {"lie": f"declares {1 << 60:,} bytes, holds 100", "good": None}


def test_zip64_offset_beyond_every_file(piece, build, peak):
    extra = struct.pack("<2HQ", 1, 8, (1 << 64) - 1)
    data = build([piece(b"lie", GOOD, offset=0xFFFFFFFF, extra=extra, in_body=False), piece(b"good", GOOD)])
    found, problems = verdicts(data, peak)
    assert found == {"good": None}
    assert problems["lie"] == "no local header where the central directory says"


def test_zip64_record_that_contradicts(piece, build, peak):
    found, problems = verdicts(build([piece(b"good", GOOD)], end64=(1, 5, 5)), peak)
    assert found == {"good": None}
    assert problems["x.zip"] == "its zip64 record contradicts its end record"


def test_a_count_that_the_directory_has_no_room_for_is_a_lie(piece, build, peak):
    found, problems = verdicts(build([piece(b"good", GOOD)], entries=0xFFFF, end64=(1 << 40, 51, 0)), peak)
    assert found == {"good": None}
    assert problems["x.zip"] == "the end record announces 1,099,511,627,776 members, its central directory lists 1"
    assert peak.bytes < MB


def million_entries(*, honest):
    name = b"%07d"
    body = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0x5821, 0, 0, 0, 1, 0) + b"x"
    entry = struct.Struct("<4s6H3I5H2I7s")
    directory = b"".join(
        entry.pack(b"PK\1\2", 20, 20, 0, 0, 0, 0x5821, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, name % n) for n in range(1_000_000)
    )
    count = 0xFFFF if honest else 1_000_000 & 0xFFFF
    end64 = b""
    if honest:
        where = len(body) + len(directory)
        end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**6, 10**6, len(directory), len(body))
        end64 += struct.pack("<4sIQI", b"PK\6\7", 0, where, 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end64 + end


@pytest.mark.parametrize("honest", [True, False])
def test_a_million_entries_are_refused_unlisted(tmp_path, peak, honest):
    path = tmp_path / "many.zip"
    path.write_bytes(million_entries(honest=honest))
    with peak, pytest.raises(UnsafeArchive, match=r"more (members )?than the limit"):
        open_archive(path, limits=Limits(directory_bytes=(16 if honest else 64) * MB))
    # when only the count lies, the directory itself is read before it shows
    assert peak.bytes < (MB if honest else 72 * MB)


def test_a_million_entries_without_directory(tmp_path, peak):
    header = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0x5821, 0, 0, 0, 1, 0) + b"x"
    path = tmp_path / "many.zip"
    path.write_bytes(header * 100_000)
    with peak, pytest.raises(UnsafeArchive, match=r"more members than the limit of 2,000"):
        open_archive(path, limits=Limits(members=2000))
    assert peak.bytes < 4 * MB


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (b"../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"),
        (b"/etc/mattermost.log", "%2Fetc%2Fmattermost.log"),
        (b"..\\mattermost.log", "..%2Fmattermost.log"),
        (b"C:\\x\\mattermost.log", "C:%2Fx%2Fmattermost.log"),
        (b"mattermost.log\0.exe", "mattermost.log\\x00.exe"),
        (b"\x1b[31m/mattermost.log", "\\x1b[31m%2Fmattermost.log"),
        (b"a\nb", "a\\nb"),
        ("\u202egol.tsomrettam".encode(), "\\u202egol.tsomrettam"),
        (b"\xff\xfe.log", "\\xff\\xfe.log"),
    ],
)
@pytest.mark.parametrize("utf8", [0, 1 << 11])
def test_bad_names_are_read_under_an_escaped_one(piece, build, peak, name, path, utf8):
    data = build([piece(name, GOOD, bits=utf8), piece(b"mattermost.log", b"real")])
    with peak, open_archive(data) as archive:
        bad, real = archive.members
        assert bad.path == path
        assert bad.raw_name == name
        assert bad.flags & {"unsafe-name", "not-utf8"}
        assert (real.path, real.ordinal) == ("mattermost.log", 0)
        assert archive.read(bad) == GOOD
        assert all(problem.message.isprintable() and problem.part.isprintable() for problem in archive.refused)
    assert peak.bytes < 4 * MB


@pytest.mark.parametrize(
    ("name", "path"),
    [(b"app-1\\mattermost.log", "app-1/mattermost.log"), (b"./a//b", "a/b"), ("é.log".encode(), "é.log")],
)
def test_odd_but_honest_names(piece, build, peak, name, path):
    with open_archive(build([piece(name, GOOD)])) as archive:
        assert [member.path for member in archive.members] == [path]
        assert archive.refused == ()


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({"bits": 1}, "encrypted, so it cannot be read"),
        ({"bits": 0x41}, "strongly encrypted, so it cannot be read"),
        ({"bits": 1 << 13}, "encrypted with its directory, so it cannot be read"),
        ({"bits": 1 << 5}, "holds a patch, not a file"),
        ({"method": 6}, "packed with implode; only deflate is read"),
        ({"method": 9}, "packed with deflate64; only deflate is read"),
        ({"method": 93}, "packed with Zstandard; only deflate is read"),
        ({"method": 98}, "packed with PPMd; only deflate is read"),
        ({"method": 99}, "packed with AES encryption; only deflate is read"),
        ({"made_by": 3 << 8, "attributes": 0o120777 << 16}, "a symbolic link"),
        ({"made_by": 3 << 8, "attributes": 0o010644 << 16}, "no regular file"),
        ({"name": b"n" * 2000}, "a name of 2,000 bytes is more than the limit of 1,024"),
        ({"name": b""}, "has no name"),
    ],
)
def test_refused_members(piece, build, peak, field, reason):
    data = build([piece(**({"name": b"evil", "data": b"target"} | field)), piece(b"good", GOOD)])
    with peak, open_archive(data) as archive:
        (problem,) = archive.refused
        assert problem.message == reason
        assert problem.severity == "error"
        (good,) = archive.members
        assert archive.read(good) == GOOD
        (evil,) = archive.refused_members
        assert evil.raw_name == field.get("name", b"evil")
    assert peak.bytes < 4 * MB


def test_wrong_checksum(piece, build, peak):
    data = build([piece(b"bad", GOOD, crc=1), piece(b"good", GOOD)])
    assert verdicts(data, peak)[0] == {"bad": "its checksum is wrong", "good": None}
    with (
        open_archive(data) as archive,
        pytest.raises(MemberError, match=r"^<bytes>: bad: its checksum is wrong$") as caught,
    ):
        archive.read(archive.members[0])
    assert caught.value.data == GOOD
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.received, again.data) == (str(caught.value), len(GOOD), b"")
    assert caught.value.problem().stage == "read"


def test_local_header_with_another_name(piece, build, peak):
    data = build([piece(b"mattermost.log", GOOD, local_name=b"sanitized.json"), piece(b"good", GOOD)])
    assert verdicts(data, peak)[0] == {"mattermost.log": "its local header names it sanitized.json", "good": None}
    longer = build([piece(b"mattermost.log", GOOD, local_name=b"sanitized_config.json"), piece(b"good", GOOD)])
    found, problems = verdicts(longer, peak)
    assert found == {"good": None}
    assert problems["mattermost.log"] == "its local header has another name"


def test_concatenated_zips(piece, build, peak):
    first, second = build([piece(b"a", b"first")]), build([piece(b"a", b"second"), piece(b"b", GOOD)])
    with peak, open_archive(first + second) as archive:
        assert [archive.read(member) for member in archive.members] == [b"second", GOOD]
        (problem,) = archive.refused
        assert problem.message == f"{len(first)} bytes before the first member belong to no member"
        (hidden,) = archive.leftovers
        inner = archive.nested(hidden)
        assert [inner.read(member) for member in inner.members] == [b"first"]
    assert peak.bytes < 4 * MB


def test_zip_in_the_comment_of_a_zip(piece, build, peak):
    inner = build([piece(b"a", b"inner")])
    outer = build([piece(b"a", b"outer")], comment=inner)
    with open_archive(outer) as archive:
        texts = {archive.read(member) for member in archive.members}
        for hidden in archive.leftovers:
            below = archive.nested(hidden)
            texts |= {below.read(member) for member in below.members}
        assert texts == {b"inner", b"outer"}
        assert archive.refused


def test_bytes_before_between_and_behind(piece, build, peak):
    data = build([piece(b"a", GOOD), piece(b"", b"hidden" * 50, method=0, in_body=True), piece(b"b", GOOD)])
    # drop the middle entry from the directory: its bytes are then nobody's
    at = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    data = data[:at] + data[at + 46 :]
    end = data.rindex(b"PK\5\6")
    start = data.index(b"PK\1\2")
    data = data[:end] + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 2, 2, end - start, start, 0)
    with open_archive(b"#!/bin/sh\n" + data + b"tail") as archive:
        assert [archive.read(member) for member in archive.members] == [GOOD, GOOD]
        assert [left.path for left in archive.leftovers] == [
            "(before the first member)", "(between members)", "(behind the archive)"
        ]  # fmt: skip
        before, between, behind = map(archive.read, archive.leftovers)
        assert (before, behind) == (b"#!/bin/sh\n", b"tail")
        assert b"hidden" * 50 in between


def test_nesting_ends_at_the_depth_limit(piece, build, peak):
    data = GOOD
    for _ in range(6):
        data = build([piece(b"r.zip", data)])
    with peak, open_archive(data) as archive:
        first = archive.nested(archive.members[0])
        second = first.nested(first.members[0])
        assert (first.depth, second.depth) == (1, 2)
        with pytest.raises(MemberError, match=r"deeper than the limit of 2$") as caught:
            second.nested(second.members[0])
        assert caught.value.stage == "limit"
    assert peak.bytes < 4 * MB


def test_nested_archives_share_one_account(piece, build, peak):
    inner = build([piece(b"zeros", bytes(900_000))])
    with open_archive(
        build([piece(b"a.zip", inner), piece(b"b.zip", inner)]), limits=Limits(total_bytes=MB)
    ) as archive:
        a, b = (archive.nested(member) for member in archive.members)
        assert drain(a, a.members[0]) == (900_000, None)
        assert "used up" in drain(b, b.members[0])[1]


def test_an_archive_larger_than_its_limit(tmp_path, peak):
    path = tmp_path / "x.zip"
    with path.open("wb") as file:
        file.truncate(3 << 30)
    with peak, pytest.raises(UnsafeArchive, match=r"3\.0 GB is more than the limit of 1\.0 GB$"):
        open_archive(path)
    assert peak.bytes < MB


def test_a_long_file_is_read_by_seeking(tmp_path, peak, piece, build):
    path = tmp_path / "x.zip"
    with path.open("wb") as file:
        file.truncate(512 * MB)
        file.seek(0, 2)
        file.write(build([piece(b"good", GOOD)]))
    with peak, open_archive(path) as archive:
        assert archive.read(archive.members[0]) == GOOD
        assert archive.leftovers[0].size == 512 * MB
    assert peak.bytes < 4 * MB


def test_empty_and_foreign_files_named_zip(tmp_path):
    for content, reason in ((b"", "empty"), (b"<html>502</html>", "no zip archive, though its name says so")):
        path = tmp_path / "x.zip"
        path.write_bytes(content)
        with open_archive(path) as archive:
            assert archive.kind == "file"
            assert [problem.message for problem in archive.refused] == [reason]


def test_a_slow_member_is_given_up(piece, build):
    with open_archive(build([piece(b"a", GOOD)]), limits=Limits(seconds=-1)) as archive:
        assert drain(archive, archive.members[0])[1] == "not read within -1 s"


def test_a_search_for_headers_is_bounded_in_time_and_bytes(piece, build, pack):
    noise = b"PK\3\4" * 500_000
    with pytest.raises(UnsafeArchive, match=r"not listed within 0 s$"):
        open_archive(noise, name="x.zip", limits=Limits(seconds=0))
    with open_archive(noise, name="x.zip") as archive:
        assert archive.members == ()
    header = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 8, 8, 0, 0x5821, 0, 0, 0, 1, 0) + b"x"
    member = header + pack(bytes(900_000))
    with pytest.raises(UnsafeArchive, match=r"unpacks to more than 4\.0 MB$"):
        open_archive(member * 20, limits=Limits(total_bytes=4 * MB))


@pytest.mark.parametrize("sector", [b"", b"\x01\x00\x04\x00\x00\x00data"])
def test_honest_zip64_end_record(piece, build, sector):
    data = build([piece(b"a", GOOD), piece(b"b", b"x")])
    start = data.index(b"PK\1\2")
    end = data.rindex(b"PK\5\6")
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44 + len(sector), 45, 45, 0, 0, 2, 2, end - start, start) + sector
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    full = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    with open_archive(data[:end] + record + locator + full) as archive:
        assert [archive.read(member) for member in archive.members] == [GOOD, b"x"]
        assert archive.refused == ()
    with open_archive(data[:end] + record.replace(b"PK\6\6", b"XX\6\6") + locator + full) as archive:
        assert [archive.read(member) for member in archive.members] == [GOOD, b"x"]
        assert archive.refused
