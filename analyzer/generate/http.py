"""HTTP as collectors use it: bounded, without proxies of the environment, without following redirects."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ssl

    import httpx

CAP: Final = 64 << 20
CONNECT: Final = 5.0


class TooSlow(TimeoutError):  # noqa: N818
    """The answer as a whole took too long, although each piece of it came in time."""


@contextlib.contextmanager
def client(
    *, seconds: float = 10.0, verify: bool | ssl.SSLContext = True, local: Path | None = None
) -> Iterator[httpx.Client]:
    """Yield a client whose every wait is bounded by ``seconds``; ``local`` is a Unix socket to speak over.

    Raises:
        httpx.ConnectError: nobody listens on ``local``.
    """
    import httpx

    if local is not None:
        _try(local)
    timeout = httpx.Timeout(seconds, connect=min(CONNECT, seconds))
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


def shown(url: str) -> str:
    """Return a URL for messages: no user info, no query."""
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.partition('?')[0].partition('#')[0].rpartition('@')[2]}" if mark else "that address"
