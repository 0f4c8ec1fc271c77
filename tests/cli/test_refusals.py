"""What cannot work is refused at once, in one line that says what to do; one cause is told once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from analyzer.cli import pictures
from analyzer.cli.problems import told_once
from analyzer.errors import Problem, UsageError


def one_line(result, *words):
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize("name", ["report.pdf", "report.PNG", "report.zip"])
def test_a_report_is_html(supportpacket, bundled, tmp_path, name):
    one_line(supportpacket("report", bundled, "-o", tmp_path / name), name, "HTML")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["summary", "report", "logs", "goroutines"])
def test_a_folder_is_no_file(supportpacket, bundled, tmp_path, command):
    one_line(supportpacket(command, bundled, "-o", tmp_path, "--force"), f"{tmp_path} is a folder, -o needs a file")
    assert list(tmp_path.parent.glob(".*.part")) == []


@pytest.mark.parametrize("name", ["page.html", "page.HTM", "page"])
def test_names_of_a_report(supportpacket, bundled, tmp_path, name):
    assert supportpacket("report", bundled, "-o", tmp_path / name, "-q").returncode == 0
    assert (tmp_path / name).read_bytes().startswith(b"<!doctype html>")


@pytest.mark.parametrize("command", ["triage", "export"])
@pytest.mark.parametrize("below", ["", "more"])
def test_a_file_is_no_folder(supportpacket, bundled, tmp_path, command, below):
    taken = tmp_path / "taken"
    taken.write_text("kept")
    result = supportpacket(command, bundled, "-o", taken / below, "--force")
    one_line(result, f"{taken} is a file, -o needs a folder")
    assert taken.read_text() == "kept"


def test_generate_and_download_need_a_folder_too(supportpacket, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("")
    config = tmp_path / "config.json"
    config.write_text("{}")
    one_line(supportpacket("generate", "--config", config, "-o", taken), "-o needs a folder")
    one_line(supportpacket("download", "--local", taken, "-o", taken), "-o needs a folder")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "one of both"),
        (("--server", "https://chat.example.com", "--local", "x"), "one of both"),
        (("--server", "https://chat.example.com"), "--token-file"),
        (("--server", "https://chat.example.com", "--token-file", "nowhere"), "nowhere: token file cannot be read"),
    ],
)
def test_download_is_refused_before_anything_is_loaded(monkeypatch, tmp_path, arguments, words):
    from analyzer.cli.main import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MM_TOKEN", raising=False)
    for name in [name for name in sys.modules if name.startswith("analyzer.generate")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(UsageError, match=words):
        app(args=["download", *arguments], standalone_mode=False)
    assert not [name for name in sys.modules if name.startswith("analyzer.generate")]


@pytest.mark.parametrize("url", ["http://localhost:1/debug/pprof/heap", "https://chat.example.com/debug/pprof/profile"])
def test_profiles_are_not_fetched(supportpacket, url):
    result = supportpacket("pprof", "-top", url)
    assert result.returncode == 2
    assert result.stderr.splitlines()[0].startswith(f"{url}: profiles are not fetched from a server; save it first")


def test_a_configuration_that_cannot_be_read_is_told_first(supportpacket, tmp_path):
    config = tmp_path / "config.json"
    config.write_text("{ not json")
    result = supportpacket("generate", "--config", config, "-o", tmp_path / "out", "--cpu-seconds", 0)
    assert result.returncode == 3
    first = result.stderr.splitlines()[0]
    assert "no JSON object" in first
    assert first.endswith("only what needs no configuration is collected")
    assert len(list((tmp_path / "out").glob("*.zip"))) == 1


@pytest.mark.parametrize(("opens", "words"), [(True, "Opening "), (False, "no browser could be started")])
def test_a_picture_in_a_browser_says_where_it_is(monkeypatch, tmp_path, capsys, opens, words):
    monkeypatch.setattr(pictures.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(pictures.webbrowser, "open", lambda _uri: opens)
    assert pictures.open_viewer("web", "svg", b"<svg/>")
    (made,) = tmp_path.iterdir()
    told = capsys.readouterr().err
    assert words in told
    assert str(made) in told


def test_a_viewer_that_ended_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(pictures.tempfile, "tempdir", str(tmp_path))
    shown = []
    monkeypatch.setattr(pictures.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(pictures.subprocess, "run", lambda command, **_: shown.append(Path(command[1]).read_bytes()))
    assert pictures.open_viewer("eog", "svg", "<svg/>")
    assert shown == [b"<svg/>"]
    monkeypatch.setattr(pictures.shutil, "which", lambda _name: None)
    with pytest.raises(UsageError, match="eog"):
        pictures.open_viewer("eog", "svg", "<svg/>")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
def test_a_cut_packet_is_told_in_one_line(supportpacket, bundled, tmp_path, share):
    cut = tmp_path / "cut.zip"
    cut.write_bytes(bundled.read_bytes()[: int(bundled.stat().st_size * share)])
    result = supportpacket("summary", cut)
    assert result.returncode == 3
    (line,) = result.stderr.splitlines()
    assert line.endswith("the archive ends inside its data; what stood behind it is lost")


def test_other_problems_of_a_cut_packet_stay():
    def problem(part: str, message: str) -> Problem:
        return Problem(None, part, "read", "error", message)

    directory = problem("x.zip", "no central directory; members are found by their local headers")
    ends = problem("heap.prof", "the archive ends inside its data")
    other = problem("stats.yaml", "the value is cut short")
    assert told_once([directory, other, other]) == [directory, other]
    told = told_once([directory, ends, problem("heap.prof", "the gzip data is cut short"), other])
    assert [item.part for item in told] == ["heap.prof", "stats.yaml"]
