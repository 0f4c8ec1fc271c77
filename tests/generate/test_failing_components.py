"""Each component in turn down, hanging, slow, refusing the password, answering garbage: all else is in the packet."""

from __future__ import annotations

import secrets
import time
import zipfile
from pathlib import Path

import pytest
import yaml

from analyzer.generate import Plan, generate
from analyzer.generate import run as run_module


def random_secret() -> str:
    return "Z" + secrets.token_hex(9)


MODES = ("down", "hang", "slow", "garbage")

# component, settings that lead to it ({port} and {url} are the misbehaving server's), warning's words, what must be there
COMPONENTS = {
    "database": (
        {
            "SqlSettings.DriverName": "postgres",
            "SqlSettings.DataSource": "postgres://mmuser:{secret}@127.0.0.1:{port}/mm?sslmode=disable",
        },
        (
            "error while getting DB version: ",
            "failed to get registered user count: ",
            "error while getting migration jobs: ",
            "failed to get list of roles: ",
            "failed to get schema definition: ",
        ),
    ),
    "ldap": (
        {
            "LdapSettings.Enable": True,
            "LdapSettings.LdapServer": "127.0.0.1",
            "LdapSettings.LdapPort": "{port}",
            "LdapSettings.BindUsername": "cn=reader,dc=example",
            "LdapSettings.BindPassword": "{secret}",
        },
        ("error while getting LDAP vendor info: ",),
    ),
    "search": (
        {
            "ElasticsearchSettings.EnableIndexing": True,
            "ElasticsearchSettings.ConnectionURL": "http://searcher:{secret}@127.0.0.1:{port}",
        },
        ("error while testing the search engine: ",),
    ),
    "bucket": (
        {
            "FileSettings.DriverName": "amazons3",
            "FileSettings.AmazonS3Bucket": "files",
            "FileSettings.AmazonS3Endpoint": "127.0.0.1:{port}",
            "FileSettings.AmazonS3SSL": False,
            "FileSettings.AmazonS3AccessKeyId": "made-up-key-id",
            "FileSettings.AmazonS3SecretAccessKey": "{secret}",
        },
        ("error while testing the file store: ",),
    ),
    "smtp": (
        {
            "EmailSettings.SendEmailNotifications": True,
            "EmailSettings.SMTPServer": "127.0.0.1",
            "EmailSettings.SMTPPort": "{port}",
            "EmailSettings.EnableSMTPAuth": True,
            "EmailSettings.SMTPPassword": "{secret}",
        },
        ("error while testing SMTP: ",),
    ),
    "push": (
        {
            "EmailSettings.SendPushNotifications": True,
            "EmailSettings.PushNotificationServer": "http://pusher:{secret}@127.0.0.1:{port}",
        },
        ("error while testing the push proxy: ",),
    ),
    "saml": (
        {"SamlSettings.Enable": True, "SamlSettings.IdpMetadataURL": "http://127.0.0.1:{port}/metadata?token={secret}"},
        ("error while testing SAML: ",),
    ),
    "oauth": (
        {
            "OpenIdSettings.Enable": True,
            "OpenIdSettings.DiscoveryEndpoint": "http://127.0.0.1:{port}/oidc?token={secret}",
        },
        ("error while testing the OAuth provider openid: ",),
    ),
    "listener": (
        {"MetricsSettings.Enable": True, "MetricsSettings.ListenAddress": "127.0.0.1:{port}"},
        ("failed to start CPU profile: ", "failed to lookup heap profile: ", "failed to lookup goroutine profile: "),
    ),
}


def fill(value, **known):
    if not isinstance(value, str):
        return value
    text = value.format(**known)
    return int(text) if value == "{port}" and known.get("as_number") else text


def point(site, component: str, port: int, secret: str) -> None:
    for path, value in COMPONENTS[component][0].items():
        number = path.endswith("LdapPort")
        site.setting(path, fill(value, port=port, secret=secret, as_number=number))


@pytest.fixture
def impatient(monkeypatch):
    """Shorter time limits, so that fifty hanging servers do not take ten minutes; the limits themselves are tested below."""
    from analyzer.generate.base import Collector

    monkeypatch.setattr(Collector, "seconds", lambda self, context: 1.0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("component", COMPONENTS)
def test_a_packet_with_all_else(site, tmp_path, misbehaving, impatient, component, mode):
    secret = random_secret()
    bad = misbehaving(mode)
    point(site, component, bad.port, secret)
    started = time.monotonic()
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=1))
    assert time.monotonic() - started < 20
    content = zipfile.ZipFile(done.path)
    for words in COMPONENTS[component][1]:
        # it says what failed and where
        assert [line for line in done.warnings if line.startswith(words) and str(bad.port) in line], done.warnings
    rest = {"diagnostics.yaml", "plugins.json", "sanitized_config.json", "mattermost.log", "warning.txt"}
    assert rest <= set(content.namelist())
    assert not done.complete
    # the line is in the packet, in the server's form, and nowhere is the password
    text = content.read("warning.txt").decode()
    assert text.splitlines()[0].endswith("occurred:")
    assert f"\t* {COMPONENTS[component][1][0]}" in text
    everything = b"".join(content.read(name) for name in content.namelist())
    assert secret.encode() not in everything
    # never a number that was not counted
    assert "stats.yaml" not in content.namelist()
    if mode != "down":
        assert bad.seen


def test_statuses_say_fail(site, tmp_path, misbehaving):
    for component in ("ldap", "search", "bucket", "smtp", "push", "saml", "oauth"):
        point(site, component, misbehaving("down").port, "x" * 12)
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    tree = yaml.safe_load(zipfile.ZipFile(done.path).read("diagnostics.yaml"))
    assert tree["ldap"]["status"] == "FAIL"
    assert tree["ldap"]["server_name"] == tree["ldap"]["server_version"] == "unknown"
    assert tree["elastic"]["status"] == "FAIL"
    assert "server_version" not in tree["elastic"]
    assert tree["file_store"]["file_status"] == "FAIL"
    assert tree["file_store"]["erorr"]  # as servers of this release spell it
    assert tree["notifications"]["email"]["status"] == tree["notifications"]["push"]["status"] == "FAIL"
    assert tree["saml"]["status"] == "FAIL"
    assert tree["oauth_providers"]["openid"]["status"] == "FAIL"


def test_the_password_refused(everything, tmp_path, postgres):
    wrong = random_secret()
    everything.setting("SqlSettings.DataSource", postgres.dsn.replace(postgres.password, wrong))
    everything.setting("LdapSettings.BindPassword", wrong)
    everything.setting("FileSettings.AmazonS3SecretAccessKey", wrong)
    everything.setting("EmailSettings.SMTPPassword", wrong)
    done = generate(Plan(everything.save(), tmp_path / "out", cpu_seconds=0))
    text = "\n".join(done.warnings)
    assert "error while getting DB version: " in text
    assert "password authentication failed" in text
    assert "error while getting LDAP vendor info: " in text
    assert "invalidCredentials" in text
    assert "error while testing the file store: bucket files at http://127.0.0.1:" in text
    assert "answers 403 SignatureDoesNotMatch" in text
    assert "error while testing SMTP: " in text
    assert "535" in text
    content = zipfile.ZipFile(done.path)
    joined = b"".join(content.read(name) for name in content.namelist())
    assert wrong.encode() not in joined
    assert b"mmuser" not in content.read("warning.txt")
    assert {"plugins.json", "mattermost.log", "heap.prof", "goroutines"} <= set(content.namelist())


def test_a_failed_query_costs_its_own_key_only(everything, tmp_path, postgres):
    with postgres.connect() as connection:
        connection.execute("ALTER TABLE posts RENAME TO posts_away")
        connection.execute("ALTER TABLE roles RENAME TO roles_away")
    try:
        done = generate(Plan(everything.save(), tmp_path / "out", cpu_seconds=0))
    finally:
        with postgres.connect() as connection:
            connection.execute("ALTER TABLE posts_away RENAME TO posts")
            connection.execute("ALTER TABLE roles_away RENAME TO roles")
    content = zipfile.ZipFile(done.path)
    counts = yaml.safe_load(content.read("stats.yaml"))
    assert "posts" not in counts  # never written as 0
    assert counts["registered_users"] == 7
    assert 'failed to get post count: relation "posts" does not exist' in done.warnings
    assert 'failed to get list of roles: relation "roles" does not exist' in done.warnings
    tree = yaml.safe_load(content.read("permissions.yaml"))
    assert "roles" not in tree
    assert len(tree["schemes"]) == 2


def test_a_locked_table_is_not_waited_for(everything, tmp_path, postgres):
    with postgres.connect() as holder:
        holder.autocommit = False
        holder.execute("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        started = time.monotonic()
        done = generate(Plan(everything.save(), tmp_path / "out", cpu_seconds=0))
        took = time.monotonic() - started
        holder.rollback()
    assert took < 12
    assert [line for line in done.warnings if line.startswith("failed to get post count: ") and "lock timeout" in line]


def test_everything_hanging_ends_in_time(site, tmp_path, misbehaving):
    """Every dependency accepts and never answers: within 30 s the packet is there (its limits are the real ones)."""
    hanging = misbehaving("hang")
    for component in COMPONENTS:
        point(site, component, hanging.port, "y" * 12)
    started = time.monotonic()
    done = generate(Plan(site.save(), tmp_path / "out"))
    assert time.monotonic() - started < 30
    content = zipfile.ZipFile(done.path)
    assert {"diagnostics.yaml", "plugins.json", "sanitized_config.json", "mattermost.log"} <= set(content.namelist())
    text = "\n".join(done.warnings)
    for _, words in COMPONENTS.values():
        for word in words:
            assert word.partition(": ")[0] in text
    assert run_module.TOTAL_SECONDS <= 25


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"SqlSettings": {"DataSource": "postgres://u:%s@h/d"', "it is no JSON object at line 1"),
        (b"[]", "it is no JSON object"),
        (b"\xff\xfe\x00", "it is no JSON object"),
        (b"", "it is no JSON object"),
    ],
)
def test_a_broken_configuration(site, tmp_path, listener, content, words):
    secret = random_secret()
    content = content.replace(b"%s", secret.encode())
    path = Path(site.save())
    path.write_bytes(content)
    site.log(f'{{"level":"error","msg":"cannot use {secret}"}}')
    plan = Plan(str(path), tmp_path / "out", cpu_seconds=0, logs=site.folder / "logs", pprof_url=listener)
    done = generate(plan)
    assert [line for line in done.warnings if words in line]
    packet = zipfile.ZipFile(done.path)
    assert "sanitized_config.json" not in packet.namelist()
    assert {"mattermost.log", "heap.prof", "goroutines", "diagnostics.yaml"} <= set(packet.namelist())
    if secret.encode() in content:
        assert secret.encode() not in packet.read("mattermost.log")


def test_plugins_disabled_and_a_broken_manifest(site, tmp_path):
    (site.folder / "plugins/two/plugin.json").write_text("{")
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    assert [line for line in done.warnings if "two/plugin.json: it cannot be parsed" in line]
    assert b"com.example.one" in zipfile.ZipFile(done.path).read("plugins.json")
    site.setting("PluginSettings.Enable", False)
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    assert [line for line in done.warnings if "Plugins have been disabled" in line]
    assert "plugins.json" not in zipfile.ZipFile(done.path).namelist()


def test_the_file_store_cannot_be_written(site, tmp_path):
    site.setting("FileSettings.Directory", str(tmp_path / "nowhere"))
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    tree = yaml.safe_load(zipfile.ZipFile(done.path).read("diagnostics.yaml"))["file_store"]
    assert tree["file_status"] == "FAIL"
    assert [line for line in done.warnings if line.startswith("error while testing the file store: ")]
