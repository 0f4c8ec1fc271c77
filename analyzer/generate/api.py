"""A running server's REST interface, over the network or its local socket (packet-format.md 5, 6.1, 6.2)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from analyzer.errors import UsageError
from analyzer.generate.http import get, shown

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Server:
    """How to speak to a server: its URL and a token, or its local-mode socket, which asks for none."""

    url: str = ""
    token: str = field(default="", repr=False)
    local: Path | None = None

    @property
    def base(self) -> str:
        """The address before ``/api/v4``."""
        return "http://local" if self.local else self.url.rstrip("/")

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return f"the local socket {self.local}" if self.local else shown(self.url)

    def headers(self) -> dict[str, str]:
        """Return the request's headers."""
        extra = {"Authorization": f"Bearer {self.token}"} if self.token and not self.local else {}
        return {"Accept": "application/json, */*", "User-Agent": "supportpacket", **extra}

    def ask(self, made: httpx.Client, path: str, *, seconds: float = 8.0) -> Any:
        """Return the JSON that ``/api/v4`` + ``path`` answers with.

        Raises:
            OSError: another status than 200, or no JSON; one line without the token.
        """
        status, body, _ = get(made, f"{self.base}/api/v4{path}", seconds=seconds, cap=32 << 20, headers=self.headers())
        if status != 200:
            raise OSError(refusal(status, body))
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise OSError("the answer is no JSON") from None


def refusal(status: int, body: bytes) -> str:
    """Return a refused request's reason: the server's own words where it gave any."""
    try:
        tree = json.loads(body)
        message = tree.get("message") if isinstance(tree, dict) else None
    except (ValueError, RecursionError):
        message = None
    return f"answers {status}" + (f": {message}" if isinstance(message, str) and message else "")


def check_url(url: str) -> str:
    """Return a server's base URL as given, without a slash at the end.

    Raises:
        UsageError: it is no http(s) URL, or holds user info, which belongs into a token file.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{shown(url)}: a server is named by an http or https URL")
    if "@" in parts.netloc:
        raise UsageError(f"{shown(url)}: a URL with a password in it is not taken; use a token file")
    return url.rstrip("/")


def read_token(path: Path) -> str:
    """Return the access token from a file, white space at its ends ignored.

    Raises:
        UsageError: the file cannot be read or holds no token.
    """
    from analyzer.text import printable

    name = printable(str(path))
    try:
        with path.open("rb") as stream:
            text = stream.read(4096).decode("ascii", "replace").strip()
    except OSError as error:
        raise UsageError(f"{name}: token file cannot be read: {error.strerror}") from None
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(f"{name}: holds no access token")
    return text
