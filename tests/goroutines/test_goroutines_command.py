"""``supportpacket goroutines``: packets and bare dumps, every form, exit codes."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from analyzer.cli.main import main


@pytest.fixture
def run(capsysbinary: pytest.CaptureFixture[bytes]):
    def call(*arguments: object) -> tuple[int, str, str]:
        code = main(["goroutines", *map(str, arguments)])
        out = capsysbinary.readouterr()
        return code, out.out.decode(), out.err.decode()

    return call


def test_overview(run, dumps: Path) -> None:
    code, out, err = run(dumps / "goroutines-table-lock-1.txt")
    assert code == 0
    assert err == ""
    assert out.startswith("248 goroutines, 39 stacks\n")
    assert "ERROR  database-answer: 60 goroutines wait for the database's answer" in out
    assert "api4.createPost 45" in out
    assert "next: The queries were sent" in out


def test_a_packet(run, bundled: Path) -> None:
    code, out, _ = run(bundled)
    assert code == 0
    assert "746 goroutines" in out


def test_json_of_a_packet_is_named_by_node(run, bundled: Path) -> None:
    code, out, _ = run(bundled, "--format", "json")
    value = json.loads(out)
    assert code == 0
    (node,) = value
    assert value[node]["goroutines"] == 746
    assert sum(group["count"] for group in value[node]["groups"]) == 746


def test_json_of_a_dump(run, dumps: Path) -> None:
    _, out, _ = run(dumps / "crash-go1.27.3.txt", "--format", "json")
    value = json.loads(out)
    assert [suspect["kind"] for suspect in value["suspects"]] == ["crash", "certain-leak"]
    assert value["messages"][0] == {"line": 1, "kind": "panic", "text": "panic: assignment to entry in nil map"}
    assert value["unparsed"] == []


@pytest.mark.parametrize("by", ["stack", "state", "creator", "own", "label:plain"])
def test_groups_as_csv(run, dumps: Path, by: str) -> None:
    code, out, _ = run(dumps / "labels-go1.27.3.txt", "--by", by, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert sum(int(row["count"]) for row in rows) == 4
    assert all(isinstance(json.loads(row["ids"]), list) for row in rows)


def test_suspects_in_every_form(run, dumps: Path) -> None:
    path = dumps / "stuck-mutex-go1.27.3.txt"
    _, table, _ = run(path, "--suspects")
    assert table.startswith("ERROR  lock-pile-up: 12 goroutines wait for one lock")
    _, data, _ = run(path, "--suspects", "--format", "json")
    assert json.loads(data)[0]["count"] == 12
    _, rows, _ = run(path, "--suspects", "--format", "csv")
    assert next(csv.DictReader(io.StringIO(rows)))["kind"] == "lock-pile-up"
    _, none, _ = run(dumps / "stuck-idle-go1.27.3.txt", "--suspects")
    assert none == "none: no goroutine looks stuck\n"


def test_comparison(run, dumps: Path) -> None:
    one, two = (dumps / f"goroutines-table-lock-{n}.txt" for n in (1, 2))
    code, out, _ = run(one, "--compare", two)
    assert code == 0
    assert "67 goroutines have not moved, 179 more wait by design" in out
    _, data, _ = run(one, "--compare", two, "--format", "json")
    value = json.loads(data)
    assert (value["same_process"], len(value["stuck"]), value["furniture"]) == (True, 67, 179)
    _, rows, _ = run(one, "--compare", two, "--format", "csv", "--by", "state")
    assert {row["group"]: row["delta"] for row in csv.DictReader(io.StringIO(rows))}["IO wait"] == "1"


def test_a_dump_beside_a_packet(run, dumps: Path, bundled: Path) -> None:
    code, out, _ = run(bundled, "--compare", dumps / "goroutines-table-lock-1.txt", "--by", "own")
    assert code == 0
    assert "Two processes: only groups can be compared." in out
    assert "-200" in out


@pytest.fixture
def cluster(tmp_path: Path, dumps: Path) -> Path:
    """Two nodes in a packet; a third one's dump is broken."""
    path = tmp_path / "cluster.zip"
    with zipfile.ZipFile(path, "w") as packet:
        for name, dump in (("app-1", "goroutines-table-lock-1"), ("app-2", "stuck-idle-go1.27.3")):
            packet.write(dumps / f"{dump}.txt", f"{name}/goroutines")
            packet.writestr(f"{name}/mattermost.log", "")
        packet.writestr("app-3/goroutines", "nothing of use\n")
        packet.writestr("app-3/mattermost.log", "")
    return path


def test_nodes(run, cluster: Path) -> None:
    code, out, err = run(cluster, "--by", "state", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 3
    assert "app-3/goroutines: holds no goroutine" in err.replace("goroutines: goroutines:", "goroutines:")
    assert {row["node"] for row in rows} == {"app-1", "app-2"}
    code, out, _ = run(cluster, "--node", "app-2", "--suspects")
    assert out == "none: no goroutine looks stuck\n"
    code, _, err = run(cluster, "--node", "app-9")
    assert (code, "no node app-9" in err) == (2, True)


def test_output_file_is_never_overwritten(run, dumps: Path, tmp_path: Path) -> None:
    target = tmp_path / "groups.csv"
    arguments = (dumps / "labels-go1.27.3.txt", "--by", "state", "--format", "csv", "-o", target)
    assert run(*arguments)[:2] == (0, "")
    first = target.read_text()
    code, _, err = run(*arguments)
    assert code == 2
    assert "exists already" in err
    assert target.read_text() == first
    assert run(*arguments, "--force")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing.txt"], "missing.txt"),
        (["--by", "colour"], "cannot be grouped"),
        (["--suspects", "--by", "state"], "--suspects stands alone"),
        (["--format", "parquet"], "parquet"),
    ],
)
def test_wrong_usage(run, dumps: Path, arguments: list[str], says: str) -> None:
    source = [] if arguments[0].endswith(".txt") else [dumps / "labels-go1.27.3.txt"]
    code, out, err = run(*source, *arguments)
    assert code == 2
    assert out == ""
    assert says in err
    assert "Traceback" not in err


def test_a_file_that_is_no_dump(run, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("nothing\n")
    code, out, err = run(path)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "notes.txt" in err


def test_an_old_packet_has_no_dump(run, shared: Path) -> None:
    code, _, err = run(shared / "packets" / "real" / "mattermost-8.1.9-standalone.zip")
    assert code == 2
    assert "holds no goroutine dump" in err


def test_a_cut_dump_is_said_to_be_cut(run, dumps: Path, tmp_path: Path) -> None:
    path = tmp_path / "goroutines"
    path.write_bytes((dumps / "goroutines-table-lock-1.txt").read_bytes()[:200_000])
    code, _, err = run(path)
    assert code == 0
    assert "the dump is cut" in err


def test_control_characters_never_reach_the_terminal(run, tmp_path: Path) -> None:
    path = tmp_path / "goroutines"
    record = 'goroutine {} [chan send\x1b[2J, 5 minutes] {{k: "\\x1b]0;x\\a"}}:\nmain.\x1b[31mf(0x1)\n\t/a.go:1 +0x1\ncreated by main.\x07g\n\t/a.go:2 +0x1\n'
    path.write_text("\n".join(record.format(i) for i in range(1, 40)))
    for arguments in ([], ["--by", "state"], ["--by", "label:k"], ["--suspects"], ["--compare", path]):
        code, out, err = run(path, *arguments)
        assert code == 0
        assert "\x1b" not in out + err
        assert "\x07" not in out + err


def test_gzip_and_folder(run, dumps: Path, tmp_path: Path) -> None:
    import gzip

    packed = tmp_path / "goroutines.gz"
    packed.write_bytes(gzip.compress((dumps / "labels-go1.27.3.txt").read_bytes()))
    assert run(packed, "--by", "state")[0] == 0
    folder = tmp_path / "packet"
    folder.mkdir()
    shutil.copy(dumps / "labels-go1.27.3.txt", folder / "goroutines")
    (folder / "mattermost.log").write_text("")
    code, out, _ = run(folder)
    assert code == 0
    assert out.startswith("4 goroutines")


def _packet(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as packet:
        for name, data in members:
            packet.writestr(name, data)
    return path


def test_comparison_as_csv_holds_both_tables(run, dumps: Path) -> None:
    one, two = (dumps / f"goroutines-table-lock-{n}.txt" for n in (1, 2))
    _, out, _ = run(one, "--compare", two, "--format", "csv", "--by", "state")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert next(iter(rows[0])) == "table"
    stuck = [row for row in rows if row["table"] == "stuck"]
    assert len(stuck) == 67
    assert all(row["id"].isdigit() and row["before"] == "" for row in stuck)
    assert {row["group"]: row["delta"] for row in rows if row["table"] == "groups"}["IO wait"] == "1"


def test_nodes_of_other_names(run, dumps: Path, cluster: Path, tmp_path: Path) -> None:
    dump = (dumps / "goroutines-table-lock-2.txt").read_bytes()
    other = _packet(tmp_path / "other.zip", ("db-1/goroutines", dump), ("db-1/mattermost.log", b""))
    assert "67 goroutines have not moved" in run(cluster, "--compare", other, "--node", "app-1")[1]
    code, _, err = run(cluster, "--compare", other)
    assert (code, "A.zip:NODE/goroutines" in err) == (2, True)
    assert run(f"{cluster}:app-1/goroutines", "--compare", f"{other}:db-1/goroutines")[0] == 0
    assert run(cluster, "--compare", other, "--node", "nope")[0] == 2


def test_a_packet_without_a_dump(run, bundled: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundled) as packet:
        kept = [(name, packet.read(name)) for name in packet.namelist() if not name.endswith("goroutines")]
    code, _, err = run(_packet(tmp_path / "p.zip", *kept))
    assert (code, err.count("holds no goroutine dump")) == (2, 1)
    assert "9.2" not in err
    code, _, err = run(_packet(tmp_path / "q.zip", ("mattermost.log", b""), ("diagnostics.yaml", b"{")))
    assert code == 2
    assert "diagnostics.yaml" in err


def test_labels_that_are_not_there(run, dumps: Path) -> None:
    path = dumps / "labels-go1.27.3.txt"
    assert run(path, "--by", "label:")[0] == 2
    code, _, err = run(path, "--by", "label:zzz", "--no-progress")
    assert code == 0
    assert "no goroutine has the label zzz; there are: " in err
    assert "plain" in err


def test_standard_input(run, dumps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (dumps / "labels-go1.27.3.txt").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert run("-")[1].startswith("4 goroutines")
