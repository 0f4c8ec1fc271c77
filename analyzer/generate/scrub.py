"""Texts of other people's exceptions, made fit for a packet: one line, no credential.

Drivers put into their messages what they were given: data sources, URLs with user info, parts of passwords.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from analyzer.format.masks import SANITIZED_PASSWORD
from analyzer.text import printable

if TYPE_CHECKING:
    import psycopg

_USER_INFO = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]{0,20}://)[^/\s'\"@]*(?:@[^/\s'\"@]*)*@")
_PAIR = re.compile(
    r"(?i)(?P<key>\b[\w-]{0,20}(?:passw(?:or)?d|passwd|pwd|secret|token|api_?key|access_?key)\w{0,10}\s*[=:]\s*)"
    r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s,;&'\"]+)"
)
_NAMED_USER = re.compile(r'(?i)(\b(?:for user|user|role|user name|username)\s+)"[^"]*"')
_ERRNO = re.compile(r"\[Errno -?\d+\] ")
# of httpx and http.client: their texts hold what was received
_PROTOCOL: Final = frozenset({"RemoteProtocolError", "DecodingError", "BadStatusLine", "LineTooLong", "IncompleteRead"})
LIMIT: Final = 400
SHORTEST: Final = 4


def scrub(text: str, known: Iterable[str] = ()) -> str:
    """Return a message as one line of at most 400 characters, without user info of URLs, passwords and ``known``."""
    # shorter ones would tear words apart; they stand in user info and pairs, which are masked by their form
    for secret in sorted((s for s in known if len(s) >= SHORTEST), key=len, reverse=True):
        text = text.replace(secret, SANITIZED_PASSWORD)
    text = _USER_INFO.sub(rf"\g<scheme>{SANITIZED_PASSWORD}:{SANITIZED_PASSWORD}@", text)
    text = _PAIR.sub(rf"\g<key>{SANITIZED_PASSWORD}", text)
    text = _NAMED_USER.sub(rf'\g<1>"{SANITIZED_PASSWORD}"', text)
    return printable(" ".join(text.split()), LIMIT)


def reason(error: BaseException, known: Iterable[str] = ()) -> str:
    """Return what an exception says, scrubbed; its type where it says nothing."""
    if isinstance(error, ModuleNotFoundError):
        return not_installed(error)
    if isinstance(error, TimeoutError) and not str(error):
        return "timed out"
    if type(error).__name__ in _PROTOCOL:
        return "the answer is no HTTP, or broke off"
    if isinstance(error, OSError) and error.strerror:
        return scrub(error.strerror.lower() if error.errno else error.strerror, known)
    return scrub(_ERRNO.sub("", str(error)), known) or type(error).__name__


def not_installed(error: ModuleNotFoundError) -> str:
    """Return what to install where a library of the extra ``generate`` is missing."""
    extra = "the extra 'generate' (pip install '.[generate]' in the project's folder)"
    return f"{error.name} is not installed; it comes with {extra}"


def database_reason(error: psycopg.Error, known: Iterable[str] = ()) -> str:
    """Return PostgreSQL's own reason: the primary message of the server, or what the connection met."""
    primary = error.diag.message_primary
    text = primary or str(error)
    # libpq lists every address that it tried, each on its line with the same reason
    lines = [line for line in text.splitlines() if line.strip() and "Multiple connection attempts" not in line]
    reasons = [line.rpartition("failed: ")[2] for line in lines if "failed: " in line] or lines
    return scrub(reasons[0].removeprefix("FATAL:").strip() if reasons else type(error).__name__, known)
