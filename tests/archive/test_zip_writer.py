"""What is written: equal to Go's own zip field by field, readable by others, and gone when it fails."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.archive import Limits, ZipWriter, open_archive
from analyzer.archive.source import BytesSource
from analyzer.archive.zipdirectory import CENTRAL, END, LOCAL, read_directory
from analyzer.errors import PacketError, SourceError, UsageError

WHEN = datetime(2026, 11, 22, 12, 3, 41, tzinfo=UTC)
FILES = {
    "metadata.yaml": b"version: 1\n",
    "app-1/mattermost.log": b'{"level":"info"}\n' * 5000,
    "empty": b"",
    "\u00e9.txt": b"x",
}
GO = """package main

import ("archive/zip"; "encoding/json"; "os"; "time")

type file struct { Name string; Data []byte; Unix int64; Offset int }

func main() {
	var files []file
	if err := json.NewDecoder(os.Stdin).Decode(&files); err != nil { panic(err) }
	out, err := os.Create(os.Args[1])
	if err != nil { panic(err) }
	w := zip.NewWriter(out)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate}
		if f.Unix != 0 { h.Modified = time.Unix(f.Unix, 0).In(time.FixedZone("", f.Offset)) }
		m, err := w.CreateHeader(h)
		if err != nil { panic(err) }
		if _, err := m.Write(f.Data); err != nil { panic(err) }
	}
	if err := w.Close(); err != nil { panic(err) }
	if err := out.Close(); err != nil { panic(err) }
}
"""


@pytest.fixture(scope="module")
def go():
    beside = Path(sys.executable).parent / "go"
    found = str(beside) if beside.exists() else shutil.which("go")
    if found is None:
        pytest.skip("no go command")
    return found


def fields(data):
    """Return every header field of each member that does not depend on the packed bytes."""
    rows = []
    directory = read_directory(BytesSource(data, "x"), Limits())
    at = directory.start
    for entry in directory.entries:
        central = CENTRAL.unpack_from(data, at)
        local = LOCAL.unpack_from(data, entry.offset)
        name_end = entry.offset + LOCAL.size + local[9]
        extra = data[name_end : name_end + local[10]]
        descriptor = name_end + local[10] + entry.packed
        assert data[descriptor : descriptor + 4] == b"PK\7\x08"
        rows.append(
            (
                entry.raw_name, central[1:7], central[7], central[9:15], central[15], entry.extra, local[1:6],
                local[6:9], local[9:11], extra, data[descriptor + 4 : descriptor + 8], data[descriptor + 12 : descriptor + 16],
            )
        )  # fmt: skip
        at += CENTRAL.size + len(entry.raw_name) + len(entry.extra)
    end = END.unpack_from(data, len(data) - END.size)
    return rows, end[:5], end[7]


@pytest.mark.parametrize("zone", [0, 2 * 3600, -(5 * 3600 + 1800)])
def test_containers_equal_those_of_go(tmp_path, go, zone):
    source = tmp_path / "main.go"
    source.write_text(GO)
    at = WHEN.astimezone(timezone(timedelta(seconds=zone)))
    import base64

    listed = [
        {"Name": name, "Data": base64.b64encode(data).decode(), "Unix": int(WHEN.timestamp()), "Offset": zone}
        for name, data in FILES.items()
    ]
    listed.append({"Name": "no-time", "Data": "", "Unix": 0})
    environment = os.environ | {
        "GOCACHE": str(tmp_path.parent / "go-cache"),
        "GOFLAGS": "-mod=mod",
        "GO111MODULE": "off",
    }
    theirs = tmp_path / "go.zip"
    subprocess.run(
        [go, "run", str(source), str(theirs)], input=json.dumps(listed).encode(), env=environment, check=True
    )
    ours = tmp_path / "ours.zip"
    with ZipWriter(ours) as writer:
        for name, data in FILES.items():
            writer.write(name, data, at)
        writer.write("no-time", b"")
    assert fields(ours.read_bytes()) == fields(theirs.read_bytes())


def test_others_read_it(tmp_path):
    path = tmp_path / "x.zip"
    with ZipWriter(path) as writer:
        for name, data in FILES.items():
            with writer.member(name, WHEN) as file:
                for at in range(0, len(data), 777):
                    file.write(data[at : at + 777])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["x.zip"]
    with zipfile.ZipFile(path) as theirs:
        assert theirs.testzip() is None
        assert {name: theirs.read(name) for name in theirs.namelist()} == FILES
    if unzip := shutil.which("unzip"):
        subprocess.run([unzip, "-tq", path], check=True, capture_output=True)
    with open_archive(path) as archive:
        assert archive.refused == ()
        assert {member.path: archive.read(member) for member in archive.members} == FILES
        assert {member.modified for member in archive.members} == {WHEN}


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\:", exclude_categories=["C", "Z"]), min_size=1, max_size=12
)
CONTENT = st.lists(st.tuples(NAMES, st.binary(max_size=300), st.sampled_from([None, WHEN])), max_size=8)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=CONTENT)
def test_round_trip(tmp_path, files):
    path = tmp_path / "x.zip"
    written = []
    with ZipWriter(path, overwrite=True) as writer:
        for name, data, when in files:
            try:
                writer.write(name, data, when)
            except UsageError:
                continue
            written.append((name, data, when))
    with open_archive(path) as archive:
        assert [(m.path, archive.read(m), m.modified) for m in archive.members] == written
        assert [m.ordinal for m in archive.members] == [
            [name for name, *_ in written[:n]].count(name) for n, (name, *_) in enumerate(written)
        ]
        assert not [problem for problem in archive.refused if problem.severity != "info"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=CONTENT, method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), comment=st.binary(max_size=50)
)
def test_archives_of_zipfile_read_the_same(tmp_path, files, method, comment):
    path = tmp_path / "x.zip"
    names = {name: data for name, data, _ in files if name not in {".", ".."}}
    with zipfile.ZipFile(path, "w", method) as theirs:
        theirs.comment = comment
        for name, data in names.items():
            theirs.writestr(name, data)
    with open_archive(path) as archive:
        assert {member.raw_name.decode(): archive.read(member) for member in archive.members} == names
        assert archive.comment == comment


def test_a_failure_leaves_nothing(tmp_path):
    path = tmp_path / "x.zip"
    with pytest.raises(ZeroDivisionError), ZipWriter(path) as writer, writer.member("a") as file:
        file.write(b"x" * 100)
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []


def test_a_member_that_failed_spoils_the_whole(tmp_path):
    def half(writer):
        with writer.member("a") as file:
            file.write(b"x")
            raise ZeroDivisionError

    def write():
        with ZipWriter(tmp_path / "x.zip") as writer:
            with pytest.raises(ZeroDivisionError):
                half(writer)
            writer.write("b", b"y")

    with pytest.raises(UsageError, match=r"not written to its end"):
        write()
    assert os.listdir(tmp_path) == []


def test_an_existing_file_is_kept(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"exists already"), ZipWriter(path):
        pass
    assert path.read_bytes() == b"mine"
    with pytest.raises(ZeroDivisionError), ZipWriter(path, overwrite=True):
        raise ZeroDivisionError
    assert path.read_bytes() == b"mine"
    with ZipWriter(path, overwrite=True) as writer:
        writer.write("a", b"theirs")
    assert zipfile.is_zipfile(path)
    # one that appears while we write
    late = tmp_path / "late.zip"

    def race():
        with ZipWriter(late) as writer:
            writer.write("a", b"")
            late.write_bytes(b"theirs")

    with pytest.raises(UsageError, match=r"exists already"):
        race()
    assert late.read_bytes() == b"theirs"
    assert sorted(os.listdir(tmp_path)) == ["late.zip", "x.zip"]


@pytest.mark.parametrize("name", ["", "/a", "../a", "a/../b", "a\0b", "a\nb", "a//b", "./a", "C:/a", "a\\b", "dir/"])
def test_unsafe_names_are_not_written(tmp_path, name):
    with ZipWriter(tmp_path / "x.zip") as writer, pytest.raises(UsageError):
        writer.member(name)


def test_a_folder_that_is_missing_is_named(tmp_path):
    with (
        pytest.raises(SourceError, match=r"cannot be written: No such file or directory$"),
        ZipWriter(tmp_path / "a" / "b.zip"),
    ):
        pass


def test_a_full_disk_is_named():
    if not os.access("/dev/full", os.W_OK):
        pytest.skip("no /dev/full")
    writer = ZipWriter("never.zip")
    with (
        pytest.raises(PacketError, match=r"cannot be written: No space left on device"),
        open("/dev/full", "wb", 0) as full,
    ):
        writer._file = full
        writer.write("a", os.urandom(100))


def test_times_need_a_zone(tmp_path):
    with ZipWriter(tmp_path / "x.zip") as writer, pytest.raises(UsageError, match=r"time zone"):
        writer.member("a", datetime(2026, 1, 1))  # noqa: DTZ001


def test_more_members_than_16_bits_count(tmp_path):
    path = tmp_path / "many.zip"
    with ZipWriter(path) as writer:
        for number in range(65_600):
            writer.write(f"{number}", b"")
    with zipfile.ZipFile(path) as theirs:
        assert len(theirs.infolist()) == 65_600
    with open_archive(path, limits=Limits(members=70_000)) as archive:
        assert archive.refused == ()
        assert archive.members[-1].path == "65599"
