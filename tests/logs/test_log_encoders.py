"""Samples that the real encoders of logr and zap wrote (see tests/data/logs/README.md)."""

from __future__ import annotations

import json

import pytest

from analyzer.logs import read_log

SAMPLES = (
    ("logr.json.log", "json"),
    ("logr.gelf", "gelf"),
    ("logr-default.plain.log", "plain"),
    ("logr-color.plain.log", "plain"),
    ("logr-delim.plain.log", "plain"),
    ("logr-nolevel.plain.log", "plain"),
    ("logr-notime.plain.log", "plain"),
    ("logr-nocaller.plain.log", "plain"),
    ("logr-localtime.plain.log", "plain"),
    ("logr-crlf.plain.log", "plain"),
    ("logr.default.log", "plain"),
)
ERROR = 'Post "http://host.test/hook": address forbidden, see "docs"'
LEVELS = ["info", "info", "error", "warn", "info", "LDAPError", "panic", "info"]


@pytest.mark.parametrize(("name", "kind"), SAMPLES)
def test_logr(samples, account, name, kind):
    data = (samples / name).read_bytes()
    log = read_log(data)
    account(log, data)
    rows = log.lines[log.lines["kind"] == kind].reset_index(drop=True)
    assert len(rows) == 8
    assert log.quality["lines"]["unparsed"] == 0
    if "nolevel" not in name:
        assert rows["level"].tolist() == LEVELS
    text = [message.strip() for message in rows["msg"]]
    assert text[:3] == ["Server is initializing...", "Loaded system translations", "Hook failed"]
    assert text[3] == 'message with "quotes" and\ttab and é'
    assert text[4:7] == ["plugin says", "ldap down", "this panics"]
    assert text[7] == ("-" if kind == "gelf" else "")
    hook = rows.iloc[2]
    assert hook["error"] == ERROR
    fields = json.loads(hook["fields"])
    assert {key: str(fields[key]).lower() for key in ("next", "ok", "share")} == {
        "next": "1", "ok": "false", "share": "0.25",
    }  # fmt: skip
    assert json.loads(rows["fields"][1]).items() >= {"for locale": "en", "from locale": "/opt/i18n/en.json"}.items()
    assert rows["path"][3] == "/api/v4/users"
    if name not in {"logr-nocaller.plain.log", "logr.default.log"}:
        assert rows["caller"].str.startswith("gen/main.go:").all()
        assert rows["plugin_id"][4] == "com.example.x"
        assert rows["source"][4] == "plugin_stderr"
        # a field named caller is the second of that name and stays a field
        assert json.loads(rows["fields"][6])["caller"] == "mine"


@pytest.mark.parametrize(("name", "kind"), SAMPLES)
def test_stack_traces_continue_their_line(samples, name, kind):
    log = read_log((samples / name).read_bytes())
    if kind in {"json", "gelf"}:
        assert log.quality["lines"]["continuation"] == 0
        return
    lines = log.lines
    panic = lines.index[lines["msg"] == "this panics"][0]
    assert lines["kind"][panic + 1 : panic + 9].tolist() == ["continuation"] * 8
    assert lines["msg"][panic + 1].strip() == "main.emit"


def test_times_are_utc_and_marked(samples):
    berlin = read_log((samples / "logr-default.plain.log").read_bytes()).lines
    local = read_log((samples / "logr-localtime.plain.log").read_bytes(), offset_minutes=60).lines
    assumed = read_log((samples / "logr-localtime.plain.log").read_bytes()).lines
    assert berlin["time_from"].dropna().unique().tolist() == ["line"]
    assert local["time_from"].dropna().unique().tolist() == ["packet"]
    assert assumed["time_from"].dropna().unique().tolist() == ["assumed"]
    assert berlin["time"][0].floor("10s") == local["time"][0].floor("10s")
    assert (assumed["time"][0] - local["time"][0]).total_seconds() == 3600


def test_offset_of_other_lines_is_taken(samples):
    both = (samples / "logr-default.plain.log").read_bytes() + (samples / "logr-localtime.plain.log").read_bytes()
    lines = read_log(both).lines
    assert lines["time_from"].value_counts().to_dict() == {"line": 8, "log": 8, "packet": 0, "assumed": 0}
    assert abs((lines["time"].dropna().iloc[8] - lines["time"][0]).total_seconds()) < 5


def test_options_that_drop_parts(samples):
    bare = read_log((samples / "logr-bare.plain.log").read_bytes())
    assert bare.quality["lines"]["plain"] == 6  # two records have an empty or broken first line there
    assert bare.lines["caller"].dropna().str.startswith("gen/main.go").all()
    nofields = read_log((samples / "logr-nofields.plain.log").read_bytes())
    assert nofields.quality["lines"]["plain"] == 8


@pytest.mark.parametrize("name", ["zap.json.log", "zap.text.log", "zap-color.text.log"])
def test_zap(samples, account, name):
    data = (samples / name).read_bytes()
    log = read_log(data)
    account(log, data)
    rows = log.lines[log.lines["kind"] == "zap"].reset_index(drop=True)
    assert rows["level"].tolist() == ["info", "error", "warn", "debug", "info", "panic"]
    assert rows["caller"].str.startswith("gen/main.go:").all()
    assert rows["msg"][0] == "Server is listening"
    assert rows["address"][0] == ":8065"
    assert json.loads(rows["fields"][0]) == {"n": 3}
    assert rows["error"][1] == 'Post "http://host.test/hook": no'
    assert rows["user_id"][1] == "abc"
    assert rows["msg"][2].startswith("two\tparts")
    assert json.loads(rows["fields"][4]) == {"logSource": "notifications"}
    assert rows["status"][4] == "Received"
    assert rows["time"].notna().all()
    if "text" in name:
        assert log.quality["lines"]["continuation"] == 9
        assert (log.lines["msg"] == "main.zaplog.func1").sum() == 1


def test_gelf_is_cut_at_nul(samples):
    log = read_log((samples / "logr.gelf").read_bytes())
    assert log.lines["line"].tolist() == list(range(1, 9))
    assert json.loads(log.lines["fields"][0]) == {
        "version": "1.1", "host": "app-1.example.com", "go_version": "go1.26.8",
    }  # fmt: skip
