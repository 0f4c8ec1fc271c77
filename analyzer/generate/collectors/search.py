"""Elasticsearch or OpenSearch: version and plugins (packet-format.md 2.3, 6.7)."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable
from typing import Any

from analyzer.generate.base import Collected, Collector, Context
from analyzer.generate.http import client, get, shown


def _url(context: Context) -> str:
    return context.settings.text("ElasticsearchSettings.ConnectionURL").rstrip("/")


def _needs(context: Context) -> Iterable[str]:
    if context.settings.on("ElasticsearchSettings.EnableIndexing"):
        yield f"GET {shown(_url(context))}/ and /_cat/plugins"


def _verify(context: Context) -> bool | ssl.SSLContext:
    settings = context.settings
    if settings.on("ElasticsearchSettings.SkipTLSVerification"):
        return False
    authority, certificate, key = (
        settings.text(f"ElasticsearchSettings.{name}") for name in ("CA", "ClientCert", "ClientKey")
    )
    if not authority and not certificate:
        return True
    made = ssl.create_default_context(cafile=str(settings.path(f"config/{authority}")) if authority else None)
    if certificate:
        made.load_cert_chain(str(settings.path(f"config/{certificate}")), str(settings.path(f"config/{key}")))
    return made


def _collect(context: Context, out: Collected) -> None:
    out.fact("elastic.backend", context.settings.text("ElasticsearchSettings.Backend") or "elasticsearch")
    user = context.settings.text("ElasticsearchSettings.Username")
    try:
        with client(seconds=6, url=_url(context), verify=_verify(context)) as made:
            if user:
                made.auth = (user, context.settings.text("ElasticsearchSettings.Password"))
            about = _json(made, f"{_url(context)}/")
            version = about.get("version") if isinstance(about, dict) else None
            number = version.get("number") if isinstance(version, dict) else None
            if not isinstance(number, str):
                raise OSError("the answer names no version")
            out.fact("elastic.server_version", number)
            plugins = _json(made, f"{_url(context)}/_cat/plugins?format=json")
            names = [str(row.get("component")) for row in plugins if isinstance(row, dict)]
            out.fact("elastic.server_plugins", tuple(dict.fromkeys(names)))
        out.fact("elastic.status", "OK")
        out.summary = f"{out.facts['elastic.backend']} {number}"
    except Exception as error:
        why = f"{shown(_url(context))}: {context.why(error)}"
        out.fact("elastic.status", "FAIL")
        out.fact("elastic.error", why)
        out.warn(f"error while testing the search engine: {why}")
        out.summary = "FAIL"


def _json(made: Any, url: str) -> Any:
    status, body, _ = get(made, url, seconds=6, cap=4 << 20)
    if status in {401, 403}:
        raise OSError(f"answers {status}: user name or password refused")
    if status >= 400:
        raise OSError(f"answers {status}")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise OSError("the answer is no JSON") from None


COLLECTOR = Collector(
    "search",
    "the search engine's version",
    _needs,
    _collect,
    "error while testing the search engine",
    "elastic.status",
    limit=14.0,
)
