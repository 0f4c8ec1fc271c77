"""The directory: can it be bound to, and who made it (packet-format.md 2.3, 6.7). Never users or groups."""

from __future__ import annotations

import contextlib
import ssl
import warnings
from collections.abc import Iterable
from typing import Any, Final

from analyzer.generate.base import Collected, Collector, Context

_SECONDS: Final = 6
_UNKNOWN: Final = "unknown"


def _on(context: Context) -> bool:
    return context.settings.on("LdapSettings.Enable") or context.settings.on("LdapSettings.EnableSync")


def _address(context: Context) -> tuple[str, int]:
    port = context.settings.get("LdapSettings.LdapPort", 389)
    return context.settings.text("LdapSettings.LdapServer"), port if isinstance(port, int) else 389


def _needs(context: Context) -> Iterable[str]:
    if _on(context):
        _library()  # here, in the main thread: filters of warnings belong to the whole process
        host, port = _address(context)
        yield f"LDAP {host}:{port} (bind, root DSE)"


def _collect(context: Context, out: Collected) -> None:
    out.fact("ldap.server_name", _UNKNOWN)
    out.fact("ldap.server_version", _UNKNOWN)
    connection = None
    try:
        connection = _bound(context)
        out.fact("ldap.status", "OK")
        name, version = _vendor(connection)
        out.fact("ldap.server_name", name or _UNKNOWN)
        out.fact("ldap.server_version", version or _UNKNOWN)
        out.summary = f"{name or _UNKNOWN} {version or ''}".strip()
    except Exception as error:
        why = f"{':'.join(map(str, _address(context)))}: {context.why(error)}"
        if "ldap.status" not in out.facts:
            out.fact("ldap.status", "FAIL")
            out.fact("ldap.error", f"unable to connect to AD/LDAP server {why}")
        out.summary = "FAIL"
        out.warn(f"error while getting LDAP vendor info: {why}")
    finally:
        if connection is not None:
            _closed(connection)


def _library() -> Any:
    """Return ldap3, whose import says what its own imports will call deprecated some day."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import ldap3

    return ldap3


def _bound(context: Context) -> Any:
    ldap3 = _library()
    host, port = _address(context)
    security = context.settings.text("LdapSettings.ConnectionSecurity")
    checked = not context.settings.on("LdapSettings.SkipCertificateVerification")
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED if checked else ssl.CERT_NONE)
    server = ldap3.Server(
        host, port=port, use_ssl=security == "TLS", tls=tls, get_info=ldap3.NONE, connect_timeout=_SECONDS
    )
    user = context.settings.text("LdapSettings.BindUsername")
    connection = ldap3.Connection(
        server,
        user=user or None,
        password=context.settings.text("LdapSettings.BindPassword") or None,
        authentication=ldap3.SIMPLE if user else ldap3.ANONYMOUS,
        receive_timeout=_SECONDS,
        read_only=True,
        raise_exceptions=True,
        auto_referrals=False,
    )
    try:
        connection.open()
        if security == "STARTTLS":
            connection.start_tls()
        connection.bind()
    except BaseException:
        _closed(connection)
        raise
    return connection


def _closed(connection: Any) -> None:
    """Close a connection in whatever state it is; the library leaves sockets open that never connected."""
    raw = connection.socket
    with contextlib.suppress(Exception):
        connection.unbind()
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.close()


def _vendor(connection: Any) -> tuple[str, str]:
    ldap3 = _library()
    connection.search(
        "", "(objectClass=*)", search_scope=ldap3.BASE, attributes=["vendorName", "vendorVersion"], size_limit=1
    )
    found = connection.response[0].get("attributes", {}) if connection.response else {}
    return _text(found.get("vendorName")), _text(found.get("vendorVersion"))


def _text(value: Any) -> str:
    first = value[0] if isinstance(value, list) and value else value
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first or "")


COLLECTOR = Collector(
    "ldap",
    "the directory's vendor",
    _needs,
    _collect,
    "error while getting LDAP vendor info",
    "ldap.status",
    limit=14.0,
)
