"""Fetching a server's own packet, as ``mmctl system supportpacket`` does (packet-format.md 5.1, 5.2)."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from analyzer.errors import PacketError, Progress, SourceError, UsageError
from analyzer.files import replace_when_done
from analyzer.generate.api import Server, check_url
from analyzer.generate.http import client
from analyzer.generate.scrub import not_installed, reason
from analyzer.text import human_bytes, printable

if TYPE_CHECKING:
    import httpx

_PATH: Final = "/api/v4/system/support_packet"
_READ_SECONDS: Final = 180.0  # a server with locked tables was seen to take 40 s before its first byte
_CAP: Final = 4 << 30
_REDIRECTS: Final = 3
_GENERATE: Final = "collect a packet on the server's host instead: supportpacket generate"

ADVICE: Final[Mapping[str, str]] = {
    "api.context.session_expired.app_error": "the token is not accepted: make a new one in the System Console",
    "api.context.permissions.app_error": "the token's owner is no system administrator: take the token of one",
    "api.restricted_system_admin": (
        "ExperimentalSettings.RestrictSystemAdmin forbids it: download over --local on the server's host"
    ),
    "api.no_license": f"the server has no licence, and makes no packet without one: {_GENERATE}",
    "api.unable_to_create_zip_file": f"the server could not write its zip (no permission is missing): {_GENERATE}",
    "api.unable_to_read_file_from_backend": f"the server could not read its file store: {_GENERATE}",
}
"""The server's error ids and what to do next (packet-format.md 5.1)."""

_BY_STATUS: Final[Mapping[int, str]] = {
    401: "the token is not accepted: make a new one in the System Console",
    403: "the server refuses: a system administrator's token is needed",
    404: "no such address: is this a Mattermost server of 5.33 or later, and is the URL its site URL?",
    429: "too many requests: wait a minute",
    500: f"the server failed: look into its log, or {_GENERATE}",
    501: f"the server cannot do this: {_GENERATE}",
    502: "a proxy got no answer from the server: use the server's own address, or --local on its host",
    503: "the server is not available: use --local on its host, or " + _GENERATE,
    504: "a proxy did not wait long enough (a packet takes 5 to 60 seconds): use the server's own address, or --local",
}


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A packet that was fetched.

    Attributes:
        path: the file.
        size: its bytes.
        version: the server's version, or None.
        missing: members that this server ought to have sent.
        warnings: what the server itself could not collect.
        problems: what of the packet cannot be read.
    """

    path: Path
    size: int
    version: str | None
    missing: tuple[str, ...]
    warnings: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not (self.missing or self.warnings or self.problems)


def download(
    *,
    server: str | None = None,
    token: str | None = None,
    local: Path | None = None,
    output: Path = Path(),
    with_logs: bool = True,
    plugin_packets: tuple[str, ...] = (),
    force: bool = False,
    progress: Progress | None = None,
) -> Downloaded:
    """Fetch a packet from a running server and check that it can be read.

    Args:
        server: base URL; needs ``token``, a system administrator's access token.
        token: the token; sent to ``server`` only, never to where it redirects.
        local: the server's local-mode socket instead, which needs no token.
        output: folder for the packet.
        with_logs: include the server's log files.
        plugin_packets: plugins whose optional data is included.
        force: overwrite a file of the same name.
        progress: told how many bytes have come.

    Raises:
        UsageError: neither or both of ``server`` and ``local``, no token, or the file cannot be written.
        SourceError: the server refuses, does not answer, or sends no readable packet; one line with what to do next.
    """
    try:
        import httpx
    except ModuleNotFoundError as error:
        raise UsageError(not_installed(error)) from None
    if (server is None) == (local is None):
        raise UsageError("name a server by its URL or by its local socket, one of both")
    if server is not None and not token:
        raise UsageError("a server named by its URL needs an access token")
    asked = Server(url=check_url(server) if server else "", token=token or "", local=local)
    query: list[tuple[str, str]] = [] if with_logs else [("basic_server_logs", "false")]
    query += [("plugin_packets", plugin) for plugin in plugin_packets]
    try:
        with client(seconds=_READ_SECONDS, url=asked.base, local=local) as made:
            url = str(httpx.URL(asked.base + _PATH, params=query))
            return _fetch(made, asked, url, output, force=force, progress=progress)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceError(f"{asked.name}: {_transport(error)}") from None


def _transport(error: Exception) -> str:
    import httpx

    why = reason(error)
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        return f"cannot be reached ({why}): is the server running? Where it is not, {_GENERATE}"
    if isinstance(error, httpx.TimeoutException):
        return f"sent nothing for {_READ_SECONDS:.0f} s: it hangs; {_GENERATE}"
    return f"the transfer broke off ({why}): try again, or download over --local on the server's host"


def _fetch(
    made: httpx.Client, asked: Server, url: str, output: Path, *, force: bool, progress: Progress | None
) -> Downloaded:
    for _ in range(_REDIRECTS + 1):
        with made.stream("GET", url, headers=asked.headers()) as response:
            if response.is_redirect:
                url = _redirected(asked, url, response.headers.get("location", ""))
                continue
            if response.status_code != 200:
                raise SourceError(f"{asked.name}: {refused(response.status_code, _head(response))}")
            return _save(asked, response, output, force=force, progress=progress)
    raise SourceError(f"{asked.name}: redirects in a circle; give the site URL itself")


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _redirected(asked: Server, url: str, location: str) -> str:
    """Return where the server points to, if that is the server itself."""
    target = urljoin(url, location)
    try:
        same = _origin(target) == _origin(url)
    except ValueError:
        same = False
    if not location or not same:
        host = printable(urlsplit(target).netloc.rpartition("@")[2], 100) if location else "nowhere"
        raise SourceError(
            f"{asked.name}: redirects to {host}, where the token is not sent; give that server's own URL if it is yours"
        )
    return target


def _head(response: httpx.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes(4096):
        body += piece
        if len(body) > 1 << 16:
            break
    return bytes(body)


def refused(status: int, body: bytes) -> str:
    """Return one line for an answer other than 200: what the server says, and what to do next."""
    try:
        tree: Any = json.loads(body)
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, Mapping) or not isinstance(tree.get("id"), str):
        page = (
            " with a page for people" if b"<html" in body[:2048].lower() or b"<!doctype" in body[:2048].lower() else ""
        )
        return f"answers {status}{page}: {_BY_STATUS.get(status, 'this is not how a Mattermost server answers')}"
    words = str(tree.get("message") or tree["id"])
    detail = str(tree.get("detailed_error") or "")
    said = printable(f"{words} {detail}".strip().rstrip("."), 200)
    advice = ADVICE.get(tree["id"]) or _BY_STATUS.get(status, "see the server's log")
    return f"answers {status} ({said}): {advice}"


def file_name(disposition: str | None, now: datetime | None = None) -> str:
    """Return a safe file name from ``Content-Disposition``: its base name, nothing hidden, nothing odd.

    Without one, the name that the web app falls back to (packet-format.md 1.6).
    """
    text = disposition or ""
    star = re.search(r"filename\*\s*=\s*UTF-8''([^;]+)", text, re.IGNORECASE)
    plain = re.search(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', text, re.IGNORECASE)
    given = unquote(star[1]) if star else unquote(plain[1] or plain[2] or "") if plain else ""
    base = given.replace("\\", "/").rpartition("/")[2]
    safe = re.sub(r"[^A-Za-z0-9._ ()-]", "_", base).strip(" .")[:150]
    if not safe or safe.startswith("-"):
        safe = ""
    if safe and not safe.lower().endswith(".zip"):
        safe += ".zip"
    when = now or datetime.now().astimezone()
    return safe or f"mm_support_packet_{when:%Y-%m-%dT%H-%M}.zip"


def _save(
    asked: Server, response: httpx.Response, output: Path, *, force: bool, progress: Progress | None
) -> Downloaded:
    path = output / file_name(response.headers.get("content-disposition"))
    size = 0
    with replace_when_done(path, force=force, mode=0o600) as partial:
        with partial.open("wb") as stream:
            for piece in response.iter_bytes(1 << 18):
                if not size and not piece.startswith(b"PK"):
                    raise SourceError(f"{asked.name}: {_no_zip(piece)}")
                size += len(piece)
                if size > _CAP:
                    raise SourceError(f"{asked.name}: sends more than {human_bytes(_CAP)}; that is no packet")
                try:
                    stream.write(piece)
                except OSError as error:
                    raise UsageError(f"{printable(str(path))}: cannot be written: {error.strerror}") from None
                if progress:
                    progress(size, None, "downloading")
        found = _check(asked, partial, size)
    return Downloaded(path, size, *found)


def _no_zip(piece: bytes) -> str:
    if piece.lstrip()[:1] == b"<":
        return "answers with a page for people: a proxy or a login stands before the server; use its own address"
    return "sends no zip: this is not how a Mattermost server answers"


def _check(
    asked: Server, partial: Path, size: int
) -> tuple[str | None, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return version, missing members, warnings and problems of what was fetched.

    Raises:
        SourceError: it is no readable packet.
    """
    from analyzer.packet import open_packet

    if not size:
        raise SourceError(f"{asked.name}: sends nothing: {_GENERATE}")
    if not zipfile.is_zipfile(partial):
        raise SourceError(
            f"{asked.name}: the packet is cut after {human_bytes(size)}: try again, or use --local on the server's host"
        )
    try:
        with open_packet(partial) as packet:
            problems = packet.problems
            version = str(packet.server_version) if packet.server_version else None
            missing = tuple(str(item) for item in packet.missing)
    except PacketError as error:
        raise SourceError(
            f"{asked.name}: what it sends is no packet: {str(error).partition(': ')[2] or error}"
        ) from None
    warned = tuple(item.message for item in problems if item.stage == "server")
    broken = tuple(str(item) for item in problems if item.stage != "server" and item.severity == "error")
    return version, missing, warned, broken
