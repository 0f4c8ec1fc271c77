"""The policy over configurations, setting by setting and release by release, and what it leaves alone."""

from __future__ import annotations

import json
import random

import pytest

from analyzer.format.credentials import ACCOUNT_NAMES, CREDENTIALS, credential_at
from analyzer.format.masks import FAKE_SETTING, is_mask
from analyzer.format.versions import parse_version
from analyzer.secrets.datasource import passwords
from analyzer.secrets.leaves import NoJson, leaves
from analyzer.secrets.rules.names import promise

# path, release that still leaves it, release that masks it (packet-format.md 2.7.2 and 7)
RELEASES = [
    ("GoogleSettings.Secret", "5.27.0", "5.28.0"),
    ("Office365Settings.Secret", "5.27.0", "5.28.0"),
    ("OpenIdSettings.Secret", "5.29.0", "5.30.0"),
    ("SqlSettings.ReplicaLagSettings[0].DataSource", "9.7.0", "9.8.0"),
    ("CacheSettings.RedisPassword", "10.0.0", "10.1.0"),
    ("FileSettings.ExportAmazonS3SecretAccessKey", "11.5.1", "11.6.0"),
    ("FileSettings.ExportAmazonS3SecretAccessKey", "10.11.13", "10.11.14"),
    ("ServiceSettings.GoogleDeveloperKey", "11.4.3", "11.4.4"),
    ("ServiceSettings.GiphySdkKey", "11.5.1", "11.5.2"),
    ("MessageExportSettings.GlobalRelaySettings.SMTPPassword", "5.27.0", "5.28.0"),
]


@pytest.mark.parametrize(("path", "leaves_it", "masks_it"), RELEASES)
def test_masked_since(path, leaves_it, masks_it):
    row = credential_at(path)
    assert row is not None
    assert row.masked_in(parse_version(leaves_it)) is False
    assert row.masked_in(parse_version(masks_it)) is True


def test_table_is_sound():
    assert len({row.path for row in CREDENTIALS}) == len(CREDENTIALS)
    assert all((row.since is None) == (row.masked == "never") for row in CREDENTIALS)
    assert credential_at("sqlsettings.datasourcereplicas[12]").path == "SqlSettings.DataSourceReplicas[]"
    assert credential_at("SqlSettings.DriverName") is None
    assert "EmailSettings.SMTPUsername" in ACCOUNT_NAMES


@pytest.mark.parametrize(
    "mask", [FAKE_SETTING, "****", "****:****", "%2A%2A%2A%2A", "%2a%2a%2a", "xxxxx", "***", "abc***xyz", "•••••"]
)
def test_masks(mask):
    assert is_mask(mask)


@pytest.mark.parametrize("value", ["", "a*b", "password", "x", "xx1xx"])
def test_no_masks(value):
    assert not is_mask(value)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("//****:****@host=localhost user=mm password=Pa55 dbname=mm", ["Pa55"]),
        ("host=db password='it''s' user=x", ["it"]),
        ("user=mm password='a b\\' c' dbname=x", ["a b\\' c"]),
        ("postgres://****:****@db:5432/mm?sslpassword=S1&sslmode=x", ["S1"]),
        ("postgres://****:****@db/mm?Password=S2", ["S2"]),
        ("postgres://mm:p@ss/w#rd@db:5432/mm", ["p@ss/w#rd"]),
        ("mm:pw@tcp(db:3306)/m", ["pw"]),
        ("postgres://****:****@127.0.0.1:5433/mattermost?connect_timeout=10&sslmode=disable", []),
        ("postgres://db:5432/mm?sslmode=disable", []),
        (FAKE_SETTING, []),
        ("", []),
    ],
)
def test_data_source_forms(source, expected):
    assert [source[p.start : p.end] for p in passwords(source)] == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SMTPPassword", "password"), ("db_pwd", "password"), ("smtp_pass", "password"), ("clientSecret", "secret"),
        ("TURNStaticAuthSecret", "secret"), ("accessToken", "token"), ("X-Api-Key", "key"), ("apiKey", "key"),
        ("AWS_SECRET_ACCESS_KEY", "key"), ("EncryptionKey", "key"), ("TranscribeAPIAzureSpeechKey", "key"),
        ("TokenEndpoint", "none"), ("MaxTokens", "none"), ("token_type", "none"), ("next_page_token", "none"),
        ("PrivateKeyFile", "none"), ("SessionIdleTimeout", "none"), ("key", "none"),
        ("publicKey", "none"), ("csrf_token", "none"), ("PasswordResetUrl", "none"), ("secretName", "none"),
    ],
)  # fmt: skip
def test_names(name, expected):
    assert promise(name) == expected


def _findings(scan_case, corpus, version, changes):
    tree = corpus.base_config()
    for path, value in changes.items():
        corpus.put(tree, path, value)
    members = {"metadata.yaml": corpus.metadata(version), "sanitized_config.json": corpus.go_json(tree)}
    return scan_case(corpus.Case("one", members)).findings


def test_finding_of_a_setting(scan_case, corpus, rng):
    secret = corpus.a("A40", rng)
    (finding,) = _findings(scan_case, corpus, "11.5.1", {"FileSettings.ExportAmazonS3SecretAccessKey": secret})
    assert finding.key_path == "FileSettings.ExportAmazonS3SecretAccessKey"
    assert finding.confidence == "high"
    assert finding.server_leaves_clear is True
    assert "CVE-2026-6346" in finding.remedy
    assert "11.6" in finding.remedy
    assert finding.secret.reveal() == secret
    (later,) = _findings(scan_case, corpus, "12.0.0", {"FileSettings.ExportAmazonS3SecretAccessKey": secret})
    assert later.server_leaves_clear is False


@pytest.mark.parametrize(("version", "known"), [("10.10.0", True), ("9.11.0", False)])
def test_keyword_data_source(scan_case, corpus, rng, version, known):
    secret = corpus.password(rng)
    shown = f"//****:****@host=localhost user=mm password={secret} dbname=mm"
    (finding,) = _findings(scan_case, corpus, version, {"SqlSettings.DataSource": shown})
    assert (finding.key_path, finding.secret.reveal(), finding.server_leaves_clear) == (
        "SqlSettings.DataSource",
        secret,
        known,
    )


def test_key_paths_go_into_json_in_strings(scan_case, corpus, rng):
    secret = corpus.a("A32", rng)
    inner = json.dumps({"sinks": [{"options": {"api.key": secret, "apiKey": secret}}]})
    found = _findings(scan_case, corpus, "11.6.0", {"PluginSettings.Plugins": {"com.mattermost.x": {"config": inner}}})
    assert [f.key_path for f in found] == [
        'PluginSettings.Plugins["com.mattermost.x"].config.sinks[0].options["api.key"]'
    ] or {f.key_path for f in found} <= {
        'PluginSettings.Plugins["com.mattermost.x"].config.sinks[0].options["api.key"]',
        'PluginSettings.Plugins["com.mattermost.x"].config.sinks[0].options.apiKey',
    }
    assert all(f.secret.reveal() == secret for f in found)


@pytest.mark.parametrize(
    ("version", "declared", "section", "known"),
    [
        ("10.0.0", True, False, True),
        ("10.5.0", True, False, False),
        ("11.4.0", True, True, True),
        ("11.5.0", True, True, False),
        ("11.6.0", False, False, True),
    ],
)
def test_plugin_settings(scan_case, corpus, rng, version, declared, section, known):
    secret = corpus.a("A32", rng)
    tree = corpus.base_config()
    corpus.put(tree, "PluginSettings.Plugins.x.webhooksecret", secret)
    setting = {"key": "WebhookSecret", "type": "generated", "secret": True}
    schema = {"sections": [{"settings": [setting]}]} if section else {"settings": [setting] if declared else []}
    plugins = json.dumps({"enabled": [{"id": "x", "settings_schema": schema}], "disabled": None})
    members = {
        "metadata.yaml": corpus.metadata(version),
        "sanitized_config.json": corpus.go_json(tree),
        "plugins.json": plugins.encode(),
    }
    (finding,) = scan_case(corpus.Case("plugin", members)).findings
    assert finding.server_leaves_clear is known
    assert finding.secret.reveal() == secret


def test_clean_configuration(scan_case, corpus):
    assert scan_case(corpus.clean_config_case()).findings == ()


def test_broken_json_is_still_scanned(scan_case, corpus, rng):
    secret = corpus.password(rng)
    text = b'{"EmailSettings": {"SMTPServer": "x", "SMTPPassword": "' + secret.encode() + b'", "rest": '
    scanned = scan_case(
        corpus.Case("broken", {"metadata.yaml": corpus.metadata("11.6.0"), "sanitized_config.json": text})
    )
    assert secret in [f.secret.reveal() for f in scanned.findings]
    assert any("JSON" in p.message for p in scanned.problems)


def test_leaves_have_their_bytes():
    tree = {"a": ["xxxx", {"b.c": 'q"\\\u00e9<z', "n": 12345}], "t": json.dumps({"k": ["v\n1"]})}
    text = b"\xef\xbb\xbf" + json.dumps(tree, indent=2).encode()
    rows = list(leaves(text))
    assert [(leaf.path, leaf.value) for leaf in rows] == [
        ("a[0]", "xxxx"), ('a[1]["b.c"]', 'q"\\\u00e9<z'), ("a[1].n", "12345"), ("t.k[0]", "v\n1"),
    ]  # fmt: skip
    for leaf in rows[:2]:
        start, end = leaf.place(0, len(leaf.value.encode()))
        assert json.loads(b'"' + text[start:end] + b'"') == leaf.value


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b'{"a":1', b'{"a" 1}', b"[1 2]", b'{"a":1}}', b'{1:"aaaa"}', b'["aaaa":"b"]', b"[" * 500 + b"]" * 500],
)
def test_no_json(text):
    with pytest.raises(NoJson):
        list(leaves(text))


def test_random_trees_keep_every_text():
    rng = random.Random(1)

    def tree(depth: int):
        if depth == 0 or rng.random() < 0.3:
            return rng.choice(["text" + chr(rng.randrange(32, 0x2FFF)), 'a\\b"c', 123456, None, True])
        if rng.random() < 0.5:
            return [tree(depth - 1) for _ in range(rng.randrange(4))]
        return {f"k{n}": tree(depth - 1) for n in range(rng.randrange(4))}

    def texts(node):
        if isinstance(node, dict):
            return [t for item in node.values() for t in texts(item)]
        if isinstance(node, list):
            return [t for item in node for t in texts(item)]
        return [str(node)] if isinstance(node, str) or (node == 123456 and node is not True) else []

    for _ in range(200):
        made = {"top": tree(5)}
        assert [leaf.value for leaf in leaves(json.dumps(made, ensure_ascii=rng.random() < 0.5).encode())] == texts(
            made
        )
