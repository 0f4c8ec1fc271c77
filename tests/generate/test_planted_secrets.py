"""About a hundred secrets planted in settings, plugin settings, environment, database and logs: none comes out.

The search is not the product's: it decodes whole members over and over (percent, JSON, HTML, base64, hex, gzip) and looks
for the values in every form that appears.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import json
import re
import secrets
import zipfile
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest

from analyzer.format.credentials import CREDENTIALS
from analyzer.generate import Plan, generate

SPECIAL = "%#@\"\\/&<'+ ="


def made(kind: str = "plain") -> str:
    core = secrets.token_urlsafe(12).replace("-", "x").replace("_", "y")
    if kind == "special":
        return f"{core[:6]}{SPECIAL[secrets.randbelow(6)]}{core[6:12]}{SPECIAL[secrets.randbelow(len(SPECIAL))]}{core[12:]}"
    if kind == "unicode":
        return f"Пароль{core}ß"
    return core


class Plants:
    """Secrets by name."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def new(self, name: str, kind: str = "plain") -> str:
        self.values[name] = made(kind)
        return self.values[name]


def forms(data: bytes, depth: int = 4):
    """Yield a member in every form that decoding leads to."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    seen, level = set(), [data.decode("utf-8", "replace")]
    for _ in range(depth):
        following = []
        for text in level:
            key = hash(text)
            if key in seen:
                continue
            seen.add(key)
            yield text
            following += [
                unquote(text),
                unquote_plus(text),
                unescaped(text),
                html.unescape(text),
                text.replace("''", "'"),
            ]
        level = following
    text = data.decode("utf-8", "replace")
    for run in re.findall(r"[A-Za-z0-9+/_-]{8,}={0,2}", text):
        for start in range(4):
            piece = run[start:].rstrip("=").replace("-", "+").replace("_", "/")
            with_end = piece[: len(piece) // 4 * 4] if len(piece) % 4 == 1 else piece + "=" * (-len(piece) % 4)
            try:
                yield base64.b64decode(with_end).decode("utf-8", "replace")
            except binascii.Error:
                continue
    for run in re.findall(r"(?:[0-9a-fA-F]{2}){6,}", text):
        yield bytes.fromhex(run).decode("utf-8", "replace")


def unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        token = match[1]
        if token[0] == "u":
            return chr(int(token[1:], 16))
        return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(token, token)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", one, text)


def leaks(content: zipfile.ZipFile, values: dict[str, str]) -> list[tuple[str, str]]:
    found = []
    for name in content.namelist():
        text = "\0".join(forms(content.read(name)))
        found += [(plant, name) for plant, value in values.items() if value in text]
    return found


def test_the_search_knows_the_encodings():
    """The search itself finds a secret in each form, so that an empty result means something."""
    secret = 'pa%ss"w\\o&rd<x>#/+ ü'
    for text in (
        secret,
        json.dumps(secret),
        json.dumps(json.dumps(secret)),
        quote(secret, safe=""),
        quote_plus(secret),
        quote(quote(secret, safe=""), safe=""),
        html.escape(secret),
        base64.b64encode(b"user:" + secret.encode()).decode(),
        base64.urlsafe_b64encode(secret.encode()).decode(),
        secret.encode().hex(),
        json.dumps({"url": "https://u:" + quote(secret, safe="") + "@h"}),
    ):
        assert any(secret in form for form in forms(text.encode())), text
    assert not any(secret in form for form in forms(b"nothing here"))


def plant_settings(site, plants: Plants) -> None:
    for row in CREDENTIALS:
        name = row.path.replace("[]", "")
        if row.holds in ("secret", "identifier"):
            site.setting(name, plants.new(row.path, "special" if len(plants.values) % 2 else "plain"))
    site.setting(
        "SqlSettings.DataSource", f"host=127.0.0.1 port=1 user=mm password='{plants.new('keyword dsn')}' dbname=m"
    )
    site.setting(
        "SqlSettings.DataSourceReplicas",
        [
            f"postgres://reader:{quote(plants.new('replica', 'special'), safe='')}@127.0.0.1:1/m?sslpassword={plants.new('ssl')}",
            f"mm:{plants.new('mysql dsn')}@tcp(127.0.0.1:1)/m",
        ],
    )
    site.setting("SqlSettings.DataSourceSearchReplicas", [f"postgres://u:{plants.new('hash dsn')}#x@127.0.0.1:1/m"])
    site.setting("SqlSettings.ReplicaLagSettings", [{"DataSource": f"postgres://l:{plants.new('lag')}@127.0.0.1:1/m"}])
    for path in (
        "ElasticsearchSettings.ConnectionURL",
        "EmailSettings.PushNotificationServer",
        "ImageProxySettings.RemoteImageProxyURL",
        "CloudSettings.CWSURL",
        "SamlSettings.IdpURL",
        "ServiceSettings.AllowedUntrustedInternalConnections",
    ):
        site.setting(path, f"https://u:{quote(plants.new(path + ' user info', 'special'), safe='')}@127.0.0.1:1/x")
    for path in (
        "LdapSettings.BindUsername",
        "EmailSettings.SMTPUsername",
        "GitLabSettings.Id",
        "OpenIdSettings.Id",
        "FileSettings.AzureStorageAccount",
    ):
        site.setting(path, plants.new(path))
    target = {
        "type": "tcp",
        "options": {"host": "h", "port": 9, "cert": plants.new("log cert"), "token": plants.new("log token")},
    }
    site.setting("LogSettings.AdvancedLoggingJSON", {"remote": target})
    audit = {"type": "file", "options": {"filename": "logs/audit-extra.log", "api_key": plants.new("audit option")}}
    site.setting("ExperimentalAuditSettings.AdvancedLoggingJSON", json.dumps({"a": audit}))
    site.setting("ExperimentalAuditSettings.Certificate", plants.new("audit certificate"))
    site.setting("MadeUpSettings.VendorApiToken", plants.new("unknown setting"))
    site.setting(
        "PluginSettings.Plugins",
        {
            "com.example.one": {
                "apitoken": plants.new("declared", "special"),
                "turnsecret": plants.new("declared in section"),
                "Color": f"https://u:{plants.new('url in declared')}@h/?access_token={plants.new('query in declared')}",
                "hidden": plants.new("undeclared"),
                "nested": {"deep": [{"pwd": plants.new("undeclared nested")}]},
                "json": json.dumps({"clientSecret": plants.new("json in undeclared")}),
            },
            "not.installed": {"anything": plants.new("not installed"), "Secret": plants.new("not installed secret")},
        },
    )


def plant_environment(monkeypatch, plants: Plants) -> None:
    for name in (
        "MM_EMAILSETTINGS_SMTPPASSWORD",
        "MM_GOOGLESETTINGS_SECRET",
        "MM_MESSAGEEXPORTSETTINGS_GLOBALRELAYSETTINGS_SMTPPASSWORD",
        "MM_CACHESETTINGS_REDISPASSWORD",
        "MM_SOME_PLUGIN_API_KEY",
        "mm_openidsettings_secret",
    ):
        monkeypatch.setenv(name, plants.new(name, "special"))


def spoken(secret: str) -> list[str]:
    """Log lines that hold a secret in many ways."""
    return [
        json.dumps({"level": "error", "msg": f"login failed with {secret} for user"}),
        json.dumps(
            {
                "level": "error",
                "msg": "x",
                "error": f'Post "https://u:{quote(secret, safe="")}@h/?p={quote_plus(secret)}": EOF',
            }
        ),
        json.dumps({"level": "debug", "msg": json.dumps({"inner": json.dumps({"password": secret})})}),
        f"plain text {secret} and {quote(quote(secret, safe=''), safe='')} end",
        f"Authorization: Basic {base64.b64encode(b'user:' + secret.encode()).decode()}",
        f"hex {secret.encode().hex()} html {html.escape(secret)} url64 {base64.urlsafe_b64encode(b'ab' + secret.encode() + b'z').decode()}",
    ]


def found_by_the_scanner(plants: Plants) -> list[str]:
    """Log lines with secrets that no setting knows."""
    token = plants.values["session token"] = "".join(
        secrets.choice("ybndrfg8ejkmcpqxot1uwisza345h769") for _ in range(26)
    )
    hook = plants.values["slack hook"] = secrets.token_urlsafe(30).replace("-", "a").replace("_", "b")[:24]
    github = plants.values["github token"] = "gh" + "p_" + secrets.token_hex(18)
    aws = plants.values["aws secret"] = "k" + base64.b64encode(secrets.token_bytes(30)).decode()[1:]
    key = base64.b64encode(secrets.token_bytes(48)).decode()
    plants.values["private key"] = key
    password = plants.new("logged password")
    query = plants.new("query token")
    pem = f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----"
    return [
        json.dumps(
            {"level": "info", "msg": "Invalid session", "error": f"GetSession: Invalid session token={token}, err=x"}
        ),
        json.dumps(
            {"level": "error", "error": f'Post "https://hooks.slack.com/services/T0AAAAAAA/B0AAAAAAA/{hook}": EOF'}
        ),
        json.dumps({"level": "debug", "msg": f"cloning with {github}"}),
        json.dumps({"level": "debug", "msg": f"aws_secret_access_key={aws}"}),
        json.dumps({"level": "debug", "msg": pem}),
        json.dumps({"level": "debug", "password": password}),
        json.dumps({"level": "error", "error": f'Get "https://h/x?access_token={query}": EOF'}),
    ]


@pytest.fixture
def planted(site, monkeypatch) -> Plants:
    plants = Plants()
    plant_settings(site, plants)
    plant_environment(monkeypatch, plants)
    lines = [line for value in plants.values.values() for line in spoken(value)]
    for kind in ("special", "unicode"):
        value = plants.new(f"bind password, {kind}", kind)
        site.setting("LdapSettings.BindPassword", value)
        lines += spoken(value)
        if kind == "special":
            monkeypatch.setenv("MM_SOMETHING_PASSWORD", value)
    lines += found_by_the_scanner(plants)
    site.log(*lines)
    (site.folder / "logs/audit-extra.log").write_text("\n".join(lines[::3]) + "\n")
    return plants


def test_none_in_clear_in_any_member(site, planted, tmp_path):
    assert len(planted.values) >= 60
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    content = zipfile.ZipFile(done.path)
    assert done.left_out == {}
    assert {"mattermost.log", "audit-extra.log", "sanitized_config.json"} <= set(content.namelist())
    assert leaks(content, planted.values) == []
    # what is left is still a log and a configuration
    source = (site.folder / "logs/mattermost.log").read_bytes()
    out = content.read("mattermost.log")
    assert len(out) == len(source)
    for before, after in zip(source.splitlines(), out.splitlines(), strict=True):
        if before.startswith(b"{"):
            assert list(json.loads(after)) == list(json.loads(before))
    json.loads(content.read("sanitized_config.json"))
    assert sum(done.sanitized.values()) > 200


def test_mask_writes_asterisks(site, planted, tmp_path):
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0, mask=True))
    content = zipfile.ZipFile(done.path)
    assert leaks(content, planted.values) == []
    assert b"example" not in content.read("mattermost.log").lower().replace(b"example.org", b"")


def test_the_same_secret_has_one_example_string(site, tmp_path):
    secret = "Qx7%" + secrets.token_hex(5) + "@Zy"
    site.setting("LdapSettings.BindPassword", secret)
    site.log(
        json.dumps({"msg": f"bind with {secret}"}),
        f"url https://u:{quote(secret, safe='')}@h/",
        json.dumps({"a": json.dumps(secret)}),
    )
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    lines = zipfile.ZipFile(done.path).read("mattermost.log").decode().splitlines()[1:]
    dummy = json.loads(lines[0])["msg"].removeprefix("bind with ")
    assert len(dummy) == len(secret)
    assert dummy != secret
    assert [c.isupper() for c in dummy] == [c.isupper() for c in secret]
    assert [c.isdigit() for c in dummy] == [c.isdigit() for c in secret]
    assert (dummy[3], dummy[-3]) == ("%", "@")
    assert unquote(lines[1].split("u:")[1].split("@")[0]) == dummy
    assert json.loads(json.loads(lines[2])["a"]) == dummy


def test_a_weak_password_does_not_tear_the_log_apart(site, tmp_path):
    """``mattermost`` as a password is removed where it is one, and the name stays in every other place."""
    site.setting("SqlSettings.DataSource", "postgres://mmuser:mattermost@127.0.0.1:1/mattermost?sslmode=disable")
    site.log(
        json.dumps({"msg": "started github.com/mattermost/mattermost/server"}),
        json.dumps({"error": "dial postgres://mmuser:mattermost@127.0.0.1:1/mattermost: refused"}),
    )
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    content = zipfile.ZipFile(done.path)
    lines = content.read("mattermost.log").decode().splitlines()[1:]
    assert "github.com/mattermost/mattermost/server" in lines[0]
    assert ":mattermost@" not in lines[1]
    sql = json.loads(content.read("sanitized_config.json"))["SqlSettings"]
    assert sql["DataSource"] == "postgres://****:****@127.0.0.1:1/mattermost?sslmode=disable"


def test_a_member_that_stays_unclean_is_left_out(site, tmp_path, monkeypatch):
    """Failing closed: what still has a finding after sanitizing does not get into the packet."""
    from analyzer.redact import redactor

    real = redactor.Redactor.leftovers

    def left(self, chunks):
        data = b"".join(chunks)
        return [redactor.Left("made-up kind")] if b"keep me out" in data else real(self, [data])

    monkeypatch.setattr(redactor.Redactor, "leftovers", left)
    site.log("keep me out")
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    content = zipfile.ZipFile(done.path)
    assert "mattermost.log" not in content.namelist()
    assert b"mattermost.log is left out: a secret was still in it after sanitizing (made-up kind)" in content.read(
        "warning.txt"
    )
    assert list(done.left_out) == ["mattermost.log"]
    assert not done.complete


def test_what_is_found_after_sanitizing_is_replaced_once_more(site, tmp_path, monkeypatch):
    """A finding that only shows in the rewritten log costs another pass, not the log."""
    from analyzer.redact import redactor

    real = redactor.Redactor.leftovers
    late = "Found-" + secrets.token_hex(6)

    def left(self, chunks):
        data = b"".join(chunks)
        found = [redactor.Left("late", late)] if late.encode() in data else []
        return found + real(self, [data])

    monkeypatch.setattr(redactor.Redactor, "leftovers", left)
    site.log(f"seen late: {late}")
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    assert done.left_out == {}
    out = zipfile.ZipFile(done.path).read("mattermost.log")
    assert late.encode() not in out
    assert b"seen late: " in out


def test_no_secret_in_what_is_told(site, planted, tmp_path, capfd):
    import typer

    from analyzer.cli.generate import command

    with pytest.raises(typer.Exit) as stop:
        command(config=site.save(), output=tmp_path / "out", cpu_seconds=0, as_json=True)
    assert stop.value.exit_code == 3
    with pytest.raises(typer.Exit):
        command(config=site.save(), output=tmp_path / "out", cpu_seconds=0, plan_only=True)
    told = "".join(capfd.readouterr())
    for name, value in planted.values.items():
        assert value not in told, name
