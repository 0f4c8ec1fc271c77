"""A labelled corpus made at run time from packet-format.md: secrets of every class in every form, and what only looks like one.

Nothing here is a live or stored credential: every value is drawn from a seeded generator when the corpus is made.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZipFile

from analyzer.format.credentials import CREDENTIALS
from analyzer.format.masks import FAKE_SETTING
from analyzer.format.versions import parse_version
from analyzer.secrets.rules import RULES
from analyzer.secrets.rules.examples import expand, made_up

DATA = Path(__file__).resolve().parent.parent / "data"
VERSIONS = (
    "5.37.0",
    "7.8.0",
    "8.1.9",
    "9.5.0",
    "9.11.0",
    "10.0.0",
    "10.5.0",
    "10.10.0",
    "10.11.2",
    "11.0.0",
    "11.4.0",
    "11.6.0",
    "12.0.0",
)
SPECIALS = "!$*+-_.~^=#%@/?:&,;()[]{}|<>"


@dataclass
class Planted:
    """One secret: its class, its decoded value, where it was put, and whether only a low confidence is asked for."""

    kind: str
    value: str
    member: str
    low: bool = False
    also: tuple[str, ...] = ()  # other values that are an acceptable report of the same secret


@dataclass
class Case:
    """One packet to make: members and what was planted."""

    name: str
    members: dict[str, bytes]
    planted: list[Planted] = field(default_factory=list)

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.name}.zip"
        with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in self.members.items():
                archive.writestr(name, content)
        return path


def password(rng: random.Random, size: int = 14, *, specials: str = "!$*+-_.~^") -> str:
    """A password as people's tools make them: letters, digits, some specials."""
    body = [rng.choice(string.ascii_letters + string.digits) for _ in range(size - 3)]
    for char in (rng.choice(specials), rng.choice(string.digits), rng.choice(string.ascii_uppercase)):
        body.insert(rng.randrange(1, len(body)), char)
    return "".join(body)


def a(what: str, rng: random.Random) -> str:
    """Short for one made-up part: ``a("A32", rng)``."""
    letters = what.rstrip(string.digits)
    return made_up(letters, int(what[len(letters) :] or 0), rng)


def mm_id(rng: random.Random) -> str:
    return a("m26", rng)


def base_config() -> dict[str, Any]:
    """The configuration of the bundled real packet."""
    with ZipFile(DATA / "standalone-load-a.zip") as archive:
        return json.loads(archive.read("sanitized_config.json"))


def go_json(value: Any, indent: int | None = 4) -> bytes:
    """JSON as Go writes it: ``<``, ``>`` and ``&`` escaped."""
    separators = None if indent else (",", ":")
    text = json.dumps(value, indent=indent, ensure_ascii=False, separators=separators)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode()


def metadata(version: str) -> bytes:
    return f"version: 1\ntype: support-packet\nserver_version: {version}\n".encode()


def put(tree: dict[str, Any], path: str, value: Any) -> None:
    """Set a dotted path; ``[]`` appends to a list."""
    *steps, last = path.split(".")
    node: Any = tree
    for step in steps:
        if step.endswith("[]"):
            found = node.setdefault(step[:-2], [])
            found.append({})
            node = found[-1]
        else:
            node = node.setdefault(step, {}) if node.get(step) is not None else node.__setitem__(step, {}) or node[step]
    if last.endswith("[]"):
        if not isinstance(node.get(last[:-2]), list):
            node[last[:-2]] = []
        node[last[:-2]].append(value)
    else:
        node[last] = value


# --- configuration ------------------------------------------------------------------------------------------------------------


def data_sources(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (data source as a packet shows it, password) in the forms that masking leaves (packet-format.md 2.7.3)."""
    pw = lambda: password(rng)  # noqa: E731
    p = pw()
    yield f"//****:****@host=localhost user=mm password={p} dbname=mm", p
    p = pw()
    yield f"//****:****@host=db.example.com port=5432 user=mmuser dbname=mattermost password={p} sslmode=disable", p
    p = pw()
    yield f"//****:****@host=db user=mm password='{p} x' dbname=mm", f"{p} x"
    p = pw()
    yield f"postgres://****:****@db:5432/mattermost?sslmode=verify-full&sslpassword={p}", p
    p = pw()
    yield f"postgres://****:****@db:5432/mattermost?Password={p}&sslmode=disable", p
    p = pw()
    yield f"mmuser:{p}@tcp(db:3306)/mattermost?charset=utf8mb4,utf8", p
    p = pw()
    yield f"mmuser:{p}@unix(/var/run/mysqld.sock)/mattermost", p
    p = pw()
    yield f"//****:****@user=mm password={p}", p
    p = a("L9", rng).lower()
    yield f"//****:****@host=localhost user=mm password={p} dbname=mm", p


def data_sources_unmasked(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield whole data sources, for settings that a release does not mask at all."""
    for form in (
        "postgres://mmuser:{}@db:5432/mattermost?sslmode=disable",
        "postgresql://mmuser:{}@10.0.0.3/mattermost",
        "host=db user=mm password={} dbname=mm",
        "mmuser:{}@tcp(db:3306)/mattermost",
    ):
        p = password(rng)
        yield form.format(p), p
    p = password(rng, specials="@/#?:")
    yield f"postgres://mmuser:{quote(p, safe='')}@db/mattermost", p


URL_SETTINGS = (
    "ElasticsearchSettings.ConnectionURL",
    "EmailSettings.PushNotificationServer",
    "ImageProxySettings.RemoteImageProxyURL",
    "CloudSettings.CWSURL",
    "CloudSettings.CWSAPIURL",
    "PluginSettings.MarketplaceURL",
    "AnnouncementSettings.NoticesURL",
    "SamlSettings.IdpMetadataURL",
    "SupportSettings.HelpLink",
    "OpenIdSettings.DiscoveryEndpoint",
    "AutoTranslationSettings.LibreTranslate.URL",
    "NativeAppSettings.AppDownloadLink",
)


def urls(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (URL, secret) with user info or query secrets."""
    p = password(rng)
    yield f"https://elastic:{p}@search.example.com:9200", p
    p = password(rng, specials="@:/#%&")
    yield f"https://svc:{quote(p, safe='')}@host.example.com/path", p
    p = a("A32", rng)
    yield f"https://push.example.com/v1?api_key={p}", p
    p = a("A40", rng)
    yield f"https://push.example.com/v1?x=1&access_token={p}&y=2", p
    p = password(rng)
    yield f"http://:{p}@cache:6379", p


PLUGIN_KEYS = (
    "githuboauthclientsecret", "encryptionkey", "webhooksecret", "secret", "apisecret", "oauthclientsecret", "bottoken",
    "gitlaboauthclientsecret", "clientsecret", "turnstaticauthsecret", "transcribeapiazurespeechkey", "api_key", "ApiToken",
    "accessToken", "ServiceAccountPassword", "jitsiappsecret", "servicenowoauthclientsecret", "smtp_pass", "PrivateToken",
    "signingsecret", "zoomwebhooksecret", "sharedKey", "auth-token", "DBPassword", "adminpwd", "refreshtoken", "client_secret",
)  # fmt: skip


def setting_secret(key: str, rng: random.Random) -> str:
    """A value as such a setting has it."""
    low = key.lower()
    if "pass" in low or "pwd" in low:
        return password(rng)
    return rng.choice((a("A32", rng), a("h32", rng), mm_id(rng), a("W40", rng), a("h64", rng), a("B43", rng) + "="))


def config_cases(rng: random.Random) -> Iterator[Case]:
    """Yield packets whose configuration holds one secret of each kind that the version leaves."""
    for version in VERSIONS:
        parsed = parse_version(version)
        assert parsed is not None
        tree = base_config()
        planted: list[Planted] = []

        plant = _planter(tree, planted)

        for row in CREDENTIALS:
            if row.masked_in(parsed):
                if row.holds == "secret" and not row.path.endswith("[]"):
                    put(tree, row.path, FAKE_SETTING)
                continue
            if row.holds == "secret":
                value = a("A32", rng) if "Key" in row.path or "Secret" in row.path else password(rng)
                plant(row.path, value, value, f"setting:{row.kind}")
            elif row.holds == "identifier":
                value = "AKIA" + a("U16", rng)
                plant(row.path, value, value, "setting:identifier", low=True)
            elif row.holds == "data-source":
                for shown, value in data_sources_unmasked(rng):
                    plant(row.path, shown, value, "setting:data-source")
        if parsed.at_least("10.10"):
            for shown, value in data_sources(rng):
                plant("SqlSettings.DataSourceReplicas[]", shown, value, "setting:data-source-left")
        for path in URL_SETTINGS:
            shown, value = rng.choice(list(urls(rng)))
            plant(path, shown, value, "setting:url")
        p = password(rng)
        plant(
            "ServiceSettings.AllowedUntrustedInternalConnections",
            f"10.0.0.0/8 https://ci:{p}@git.example.com",
            p,
            "setting:url",
        )
        _plant_log_targets(plant, rng)
        _plant_plugins(plant, rng)
        for name in ("X-Api-Key", "CustomApiToken", "LegacyPassword", "InternalServiceSecret"):
            value = password(rng) if "Password" in name else a("A32", rng)
            plant(f"ServiceSettings.{name}", value, value, "setting:custom")
        yield Case(
            f"config-{version}", {"metadata.yaml": metadata(version), "sanitized_config.json": go_json(tree)}, planted
        )


def _planter(tree: dict[str, Any], planted: list[Planted]) -> Callable[..., None]:
    def plant(path: str, shown: Any, value: str, kind: str, *, low: bool = False) -> None:
        put(tree, path, shown)
        planted.append(Planted(kind, value, "sanitized_config.json", low))

    return plant


def _plant_log_targets(plant: Callable[..., None], rng: random.Random) -> None:
    p, q, r = password(rng), a("A40", rng), a("A32", rng)
    target = {
        "syslog": {"type": "tcp", "options": {"host": "logs.example.com", "port": 6514, "password": p}, "levels": []},
        "http": {
            "type": "http",
            "options": {"url": f"https://in.example.com/?token={r}", "headers": {"Authorization": f"Bearer {q}"}},
        },
    }
    plant("LogSettings.AdvancedLoggingJSON", target, p, "setting:log-target")
    plant("LogSettings.AdvancedLoggingJSON", target, q, "setting:log-target")
    plant("LogSettings.AdvancedLoggingJSON", target, r, "setting:log-target")
    s = a("A32", rng)
    text = json.dumps({"x": {"type": "tcp", "options": {"host": "h", "api_key": s}}})
    plant("ExperimentalAuditSettings.AdvancedLoggingJSON", text, s, "setting:log-target-in-string")


def _plant_plugins(plant: Callable[..., None], rng: random.Random) -> None:
    base = "PluginSettings.Plugins"
    for number, key in enumerate(PLUGIN_KEYS):
        value = setting_secret(key, rng)
        plant(f"{base}.plugin{number}.{key}", value, value, "setting:plugin")
    key, header, nested = a("A48", rng), a("A40", rng), password(rng)
    agents = {
        "services": [{"name": "x", "type": "openaicompatible", "apiKey": key, "orgId": "org", "inputTokenLimit": 8000}],
        "mcp": {"servers": {"s": {"headers": {"Authorization": f"Bearer {header}"}}}},
        "db": {"user": "u", "password": nested},
    }
    for value in (key, header, nested):
        plant(f"{base}.mattermost-ai.config", agents, value, "setting:plugin-nested")
    credential = a("A24", rng)
    ice = json.dumps([{"urls": ["turn:turn.example.com:3478"], "username": "u", "credential": credential}])
    plant(f"{base}.calls.iceserversconfigs", ice, credential, "setting:plugin-json-in-string")
    rtcd = password(rng)
    plant(f"{base}.calls.rtcdserviceurl", f"http://calls:{rtcd}@rtcd.example.com:8045", rtcd, "setting:plugin-url")
    token = "ghp_" + a("github", rng)
    plant(f"{base}.github.note", token, token, "setting:vendor-token")
    hook = f"T{a('U8', rng)}/B{a('U10', rng)}/{a('A24', rng)}"
    plant(f"{base}.slack.hookurl", f"https://hooks.slack.com/services/{hook}", hook, "setting:webhook")


# --- logs ---------------------------------------------------------------------------------------------------------------------


def json_line(rng: random.Random, level: str, msg: str, caller: str, **fields: Any) -> bytes:
    """A line as logr writes it (packet-format.md 4.1)."""
    time = f"2026-11-22 12:{rng.randrange(60):02}:{rng.randrange(60):02}.{rng.randrange(1000):03} Z"
    return go_json({"timestamp": time, "level": level, "msg": msg, "caller": caller, **fields}, None) + b"\n"


def plain_line(rng: random.Random, level: str, msg: str, caller: str, **fields: Any) -> bytes:
    """A line as the plain formatter writes it: quotes inside quoted values stay as they are (4.3, 8.1)."""
    time = f"2026-11-22 12:{rng.randrange(60):02}:{rng.randrange(60):02}.{rng.randrange(1000):03} Z"
    plain = set(string.ascii_letters + string.digits + "-._/@^+")
    parts = [f'caller="{caller}"']
    for key, value in fields.items():
        text = str(value)
        parts.append(f"{key}={text}" if set(text) <= plain else f'{key}="{text}"')
    return f"{level:<5} [{time}] {msg:<45} {' '.join(parts)}\n".replace("\r", "").encode()


Message = tuple[str, str, str]  # class, message with the secret, secret


def messages(rng: random.Random) -> Iterator[Message]:
    """Yield (class, text of a message or field, secret) in the forms that logs of servers and plugins hold."""
    pw, ident = password(rng), mm_id(rng)
    yield "session-token", f"GetSession: Invalid session token={ident}, err=", ident
    ident = mm_id(rng)
    yield (
        "session-token",
        f"createSessionForUserAccessToken: Invalid or missing token., resource: UserAccessToken id: token={ident}",
        ident,
    )
    t = a("A32", rng)
    yield "url-in-error", f'Post "https://hooks.example.com/x?access_token={t}": dial tcp 10.1.2.3:443: i/o timeout', t
    t = a("h32", rng)
    yield "url-in-error", f'Get "https://api.example.com/v1/items?limit=5&api_key={t}": context deadline exceeded', t
    t = f"T{a('U8', rng)}/B{a('U10', rng)}/{a('A24', rng)}"
    yield "webhook-url", f'Post "https://hooks.slack.com/services/{t}": address forbidden', t
    t = f"{a('uuid', rng)}@{a('uuid', rng)}/IncomingWebhook/{a('h32', rng)}/{a('uuid', rng)}"
    yield "webhook-url", f'Post "https://acme.webhook.office.com/webhookb2/{t}": EOF', t
    t = mm_id(rng)
    yield "webhook-url", f'Post "https://chat.example.com/hooks/{t}": connection refused', t
    yield "dsn-in-error", f'parse "postgres://mm:{pw}%zz@db:5432/mattermost": invalid URL escape "%zz"', pw + "%zz"
    pw = password(rng, specials="#")
    yield "dsn-in-error", f'parse "postgres://mm:{pw}@db:5432/mattermost?sslmode=disable": invalid port', pw
    pw = password(rng)
    yield "dsn-keyword", f"failed to connect to `host=db user=mm password={pw} database=mattermost`: server error", pw
    pw = password(rng)
    yield "dsn-mysql", f"Failed to open SQL connection mm:{pw}@tcp(db:3306)/mattermost?charset=utf8mb4", pw
    pw = password(rng)
    yield "dsn-redis", f"dial redis://default:{pw}@cache.example.com:6379/0: refused", pw
    pw = password(rng, specials="@:/")
    yield "url-user-info", f'Head "https://svc:{quote(pw, safe="")}@files.example.com/x": EOF', pw
    t = a("A40", rng)
    yield (
        "bearer",
        f"request failed headers=map[Accept:[*/*] Authorization:[Bearer {t}] User-Agent:[Go-http-client/1.1]]",
        t,
    )
    t = mm_id(rng)
    yield "bearer", f"GET /api/v4/users/me HTTP/1.1 Authorization: BEARER {t} Host: chat", t
    t = a("W60", rng)
    yield "bearer", json.dumps({"headers": {"Authorization": [f"Bearer {t}"]}, "status": 401}), t
    pw = password(rng)
    yield "basic", f"Authorization: Basic {base64.b64encode(f'svc:{pw}'.encode()).decode()}", pw
    t = a("a64", rng)
    yield "invite-token", f"token_id={t} failed to delete", t
    t = a("a64", rng)
    yield "reset-link", f"https://chat.example.com/reset_password_complete?token={t}", t
    pw = password(rng)
    yield "json-in-message", json.dumps({"user": "svc", "password": pw, "ttl": 30}), pw
    t = a("A40", rng)
    yield (
        "json-in-message",
        json.dumps({"access_token": t, "token_type": "bearer", "expires_in": 3600, "scope": "read"}),
        t,
    )
    t = a("A32", rng)
    yield "json-in-json", json.dumps({"body": json.dumps({"client_secret": t, "grant_type": "authorization_code"})}), t
    pw = password(rng)
    yield "go-struct", f"config: {{Host:db Port:5432 Username:mm Password:{pw} Database:mattermost SSL:false}}", pw
    t = a("A32", rng)
    yield "go-struct", f"&{{ClientID:abc ClientSecret:{t} Endpoint:{{AuthURL:https://a TokenURL:https://b}}}}", t
    pw = password(rng)
    yield "go-struct-quoted", f'main.Config{{Server:"smtp.example.com", Username:"u", Password:"{pw}", Port:25}}', pw
    t = a("A32", rng)
    yield "go-values", f"map[client_id:[abc] client_secret:[{t}] grant_type:[authorization_code]]", t
    t = a("A32", rng)
    yield "form-body", f"client_id=abc&client_secret={t}&grant_type=client_credentials", t
    pw = password(rng)
    yield "environment", f"PATH=/usr/bin MM_SQLSETTINGS_PASSWORD={pw} HOME=/root", pw
    t = a("K40", rng)
    yield "environment", f"AWS_SECRET_ACCESS_KEY={t}", t
    pw = password(rng)
    yield "environment", f"PGPASSWORD={pw} psql -h db -U mm", pw
    pw = password(rng)
    yield "environment", f"MM_SQLSETTINGS_DATASOURCE=postgres://mm:{pw}@db/mattermost", pw
    pw = password(rng)
    yield "command-line", f"exec: curl -s -u admin:{pw} https://host/api", pw
    pw = password(rng)
    yield "command-line", f"running: backup --user x --password {pw} --verbose", pw
    t = a("A32", rng)
    yield "command-line", f'curl -H "X-Api-Key: {t}" https://host', t
    pw = password(rng)
    yield "yaml", f"loaded:\nsmtp:\n  host: mail\n  password: {pw}\n  port: 25", pw
    pw = password(rng)
    yield "yaml", f'db:\n  user: mm\n  password: "{pw}"\n', pw
    pw = password(rng)
    yield "ini", f"[client]\nuser = mm\npassword = {pw}\n", pw
    pw = password(rng)
    yield "sql", f"pq: syntax error: ALTER USER mm WITH PASSWORD '{pw}'", pw
    pw = password(rng)
    yield "xml", f"<settings><user>u</user><password>{pw}</password></settings>", pw
    pw = password(rng)
    yield "ado", f"Server=db;Database=x;User Id=sa;Password={pw};Encrypt=true", pw
    t = mm_id(rng)
    yield "cookie", f"Cookie: MMAUTHTOKEN={t}; MMUSERID={mm_id(rng)}; MMCSRF={mm_id(rng)}", t
    t = a("jwt", rng)
    yield "jwt", f"token {t} is not valid", t
    body = "\n".join([a("B64", rng), a("B64", rng), a("B64", rng), a("B40", rng) + "=="])
    yield "private-key", f"loaded -----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----", body
    pw = password(rng)
    yield "smtp-auth", f"SMTP: C: AUTH PLAIN {base64.b64encode(f'{chr(0)}mm{chr(0)}{pw}'.encode()).decode()}", pw
    pw = password(rng)
    yield "ldap", f"ldap bind failed: bindDN=cn=admin,dc=example,dc=com bindPassword={pw} code=49", pw
    t = a("A24", rng)
    inner = quote(f"https://host/cb?access_token={t}&x=1", safe="")
    yield "percent", f"/oauth/complete?redirect_to={inner}&state=1", t
    pw = password(rng)
    yield (
        "base64",
        "config " + base64.b64encode(json.dumps({"db": {"password": pw, "user": "mm"}}).encode()).decode(),
        pw,
    )
    pw = password(rng)
    packed = gzip.compress(json.dumps({"smtp": {"password": pw}, "x": 1}).encode())
    yield "base64-gzip", "state " + base64.b64encode(packed).decode(), pw
    t = a("h64", rng)
    yield "presigned-url", f"https://b.s3.amazonaws.com/k?X-Amz-Credential=x&X-Amz-Expires=60&X-Amz-Signature={t}", t
    t = base64.b64encode(rng.randbytes(32)).decode()
    yield "sas-url", f"https://x.blob.core.windows.net/c?sv=2022-11-02&se=2026&sig={quote(t, safe='')}", t
    t = a("A32", rng)
    yield "header", f"X-Api-Key: {t}", t
    t = a("W20", rng)
    yield "header", f"PRIVATE-TOKEN: {t}", t
    t = a("A40", rng)
    yield "unquoted-json", f"{{token:{t},user:x}}", t
    pw = password(rng)
    yield "quoted-value", f"smtp login with username='u' password='{pw}' failed", pw


def vendor_messages(rng: random.Random) -> Iterator[Message]:
    """Yield a message for each rule's first example."""
    for rule in RULES:
        text, secret = expand(rule.true[0], rng)
        if rule.confidence != "low" and secret and rule.priority <= 2 and rule.kind != "private-key":
            yield f"vendor:{rule.id}", f"call failed: {text} (status 401)", secret


def log_cases(rng: random.Random, rounds: int = 4) -> Iterator[Case]:
    """Yield packets whose log holds every message in JSON and in plain form, as msg and as field, amid clean lines."""
    for number in range(rounds):
        lines: dict[str, list[bytes]] = {"mattermost.log": [], "adv.log": []}
        planted: list[Planted] = []
        for kind, text, secret in [*messages(rng), *vendor_messages(rng)]:
            for member, make in (("mattermost.log", json_line), ("adv.log", plain_line)):
                if member == "adv.log" and "\n" in text:
                    continue
                as_field = rng.random() < 0.5
                if as_field:
                    line = make(
                        rng,
                        "error",
                        "Request failed",
                        "app/integration_action.go:312",
                        error=text,
                        request_id=mm_id(rng),
                    )
                else:
                    line = make(
                        rng,
                        "error",
                        text,
                        "app/plugin_api.go:1004",
                        plugin_id="com.example.plugin",
                        source="plugin_stderr",
                    )
                lines[member].append(line)
                lines[member] += [negative(rng, make) for _ in range(3)]
            planted.append(Planted(f"log:{kind}", secret, "mattermost.log", also=_spellings(secret)))
            if "\n" not in text:
                planted.append(Planted(f"plain:{kind}", secret, "adv.log", also=_spellings(secret)))
        members = {name: b"".join(parts) for name, parts in lines.items()}
        members["metadata.yaml"] = metadata(rng.choice(VERSIONS[5:]))
        members["sanitized_config.json"] = go_json(base_config())
        yield Case(f"log-{number}", members, planted)


def _spellings(secret: str) -> tuple[str, ...]:
    """A private key may be reported with or without its line ends at the borders."""
    return ("\n" + secret + "\n", "\n" + secret) if "\n" in secret else ()


# --- what only looks like a secret --------------------------------------------------------------------------------------------


def negative(rng: random.Random, make: Callable[..., bytes] = json_line) -> bytes:
    """One clean line of the kinds that logs are full of."""
    i = lambda: mm_id(rng)  # noqa: E731
    choice = rng.randrange(36)
    hexes = lambda n: a(f"h{n}", rng)  # noqa: E731
    rows: tuple[tuple[str, dict[str, Any]], ...] = (
        ("Received HTTP request", {"method": "GET", "url": f"/api/v4/channels/{i()}/posts?since={rng.randrange(10**12)}", "request_id": i(), "user_id": i(), "status_code": "200"}),
        ("User is already a channel member, skipping", {"path": f"/api/v4/channels/{i()}/members", "request_id": i(), "ip_addr": "127.0.0.1", "UserId": i()}),
        ("Invalid password: user not found", {"user_id": i(), "err_where": "CheckPasswordAllCriteria", "http_code": 401}),
        ("token: expired", {"token_id": i(), "session_id": i()}),
        ("Password must be at least 8 characters", {"caller2": "app/password.go:12"}),
        ("Failed to verify token", {"error": "api.user.reset_password.token_parse.error", "path": "/api/v4/users/password/reset/send"}),
        ("etag", {"etag": f'W/"{hexes(40)}"', "If-None-Match": hexes(32)}),
        ("Current version", {"build_hash": hexes(40), "build_hash_enterprise": hexes(40), "build_number": str(rng.randrange(10**9))}),
        ("pulled image", {"image": f"registry.example.com/mm@sha256:{hexes(64)}"}),
        ("LLM usage", {"prompt_tokens": 812, "completion_tokens": 99, "max_tokens": 4096, "tokenizer": "cl100k_base"}),
        ("page", {"next_page_token": a("A40", rng), "continuation_token": a("B64", rng)}),
        ("client", {"client_id": a("uuid", rng), "tenant_id": a("uuid", rng), "kid": hexes(32), "key_id": a("A20", rng)}),
        ("goroutine", {"stack": f"main.(*TokenStore).GetToken(0xc{hexes(9)}, 0x{hexes(2)})\n\t/src/token/secret.go:{rng.randrange(900)} +0x1a"}),
        ("job finished", {"job_id": i(), "data": f'{{"last_user":"{i()}","migration_key":"migration_advanced_permissions_phase_2"}}'}),
        ("Secret is not set, using default", {"plugin_id": "com.example"}),
        ("masked", {"password": FAKE_SETTING, "dataSource": "postgres://%2A%2A%2A%2A:%2A%2A%2A%2A@postgres:5432/mattermost?connect_timeout=10"}),
        ("link", {"url": f"https://www.example.com/article?id={rng.randrange(10**6)}&utm_source=x&key=value&page=2"}),
        ("user info", {"error": 'Get "https://ci:***@git.example.com/x": EOF'}),
        ("redirect", {"location": f"https://idp.example.com/authorize?client_id={a('A20', rng)}&response_type=code&scope=openid+email"}),
        ("certificate", {"pem": f"-----BEGIN CERTIFICATE-----\n{a('B64', rng)}\n{a('B64', rng)}\n-----END CERTIFICATE-----"}),
        ("public key", {"key": f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{a('B48', rng)} user@host"}),
        ("integrity", {"integrity": f"sha512-{a('B86', rng)}==", "h1": f"h1:{a('B43', rng)}="}),
        ("template", {"cmd": "export DB_PASSWORD=${DB_PASSWORD} TOKEN=<your-token-here> SECRET=$SECRET"}),
        ("Authorization header is missing", {"header": "Authorization", "www-authenticate": 'Bearer realm="mattermost"'}),
        ("websocket", {"connection_id": i(), "sequence": rng.randrange(999), "sec_websocket_key": "present"}),
        ("Generated new token for user", {"user_id": i(), "token_type": "team_invitation", "expires_at": rng.randrange(10**12)}),
        ("schema", {"column": "password", "data_type": "character varying", "table": "users", "definition": "CREATE INDEX idx_sessions_token ON public.sessions USING btree (token)"}),
        ("permission", {"permissions": "create_user_access_token read_user_access_token revoke_user_access_token"}),
        ("image", {"data": f"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA{a('B64', rng)}"}),
        ("file", {"path": "/etc/ssl/private/key.pem", "PrivateKeyFile": "saml-private.key", "password_file": "/run/secrets/db_password"}),
        ("email", {"to": "someone@example.com", "reply": "http://host:8065/_redirect/pl/" + i()}),
        ("trace", {"trace_id": hexes(32), "span_id": hexes(16), "request_id": a("uuid", rng)}),
        ("csrf", {"csrf_token": "", "X-CSRF-Token": "missing", "token_source": "header"}),
        ("cache", {"cache_key": f"user:{i()}:profile", "sort_key": a("A16", rng), "partition_key": i()}),
        ("Bearer authentication required for API key access", {"auth_method": "bearer", "api_key_id": i()}),
        ("session", {"session_id": i(), "device_id": "", "secret_version": "3", "password_changed_at": str(rng.randrange(10**12))}),
    )  # fmt: skip
    msg, fields = rows[choice]
    return make(rng, rng.choice(("info", "debug", "warn", "error")), msg, "app/server.go:328", **fields)


def negative_case(rng: random.Random, lines: int) -> Case:
    """A packet of clean lines only."""
    log = b"".join(negative(rng) for _ in range(lines // 2))
    plain = b"".join(negative(rng, plain_line) for _ in range(lines // 2))
    members = {
        "metadata.yaml": metadata("11.6.0"),
        "mattermost.log": log,
        "adv.log": plain,
        "sanitized_config.json": go_json(base_config()),
    }
    return Case("negatives", members)


def clean_config_case() -> Case:
    """A configuration with masks, files, ids and names that only sound secret."""
    tree = base_config()
    for path, value in {
        "SamlSettings.PrivateKeyFile": "saml-private.key",
        "SamlSettings.IdpCertificateFile": "saml-idp.crt",
        "ServiceSettings.TLSKeyFile": "/etc/ssl/private/key.pem",
        "ElasticsearchSettings.ClientKey": FAKE_SETTING,
        "EmailSettings.SMTPPassword": FAKE_SETTING,
        "OpenIdSettings.Id": "0oa1b2c3d4e5f6g7h8i9",
        "OpenIdSettings.TokenEndpoint": "https://idp.example.com/oauth2/v1/token",
        "Office365Settings.DirectoryId": "12345678-1234-4234-8234-123456789abc",
        "PluginSettings.Plugins.x.tokenexpiryhours": 24,
        "PluginSettings.Plugins.x.maxtokens": 8000,
        "PluginSettings.Plugins.x.secretname": "projects/p/secrets/s",
        "PluginSettings.Plugins.x.passwordpolicy": "strong",
        "PluginSettings.Plugins.x.webhooksecret": FAKE_SETTING,
        "PluginSettings.Plugins.x.apikeyheader": "X-Api-Key",
        "PluginSettings.Plugins.x.allowtokens": True,
        "PluginSettings.Plugins.x.teamid": "ybndrfg8ejkmcpqxot1uwisza3",
        "PluginSettings.Plugins.x.publickey": "ssh-rsa AAAAB3NzaC1yc2E",
        "PluginSettings.Plugins.x.tokenurl": "https://host/oauth/token",
        "SqlSettings.DataSourceReplicas": ["postgres://****:****@db2:5432/mattermost", FAKE_SETTING],
    }.items():
        put(tree, path, value)
    return Case("clean-config", {"metadata.yaml": metadata("11.6.0"), "sanitized_config.json": go_json(tree)})
