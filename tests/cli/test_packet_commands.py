"""summary, triage, report and export on whole, damaged and hostile packets."""

from __future__ import annotations

import json
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
