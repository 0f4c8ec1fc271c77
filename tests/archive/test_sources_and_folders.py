"""Where packets come from: paths, bytes, file objects, URLs, folders; and what is never opened."""

from __future__ import annotations

import functools
import http.server
import io
import os
import shutil
import socket
import subprocess
import sys
import threading
import zipfile

import pytest

from analyzer.archive import Limits, MemberError, common_top, open_archive
from analyzer.errors import SourceError, UnsafeArchive, UsageError

MB = 1 << 20


@pytest.fixture(scope="module")
def contents(bundled_module):
    with zipfile.ZipFile(bundled_module) as theirs:
        return {name: theirs.read(name) for name in theirs.namelist()}


@pytest.fixture(scope="module")
def bundled_module(bundled):
    return bundled


def everything(archive):
    return {member.path: archive.read(member) for member in archive.members}


def test_path_text_bytes_and_file_objects(bundled, contents):
    data = bundled.read_bytes()
    with bundled.open("rb") as file, open(bundled, "rb", buffering=0) as raw:
        for source in (bundled, str(bundled), data, bytearray(data), memoryview(data), io.BytesIO(data), file, raw):
            with open_archive(source) as archive:
                assert everything(archive) == contents
                assert archive.size == len(data)
        assert not file.closed


def test_a_stream_that_cannot_seek(bundled, contents):
    read, write = os.pipe()
    with os.fdopen(read, "rb") as reader:
        data = bundled.read_bytes()

        def feed():
            with os.fdopen(write, "wb") as pipe:
                pipe.write(data)

        feeder = threading.Thread(target=feed)
        feeder.start()
        with open_archive(reader, name="stdin") as archive:
            assert everything(archive) == contents
            assert archive.name == "stdin"
        feeder.join()


def test_an_endless_stream_is_cut_off(peak):
    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def read(self, count=-1):
            return b"x" * count

    with peak, pytest.raises(UnsafeArchive, match=r"more than the limit of 4.0 MB"):
        open_archive(Endless(), limits=Limits(archive_bytes=4 * MB))
    assert peak.bytes < 12 * MB


def test_text_and_nonsense_sources():
    with pytest.raises(UsageError, match=r"binary mode"):
        open_archive(io.StringIO("x"))
    with pytest.raises(UsageError, match=r"int is no path"):
        open_archive(7)


@pytest.mark.parametrize("case", ["missing", "pipe", "socket", "nul", "loop"])
def test_what_cannot_be_opened_is_named(tmp_path, case):
    path = tmp_path / "x.zip"
    wanted = {
        "missing": "No such file",
        "pipe": "a pipe, not a file",
        "socket": "No such device",
        "nul": "no file can",
        "loop": "symbolic links",
    }
    if case == "pipe":
        os.mkfifo(path)
    elif case == "socket":
        here = socket.socket(socket.AF_UNIX)
        here.bind(str(path))
        here.close()
    elif case == "loop":
        path.symlink_to(path)
    with pytest.raises(SourceError, match=wanted[case]) as caught:
        open_archive(f"{path}\0" if case == "nul" else path)
    assert "\n" not in str(caught.value)
    assert "\0" not in str(caught.value)


def test_a_memory_url(bundled, contents):
    import fsspec

    with fsspec.open("memory://uploads/p.zip", "wb") as file:
        file.write(bundled.read_bytes())
    with open_archive("memory://uploads/p.zip") as archive:
        assert everything(archive) == contents
        assert archive.name == "memory://uploads/p.zip"
    with pytest.raises(SourceError, match=r"^memory://uploads/none.zip: No such file or directory$"):
        open_archive("memory://uploads/none.zip")
    with pytest.raises(SourceError, match=r"^nosuch://x: cannot be read"):
        open_archive("nosuch://x")


def test_a_host_that_is_not_reached_is_no_missing_file():
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/p.zip"
        with pytest.raises(SourceError, match=r"/p\.zip: Connection refused$"):
            open_archive(url)


class Ranges(http.server.SimpleHTTPRequestHandler):
    """Files with byte ranges, as object stores serve them; ``/plain/`` without length or ranges."""

    served = 0

    def do_HEAD(self):
        self.respond(body=False)

    def do_GET(self):
        self.respond(body=True)

    def respond(self, body):
        path = self.path.partition("?")[0]
        plain = path.startswith("/plain/")
        try:
            with open(os.path.join(self.directory, os.path.basename(path)), "rb") as file:
                data = file.read()
        except FileNotFoundError:
            self.send_error(404)
            return
        total, wanted = len(data), self.headers.get("Range")
        if wanted and not plain:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            data = data[int(first) : int(last) + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(data) - 1}/{total}")
        else:
            self.send_response(200)
        if not plain:
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            Ranges.served += len(data)
            self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, bundled):
    pytest.importorskip("aiohttp")
    shutil.copy(bundled, tmp_path / "p.zip")
    handler = functools.partial(Ranges, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", tmp_path
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("folder", ["", "plain/"])
def test_an_http_url_with_and_without_ranges(server, contents, folder):
    url, _ = server
    with open_archive(f"{url}/{folder}p.zip?signature=not-to-be-shown") as archive:
        assert everything(archive) == contents
        assert archive.name == f"{url}/{folder}p.zip"
    with pytest.raises(SourceError, match=r"none\.zip: No such file or directory$") as caught:
        open_archive(f"{url}/{folder}none.zip?signature=not-to-be-shown")
    assert "not-to-be-shown" not in str(caught.value)


def test_a_remote_packet_is_read_by_ranges(server):
    url, folder = server
    with zipfile.ZipFile(folder / "big.zip", "w") as theirs:
        theirs.writestr("metadata.yaml", b"type: support-packet\n")
        theirs.writestr("mattermost.log", os.urandom(40 * MB))
    Ranges.served = 0
    with open_archive(f"{url}/big.zip") as archive:
        assert archive.read(archive.members[0]) == b"type: support-packet\n"
    assert Ranges.served < 20 * MB


def test_a_folder_without_links_pipes_or_loops(tmp_path, bundled, contents):
    root = tmp_path / "packet"
    with zipfile.ZipFile(bundled) as theirs:
        theirs.extractall(root)
    os.mkfifo(root / "fifo")
    (root / "loop").symlink_to(root)
    (root / "link.log").symlink_to("/etc/passwd")
    (root / "sub").mkdir()
    (root / "sub" / "more.log").write_bytes(b"more")
    (root / "bad\x1b[31m\udcff").write_bytes(b"odd")
    with open_archive(root) as archive:
        assert archive.kind == "folder"
        found = everything(archive)
        assert found == contents | {"sub/more.log": b"more", "bad\\x1b[31m\\xff": b"odd"}
        assert {problem.part: problem.message for problem in archive.refused} == {
            "fifo": "a pipe, not opened",
            "link.log": "a symbolic link, not opened",
            "loop": "a symbolic link, not opened",
            "bad\\x1b[31m\\xff": "unsafe name; read under this escaped one",
        }


def test_a_folder_swapped_for_a_link_is_not_followed(tmp_path):
    root = tmp_path / "packet"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "passwd").write_bytes(b"mine")
    with open_archive(root) as archive:
        shutil.rmtree(root / "sub")
        (root / "sub").symlink_to("/etc")
        with pytest.raises(MemberError, match=r"sub/passwd: "):
            archive.read(archive.members[0])


def test_a_file_that_grows_shrinks_or_goes(tmp_path):
    for name in ("grows", "shrinks", "goes"):
        (tmp_path / name).write_bytes(b"0123456789")
    with open_archive(tmp_path) as archive:
        (tmp_path / "goes").unlink()
        with (tmp_path / "grows").open("ab") as file:
            file.write(b"more")
        os.truncate(tmp_path / "shrinks", 4)
        goes, grows, shrinks = (archive.salvage(member) for member in archive.members)
    assert grows == (b"0123456789", None)
    assert shrinks[0] == b"0123"
    assert "had 10 bytes, now 4" in str(shrinks[1])
    assert "No such file" in str(goes[1])


def test_an_unreadable_file_costs_only_itself(tmp_path):
    (tmp_path / "a").write_bytes(b"fine")
    (tmp_path / "b").write_bytes(b"locked")
    (tmp_path / "b").chmod(0)
    program = """
import sys, os
from analyzer.archive import open_archive
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
with open_archive(sys.argv[1]) as archive:
    for member in archive.members:
        data, error = archive.salvage(member)
        print(member.path, data, error.reason if error else None)
"""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and len(folder.parts) > 2:
            folder.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["a b'fine' None", "b b'' Permission denied"], done.stderr


def test_too_many_files(tmp_path):
    for number in range(30):
        (tmp_path / str(number)).touch()
    with pytest.raises(UnsafeArchive, match=r"more files than the limit of 20$"):
        open_archive(tmp_path, limits=Limits(members=20))


def test_noise_and_common_top(piece, build):
    names = [b"pkt/a.log", b"pkt/.DS_Store", b"__MACOSX/pkt/._a.log", b"pkt/sub/b"]
    with open_archive(build([piece(name) for name in names])) as archive:
        assert [member.noise for member in archive.members] == [False, True, True, False]
        assert common_top(archive.members) == "pkt/"
        assert archive.refused == ()
    with open_archive(build([piece(b"pkt/a"), piece(b"b")])) as archive:
        assert common_top(archive.members) == ""
    assert common_top([]) == ""


def test_lines_through_a_stream(piece, build, pack):
    lines = [b"line %d\n" % n for n in range(50_000)]
    whole = b"".join(lines)
    packed = pack(whole)
    data = build([piece(b"a.log", whole), piece(b"b.log", whole, packed_data=packed[: len(packed) // 2])])
    with open_archive(data) as archive:
        a, b = archive.members
        assert list(archive.stream(a)) == lines
        with archive.stream(b, partial=True) as stream:
            got = list(stream)
            assert "cut: only the first" in stream.error.reason
        assert got[:-1] == lines[: len(got) - 1]
        assert len(got) > 10_000
        with pytest.raises(MemberError, match=r"cut"):
            list(archive.stream(b))


def test_read_with_a_limit_keeps_the_beginning(piece, build):
    with open_archive(build([piece(b"a", b"x" * 5000)])) as archive:
        assert archive.read(archive.members[0], 5000) == b"x" * 5000
        data, error = archive.salvage(archive.members[0], 100)
        assert data == b"x" * 100
        assert (error.stage, error.reason) == ("limit", "larger than the 100 B that are read of it")


def test_members_of_another_archive_are_not_mistaken(piece, build):
    one, other = open_archive(build([piece(b"a")])), open_archive(build([piece(b"b")]))
    with one, other, pytest.raises(UsageError):
        one.read(other.members[0])


def test_a_closed_archive_says_so(bundled):
    with open_archive(bundled) as archive:
        pass
    with pytest.raises(MemberError):
        archive.read(archive.members[0])


def test_import_is_light():
    program = "import sys, analyzer.archive; print(sorted({n.partition('.')[0] for n in sys.modules} & {'pandas', 'numpy', 'pyarrow', 'fsspec', 'zipfile', 'tarfile', 'matplotlib'}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_s3_url(bundled, contents, monkeypatch):
    moto_server = pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        client = boto3.client("s3")
        client.create_bucket(Bucket="uploads")
        client.upload_file(str(bundled), "uploads", "p.zip")
        client.close()
        with open_archive("s3://uploads/p.zip") as archive:
            assert everything(archive) == contents
        with pytest.raises(SourceError, match=r"^s3://uploads/none\.zip: No such file or directory$"):
            open_archive("s3://uploads/none.zip")
    finally:
        server.stop()
