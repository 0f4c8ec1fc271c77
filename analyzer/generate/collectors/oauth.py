"""OAuth and OpenID Connect providers: discovery document or token endpoint (packet-format.md 2.3; 11.9 and later)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Final

from analyzer.generate.base import Collected, Collector, Context
from analyzer.generate.http import client, get, shown

_SECTIONS: Final = (
    ("gitlab", "GitLabSettings"),
    ("google", "GoogleSettings"),
    ("office365", "Office365Settings"),
    ("openid", "OpenIdSettings"),
)


def _endpoint(context: Context, section: str) -> tuple[str, bool]:
    """Return the address to ask and whether it is a discovery document."""
    discovery = context.settings.text(f"{section}.DiscoveryEndpoint")
    return (discovery, True) if discovery else (context.settings.text(f"{section}.TokenEndpoint"), False)


def _needs(section: str) -> Callable[[Context], Iterable[str]]:
    def needs(context: Context) -> Iterable[str]:
        if context.version is not None and context.version.before("11.9"):
            return ()
        if not context.settings.on(f"{section}.Enable"):
            return ()
        url, _ = _endpoint(context, section)
        return (f"GET {shown(url)}" if url else f"{section}: no endpoint is configured",)

    return needs


def _collect(name: str, section: str) -> Callable[[Context, Collected], None]:
    def collect(context: Context, out: Collected) -> None:
        url, discovery = _endpoint(context, section)
        try:
            if not url:
                raise OSError("no discovery or token endpoint configured")
            _ask(url, discovery=discovery)
            out.fact(f"oauth_providers.{name}.status", "OK")
            out.summary = shown(url)
        except Exception as error:
            why = f"{shown(url)}: {context.why(error)}" if url else context.why(error)
            out.fact(f"oauth_providers.{name}.status", "FAIL")
            out.fact(f"oauth_providers.{name}.error", why)
            out.warn(f"error while testing the OAuth provider {name}: {why}")
            out.summary = "FAIL"

    return collect


def _ask(url: str, *, discovery: bool) -> None:
    with client(seconds=9, url=url) as made:
        status, body, _ = get(made, url, seconds=9, cap=1 << 20)
    if not discovery:
        return  # a token endpoint refuses a GET, so any answer will do
    if status >= 400:
        raise OSError(f"discovery endpoint returned unexpected status {status}")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise OSError("discovery endpoint did not return valid JSON") from None
    if not isinstance(document, dict) or not document.get("issuer"):
        raise OSError("discovery endpoint response missing required 'issuer' field")


COLLECTORS = tuple(
    Collector(
        f"oauth {name}",
        f"the provider {name}",
        _needs(section),
        _collect(name, section),
        f"error while testing the OAuth provider {name}",
        f"oauth_providers.{name}.status",
    )
    for name, section in _SECTIONS
)
