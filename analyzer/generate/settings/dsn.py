"""Data sources: is a text one, what may be shown of it, and how psycopg wants it.

Three forms occur (packet-format.md 2.7.3): URLs (``postgres://user:password@host/db?sslmode=disable``), libpq keywords
(``host=db user=mm password='x y'``) and go-sql-driver's MySQL form (``user:password@tcp(host:3306)/db?charset=x``).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from analyzer.format.masks import FAKE_SETTING, SANITIZED_PASSWORD

_SCHEMES: Final = ("postgres://", "postgresql://", "mysql://")
_MYSQL = re.compile(
    r"(?P<user>[^:@/]*)(?::(?P<password>.*))?@(?P<rest>(?:tcp|unix|[a-z0-9]+)?\([^)]*\)/.*)\Z", re.DOTALL
)
_KEYWORD = re.compile(r"(?P<key>[A-Za-z_]\w*)\s*=\s*(?P<value>'(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)")
_SECRET_KEYS: Final = frozenset({"password", "passfile", "sslpassword", "sslkey", "pwd", "oauth_client_secret"})
_ACCOUNT_KEYS: Final = frozenset({"user", "username", "oauth_client_id"})
# what psycopg knows; Go drivers have parameters of their own, which libpq refuses
_GO_ONLY: Final = frozenset({"binary_parameters", "disable_prepared_binary_result", "timezone", "search_path"})


def is_data_source(text: str) -> bool:
    """Whether a ``--config`` value or ``MM_CONFIG`` names a database instead of a file."""
    return text.strip().lower().startswith(_SCHEMES)


def sanitized(text: str) -> str:
    """Return a data source with only its secret parts replaced, the rest readable; a full mask if in doubt.

    User and password become four asterisks each, as servers from 10.10 write them; parameters named password (in any
    case) and ``sslpassword`` are removed from URLs and masked in keyword form.
    """
    plain = text.strip()
    if not plain:
        return text
    if plain.lower().startswith(_SCHEMES):
        return _sanitized_url(plain)
    mysql = _MYSQL.match(plain)
    if mysql:
        parameters = _without_secrets(mysql["rest"].partition("?")[2])
        return f"{SANITIZED_PASSWORD}:{SANITIZED_PASSWORD}@{mysql['rest'].partition('?')[0]}" + (
            f"?{parameters}" if parameters else ""
        )
    return _sanitized_keywords(plain)


def _sanitized_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        # the same rule as Go's: what cannot be parsed is masked whole
        if re.search(r"%(?![0-9A-Fa-f]{2})", text) or any(c in text for c in ' \t\r\n<>"{}|\\^`') or parts.fragment:
            return FAKE_SETTING
        _ = parts.port
    except ValueError:
        return FAKE_SETTING
    user_info, at, host = parts.netloc.rpartition("@")
    if "@" in parts.path or ("@" in parts.query and not at) or "@" in user_info:
        return FAKE_SETTING
    if ":" in host and not host.rpartition(":")[2].isdigit() and not host.endswith("]"):
        return FAKE_SETTING
    parameters = _without_secrets(parts.query)
    address = f"{parts.scheme}://{SANITIZED_PASSWORD}:{SANITIZED_PASSWORD}@{host}{unquote(parts.path)}"
    return address + (f"?{parameters}" if parameters else "")


def _without_secrets(query: str) -> str:
    pairs = [(key, value) for key, value in parse_qsl(query, keep_blank_values=True) if not _is_secret(key)]
    return "&".join(f"{key}={value}" for key, value in sorted(pairs))


def _is_secret(key: str) -> bool:
    lower = key.lower()
    return lower in _SECRET_KEYS or lower in _ACCOUNT_KEYS or "password" in lower or "secret" in lower


def _sanitized_keywords(text: str) -> str:
    out, end = [], 0
    for match in _KEYWORD.finditer(text):
        if text[end : match.start()].strip():
            return FAKE_SETTING
        end = match.end()
        secret = _is_secret(match["key"])
        out.append(f"{match['key']}={SANITIZED_PASSWORD if secret else match['value']}")
    return " ".join(out) if out and not text[end:].strip() else FAKE_SETTING


def credentials(text: str) -> tuple[list[str], list[str]]:
    """Return (passwords, user names) that a data source holds, decoded."""
    plain = text.strip()
    secrets: list[str] = []
    accounts: list[str] = []
    if plain.lower().startswith(_SCHEMES):
        # by hand and not by urlsplit: a password with # / ? breaks the URL, and is a password all the same
        # and both readings of a second @ count, since only one of them is a secret and it is not known which
        rest = plain.split("://", 1)[1]
        for user_info in (rest.rpartition("@")[0], re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[0]):
            user, _, password = user_info.partition(":")
            accounts += [user, unquote(user)]
            secrets += [password, unquote(password)]
        _from_query(plain.partition("?")[2], secrets, accounts)
    elif mysql := _MYSQL.match(plain):
        accounts.append(mysql["user"])
        secrets.append(mysql["password"] or "")
        _from_query(mysql["rest"].partition("?")[2], secrets, accounts)
    else:
        for match in _KEYWORD.finditer(plain):
            value = _unquoted(match["value"])
            if match["key"].lower() in _ACCOUNT_KEYS:
                accounts.append(value)
            elif _is_secret(match["key"]):
                secrets += [value, match["value"].strip("'")]
    return [s for s in dict.fromkeys(secrets) if s], [a for a in dict.fromkeys(accounts) if a]


def _from_query(query: str, secrets: list[str], accounts: list[str]) -> None:
    for key, value in parse_qsl(query):
        if key.lower() in _ACCOUNT_KEYS:
            accounts.append(value)
        elif _is_secret(key):
            secrets.append(value)


def _unquoted(value: str) -> str:
    inner = value[1:-1] if value.startswith("'") and value.endswith("'") and len(value) > 1 else value
    return re.sub(r"\\(.)", r"\1", inner)


def for_psycopg(text: str) -> str:
    """Return a PostgreSQL data source without the parameters that only Go's drivers know."""
    plain = text.strip()
    if not plain.lower().startswith(_SCHEMES):
        return " ".join(m.group() for m in _KEYWORD.finditer(plain) if m["key"].lower() not in _GO_ONLY)
    address, mark, query = plain.partition("?")
    kept = [pair for pair in query.split("&") if pair and unquote(pair.partition("=")[0]).lower() not in _GO_ONLY]
    return address + (mark + "&".join(kept) if kept else "")


def place(text: str) -> str:
    """Return host, port and database of a data source for messages; never user or password."""
    plain = text.strip()
    if plain.lower().startswith(_SCHEMES):
        return plain.split("://", 1)[1].rpartition("@")[2].partition("?")[0] or "the database"
    mysql = _MYSQL.match(plain)
    if mysql:
        return mysql["rest"].partition("?")[0]
    found = {m["key"].lower(): _unquoted(m["value"]) for m in _KEYWORD.finditer(plain)}
    host = found.get("host", found.get("hostaddr", "localhost"))
    return f"{host}:{found.get('port', '5432')}/{found.get('dbname', found.get('user', ''))}"
