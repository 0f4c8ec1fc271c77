"""The table of credential settings: where the configuration holds credentials and which releases mask them.

Sources: packet-format.md 2.7.2 to 2.7.4, 7 and 8.1 (``Config.Sanitize`` of several releases, pull requests, and a real
11.6.0 server tried with unique values). The generator masks every row; the scanner asks what a given release leaves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from analyzer.format.versions import Version

Holds: TypeAlias = Literal["secret", "data-source", "url", "options", "identifier"]
Masked: TypeAlias = Literal["always", "if set", "never"]

CONFIG_LEAK: Final = "CVE-2026-6346"
"""Sensitive settings in clear up to 11.5.1, 11.4.3 and 10.11.13 (MMSA-2026-00607, PR#35346)."""

_ADDED_BY_35346 = ("10.11.14", "11.4.4", "11.5.2")


@dataclass(frozen=True, slots=True)
class Credential:
    """One setting that holds a credential.

    Attributes:
        path: dotted path in ``sanitized_config.json``; ``[]`` stands for every item of a list.
        kind: what the credential is, as a finding names it.
        holds: ``secret``: the whole value; ``data-source`` and ``url``: a part of it; ``options``: JSON or key-value
            text that may hold some; ``identifier``: a name or key id that belongs to a credential.
        masked: ``always`` (also when empty, so the mask proves nothing), ``if set``, or ``never``.
        since: first release that masks it; None with ``never``.
        until: first release that does not mask it any more.
        backports: patch releases of older lines that mask it too.
        rotate: what to change, and where, once it has leaked.
        cve: advisory that covers the leak.
        source: where this is known from.
    """

    path: str
    kind: str
    holds: Holds
    masked: Masked
    since: str | None
    rotate: str
    until: str | None = None
    backports: tuple[str, ...] = ()
    cve: str | None = None
    source: str = "packet-format.md 2.7.2"

    def masked_in(self, version: Version | None) -> bool | None:
        """Whether ``version`` masks this setting in a packet; None if the version is unknown and it matters."""
        if self.masked == "never":
            return False
        if version is None:
            return None if self.since != "3.0" or self.until else True
        if self.until is not None and version.at_least(self.until):
            return False
        if self.since is None or version.at_least(self.since):
            return True
        return any(_same_line(version, fixed) and version.at_least(fixed) for fixed in self.backports)


def _same_line(version: Version, release: str) -> bool:
    major, minor, _ = release.split(".")
    return (version.major, version.minor) == (int(major), int(minor))


_SMTP = "change the SMTP account's password and EmailSettings.SMTPPassword"
_OAUTH = "make a new client secret at the identity provider and enter it in the System Console"
_S3 = "make a new access key for the bucket's user, enter it, and delete the old key"
_AZURE = "regenerate the storage account's key in Azure and enter the new one"
_DATABASE = "change the database user's password and the data source"
_SEARCH = "change the search user's password and ElasticsearchSettings.Password"
_URL = "change that password, and move it out of the URL if the service allows"
_LOG_TARGET = "change the log target's credential and its entry in AdvancedLoggingJSON"
_ID = "an identifier, no secret by itself: rotate the secret that belongs to it if that leaked too"


def _secret(path: str, kind: str, rotate: str, since: str, masked: Masked = "if set") -> Credential:
    return Credential(path, kind, "secret", masked, since, rotate)


CREDENTIALS: Final[tuple[Credential, ...]] = (
    _secret("LdapSettings.BindPassword", "ldap-bind-password", "change the bind account's password", "3.0"),
    _secret(
        "FileSettings.PublicLinkSalt",
        "salt",
        "regenerate the public link salt (old links stop working)",
        "3.0",
        "always",
    ),
    _secret("FileSettings.AmazonS3SecretAccessKey", "s3-secret-key", _S3, "3.0"),
    Credential(
        "FileSettings.ExportAmazonS3SecretAccessKey",
        "s3-secret-key",
        "secret",
        "if set",
        "11.6",
        _S3,
        backports=_ADDED_BY_35346,
        cve=CONFIG_LEAK,
        source="PR#35346",
    ),
    _secret("FileSettings.AzureAccessKey", "azure-storage-key", _AZURE, "11.9"),
    _secret("FileSettings.ExportAzureAccessKey", "azure-storage-key", _AZURE, "11.9"),
    _secret("EmailSettings.SMTPPassword", "smtp-password", _SMTP, "3.0"),
    _secret("EmailSettings.InviteSalt", "salt", "regenerate the salt", "3.0", "always"),
    _secret("EmailSettings.PasswordResetSalt", "salt", "regenerate the salt", "3.0", "always"),
    _secret("GitLabSettings.Secret", "oauth-client-secret", _OAUTH, "3.0"),
    _secret("GoogleSettings.Secret", "oauth-client-secret", _OAUTH, "5.28"),
    _secret("Office365Settings.Secret", "oauth-client-secret", _OAUTH, "5.28"),
    _secret("OpenIdSettings.Secret", "oauth-client-secret", _OAUTH, "5.30"),
    Credential("SqlSettings.DataSource", "database-password", "data-source", "if set", "3.0", _DATABASE),
    Credential("SqlSettings.DataSourceReplicas[]", "database-password", "data-source", "if set", "3.0", _DATABASE),
    Credential(
        "SqlSettings.DataSourceSearchReplicas[]", "database-password", "data-source", "if set", "3.8", _DATABASE
    ),
    Credential(
        "SqlSettings.ReplicaLagSettings[].DataSource", "database-password", "data-source", "if set", "9.8", _DATABASE
    ),
    _secret("SqlSettings.AtRestEncryptKey", "encryption-key", "make a new at-rest encryption key", "3.0", "always"),
    _secret("ElasticsearchSettings.Password", "search-password", _SEARCH, "3.9", "always"),
    Credential(
        "MessageExportSettings.GlobalRelaySettings.SMTPPassword", "smtp-password", "secret", "if set", "5.28", _SMTP
    ),
    _secret("ServiceSettings.GfycatAPISecret", "api-secret", "make a new API secret at Gfycat", "5.28"),
    _secret("ServiceSettings.SplitKey", "api-key", "make a new key at Split", "5.30", "always"),
    Credential(
        "ServiceSettings.GoogleDeveloperKey",
        "google-api-key",
        "secret",
        "if set",
        "11.6",
        "make a new API key in the Google Cloud console and delete the old one",
        backports=_ADDED_BY_35346,
        cve=CONFIG_LEAK,
        source="PR#35346",
    ),
    Credential(
        "ServiceSettings.GiphySdkKey",
        "api-key",
        "secret",
        "if set",
        "11.6",
        "make a new key at Giphy and delete the old one",
        backports=_ADDED_BY_35346,
        cve=CONFIG_LEAK,
        source="PR#35346",
    ),
    _secret("CacheSettings.RedisPassword", "redis-password", "change the Redis password", "10.1", "always"),
    # unmasked when the setting arrived in 11.1, masked in both 11.6 snapshots; the release between is not known
    _secret("AutoTranslationSettings.LibreTranslate.APIKey", "api-key", "make a new LibreTranslate key", "11.6"),
    Credential("ElasticsearchSettings.ConnectionURL", "url-password", "url", "never", None, _SEARCH, source="8.1"),
    Credential("EmailSettings.PushNotificationServer", "url-password", "url", "never", None, _URL, source="8.1"),
    Credential("ImageProxySettings.RemoteImageProxyURL", "url-password", "url", "never", None, _URL, source="8.1"),
    Credential(
        "ImageProxySettings.RemoteImageProxyOptions",
        "image-proxy-key",
        "secret",
        "never",
        None,
        "make a new shared key in the image proxy (atmos/camo) and enter it",
        source="packet-format.md 2.7.2",
    ),
    Credential(
        "ServiceSettings.AllowedUntrustedInternalConnections", "url-password", "url", "never", None, _URL, source="8.1"
    ),
    Credential(
        "LogSettings.AdvancedLoggingJSON", "log-target-secret", "options", "never", None, _LOG_TARGET, source="8.1"
    ),
    Credential(
        "ExperimentalAuditSettings.AdvancedLoggingJSON", "log-target-secret", "options", "never", None, _LOG_TARGET
    ),
    Credential(
        "NotificationLogSettings.AdvancedLoggingJSON", "log-target-secret", "options", "never", None, _LOG_TARGET
    ),
    Credential("FileSettings.AmazonS3AccessKeyId", "s3-access-key-id", "identifier", "never", None, _ID),
    Credential("FileSettings.ExportAmazonS3AccessKeyId", "s3-access-key-id", "identifier", "never", None, _ID),
)
"""Every known credential setting, in the order of packet-format.md 2.7.2, then those that no release masks."""

ACCOUNT_NAMES: Final[tuple[str, ...]] = (
    "EmailSettings.SMTPUsername",
    "MessageExportSettings.GlobalRelaySettings.SMTPUsername",
    "LdapSettings.BindUsername",
    "ElasticsearchSettings.Username",
    "FileSettings.AmazonS3AccessKeyId",
    "FileSettings.ExportAmazonS3AccessKeyId",
    "FileSettings.AzureStorageAccount",
    "FileSettings.ExportAzureStorageAccount",
    "GitLabSettings.Id",
    "GoogleSettings.Id",
    "Office365Settings.Id",
    "OpenIdSettings.Id",
)
"""User names and key ids that belong to a credential: no findings, but masked at generation."""

PLUGIN_SETTINGS: Final = "PluginSettings.Plugins"
"""From 10.1 declared secrets are masked, those in schema sections from 11.5, undeclared keys never (but in 11.0.0)."""

PLUGINS_MASKED_SINCE: Final = "10.1"
PLUGIN_SECTIONS_MASKED_SINCE: Final = "11.5"

_INDEX = re.compile(r"\[\d+\]")
_BY_PATH = {row.path.lower(): row for row in CREDENTIALS}


def credential_at(path: str) -> Credential | None:
    """Return the row for a dotted path such as ``SqlSettings.DataSourceReplicas[0]``, or None.

    Go's JSON decoder takes keys in any case, so a hand-edited packet is matched in any case too.
    """
    return _BY_PATH.get(_INDEX.sub("[]", path).lower())
