"""The command ``flame`` as users run it."""

import json
import re
import shutil
import struct
import zipfile

import pytest


@pytest.fixture
def second(bundled):
    return bundled.with_name("standalone-load-b.zip")


@pytest.mark.parametrize("form", ["html", "svg", "png", "folded", "speedscope.json"])
def test_form_follows_the_extension(supportpacket, bundled, tmp_path, form):
    output = tmp_path / f"flame.{form}"
    done = supportpacket("flame", bundled, "-o", output)
    assert (done.returncode, done.stdout) == (0, "")
    data = output.read_bytes()
    if form == "html":
        assert data.startswith(b"<!doctype html>")
        assert b"<title>standalone-load-a.zip: cpu.prof</title>" in data
    elif form == "svg":
        assert b"net/http.(*conn).serve: 710 ms, 45.22%" in data
    elif form == "png":
        width, height = struct.unpack(">II", data[16:24])
        assert data.startswith(b"\x89PNG")
        assert width > 1500
        assert height > 400
    elif form == "folded":
        assert sum(int(line.rsplit(b" ", 1)[1]) for line in data.splitlines()) == 1_570_000_000
    else:
        assert json.loads(data)["profiles"][1]["endValue"] == 1_570_000_000


def test_folded_stacks_go_to_stdout(supportpacket, bundled):
    done = supportpacket("flame", bundled, "--profile", "heap", "--sample-index", "inuse_objects")
    assert done.returncode == 0
    assert sum(int(line.rsplit(" ", 1)[1]) for line in done.stdout.splitlines()) == 488_085


def test_difference_of_two_packets(supportpacket, bundled, second, tmp_path):
    output = tmp_path / "change.html"
    done = supportpacket("flame", second, "--base", bundled, "-o", output)
    assert done.returncode == 0
    data = json.loads(re.search(r'id="data">(.*?)</script>', output.read_text())[1])
    assert data["compared"]
    assert data["title"] == "standalone-load-b.zip: cpu.prof against standalone-load-a.zip: cpu.prof"
    cells = data["trees"]["down"]["cells"]
    totals = [sum(column) * factor for column, factor in zip(cells["values"], cells["factors"], strict=True)]
    assert totals == [301, 3_010_000_000, 157, 1_570_000_000]


def test_bare_profile_and_member_of_a_packet_are_the_same(supportpacket, bundled, tmp_path):
    with zipfile.ZipFile(bundled) as packet:
        packet.extract("cpu.prof", tmp_path)
    bare = supportpacket("flame", tmp_path / "cpu.prof")
    member = supportpacket("flame", f"{bundled}:cpu.prof")
    assert bare.returncode == member.returncode == 0
    assert bare.stdout == member.stdout == supportpacket("flame", bundled).stdout


def test_node_of_a_cluster(supportpacket, bundled, second, tmp_path):
    cluster = tmp_path / "cluster.zip"
    with zipfile.ZipFile(cluster, "w") as made:
        for node, source in (("app-1", bundled), ("app-2", second)):
            with zipfile.ZipFile(source) as packet:
                for name in ("cpu.prof", "diagnostics.yaml", "sanitized_config.json"):
                    made.writestr(f"{node}/{name}", packet.read(name))
    first = supportpacket("flame", cluster)
    assert "node app-1" in first.stderr
    assert "app-2" in first.stderr
    chosen = supportpacket("flame", cluster, "--node", "app-2")
    assert chosen.stderr == ""
    assert chosen.stdout == supportpacket("flame", second).stdout
    assert chosen.stdout != first.stdout
    unknown = supportpacket("flame", cluster, "--node", "app-3")
    assert unknown.returncode == 2
    assert "app-1, app-2" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("{packet}", "-o", "{folder}/x.gif"), "a flame graph ends in .html"),
        (("{folder}/none.zip", "-o", "{folder}/x.html"), "No such file"),
        (("{packet}", "-o", "{folder}/there.html"), "exists already"),
        (("{packet}", "--sample-index", "nonsense"), "must be one of: [samples cpu]"),
        (("{packet}:nothing.prof",), "no such member"),
        (("{folder}/note.txt",), "note.txt: "),
        (("{packet}", "--base", "{packet}:heap.prof"), "nothing in common"),
    ],
)
def test_one_line_and_exit_2(supportpacket, bundled, tmp_path, arguments, reason):
    (tmp_path / "there.html").write_text("kept")
    (tmp_path / "note.txt").write_text("no profile")
    filled = [argument.format(packet=bundled, folder=tmp_path) for argument in arguments]
    done = supportpacket("flame", *filled)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("supportpacket: ")
    assert done.stderr.count("\n") == 1
    assert reason in done.stderr
    assert (tmp_path / "there.html").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["note.txt", "there.html"]


def test_packet_without_the_profile(supportpacket, bundled, tmp_path):
    copied = tmp_path / "cut.zip"
    with zipfile.ZipFile(bundled) as packet, zipfile.ZipFile(copied, "w") as made:
        for name in packet.namelist():
            if name != "cpu.prof":
                made.writestr(name, packet.read(name))
    done = supportpacket("flame", copied)
    assert done.returncode == 2
    assert "it holds no cpu.prof" in done.stderr
    broken = tmp_path / "broken.zip"
    shutil.copy(copied, broken)
    with zipfile.ZipFile(broken, "a") as made:
        made.writestr("cpu.prof", b"\x1f\x8b no gzip")
    done = supportpacket("flame", broken)
    assert done.returncode == 2
    assert "cpu.prof" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_packet_without_the_profile(supportpacket, tmp_path):
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as packet:
        packet.writestr("mattermost.log", "")
        packet.writestr("diagnostics.yaml", "{")
    done = supportpacket("flame", path, "--no-progress")
    assert done.returncode == 2
    assert "diagnostics.yaml" in done.stderr
    assert "holds no cpu.prof" in done.stderr


def test_a_dump_is_no_profile(supportpacket, tmp_path):
    path = tmp_path / "goroutines"
    path.write_text("goroutine 1 [running]:\nmain.main()\n")
    done = supportpacket("flame", path)
    assert done.returncode == 2
    assert "is a goroutine dump; see supportpacket goroutines" in done.stderr
