"""Passwords in data sources: URL, keyword and MySQL forms, masked halfway or not.

Sources: packet-format.md 2.7.3 (the quirks of ``SanitizeDataSource``), libpq's connection strings, go-sql-driver/mysql.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from analyzer.format.masks import DATA_SOURCE_USER_INFO, is_mask

Form: TypeAlias = Literal["url", "keyword", "opaque", "parameter"]

_KEYWORD = re.compile(
    r"""(?i)(?:^|[\s?&;/])(?P<name>(?:ssl)?password|passwd|pwd|passfile_password)\s*=\s*"""
    # a separator belongs to the value unless the next parameter follows it
    r"""(?P<value>'(?:[^'\\]|\\.)*'|(?:[^\s&;]|[&;](?![\w. -]{1,40}=)(?=[^\s;]))*)"""
)
_URL = re.compile(r"^\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?P<rest>.*)$", re.DOTALL)
_OPAQUE = re.compile(r"^(?P<user>[^:/?#\s]*):(?P<password>.*)@(?:[a-z]+\(|[^@]*$)", re.DOTALL)
_PORT: Final = re.compile(r"\d+\Z")


@dataclass(frozen=True, slots=True)
class Password:
    """One password: its place in the data source (characters) and how it is written."""

    start: int
    end: int
    form: Form
    name: str = ""


def passwords(text: str) -> list[Password]:
    """Return every password that stands in a data source in clear, in order."""
    found: list[Password] = []
    url = _URL.match(text)
    if url:
        start = url.start("rest")
        info_end = _user_info_end(url["rest"])
        colon = url["rest"].find(":", 0, max(info_end, 0))
        if info_end > 0 and colon >= 0:
            found.append(Password(start + colon + 1, start + info_end, "url"))
    else:
        opaque = _OPAQUE.match(text)
        if opaque and not _KEYWORD.search(text):
            found.append(Password(opaque.start("password"), opaque.end("password"), "opaque"))
    taken = found[-1].end if found else 0
    for match in _KEYWORD.finditer(text):
        if match.start("value") < taken:
            continue
        start, end = match.span("value")
        if match["value"].startswith("'"):
            start, end = start + 1, end - 1
        in_query = url is not None and "?" in text[:start] and " " not in text[:start]
        found.append(Password(start, end, "parameter" if in_query else "keyword", match["name"]))
    return [p for p in found if p.end > p.start and not is_mask(text[p.start : p.end])]


def _user_info_end(rest: str) -> int:
    """Return where the user info ends: the last ``@`` before a host; the password may be unescaped."""
    if rest.startswith(f"{DATA_SOURCE_USER_INFO}@"):
        return len(DATA_SOURCE_USER_INFO)  # a password after it may hold another "@"
    query = re.search(r"[?&][\w.-]+=", rest)
    return rest.rfind("@", 0, query.start() if query else len(rest))
