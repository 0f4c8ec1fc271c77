"""Buckets and web servers as sources: listed, scanned in worker processes, lost while the scan goes on."""

from __future__ import annotations

import http.server
import io
import json
import random
import re
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import analyzer
from analyzer.secrets import FingerprintKey, Policy
from analyzer.secrets.rules.examples import made_up

pytest.importorskip("s3fs", reason="extra 'remote'")
COMMAND = [sys.executable, "-m", "analyzer.cli.main", "scan"]
POLICY = Policy(key=FingerprintKey(b"k" * 16))


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def secrets() -> list[str]:
    rng = random.Random(8)
    return [made_up("a", 24, rng) for _ in range(2)]


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*COMMAND, *arguments, "--format", "jsonl"], capture_output=True, text=True, timeout=120, check=False
    )


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def packet(secret: str, *, size: int = 0) -> bytes:
    """A packet with a secret at the end of its log, stored, so that all of it is fetched."""
    log = random.Random(4).randbytes(size // 2).hex() + f"\nx password={secret} y\n"
    return zipped({"metadata.yaml": b"server_version: 11.6.0\n", "mattermost.log": log.encode()})


@dataclass
class Bucket:
    process: subprocess.Popen
    url: str

    def lose(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def bucket(monkeypatch, secrets) -> Iterator[Bucket]:
    """A local S3 in a process of its own, with a plain archive and two packets under one prefix."""
    pytest.importorskip("moto.server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()  # one of another test knows another address
    try:
        _wait_for(port, process)
        objects = {
            "in/a-photos.zip": zipped({"readme.txt": b"nothing in here"}),
            "in/b.zip": packet(secrets[0], size=20_000_000),
            "in/sub/c.zip": packet(secrets[1]),
            "in/notes.txt": b"no archive",
        }
        _put(objects)
        yield Bucket(process, "s3://uploads/in")
    finally:
        process.kill()
        process.wait()


def _put(objects: dict[str, bytes]) -> None:
    import boto3

    client = boto3.client("s3")
    client.create_bucket(Bucket="uploads")
    for key, content in objects.items():
        client.put_object(Bucket="uploads", Key=key, Body=content)
    client.close()


def _wait_for(port: int, process: subprocess.Popen) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the local S3 did not start")


@pytest.mark.parametrize("end", ["", "/", "/**/*.zip"])
def test_a_bucket(bucket, secrets, end):
    result = analyzer.scan(bucket.url + end, jobs=2, policy=POLICY)
    assert [(scan.source, scan.kind) for scan in result.packets] == [
        ("s3://uploads/in/a-photos.zip", "zip"),
        ("s3://uploads/in/b.zip", "packet"),
        ("s3://uploads/in/sub/c.zip", "packet"),
    ]
    assert [finding.secret.reveal() for finding in result] == secrets
    assert [finding.packet for finding in result] == ["s3://uploads/in/b.zip", "s3://uploads/in/sub/c.zip"]
    assert result.complete


def test_a_bucket_by_the_command(bucket):
    done = run(bucket.url, "--jobs", "2")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert sorted(row["packet"] for row in rows if row["type"] == "finding") == [
        "s3://uploads/in/b.zip",
        "s3://uploads/in/sub/c.zip",
    ]
    assert [row["message"] for row in rows if row["type"] == "problem"] == ["no Support Packet: scanned as a plain zip"]
    assert rows[-1]["packets"] == 3


def test_a_bucket_lost_between_packets(bucket):
    def progress(done: int, _total: int | None, _what: str) -> None:
        if done == 1:
            bucket.lose()

    result = analyzer.scan(bucket.url, jobs=1, policy=POLICY, progress=progress)
    assert [scan.kind for scan in result.packets] == ["zip", "unread", "unread"]
    assert not result.complete
    assert [problem.severity for scan in result.packets[1:] for problem in scan.problems] == ["error", "error"]


def test_a_bucket_lost_while_the_command_reads(bucket):
    command = [*COMMAND, bucket.url, "--format", "jsonl", "--jobs", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        first = json.loads(running.stdout.readline())
        bucket.lose()
        rest, told = running.communicate(timeout=120)
    rows = [json.loads(line) for line in rest.splitlines()]
    assert first["source"] == "s3://uploads/in/a-photos.zip"
    assert running.returncode == 3
    assert {row["source"] for row in rows if row["type"] == "problem" and row["severity"] == "error"} == {
        "s3://uploads/in/b.zip",
        "s3://uploads/in/sub/c.zip",
    }
    assert rows[-1]["type"] == "summary"
    assert "Traceback" not in told
    assert "supportpacket: s3://uploads/in/b.zip: " in told


def test_a_bucket_that_is_not_there(bucket, tmp_path):
    bucket.lose()
    clean = tmp_path / "clean.zip"
    clean.write_bytes(zipped({"readme.txt": b"nothing"}))
    done = run(str(clean), f"{bucket.url}/")
    assert done.returncode == 3
    assert "s3://uploads/in/: cannot be listed" in done.stderr
    assert "testing" not in done.stdout + done.stderr


# --- web servers


class Web(http.server.BaseHTTPRequestHandler):
    """Serves one file by ranges, and hangs up on what lies behind ``reach``."""

    protocol_version = "HTTP/1.1"
    content = b""
    reach = 1 << 62

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        if not self.path.startswith("/p.zip"):
            self.send_error(404)
            return
        size = len(self.content)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start, end = (int(asked[1]), int(asked[2] or size - 1) + 1) if asked else (0, size)
        part = self.content[start:end]
        self.send_response(206 if asked else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(part)))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{size}")
        self.end_headers()
        if body:
            inside = start < self.reach < start + len(part) and start + len(part) < size
            self.wfile.write(part[: self.reach - start] if inside else part)
            self.close_connection = inside

    def log_message(self, *_given: object) -> None:
        pass


@pytest.fixture
def web(monkeypatch) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_web_server(web, secrets, monkeypatch, tmp_path):
    monkeypatch.setattr(Web, "content", packet(secrets[0], size=300_000))
    local = tmp_path / "local.zip"
    local.write_bytes(packet(secrets[1]))
    result = analyzer.scan([f"{web}/p.zip?sig=hunter2", local], jobs=2, policy=POLICY)
    assert [finding.secret.reveal() for finding in result] == secrets
    assert [finding.packet for finding in result] == [f"{web}/p.zip", str(local)]
    assert "hunter2" not in result.to_jsonl()
    done = run(f"{web}/p.zip", f"{web}/none.zip")
    assert done.returncode == 1
    assert f"{web}/none.zip: No such file or directory" in done.stderr


def test_a_connection_lost_inside_a_member(web, secrets, monkeypatch):
    monkeypatch.setattr(Web, "content", packet(secrets[0], size=30_000_000))
    monkeypatch.setattr(Web, "reach", 12_000_000)
    done = run(f"{web}/p.zip")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 3
    assert [(row["member"], row["severity"]) for row in rows if row["type"] == "problem"] == [
        ("mattermost.log", "error")
    ]
    assert rows[-1]["packets"] == 1
    assert "Traceback" not in done.stderr
