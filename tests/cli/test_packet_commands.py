"""summary, triage, report and export on whole, damaged and hostile packets."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile

import pandas as pd
import pytest


def test_summary_in_text_and_json_say_the_same(supportpacket, bundled):
    text = supportpacket("summary", bundled)
    told = json.loads(supportpacket("summary", bundled, "--format", "json").stdout)
    assert text.returncode == 0
    assert text.stderr == ""
    assert told["server_version"] == "11.6.0"
    assert told["lineage"] == "V2-flat"
    assert told["complete"] is True
    for part in told["parts"]:
        assert part["status"] == "read"
        assert part["member"] in text.stdout


def test_a_cut_packet_exits_with_3_and_names_what_is_lost(supportpacket, bundled, tmp_path):
    cut = tmp_path / "cut.zip"
    cut.write_bytes(bundled.read_bytes()[:100_000])
    result = supportpacket("summary", cut)
    assert result.returncode == 3
    assert "goroutines" in result.stderr
    assert "BROKEN   goroutines" in result.stdout
    assert "568 goroutines" in result.stdout
    told = json.loads(supportpacket("summary", cut, "--format", "json", "-q").stdout)
    assert told["complete"] is False


def test_output_is_never_overwritten_without_force(supportpacket, bundled, tmp_path):
    target = tmp_path / "summary.json"
    target.write_text("mine")
    refused = supportpacket("summary", bundled, "--format", "json", "-o", target)
    assert refused.returncode == 2
    assert target.read_text() == "mine"
    assert supportpacket("summary", bundled, "--format", "json", "-o", target, "--force").returncode == 0
    assert json.loads(target.read_text())["nodes"] == ["vm"]
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_an_unknown_node_is_named_with_the_known_ones(supportpacket, bundled):
    result = supportpacket("summary", bundled, "--node", "app-9")
    assert result.returncode == 2
    assert "no node app-9; its nodes: vm" in result.stderr


@pytest.fixture(scope="module")
def triaged(supportpacket, bundled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("triage") / "out"
    return supportpacket("triage", bundled, "-o", folder), folder


def test_triage_writes_everything(triaged):
    result, folder = triaged
    assert result.returncode == 0, result.stderr
    assert f"report: {folder / 'report.html'}" in result.stderr
    assert "Mattermost 11.6.0" in result.stdout
    charts = {path.name for path in (folder / "charts").iterdir()}
    assert charts >= {"cpu.png", "heap.png", "goroutine_states.png", "goroutine_functions.png", "log_timeline.png"}
    for path in (folder / "charts").iterdir():
        assert path.read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder / "summary.json").read_text())["findings"] == 0
    last = (folder / "findings.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["type"] == "summary"
    goroutines = pd.read_csv(folder / "frames" / "goroutines.csv")
    assert len(goroutines) == 746
    assert list(goroutines.columns[:2]) == ["node", "id"]
    top = pd.read_csv(folder / "frames" / "cpu_top.csv")
    assert top["flat"].is_monotonic_decreasing


def test_triage_refuses_a_folder_that_holds_results(triaged, supportpacket, bundled):
    _, folder = triaged
    again = supportpacket("triage", bundled, "-o", folder)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_a_planted_secret_is_found_and_never_shown(supportpacket, bundled, tmp_path):
    secret = "Vk9" + "pL2xQ8rTz" + "Wm4nB7c"
    planted = tmp_path / "planted.zip"
    with zipfile.ZipFile(bundled) as given, zipfile.ZipFile(planted, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in given.namelist():
            data = given.read(name)
            if name == "sanitized_config.json":
                config = json.loads(data)
                config["FileSettings"]["ExportAmazonS3SecretAccessKey"] = secret
                data = json.dumps(config).encode()
            archive.writestr(name, data)
    folder = tmp_path / "out"
    result = supportpacket("triage", planted, "-o", folder)
    assert result.returncode == 1
    assert "1 secret in clear" in result.stdout
    finding = json.loads((folder / "findings.jsonl").read_text().splitlines()[0])
    assert finding["key_path"] == "FileSettings.ExportAmazonS3SecretAccessKey"
    report = (folder / "report.html").read_text()
    assert "FileSettings.ExportAmazonS3SecretAccessKey" in report
    # the frame of settings is the packet's own content; everything that we say about it must be silent
    said = [
        result.stdout,
        result.stderr,
        report,
        (folder / "findings.jsonl").read_text(),
        (folder / "summary.json").read_text(),
    ]
    assert not any(secret in text for text in said)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_export_writes_every_frame(supportpacket, bundled, tmp_path, form):
    result = supportpacket("export", bundled, "-o", tmp_path / "frames", "--format", form)
    assert result.returncode == 0, result.stderr
    files = {path.stem for path in (tmp_path / "frames").iterdir()}
    assert files >= {
        "parts", "problems", "diagnostics", "settings", "stats", "jobs", "plugins", "permissions", "schemes", "schema_columns",
        "schema_indexes", "logs", "log_quality", "goroutines", "goroutine_stacks", "goroutine_groups", "goroutine_suspects",
        "cpu_top", "cpu_samples", "cpu_stacks", "heap_top", "heap_functions",
    }  # fmt: skip
    read = pd.read_parquet if form == "parquet" else pd.read_csv
    for path in (tmp_path / "frames").iterdir():
        assert next(iter(read(path).columns)) == "node", path.name
    settings = read(tmp_path / "frames" / f"settings.{form}")
    assert "SqlSettings.MaxOpenConns" in set(settings["path"])
    times = read(tmp_path / "frames" / f"logs.{form}")["time"].dropna().astype(str)
    assert times.str.contains(r"\+00:?00$").all()


def test_results_of_an_earlier_packet_do_not_stay(supportpacket, bundled, tmp_path):
    """An engineer must not read one customer's charts beside another's report."""
    small = tmp_path / "small.zip"
    with zipfile.ZipFile(bundled) as given, zipfile.ZipFile(small, "w") as archive:
        for name in ("metadata.yaml", "stats.yaml"):
            archive.writestr(name, given.read(name))
    folder = tmp_path / "out"
    for command in ("triage", "export"):
        form = ["--format", "csv"] if command == "export" else []
        assert supportpacket(command, bundled, "-o", folder / command, *form).returncode == 0
        (folder / command / "mine.csv").write_text("kept")
        assert supportpacket(command, small, "-o", folder / command, "--force", *form).returncode == 0
        left = {path.name for path in (folder / command).rglob("*") if path.is_file()}
        assert "mine.csv" in left
        assert "stats.csv" in left
        assert not {"cpu.png", "log_timeline.png", "cpu_top.csv", "goroutines.csv", "log_templates.csv"} & left


def test_control_characters_leave_no_output_raw(supportpacket, bundled, tmp_path):
    hostile = tmp_path / "hostile.zip"
    line = {
        "timestamp": "2026-11-22 12:00:00.000 Z",
        "level": "error",
        "msg": "a \x1b[31m and \u009b31m red",
        "caller": "a/b.go:1",
    }
    with zipfile.ZipFile(bundled) as given, zipfile.ZipFile(hostile, "w") as archive:
        for name in given.namelist():
            archive.writestr(name, given.read(name) if name != "mattermost.log" else json.dumps(line) + "\n")
    outputs = [supportpacket("logs", hostile, "--format", form).stdout for form in ("table", "csv", "jsonl")]
    assert supportpacket("triage", hostile, "-o", tmp_path / "out", "-q").returncode == 0
    outputs += [
        path.read_text()
        for path in (tmp_path / "out").rglob("*")
        if path.suffix in {".csv", ".json", ".html", ".jsonl"}
    ]
    assert any("31m red" in text for text in outputs)
    for text in outputs:
        assert "\x1b" not in text
        assert "\u009b" not in text
    assert json.loads(supportpacket("logs", hostile, "--format", "jsonl").stdout)["msg"] == line["msg"]


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_are_no_defect(supportpacket, bundled, closed):
    for command in (f"summary {bundled}", f"scan {bundled}"):
        code = f"{sys.executable.rpartition('/')[0]}/supportpacket {command} {closed}"
        result = subprocess.run(code, shell=True, capture_output=True, text=True, check=False, timeout=60)
        assert result.returncode == 0, (command, result)
        assert "error" not in result.stdout + result.stderr


def test_what_was_lost_in_a_part_marks_it_broken(supportpacket, bundled, tmp_path):
    odd = tmp_path / "odd.zip"
    with zipfile.ZipFile(bundled) as given, zipfile.ZipFile(odd, "w") as archive:
        for name in given.namelist():
            archive.writestr(name, given.read(name))
        archive.writestr("com.example.plugin/diagnostics.yaml", "version: 1.0\na: [1, 2")
    result = supportpacket("summary", odd)
    assert result.returncode == 3
    assert "BROKEN   com.example.plugin/diagnostics.yaml" in result.stdout
    assert "version 1.0" in result.stdout


def test_remarks_are_told_apart_from_failures(supportpacket, bundled, tmp_path):
    wrapped = tmp_path / "wrapped.zip"
    with zipfile.ZipFile(bundled) as given, zipfile.ZipFile(wrapped, "w") as archive:
        for name in given.namelist():
            archive.writestr(f"top/{name}", given.read(name))
    result = supportpacket("summary", wrapped)
    assert result.returncode == 0
    assert "remarks (1)" in result.stdout
    assert "could not be read" not in result.stdout
