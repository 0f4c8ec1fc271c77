"""No planted value leaves by any way: outputs, reprs, logs, problems, cache, a crash made on purpose."""

from __future__ import annotations

import json
import os
import pickle
import random
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

import analyzer
from analyzer.errors import UsageError
from analyzer.secrets import FingerprintKey, Policy, Secret, own_key, read_key
from analyzer.secrets.database import cache_folder, load


@pytest.fixture(scope="module")
def planted(corpus, tmp_path_factory):
    rng = random.Random(77)
    folder = tmp_path_factory.mktemp("packets")
    cases = [*[*corpus.config_cases(rng)][-2:], *corpus.log_cases(rng, 1)]
    for case in cases:
        case.write(folder)
    values = {p.value for case in cases for p in case.planted if len(p.value) >= 8}
    return folder, values


def leaked(text: str, values) -> list[str]:
    plain = text + "\n" + text.replace("\\\\", "\\")
    return [f"{value[:3]}… ({len(value)})" for value in values if value in plain or json.dumps(value)[1:-1] in plain]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "analyzer.cli.main", "scan", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=os.environ | environment
    )


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "sarif"])
def test_no_form_shows_a_value(planted, form):
    folder, values = planted
    done = run(str(folder), "--format", form, "--min-confidence", "low")
    assert done.returncode == 1, done.stderr
    assert len(done.stdout) > 10_000
    assert leaked(done.stdout + done.stderr, values) == []


def test_parquet_and_baseline_and_progress(planted, tmp_path):
    folder, values = planted
    done = run(
        str(folder),
        "--format",
        "parquet",
        "-o",
        str(tmp_path / "f.parquet"),
        "--write-baseline",
        str(tmp_path / "b.json"),
    )
    assert done.returncode == 1, done.stderr
    written = (tmp_path / "f.parquet").read_bytes().decode("latin-1") + (tmp_path / "b.json").read_text() + done.stderr
    assert leaked(written, values) == []


def test_show_secrets_shows_them(planted):
    folder, values = planted
    done = run(str(folder), "--format", "jsonl", "--show-secrets", "--min-confidence", "low")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    shown = {row["secret"] for row in rows if row["type"] == "finding"}
    assert len(values - shown) <= 0.03 * len(values)
    assert all("secret" not in row for row in rows if row["type"] != "finding")


def test_reprs_frames_and_pickles_of_results(planted):
    folder, values = planted
    result = analyzer.scan([folder], policy=Policy(key=FingerprintKey(b"x" * 32)))
    texts = [
        repr(result),
        repr(result.packets),
        str(list(result)),
        result.findings.to_string(),
        result.to_jsonl(),
        json.dumps(result.to_sarif()),
    ]
    texts += [repr(result.problems), repr(result.totals), repr(next(iter(result))), f"{next(iter(result)).secret:>80}"]
    assert leaked("\n".join(texts), values) == []
    finding = pickle.loads(pickle.dumps(next(iter(result))))
    assert finding.secret.reveal() == next(iter(result)).secret.reveal()


def test_a_crash_on_purpose(planted, monkeypatch, tmp_path):
    folder, values = planted
    crash = tmp_path / "sitecustomize.py"
    crash.write_text(
        "import analyzer.secrets.collect as c\n"
        "def boom(self, *a, **k):\n"
        "    held = [p.match.value for p in a if hasattr(p, 'match')]\n"
        "    raise RuntimeError('crash with ' + repr(held))\n"
        "c.Collector.add = boom\n"
    )
    done = run(str(folder), "--format", "jsonl", PYTHONPATH=str(tmp_path))
    assert "internal error: RuntimeError" in done.stdout + done.stderr
    assert leaked(done.stdout + done.stderr, values) == []


def test_cache_holds_patterns_only(planted):
    _, values = planted
    load()
    files = [path for path in cache_folder().iterdir() if path.is_file()]
    assert files
    assert leaked("".join(path.read_bytes().decode("latin-1") for path in files), values) == []


def test_secret_value():
    secret = Secret("hunter2-value", "api-key", "hmac-12")
    assert repr(secret) == str(secret) == "<api-key, 13 characters, hmac-12>"
    assert secret.reveal() == "hunter2-value"
    assert len(secret) == 13
    assert secret == Secret("other", "x", "hmac-12")
    try:
        raise ValueError(secret)
    except ValueError:
        assert "hunter2" not in traceback.format_exc().split("raise ValueError", 1)[1]


def test_own_key_is_made_once_for_the_user_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    first, again = own_key(), own_key()
    path = tmp_path / "supportpacket" / "fingerprint.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert first.fingerprint("x") == again.fingerprint("x") == FingerprintKey(path.read_bytes()).fingerprint("x")
    path.chmod(0o644)
    assert own_key().fingerprint("x") != first.fingerprint("x"), "a key that others can read is not used"


def test_key_file(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(b"0123456789abcdef\n")
    assert read_key(path).fingerprint("v") == FingerprintKey(b"0123456789abcdef").fingerprint("v")
    path.write_bytes(b"short")
    with pytest.raises(UsageError, match="16 to 4096"):
        read_key(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_key(Path(tmp_path, "none"))


def test_fingerprint_is_keyed_and_known():
    # HMAC-SHA256 of "v" with this key, by openssl: printf v | openssl dgst -sha256 -hmac 0123456789abcdef
    import hashlib
    import hmac

    expected = hmac.new(b"0123456789abcdef", b"v", hashlib.sha256).hexdigest()[:32]
    assert FingerprintKey(b"0123456789abcdef").fingerprint("v") == f"hmac-{expected}"
    assert FingerprintKey(b"another key here").fingerprint("v") != f"hmac-{expected}"
