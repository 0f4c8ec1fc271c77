"""Credentials inside URLs and data sources: user info and query."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from analyzer.secrets import shapes

if TYPE_CHECKING:
    from analyzer.secrets.rules.rule import Hit, Verdict

_ESCAPED: Final = r"\\u00[0-9a-fA-F]{2}|\\/"
_URL_CHAR: Final = rf"""(?:[^\s"'<>\\`\x00]|{_ESCAPED})"""
_DATABASES: Final = frozenset(
    [
        "postgres",
        "postgresql",
        "mysql",
        "mariadb",
        "mongodb",
        "mongodb+srv",
        "redis",
        "rediss",
        "amqp",
        "amqps",
        "sqlserver",
        "mssql",
        "oracle",
        "clickhouse",
    ]
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

    In an ordinary URL that is before the first slash. In a database URL the password may hold ``/``, ``?``
    and ``#`` that should have
    been escaped, and that is often the reason for the logged error.
    """
    stop = _FIRST_STOP.search(text)
    at = text.rfind(b"@", 0, stop.start() if stop else len(text))
    if at >= 0 or not database:
        return at
    at = text.find(b"@")
    while at >= 0 and not _HOST.match(text, at + 1):
        at = text.find(b"@", at + 1)
    return -1 if at >= 0 and _MAIL_TAIL.search(text, 0, at) else at


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


def url_password(hit: Hit) -> Verdict:
    """Drop masks and templates."""
    return "drop" if shapes.is_clean(hit.value) else "ok"


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
    return "weak" if name in _WEAK_NAMES else "ok"


_NAMES: Final = """
    access_token refresh_token id_token auth_token authtoken bot_token token api_key apikey api-key x-api-key
    key appkey app_key client_secret secret secret_key sharedsecret signature sig password passwd pass pwd auth
    credential subscription-key x-amz-signature x-amz-security-token x-goog-signature session session_token sid
    code h t private_token job_token oauth_token user_token webhook_token verification_token hapikey jwt
    code_verifier webhook_secret webhooksecret invite_token accesstoken mmauthtoken sessiontoken oauth_verifier
    sslpassword accesskey access_key
""".split()  # noqa: SIM905
