"""Example strings of our own generator are clean, what only resembles them is not; keys that look like paths are found."""

from __future__ import annotations

import json
import random
import re
import string
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analyzer
from analyzer.redact.dummy import Dummies
from analyzer.secrets import shapes
from analyzer.secrets.engine import matcher
from analyzer.secrets.rules import RULES
from analyzer.secrets.rules.examples import expand
from analyzer.secrets.stream import MemberScan, placed_matches

AWS = string.ascii_letters + string.digits + "/+"


def values(text: str) -> list[str]:
    return [placed.match.value for placed in placed_matches([text.encode()], matcher(), MemberScan())]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_is_silent_on_example_strings(rule, rng):
    dummies = Dummies(b"k" * 32)
    for example in rule.true:
        text, _ = expand(example, rng)
        found = [value for value in values(text) if value in text and sum(map(str.isalpha, value)) >= 14]
        for value in sorted(found, key=len, reverse=True):
            text = text.replace(value, dummies.of(value))
        # a token's prefix stays, so its own rule would match if the rest did not say what it is
        assert not found or not [v for v in values(text) if sum(map(str.isalpha, v)) >= 14], text


@pytest.mark.parametrize(
    "made",
    [
        "exaM4!Ple",
        "Ex4+Am7P1LEQ2F",
        "exa#7",
        "ghp_EXAMpleq8wbd",
        "AKIAEXAMPLEQ",
        "123-456-789-012",
        "sk_live_exAmplE7f",
    ],
)
def test_example_strings(made):
    assert shapes.is_example(made)
    assert shapes.is_clean(made)


@pytest.mark.parametrize(
    "real",
    [
        "https://chat.example.com/hooks/ab12", "postgres://u:pw9!@db.example.com/x", "MyExample-9", "Exam2024!", "exam#1999",
        "Exa123", "123456", "1234567890", "P@123456", "correct-example", "ghp_9aEXAMPLE", "", "ex", "hexample7",
    ],
)  # fmt: skip
def test_what_people_have_is_no_example_string(real):
    assert not shapes.is_example(real)


@settings(max_examples=300, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_example_strings_begin_so(text):
    if shapes.is_example(text):
        letters = re.sub("[^A-Za-z]", "", text).lower()
        assert "exa" in letters or sum(map(str.isdigit, text)) > 10


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["", "/", "+", "//"]), st.integers(0, 1 << 64))
def test_aws_keys_that_begin_like_paths(front, seed):
    rng = random.Random(seed)
    secret = front + "".join(rng.choices(AWS, k=40 - len(front)))
    for text in (
        f"aws_secret_access_key={secret}\n",
        json.dumps({"msg": f"AWS_SECRET_ACCESS_KEY={secret} x"}),
        json.dumps({"aws_secret_access_key": secret}),
    ):
        assert secret in values(text), text


@pytest.mark.parametrize(
    "path",
    [
        "/opt/mattermost/config/certs/server1.key", "/opt/mattermost/plugins/com2mattermost9calls",
        "/var/lib/Mattermost/Data2024/ServerKeys9", "/mnt/efs/Mattermost/PrivateKeys/Server01", "/run/secrets/mattermost01token",
    ],
)  # fmt: skip
def test_paths_are_no_keys(path):
    assert values(f"secret_key={path}\n") == []


def test_a_generated_packet_is_clean(tmp_path):
    """What ``generate`` writes, ``scan`` finds nothing in, though the sources were full of secrets."""
    rng = random.Random(5)
    planted = ["".join(rng.choices(AWS[:62], k=26)) for _ in range(12)]
    token = "gh" + "p_" + "".join(rng.choices(AWS[:62], k=36))
    config = {
        "SqlSettings": {
            "DriverName": "postgres",
            "DataSource": f"host=127.0.0.1 port=1 user=mm password={planted[0]} dbname=x connect_timeout=1",
            "AtRestEncryptKey": planted[1],
        },
        "EmailSettings": {"SMTPPassword": planted[2], "SMTPServer": "127.0.0.1", "SMTPPort": "1"},
        "FileSettings": {"DriverName": "local", "Directory": str(tmp_path), "AmazonS3SecretAccessKey": planted[3]},
        "PluginSettings": {"Plugins": {"own": {"apisecret": planted[4], "note": token}}},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    logs = tmp_path / "logs"
    logs.mkdir()
    lines = [
        f"api_key={planted[5]} x", f"Authorization: Bearer {planted[6]}", f"GET https://u:{planted[7]}@host/a?access_token={planted[8]}",
        f"token {token} rejected", f"password={planted[9]} next", f"aws_secret_access_key=/{planted[10]}{planted[11][:13]}",
    ]  # fmt: skip
    rows = [{"timestamp": "2026-01-02 03:04:05.678 Z", "level": "error", "msg": line} for line in lines]
    log = logs / "mattermost.log"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert len(analyzer.scan([log], jobs=1).findings) >= len(planted) - 5
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-m", "analyzer.cli.main", "generate", "--config", str(tmp_path / "config.json")]
    command += [
        "--logs",
        str(logs),
        "--root",
        str(tmp_path),
        "--cpu-seconds",
        "0",
        "--no-file-store-probe",
        "-o",
        str(out),
    ]
    done = subprocess.run([*command, "--no-progress"], capture_output=True, text=True, check=False, timeout=120)
    (packet,) = out.glob("*.zip")
    assert done.returncode in {0, 3}, done.stderr
    findings = analyzer.scan([packet], jobs=1).findings
    assert list(findings["rule"]) == [], findings.to_string()
