"""SMTP: does the mail server answer, and does it take the account (packet-format.md 2.3; 11.8 and later)."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable
from urllib.parse import urlsplit

from analyzer.generate.base import Collected, Collector, Context


def _on(context: Context) -> bool:
    if context.version is not None and context.version.before("11.8"):
        return False
    return context.settings.on("EmailSettings.SendEmailNotifications")


def _address(context: Context) -> tuple[str, int]:
    port = context.settings.text("EmailSettings.SMTPPort") or "25"
    return context.settings.text("EmailSettings.SMTPServer") or "localhost", int(port) if port.isdigit() else 25


def _needs(context: Context) -> Iterable[str]:
    if _on(context):
        yield "SMTP {}:{} (no mail is sent)".format(*_address(context))


def _collect(context: Context, out: Collected) -> None:
    host, port = _address(context)
    try:
        _test(context, host, port)
        out.fact("notifications.email.status", "OK")
        out.summary = f"{host}:{port}"
    except Exception as error:
        why = f"{host}:{port}: {context.why(_plain(error))}"
        out.fact("notifications.email.status", "FAIL")
        out.fact("notifications.email.error", why)
        out.warn(f"error while testing SMTP: {why}")
        out.summary = "FAIL"


def _plain(error: Exception) -> Exception:
    """Return what a mail server answered as text, not as a Python tuple."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return OSError(f"answers {error.smtp_code} {text}")
    return error


def _test(context: Context, host: str, port: int) -> None:
    settings = context.settings
    wait = settings.get("EmailSettings.SMTPServerTimeout", 10)
    seconds = min(wait if isinstance(wait, int) and wait > 0 else 10, 8)
    security = settings.text("EmailSettings.ConnectionSecurity")
    tls = ssl.create_default_context()
    if settings.on("EmailSettings.SkipServerCertificateVerification"):
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    own = urlsplit(settings.text("ServiceSettings.SiteURL")).hostname or "localhost"
    session: smtplib.SMTP
    if security == "TLS":
        session = smtplib.SMTP_SSL(host, port, local_hostname=own, timeout=seconds, context=tls)
    else:
        session = smtplib.SMTP(host, port, local_hostname=own, timeout=seconds)
    try:
        session.ehlo_or_helo_if_needed()
        if security == "STARTTLS":
            session.starttls(context=tls)
        if settings.on("EmailSettings.EnableSMTPAuth"):
            session.login(settings.text("EmailSettings.SMTPUsername"), settings.text("EmailSettings.SMTPPassword"))
    finally:
        session.close()


COLLECTOR = Collector(
    "smtp", "the mail server", _needs, _collect, "error while testing SMTP", "notifications.email.status"
)
