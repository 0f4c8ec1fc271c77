"""SAML: which provider, and does its metadata answer (packet-format.md 2.3, 6.7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from analyzer.generate.base import Collected, Collector, Context
from analyzer.generate.http import client, get, shown

PROVIDERS: Final = (
    ("Azure AD", ("login.microsoftonline.com", "sts.windows.net")),
    ("Okta", (".okta.com", ".oktapreview.com")),
    ("Auth0", (".auth0.com",)),
    ("OneLogin", (".onelogin.com",)),
    ("Google Workspace", ("accounts.google.com",)),
    ("JumpCloud", ("sso.jumpcloud.com",)),
    ("Duo", ("duo.com/saml2",)),
    ("Centrify", (".centrify.com",)),
    ("Keycloak", ("/realms/",)),
    ("ADFS", ("/adfs/", "/federationmetadata/")),
    ("Shibboleth", ("shibboleth.net", "/idp/shibboleth")),
)
"""Provider and what its descriptor URL holds; the first that fits counts (packet-format.md 2.3)."""


def provider(descriptor_url: str) -> str:
    """Return the provider that a descriptor URL shows, or ``unknown``."""
    lower = descriptor_url.lower()
    return next((name for name, marks in PROVIDERS if any(mark in lower for mark in marks)), "unknown")


def _probed(context: Context) -> str:
    if not context.settings.on("SamlSettings.Enable") or (context.version and context.version.before("11.9")):
        return ""
    return context.settings.text("SamlSettings.IdpMetadataURL") or context.settings.text("SamlSettings.IdpURL")


def _needs(context: Context) -> Iterable[str]:
    url = _probed(context)
    if url:
        yield f"GET {shown(url)}"
    elif context.settings.text("SamlSettings.IdpDescriptorURL"):
        yield "SamlSettings.IdpDescriptorURL (not connected to)"


def _collect(context: Context, out: Collected) -> None:
    descriptor = context.settings.text("SamlSettings.IdpDescriptorURL")
    if descriptor:
        out.fact("saml.provider_type", provider(descriptor))
    out.summary = out.facts.get("saml.provider_type", "unknown")
    url = _probed(context)
    if not url:
        return
    try:
        with client(seconds=9, url=url) as made:
            status, body, _ = get(made, url, seconds=9, cap=4 << 20)
        if url == context.settings.text("SamlSettings.IdpMetadataURL"):
            if status >= 400:
                raise OSError(f"answers {status}")
            if b"EntityDescriptor" not in body:
                raise OSError("the answer is no SAML metadata")
        out.fact("saml.status", "OK")
    except Exception as error:
        why = f"{shown(url)}: {context.why(error)}"
        out.fact("saml.status", "FAIL")
        out.fact("saml.error", why)
        out.warn(f"error while testing SAML: {why}")
        out.summary += ", FAIL"


COLLECTOR = Collector(
    "saml", "the identity provider's metadata", _needs, _collect, "error while testing SAML", "saml.status"
)
