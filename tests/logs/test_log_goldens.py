"""Real logs: what is in them was counted by hand and with json, not with our reader."""

from __future__ import annotations

import json
from collections import Counter

import pandas as pd
import pytest

from analyzer.logs import LINES, SESSIONS, TEMPLATES, read_log
from analyzer.logs.schema import FREQUENT_NAMES, INTEGER_FIELDS

FIXED = {"timestamp", "level", "msg", "caller"}


def same_as_json(data: bytes) -> None:
    """Every value of every line stands where it belongs: nothing lost, nothing made up."""
    log = read_log(data)
    LINES.check(log.lines)
    lines = data.decode().splitlines()
    assert log.lines["line"].tolist() == list(range(1, len(lines) + 1))
    for row, text in zip(log.lines.to_dict("records"), lines, strict=True):
        pairs = json.loads(text, object_pairs_hook=lambda found: found)
        value = dict(reversed(pairs))  # of equal keys the first one has the column
        later = [pair for at, pair in enumerate(pairs) if pair[0] in {key for key, _ in pairs[:at]}]
        assert row["kind"] == "json"
        assert row["level"] == value["level"]
        assert row["msg"] == value["msg"]
        assert row["caller"] == value["caller"]
        assert row["time"] == pd.Timestamp(value["timestamp"].replace(" Z", "Z"))
        rest = json.loads(row["fields"])
        assert set(rest) & FREQUENT_NAMES == {key for key, _ in later}
        for key, item in later:
            assert rest[key] == item
        for key in set(value) - FIXED:
            if key in INTEGER_FIELDS:
                assert int(row[key]) == int(value[key])
            elif key in FREQUENT_NAMES:
                assert row[key] == value[key]
            else:
                assert json.dumps(rest[key]) == json.dumps(dict(json.loads(text))[key])


def test_bundled_log_value_by_value(bundled_log, account):
    same_as_json(bundled_log)
    account(read_log(bundled_log), bundled_log)


def test_database_down_log_value_by_value(database_down_log, account):
    same_as_json(database_down_log)
    account(read_log(database_down_log), database_down_log)


def test_old_log_value_by_value(old_log, account):
    same_as_json(old_log)
    account(read_log(old_log), old_log)


def test_bundled_log_numbers(bundled_log):
    stats = read_log(bundled_log).stats()
    assert (stats.lines, stats.bytes, stats.records, stats.unparsed_lines) == (314, 119175, 314, 0)
    assert stats.levels == {"warn": 289, "info": 24, "error": 1}
    assert str(stats.first) == "2026-11-22 12:12:14.467000+00:00"
    assert str(stats.last) == "2026-11-22 12:12:38.216000+00:00"
    frame = stats.frame().set_index("name")["value"]
    assert frame["level.warn"] == 289
    assert frame["kind.json"] == 314


def test_bundled_log_templates(bundled_log):
    templates = read_log(bundled_log).templates()
    TEMPLATES.check(templates)
    top = templates.iloc[0]
    assert (top["template"], top["count"], top["level"]) == ("User is already a channel member, skipping", 288, "warn")
    assert top["caller"] == "api4/channel.go:1743"
    assert templates["count"].sum() == 314
    assert len(templates) == 26


def test_bundled_log_session(bundled_log):
    sessions = read_log(bundled_log).sessions()
    SESSIONS.check(sessions)
    (row,) = sessions.to_dict("records")
    assert (row["version"], row["go_version"], row["end"], row["records"], row["errors"]) == (
        "11.6.0", "go1.26.8", "open", 314, 1,
    )  # fmt: skip
    assert str(row["ready"]) == "2026-11-22 12:12:14.597000+00:00"
    assert not row["enterprise"]


def test_old_log_sessions(old_log):
    sessions = read_log(old_log).sessions()
    assert sessions["end"].tolist() == ["stopped", "cut", "open"]
    assert sessions["line"].tolist() == [1, 102, 211]
    assert sessions["version"].tolist() == ["8.1.9"] * 3
    assert sessions["enterprise"].tolist() == [True] * 3
    assert str(sessions["stop"][0]) == "2024-08-15 15:17:38.815000+00:00"
    assert sessions["errors"].sum() == 32


def test_old_log_plugins(old_log):
    plugins = read_log(old_log).plugins().set_index("plugin_id")
    survey = plugins.loc["com.mattermost.user-survey"]
    assert (survey["errors"], survey["activation_failures"], survey["stderr"]) == (12, 12, 15)
    assert plugins["exits"].to_dict() == {
        "com.mattermost.user-survey": 0, "com.mattermost.calls": 1, "com.mattermost.nps": 1, "playbooks": 1,
    }  # fmt: skip


def test_database_down_errors_by_request(database_down_log):
    errors = read_log(database_down_log).errors_by_request()
    assert errors["errors"].tolist() == [4, 1]
    assert errors["line"].tolist() == [306, 305]
    assert errors["http_code"].tolist() == [pd.NA, 500]
    assert errors["path"][0] == "/api/v4/system/support_packet"


@pytest.fixture(scope="module")
def plain(samples):
    return (samples / "mattermost-plain-text.log").read_bytes()


def test_plain_log_numbers(plain, account):
    log = read_log(plain)
    account(log, plain)
    assert log.quality["lines"].to_dict() == {
        "json": 0, "plain": 754, "zap": 0, "gelf": 0, "continuation": 0, "unparsed": 0, "blank": 0,
    }  # fmt: skip
    words = Counter(line.split(b" ", 1)[0].decode() for line in plain.splitlines())
    assert log.stats().levels == dict(words)
    assert log.stats().levels == {"debug": 659, "info": 53, "warn": 40, "error": 2}


def test_plain_log_quotes_are_not_escaped(plain):
    lines = read_log(plain).lines
    missing = lines[lines["msg"].str.startswith("License key from https")].iloc[0]
    assert missing["error"] == 'resource "License" not found, id: '
    assert missing["caller"] == "platform/license.go:90"
    assert missing["fields"] == "{}"


def test_plain_log_empty_values_and_keys_with_spaces(plain):
    lines = read_log(plain).lines
    version = lines[lines["msg"].str.startswith("Current version")].iloc[0]
    assert json.loads(version["fields"]) == {
        "current_version": "11.6.0", "build_number": "11.6.0", "build_date": "", "build_hash": "",
        "build_hash_enterprise": "", "service_environment": "test",
    }  # fmt: skip
    locale = lines[lines["msg"] == "Loaded system translations"].iloc[0]
    assert json.loads(locale["fields"]) == {"for locale": "en", "from locale": "/opt/mattermost/i18n/en.json"}


def test_plain_log_requests(plain):
    lines = read_log(plain).lines
    requests = lines[lines["msg"] == "Received HTTP request"]
    assert len(requests) == plain.count(b"] Received HTTP request ")
    row = lines[lines["line"] == 409].iloc[0]
    assert (row["method"], row["status_code"], row["user_id"]) == ("GET", 200, "wy9p6emzifrr9fro678qzw3gay")
    assert row["url"] == "/api/v4/users/me/teams/987mhoaee7rping5arnr4qf39e/channels"


def test_plain_log_sessions(plain):
    sessions = read_log(plain).sessions()
    assert sessions["end"].tolist() == ["cut", "open"]
    # the line before "Server is initializing..." sets logging up and belongs to the start
    assert sessions["line"].tolist() == [1, 670]
    assert sessions["records"].tolist() == [669, 85]


def test_timeline_counts_every_record(plain):
    timeline = read_log(plain).timeline("10s")
    assert list(timeline.columns) == ["error", "warn", "info", "debug"]
    assert timeline.sum().to_dict() == {"error": 2, "warn": 40, "info": 53, "debug": 659}
    assert len(timeline) == 4
    assert timeline.index.tz is not None
    assert (timeline.index[1:] - timeline.index[:-1]).unique().tolist() == [pd.Timedelta("10s")]
