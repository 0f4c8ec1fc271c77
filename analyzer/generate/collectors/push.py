"""The push proxy: does it tell its version (packet-format.md 2.3; 11.8 and later)."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.generate.base import Collected, Collector, Context
from analyzer.generate.http import client, get, shown


def _url(context: Context) -> str:
    return context.settings.text("EmailSettings.PushNotificationServer").rstrip("/")


def _needs(context: Context) -> Iterable[str]:
    if context.version is not None and context.version.before("11.8"):
        return
    if context.settings.on("EmailSettings.SendPushNotifications") and _url(context):
        yield f"GET {shown(_url(context))}/version"


def _collect(context: Context, out: Collected) -> None:
    url = f"{_url(context)}/version"
    try:
        with client(seconds=9, url=url) as made:
            status, _, _ = get(made, url, seconds=9, cap=1 << 20)
        if status >= 400:
            raise OSError(f"answers {status}")
        out.fact("notifications.push.status", "OK")
        out.summary = shown(url)
    except Exception as error:
        why = f"{shown(url)}: {context.why(error)}"
        out.fact("notifications.push.status", "FAIL")
        out.fact("notifications.push.error", why)
        out.warn(f"error while testing the push proxy: {why}")
        out.summary = "FAIL"


COLLECTOR = Collector(
    "push", "the push proxy", _needs, _collect, "error while testing the push proxy", "notifications.push.status"
)
