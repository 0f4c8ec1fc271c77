"""HTTP as collectors use it: bounded, without proxies of the environment, without following redirects."""

from __future__ import annotations

import base64
import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import ssl

    import httpx

CAP: Final = 64 << 20
CONNECT: Final = 5.0


class TooSlow(TimeoutError):  # noqa: N818
    """The answer as a whole took too long, although each piece of it came in time."""


@contextlib.contextmanager
def client(
    *, seconds: float = 10.0, url: str = "", verify: bool | ssl.SSLContext = True, local: Path | None = None
) -> Iterator[httpx.Client]:
    """Yield a client whose every wait is bounded by ``seconds``.

    Args:
        seconds: longest wait for any piece.
        url: what it will ask; where that is no https, no certificates are loaded.
        verify: how to check certificates.
        local: a Unix socket to speak over.

    Raises:
        httpx.ConnectError: nobody listens on ``local``.
    """
    import httpx

    if local is not None:
        _try(local)
    timeout = httpx.Timeout(seconds, connect=min(CONNECT, seconds))
    if verify is True and (local is not None or url.startswith("http://")):
        verify = False  # nothing to check, and redirects are not followed
    transport = httpx.HTTPTransport(uds=str(local) if local else None, verify=verify, trust_env=False)
    with httpx.Client(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False) as made:
        yield made


def _try(local: Path) -> None:
    """Connect once by hand: the library leaves a socket open that it could not connect."""
    import httpx

    with socket.socket(socket.AF_UNIX) as trial:
        trial.settimeout(CONNECT)
        try:
            trial.connect(str(local))
        except OSError as error:
            raise httpx.ConnectError(error.strerror or str(error)) from None


def get(
    made: httpx.Client, url: str, *, seconds: float = 10.0, cap: int = CAP, headers: dict[str, str] | None = None
) -> tuple[int, bytes, httpx.Headers]:
    """Return status, body and headers of a GET; the whole within ``seconds``, the body at most ``cap`` bytes.

    Raises:
        TooSlow: not done in time.
        OSError, httpx.HTTPError: not reached, or the answer broke off.
    """
    ends = time.monotonic() + seconds
    with made.stream("GET", url, headers=headers) as response:
        body = bytearray()
        for piece in response.iter_bytes(1 << 16):
            body += piece
            if time.monotonic() > ends:
                raise TooSlow(f"no whole answer within {seconds:g} s")
            if len(body) > cap:
                raise OSError(f"the answer is larger than {cap >> 20} MB")
        return response.status_code, bytes(body), response.headers


def plain_get(
    url: str, *, seconds: float, cap: int = CAP, began: Callable[[], None] | None = None
) -> tuple[int, bytes]:
    """Return status and body of a GET, with the standard library alone: what must start at once waits for no import.

    Args:
        url: http or https, with user info if need be.
        seconds: for the whole.
        cap: most bytes of the body.
        began: called when the question is out.

    Raises:
        TooSlow: not done in time.
        OSError, http.client.HTTPException: not reached, or no HTTP.
    """
    from http.client import HTTPConnection, HTTPSConnection

    parts = urlsplit(url)
    made = (HTTPSConnection if parts.scheme == "https" else HTTPConnection)(
        parts.hostname or "", parts.port, timeout=seconds
    )
    headers = {}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    ends = time.monotonic() + seconds
    try:
        made.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers=headers)
        if began:
            began()
        response = made.getresponse()
        body = bytearray()
        while piece := response.read1(1 << 16):
            body += piece
            if time.monotonic() > ends:
                raise TooSlow(f"no whole answer within {seconds:g} s")
            if len(body) > cap:
                raise OSError(f"the answer is larger than {cap >> 20} MB")
        if response.length:
            raise OSError("the answer broke off")
        return response.status, bytes(body)
    finally:
        made.close()


def shown(url: str) -> str:
    """Return a URL for messages: no user info, no query."""
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.partition('?')[0].partition('#')[0].rpartition('@')[2]}" if mark else "that address"
