"""Credentials inside URLs and data sources: user info and query."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from analyzer.secrets import shapes
from analyzer.secrets.rules import cuts
from analyzer.secrets.rules.rule import Rule

if TYPE_CHECKING:
    from analyzer.secrets.rules.rule import Hit, Verdict

_ESCAPED: Final = r"\\u00[0-9a-fA-F]{2}|\\/"
_URL_CHAR: Final = rf"""(?:[^\s"'<>\\`\x00]|{_ESCAPED})"""
_DATABASES: Final = frozenset(
    """postgres postgresql mysql mariadb mongodb mongodb+srv redis rediss amqp amqps sqlserver mssql oracle
    clickhouse""".split()  # noqa: SIM905
)
_SCHEME_BEFORE = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]{1,24}):\Z")
_FIRST_STOP = re.compile(rb"[/?#]")
_MAIL_TAIL = re.compile(rb"[?&][\w.-]{1,40}=")
_HOST = re.compile(rb"[A-Za-z0-9\[_.$(*-]|%[0-9A-Fa-f]{2}")
_DSN_LEFT = re.compile(rb"""[^\s"'`=,;()<>\[\]{}\\/]{1,300}\Z""")

DATABASE_REMEDY: Final = "change the database user's password and the data source"
URL_REMEDY: Final = "change that credential, and move it out of the URL if the service allows"


def _scheme(hit: Hit) -> str:
    start = hit.match.start()
    found = _SCHEME_BEFORE.search(hit.block, max(0, start - 26), start)
    return found.group(1).decode().lower() if found else ""


def _authority_at(text: bytes, *, database: bool) -> int:
    """Return where the user info of ``text`` ends: the last ``@`` that still belongs to it, or -1.

    In an ordinary URL that is before the first slash. In a database URL the password may hold ``/``, ``?`` and ``#``
    that should have been escaped, and that is often the reason for the logged error.
    """
    stop = (_MAIL_TAIL if database else _FIRST_STOP).search(text)
    at = text.rfind(b"@", 0, stop.start() if stop else len(text))
    return at if not database or _HOST.match(text, at + 1) else -1


def user_info(hit: Hit) -> bool:
    """Cut the password out of ``scheme://user:password@host``."""
    text = hit.match.group("secret").replace(b"\\/", b"//")
    at = _authority_at(text, database=_scheme(hit).rpartition(":")[2] in _DATABASES)
    colon = text.find(b":", 0, max(at, 0))
    if at < 0 or colon < 0:
        return False
    hit.start, hit.end = hit.start + colon + 1, hit.start + at
    return hit.end > hit.start


def user_only(hit: Hit) -> bool:
    """Cut the user out of ``scheme://TOKEN@host``."""
    text = hit.match.group("secret")
    at = _authority_at(text, database=False)
    if at <= 0 or b":" in text[:at]:
        return False
    hit.end = hit.start + at
    return True


def before_address(hit: Hit) -> bool:
    """Cut the password out of MySQL's ``user:password@tcp(host)/db``: everything from the first colon to the ``@``."""
    found = _DSN_LEFT.search(hit.block, max(0, hit.match.start() - 300), hit.match.start())
    if not found:
        return False
    colon = found.group().find(b":")
    if colon < 0:
        return False
    hit.start, hit.end = found.start() + colon + 1, hit.match.start()
    return hit.end > hit.start


_TEMPLATE = re.compile(rb"(?:user(?:name)?|login|USER(?:NAME)?):\Z")
_TEMPLATE_PASSWORDS: Final = frozenset({"password", "pass", "passwd", "pwd", "pw", "secret", "token"})


def url_password(hit: Hit) -> Verdict:
    """Drop masks and templates, ``user:password`` among them."""
    return "drop" if shapes.is_clean(hit.value) or is_template(hit) else "ok"


def is_template(hit: Hit) -> bool:
    """Whether user and password only name themselves: ``user:password``."""
    user = _TEMPLATE.search(hit.block, max(0, hit.start - 10), hit.start)
    return bool(user) and hit.value.lower() in _TEMPLATE_PASSWORDS


def user_token(hit: Hit) -> Verdict:
    """A user name alone is a secret only if a machine made it."""
    value = hit.value
    return "ok" if len(value) >= 20 and shapes.is_random(value) and not shapes.is_clean(value) else "drop"


_WEAK_NAMES: Final = frozenset({"code", "h", "hash", "session", "sid", "ticket", "state"})
_LOOSE_NAMES: Final = _WEAK_NAMES | {
    "key",
    "auth",
    "t",
    "token",
    "signature",
    "sig",
    "credential",
    "pass",
    "secret",
    "jwt",
}


def query_value(hit: Hit) -> Verdict:
    """A parameter that promises a secret must hold one: not a mask, a word or a number."""
    value, name = hit.value, hit.group("name").lower()
    if len(value) < 4 or shapes.is_clean(value) or value.lower() in shapes.STATUS_WORDS or "://" in value:
        return "drop"
    if name in _LOOSE_NAMES:
        made = any(c.isdigit() for c in value) or shapes.is_random(value)
        if not made or len(value) < 8 or shapes.is_plain_data(value) or shapes.is_reference(value):
            return "drop"
        if name in {"h", "t", "hash", "state"} and len(value) < 20:
            return "drop"
    if name == "code" and not _one_time(hit):
        return "ok"
    return "weak" if name in _WEAK_NAMES else "ok"


def _one_time(hit: Hit) -> bool:
    """An authorization code comes with the state of its request and expires; a key of Azure Functions does not."""
    around = hit.block[max(0, hit.match.start() - 300) : hit.end + 60]
    return len(hit.value) < 20 or b"state=" in around or b"grant_type" in around or b"redirect_uri" in around


_NAMES: Final = """
    access_token refresh_token id_token auth_token authtoken bot_token token api_key apikey api-key x-api-key
    key appkey app_key client_secret secret secret_key sharedsecret signature sig password passwd pass pwd auth
    credential subscription-key x-amz-signature x-amz-security-token x-goog-signature session session_token sid
    code h t private_token job_token oauth_token user_token webhook_token verification_token hapikey jwt
    code_verifier webhook_secret webhooksecret invite_token accesstoken mmauthtoken sessiontoken oauth_verifier
    sslpassword accesskey access_key
""".split()  # noqa: SIM905
_BEFORE: Final = ("?", "&", ";", "#", "\\u0026", "&amp;")
_NAME: Final = "(?:" + "|".join(sorted((re.escape(n) for n in _NAMES), key=len, reverse=True)) + ")"
_LEAD: Final = r"(?:[?&;#]|\\u0026|&amp;)"
_VALUE: Final = r"""[^\s"'`<>&;#\\)\]}]"""

URLS: Final[tuple[Rule, ...]] = (
    Rule(
        id="url-password",
        kind="url-password",
        pattern=rf"(?://|\\/\\/)(?P<secret>{_URL_CHAR}{{1,512}})",
        keywords=("//", r"\/\/"),
        # bounded only by reach: every match has its @ within it
        trigger=r"""//[^\s"'<>`@/]*:[^\s"'<>`]+@|\\/\\/[^\s"'<>`@/]*:[^\s"'<>`]+@""",
        left="",
        percent=True,
        cut=user_info,
        checks=(url_password,),
        priority=3,
        remedy=URL_REMEDY,
        source="RFC 3986 3.2.1; packet-format.md 2.7.3, 8.1",
        true=(
            "postgres://mmuser:[[«C12»]]@db:5432/mattermost?sslmode=disable",
            r'{"error":"parse \"postgres://mm:[[pa%ss/w«A6»]]@db:5432/x\": invalid URL escape"}',
            '{"url":"https://svc:[[«A16»]]@host.example.com/path?q=1"}',
            "redis://:[[«A16»]]@cache:6379/0",
            "amqp://u:[[«A8»@«A4»]]@mq/vhost",
            r'{"url":"https:\/\/svc:[[«A16»]]@host\/path"}',
        ),
        false=(
            "postgres://****:****@127.0.0.1:5433/mattermost",
            "postgres://%2A%2A%2A%2A:%2A%2A%2A%2A@postgres:5432/mattermost",
            "https://ci:***@host/x",
            "https://ci:xxxxx@host/x",
            "http://host:8065/path?mail=a@b.example.com",
            "https://host:443/@user",
            "postgres://user:${PGPASSWORD}@host/db",
            "postgres://user:password@localhost:5432/db",
            "https://username:password@example.com/",
            "https://<user>:<password>@host",
        ),
    ),
    Rule(
        id="url-token",
        kind="url-token",
        pattern=rf"//(?P<secret>{_URL_CHAR}{{1,512}})",
        keywords=("//",),
        trigger=r"""//[^\s"'<>`@/:?#]{20,}@""",
        left="",
        percent=True,
        cut=user_only,
        checks=(user_token,),
        confidence="medium",
        priority=4,
        remedy=URL_REMEDY,
        source="RFC 3986 3.2.1; git and Sentry URLs",
        true=("cloning https://[[«A40»]]@git.example.com/x.git",),
        false=("https://someverylongusernamehere@host/x", "ssh://git@github.com/x"),
    ),
    Rule(
        id="mysql-dsn",
        kind="database-password",
        pattern=r"@(?:tcp|unix)\((?P<secret>[^)\s]{0,1})",
        keywords=("@tcp(", "@unix("),
        left="",
        cut=before_address,
        checks=(url_password,),
        priority=3,
        remedy=DATABASE_REMEDY,
        source="github.com/go-sql-driver/mysql: DSN",
        true=(
            "mmuser:[[«C12»]]@tcp(db:3306)/mattermost?charset=utf8mb4",
            '{"dataSource":"mm:[[«A10»@«A3»]]@tcp(db)/m"}',
        ),
        false=("****:****@tcp(db:3306)/m", "listening @tcp(127.0.0.1:80)"),
    ),
    Rule(
        id="query-secret",
        kind="url-secret",
        pattern=rf"{_LEAD}(?P<name>{_NAME})=(?P<secret>{_VALUE}{{4,2048}})",
        keywords=tuple(f"{before}{name}=" for before in _BEFORE for name in _NAMES),
        trigger=rf"{_LEAD}{_NAME}={_VALUE}{{4}}",
        nocase=True,
        left="",
        percent=True,
        cut=cuts.bare,
        checks=(query_value,),
        priority=4,
        remedy=URL_REMEDY,
        source="packet-format.md 8.1: Go's error text holds the whole URL",
        true=(
            r'{"error":"Post \"https://h/hook?access_token=[[«A32»]]\": dial tcp: i/o timeout"}',
            r'{"url":"https://h/x?a=1\u0026api_key=[[«A24»]]\u0026b=2"}',
            "GET /plugins/x/webhook?secret=[[«A32»]]&y=1",
            "https://h/blob?sv=2022&sig=[[«A40»%2B«A2»%3D]]&se=1",
            "/reset_password_complete?token=[[«a64»]]",
            "https://app.azurewebsites.net/api/alert?code=[[«A54»]]",
            "GET https://h/x?a=1&sig=[[«A43»]]: 401 Unauthorized",
        ),
        false=(
            "/api/v4/users?session=true&code=200",
            "https://h/x?access_token=********",
            "https://h/x?key=value&token=none",
            "https://h/x?access_token=xxxxx",
        ),
    ),
)
