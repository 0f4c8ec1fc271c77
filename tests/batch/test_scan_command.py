"""The command ``scan`` as people and scripts use it: exit codes, formats, streaming, interruption, many sources."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import pytest

import analyzer
from analyzer.secrets import FingerprintKey, Policy
from analyzer.secrets.rules.examples import made_up

COMMAND = [sys.executable, "-m", "analyzer.cli.main", "scan"]


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))


def make(path, log: str, name: str = "mattermost.log"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, log)
    return path


@pytest.fixture
def secret() -> str:
    return made_up("C", 14, random.Random(3))


def run(*arguments, **options):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False, **options
    )


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_exit_codes(tmp_path, secret, bundled):
    found, broken = make(tmp_path / "found.zip", f"x password={secret} y"), tmp_path / "broken.zip"
    data = bytearray(make(tmp_path / "b.zip", "line of text\n" * 500).read_bytes())
    data[60:70] = b"\xff" * 10
    broken.write_bytes(bytes(data))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(bundled).returncode == 0
    assert run(empty).returncode == 0
    assert run(found).returncode == 1
    assert run(found, broken).returncode == 1
    assert run(broken).returncode == 3
    assert run(tmp_path / "none.zip").returncode == 2
    assert run(bundled, tmp_path / "none.zip").returncode == 3
    assert run(found, "--min-confidence", "high").returncode == 0
    assert run(found, "--format", "nonsense").returncode == 2
    assert run(found, "--key-file", tmp_path / "nokey").returncode == 2


def test_problem_lines_name_the_source(tmp_path, bundled):
    none = tmp_path / "none.zip"
    done = run(bundled, none, "--format", "jsonl")
    (problem,) = [row for row in lines(done) if row["type"] == "problem"]
    assert problem["source"] == str(none)
    assert problem["stage"] == "open"
    assert "No such file" in problem["message"]
    assert str(none) in done.stderr


def test_nothing_scanned_is_never_nothing_found(tmp_path, bundled):
    none, empty = tmp_path / "none.zip", tmp_path / "empty"
    empty.mkdir()
    for source in (none, os.devnull):
        done = run(source)
        assert done.returncode == 2
        assert done.stdout.startswith("nothing was scanned\n")
    assert run(bundled, none).stdout.startswith("no secret found\n")
    done = run(empty)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "nothing to scan")
    assert str(empty) in done.stderr
    problem, summary = lines(run(empty, "--format", "jsonl"))
    assert (problem["source"], problem["severity"], problem["member"]) == (str(empty), "info", None)
    assert (summary["packets"], summary["problems"]) == (0, 0)
    (problem,) = json.loads(run(empty, "--format", "json").stdout)["problems"]
    assert problem["source"] == str(empty)
    assert run(empty, none).returncode == 2
    assert lines(run(bundled, none, "--format", "jsonl"))[-1]["packets"] == 1


def test_a_problem_of_the_whole_source_names_no_member(tmp_path, bundled):
    (tmp_path / "x.zip").touch()
    (tmp_path / "cut.zip").write_bytes(bundled.read_bytes()[:3000])
    for name, reason in (("x.zip", "empty"), ("cut.zip", "no central directory")):
        done = run(name, "--format", "jsonl", cwd=tmp_path)
        (problem,) = [row for row in lines(done) if reason in row.get("message", "")]
        assert problem["member"] is None
        assert f"supportpacket: {name}: {reason}" in done.stderr


def test_a_damaged_archive_inside_is_the_member(tmp_path, bundled):
    packet = make(tmp_path / "p.zip", bundled.read_bytes()[:3000], name="inner.zip")
    rows = lines(run(packet, "--format", "jsonl"))
    members = [row["member"] for row in rows if "no central directory" in row.get("message", "")]
    assert members == ["inner.zip"]


def test_findings_below_the_least_confidence_are_counted(tmp_path, secret):
    packet = make(tmp_path / "p.zip", f"x password={secret} y")
    done = run(packet, "--min-confidence", "high")
    assert done.stdout.startswith("no secret at high confidence (1 below it)\n")
    assert "1 below high confidence" in done.stderr
    assert "below" not in run(packet).stderr


def test_a_baseline_in_the_way_is_told_before_scanning(tmp_path, secret):
    packet = make(tmp_path / "p.zip", f"x password={secret} y")
    known = tmp_path / "known.json"
    known.write_text("mine")
    done = run(packet, "--write-baseline", known)
    assert (done.returncode, done.stdout, known.read_text()) == (2, "", "mine")
    assert "--force" in done.stderr
    assert run(packet, "--write-baseline", known, "--force").returncode == 1
    assert json.loads(known.read_text())["known"]


def test_the_only_packet_of_a_folder_is_named(tmp_path, secret):
    packet = make(tmp_path / "p.zip", f"x password={secret} y")
    assert f"{packet}!/mattermost.log" in run(tmp_path).stdout
    assert "!/" not in run(packet).stdout


def test_one_node_of_a_cluster(tmp_path, secret):
    packet = tmp_path / "p.zip"
    with zipfile.ZipFile(packet, "w") as archive:
        archive.writestr("metadata.yaml", "server_version: 11.6.0\ntype: support-packet\n")
        archive.writestr("warning.txt", f"password={secret}w y")
        for node, own in (("app-1", "1"), ("app-2", "2")):
            archive.writestr(f"{node}/diagnostics.yaml", "version: 1\n")
            archive.writestr(f"{node}/sanitized_config.json", "{}")
            archive.writestr(f"{node}/mattermost.log", f"x password={secret}{own} password={secret}both y")

    def found(*options):
        rows = lines(run(packet, "--format", "jsonl", "--show-secrets", *options))
        return {
            (row["node"], row["secret"].removeprefix(secret), row["occurrences"])
            for row in rows
            if row["type"] == "finding"
        }

    assert found() == {(None, "w", 1), ("app-1", "1", 1), ("app-2", "2", 1), ("app-1", "both", 2)}
    assert found("--node", "app-2") == {(None, "w", 1), ("app-2", "2", 1), ("app-2", "both", 1)}
    assert found("--node", "none") == {(None, "w", 1)}
    assert "info: " + str(packet) + ": no node none in it" in run(packet, "--node", "none").stdout
    assert "no node" not in run(packet, "--node", "app-1").stdout


def test_same_content_is_scanned_once(tmp_path, secret):
    first = make(tmp_path / "a.zip", f"x password={secret} y")
    shutil.copy(first, tmp_path / "b.zip")
    rows = lines(run(tmp_path, "--format", "jsonl"))
    assert len([row for row in rows if row["type"] == "finding"]) == 1
    assert (rows[-1]["packets"], rows[-1]["repeated"]) == (1, 1)
    assert any(str(tmp_path / "a.zip") in row["message"] for row in rows if row["type"] == "problem")


def test_lines_stream_and_interruption_keeps_them(tmp_path, secret):
    for number in range(4):
        make(tmp_path / f"small-{number}.zip", f"x password={secret}{number} y")
    # a named pipe inside is never opened, so the slow one is a packet of much text
    make(tmp_path / "zz-large.zip", ('{"msg":"password: x token: y secret: z"}\n' * 40) * 120_000)
    process = subprocess.Popen(
        [*COMMAND, str(tmp_path), "--format", "jsonl", "--jobs", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    streamed = [json.loads(process.stdout.readline()) for _ in range(4)]
    assert {row["type"] for row in streamed} == {"finding"}
    time.sleep(0.2)
    assert process.poll() is None, "the large one is still being scanned"
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    rows = [*streamed, *map(json.loads, rest.splitlines())]
    assert len([row for row in rows if row["type"] == "finding"]) == 4
    assert rows[-1]["type"] == "summary"
    assert rows[-1]["interrupted"] is True
    assert "Traceback" not in errors


def test_output_file_is_never_overwritten(tmp_path, secret):
    packet = make(tmp_path / "p.zip", f"x password={secret} y")
    out = tmp_path / "out.sarif"
    assert run(packet, "--format", "sarif", "-o", out).returncode == 1
    assert json.loads(out.read_text())["version"] == "2.1.0"
    assert run(packet, "--format", "sarif", "-o", out).returncode == 2
    assert run(packet, "--format", "json", "-o", out, "--force").returncode == 1
    assert len(json.loads(out.read_text())["findings"]) == 1


def test_baseline_round_trip(tmp_path, secret):
    packet = make(tmp_path / "p.zip", f"x password={secret} y")
    baseline = tmp_path / "baseline.json"
    assert run(packet, "--write-baseline", baseline).returncode == 1
    done = run(packet, "--baseline", baseline)
    assert done.returncode == 0
    assert "1 known" in done.stderr


def test_key_file_makes_fingerprints_comparable(tmp_path, secret):
    packet = make(tmp_path / "p.zip", f"x password={secret} y")
    key = tmp_path / "key"
    key.write_bytes(b"shared between two people")
    prints = {
        lines(
            run(
                packet,
                "--format",
                "jsonl",
                "--key-file",
                key,
                env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path / home)},
            )
        )[0]["fingerprint"]
        for home in "ab"
    }
    assert prints == {FingerprintKey(key.read_bytes()).fingerprint(secret)}


def test_control_characters_are_escaped(tmp_path, secret):
    packet = make(tmp_path / "p.zip", f"x password={secret} y", name="evil\x1b[31m\u009b.log")
    for form in ("table", "json", "jsonl", "sarif", "csv"):
        text = run(packet, "--format", form).stdout
        assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in text), form


def test_frames_of_many_packets(tmp_path, secret):
    for number in range(3):
        make(tmp_path / f"{number}.zip", f"x password={secret}{number} y")
    seen = []
    result = analyzer.scan(
        [tmp_path], jobs=2, policy=Policy(key=FingerprintKey(b"k" * 16)), progress=lambda *told: seen.append(told)
    )
    assert [os.path.basename(p) for p in result.findings["packet"]] == ["0.zip", "1.zip", "2.zip"]
    assert sorted(done for done, _, _ in seen) == [1, 2, 3]
    assert {total for _, total, _ in seen} == {3}
    assert analyzer.scan((tmp_path / "0.zip").read_bytes()).totals.findings == 1
    with (tmp_path / "0.zip").open("rb") as stream:
        assert analyzer.scan(stream).totals.findings == 1


def test_an_empty_folder_imports_no_engine(tmp_path):
    code = (
        "import sys; from analyzer.cli.main import main; main(['scan', sys.argv[1], '-q']);"
        "print(sorted(m for m in sys.modules if m in ('hyperscan', 'pandas', 'numpy', 'multiprocessing', 'analyzer.secrets.rules', 'rich')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_kingfisher_adds_its_rules(tmp_path):
    pytest.importorskip("kingfisher_sdk", reason="extra 'kingfisher'")
    token = made_up("a", 32, random.Random(4))
    packet = make(tmp_path / "p.zip", f"password={token} then adafruit_io = '{token[::-1]}'\n")
    own, more = (
        [
            row
            for row in lines(run(packet, "--format", "jsonl", "--min-confidence", "low", *extra))
            if row["type"] == "finding"
        ]
        for extra in ((), ("--engine", "kingfisher"))
    )
    assert [row["rule"] for row in own] == ["assigned-secret"]
    assert [row["rule"].partition(":")[0] for row in more] == ["assigned-secret", "kingfisher"]


def test_credentials_of_a_url_do_not_leave(tmp_path, secret):
    import fsspec

    packet = make(tmp_path / "p.zip", f"x password={secret} y")
    fsspec.filesystem("memory").pipe({"/bucket/p.zip": packet.read_bytes()})
    result = analyzer.scan("memory://bucket/p.zip")
    assert [finding.packet for finding in result] == ["memory://bucket/p.zip"]
    for url in (
        "https://user:hunter2@127.0.0.1:9/p.zip?X-Amz-Signature=hunter3",
        "memory://user:hunter2@bucket/none.zip?sig=hunter3",
    ):
        failed = analyzer.scan([url])
        told = failed.to_jsonl() + json.dumps(failed.to_sarif()) + failed.problems.to_string()
        assert failed.totals.problems == 1
        assert "hunter" not in told
