"""`supportpacket pprof` as a program: where profiles come from, where reports go, what it exits with."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from analyzer.cli.main import main
from analyzer.cli.pprof import _escaped, run
from analyzer.cli.profilesource import is_binary, read
from analyzer.errors import ProfileError, SourceError, UsageError
from analyzer.profiles import read_profile


@pytest.fixture
def cpu_path(data_folder):
    return data_folder / "profiles" / "go1.27.3" / "cpu.prof"


@pytest.fixture
def cluster(tmp_path, cpu_path, data_folder):
    """A packet of two nodes, zipped again with its folder around it."""
    path = tmp_path / "mm_support_packet.zip"
    heap = (data_folder / "profiles" / "go1.27.3" / "heap.pb.gz").read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("packet/app-1/cpu.prof", cpu_path.read_bytes())
        archive.writestr("packet/app-1/heap.prof", heap)
        archive.writestr("packet/app-2/cpu.prof", b"broken")
        archive.writestr("packet/metadata.yaml", "type: support-packet\n")
    return path


def test_whole_process_says_what_pprof_says(cpu_path, theirs):
    command = [sys.executable, "-m", "analyzer.cli.main", "pprof", "-top", "-cum", "-nodecount=9", str(cpu_path)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == theirs(["-top", "-cum", "-nodecount=9", str(cpu_path)]).out


def test_members_of_packets(cluster, bundled, cpu_path, capfd):
    plain = read_profile(cpu_path).columns.samples.values
    for name in ("app-1/cpu.prof", "packet/app-1/cpu.prof", "/app-1/cpu.prof"):
        assert (read(f"{cluster}:{name}").samples.values == plain).all()
    assert main(["pprof", "-top", f"{bundled}:cpu.prof"]) == 0
    assert capfd.readouterr().out.startswith("File: mattermost\n")
    assert main(["pprof", "-top", f"-diff_base={bundled}:cpu.prof", f"{bundled}:cpu.prof"]) == 0
    assert "Showing nodes accounting for 0," in capfd.readouterr().out


def test_folders_are_packets_too(tmp_path, cpu_path):
    (tmp_path / "packet" / "app-1").mkdir(parents=True)
    shutil.copy(cpu_path, tmp_path / "packet" / "app-1" / "cpu.prof")
    assert len(read(f"{tmp_path}/packet:app-1/cpu.prof").samples) == 68
    with pytest.raises(SourceError, match="folder"):
        read(f"{tmp_path}/packet")


def test_names_with_colons(tmp_path, cpu_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(cpu_path, "mem_2023-11-02_03:55:24")
    assert len(read("mem_2023-11-02_03:55:24").samples) == 68
    with zipfile.ZipFile("2026-11-22T10:00.zip", "w") as archive:
        archive.write(cpu_path, "cpu.prof")
    assert len(read("2026-11-22T10:00.zip:cpu.prof").samples) == 68
    for name in ("C:\\packets\\cpu.prof", "http://localhost:1/debug/pprof/heap", "absent.zip:cpu.prof", "a\0b"):
        with pytest.raises(SourceError):
            read(name)


def test_what_is_wrong_is_named(cluster, bundled, capfd):
    with pytest.raises(SourceError, match=r"it holds packet/app-1/cpu\.prof"):
        read(f"{cluster}:nothing.prof")
    with pytest.raises(ProfileError, match="is a zip file; name the profile inside"):
        read(str(cluster))
    assert main(["pprof", "-top", f"{cluster}:app-2/cpu.prof"]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[0].startswith(f"{cluster}:app-2/cpu.prof: byte 0: ")
    assert said.err.splitlines()[-1] == "supportpacket: failed to fetch any source profiles"


def test_a_source_that_fails_costs_no_other(cluster, cpu_path, capfd):
    assert main(["pprof", "-top", str(cpu_path), f"{cluster}:app-2/cpu.prof"]) == 3
    said = capfd.readouterr()
    assert "Total samples = 970ms" in said.out
    assert "1 of 2 profiles could not be read" in said.err


def test_usage(capfd, cpu_path):
    assert main(["pprof", "-h"]) == 0
    assert "-tagroot" in capfd.readouterr().out
    assert main(["pprof", "-top", "-nonsense", str(cpu_path)]) == 2
    assert capfd.readouterr().err == "supportpacket: flag provided but not defined: -nonsense\n"
    assert main(["pprof", str(cpu_path)]) == 2
    assert "no output format" in capfd.readouterr().err


def test_output_files(tmp_path, cpu_path, capfd, theirs):
    out = tmp_path / "out.txt"
    assert run(["-top", f"-output={out}", str(cpu_path)]) == 0
    assert out.read_bytes() == theirs(["-top", str(cpu_path)]).out
    assert run(["-tags", "-output", str(out), str(cpu_path)]) == 0  # like pprof, over the old one
    assert b"worker" in out.read_bytes()
    assert capfd.readouterr().out == ""
    packed = tmp_path / "again.pb.gz"
    run(["-proto", f"-output={packed}", "-focus=main", str(cpu_path)])
    assert theirs(["-raw", str(packed)]).code == 0
    assert read_profile(packed).top().attrs["total"] < 970_000_000
    assert [path.name for path in tmp_path.iterdir()].count(".part") == 0
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError):
        run(["-peek=absent_name", f"-output={tmp_path / 'new.txt'}", str(cpu_path)])
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
@pytest.mark.parametrize(("form", "head"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_pictures(tmp_path, data_folder, form, head):
    out = tmp_path / f"picture.{form}"
    heap = data_folder / "profiles" / "go1.27.3" / "heap.pb.gz"
    assert run([f"-{form}", f"-output={out}", str(heap)]) == 0
    assert out.read_bytes().startswith(head)


def test_pictures_without_graphviz(monkeypatch, cpu_path, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="Is Graphviz installed"):
        run(["-svg", f"-output={tmp_path / 'x.svg'}", str(cpu_path)])


def test_web_opens_a_picture_in_the_browser(monkeypatch, cpu_path, tmp_path):
    """With graphviz the call graph, without it the flame graph."""
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(Path(url.removeprefix("file://"))))
    if shutil.which("dot"):
        assert run(["-web", "-focus=main", str(cpu_path)]) == 0
        assert b"<svg" in opened[-1].read_bytes()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(["-web", "-focus=main", str(cpu_path)]) == 0
    page = opened[-1].read_text()
    assert "<canvas" in page
    assert "main.work" in page
    for path in opened:
        path.unlink()


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_labels_cannot_write_into_pictures(tmp_path):
    """A label that closes its quotes would add attributes, such as a link, to the picture."""
    from analyzer.profiles import profile_pb2 as pb

    evil = 'x" URL="javascript:alert(1)" y="'
    strings = ["", "n", "count", "key", evil, "main", '/bin/"evil', "a.go"]
    profile = pb.Profile(
        string_table=strings,
        sample_type=[pb.ValueType(type=1, unit=2)],
        mapping=[pb.Mapping(id=1, filename=6)],
        function=[pb.Function(id=1, name=4, filename=7)],
        location=[pb.Location(id=1, mapping_id=1, line=[pb.Line(function_id=1)])],
        sample=[pb.Sample(location_id=[1], value=[5], label=[pb.Label(key=3, str=4)])],
    )
    path, out = tmp_path / "evil.pb", tmp_path / "evil.svg"
    path.write_bytes(profile.SerializeToString())
    assert run(["-svg", f"-output={out}", str(path)]) == 0
    text = out.read_text()
    assert "javascript" in text  # as text of the boxes
    assert "href" not in text


def test_a_terminal_sees_no_control_characters():
    assert _escaped("a\x1b[31m\tb\nc\u202e") == "a\\x1b[31m\tb\nc\\u202e"


def test_invalid_utf8_is_replaced(tmp_path, capfdbinary):
    data = b"\x32\x00\x32\x01n\x32\x05count\x32\x03f\xff!\x0a\x04\x08\x01\x10\x02"
    data += b"\x2a\x04\x08\x01\x10\x03\x22\x06\x08\x01\x22\x02\x08\x01\x12\x04\x08\x01\x10\x07"
    path = tmp_path / "odd.pb"
    path.write_bytes(data)
    assert main(["pprof", "-top", str(path)]) == 0
    assert "f\ufffd!".encode() in capfdbinary.readouterr().out


def test_listing_reads_only_below_the_source_path(tmp_path, ours):
    """File names come from the profile: they must not lead anywhere else."""
    from analyzer.profiles import profile_pb2 as pb

    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.go").write_text("package main\n\nfunc main() {}\n")
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2\n")

    def listed(filename: str) -> str:
        profile = pb.Profile(
            string_table=["", "n", "count", "main.main", filename],
            sample_type=[pb.ValueType(type=1, unit=2)],
            function=[pb.Function(id=1, name=3, filename=4)],
            location=[pb.Location(id=1, line=[pb.Line(function_id=1, line=1)])],
            sample=[pb.Sample(location_id=[1], value=[5])],
        )
        path = tmp_path / "p.pb"
        path.write_bytes(profile.SerializeToString())
        from analyzer.profiles.fetch import fetch
        from analyzer.profiles.flags import parse
        from analyzer.profiles.read import read_columns
        from analyzer.profiles.text.reports import generate

        line = parse(["-list=main", f"-source_path={tmp_path / 'src'}", str(path)], lambda _: False)
        columns = fetch(line.fetch, read_columns, lambda _: None).columns
        return str(generate(columns, line.command, line.options, line.pattern, warn=lambda _: None))

    assert "1:package main\n" in listed("main.go")
    assert "1:package main\n" in listed(str(tmp_path / "src" / "main.go"))
    for name in (str(secret), "../secret.txt", "x/../../secret.txt", "/etc/passwd", "/dev/zero"):
        text = listed(name)
        assert " Error: " in text
        assert "hunter2" not in text


def test_listing_shows_source_as_pprof_does(tmp_path, ours, theirs, data_folder):
    """Lines of a source file with what they took."""
    folder = tmp_path / "example.org" / "workload"
    folder.mkdir(parents=True)
    (folder / "main.go").write_text("".join(f"line {n}\r\n" if n % 7 == 0 else f"\tline {n}\n" for n in range(1, 150)))
    for name in ("cpu.prof", "heap.pb.gz", "mutex.pb.gz"):
        path = str(data_folder / "profiles" / "go1.27.3" / name)
        command = ["-list=main", f"-source_path={tmp_path}", path]
        assert ours(command).out == theirs(command).out
        assert b"line 41" in ours(command).out or name != "cpu.prof"


def test_executables_are_told_from_profiles(tmp_path, cpu_path):
    assert is_binary(sys.executable)
    assert not is_binary(str(cpu_path))
    assert not is_binary(str(tmp_path))
    assert not is_binary("absent")


def test_a_file_object_is_read_from_where_it_stands(cpu_path):
    assert len(read_profile(io.BytesIO(cpu_path.read_bytes())).samples) == 68
