"""Sections of ``sanitized_config.json`` in file order, and keys that 12.0 removed (packet-format.md 2.7.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from analyzer.format.versions import Version, within


@dataclass(frozen=True, slots=True)
class Section:
    """One top-level section; ``since`` and ``until`` (exclusive) only where a packet or golden file shows them."""

    name: str
    since: str | None = None
    until: str | None = None


def _always(*names: str) -> tuple[Section, ...]:
    return tuple(Section(name) for name in names)


_V1_FLAGS: Final = Section("FeatureFlags", until="10.5")  # in place in V1, the last key in V2 (PR#29403)

# Order: real 8.1.9 and 9.11.0 packets, the 12.0 golden file and real 11.6.0 packets. Where a section came or went
# between two of these, the row says the first release known to have, or to lack, it.
SECTIONS: Final = (
    *_always(
        "ServiceSettings",
        "TeamSettings",
        "ClientRequirements",
        "SqlSettings",
        "LogSettings",
        "ExperimentalAuditSettings",
    ),
    Section("NotificationLogSettings", until="11.0"),  # PR#33473
    *_always(
        "PasswordSettings",
        "FileSettings",
        "EmailSettings",
        "RateLimitSettings",
        "PrivacySettings",
        "SupportSettings",
        "AnnouncementSettings",
        "ThemeSettings",
        "GitLabSettings",
        "GoogleSettings",
        "Office365Settings",
        "OpenIdSettings",
        "LdapSettings",
        "ComplianceSettings",
        "LocalizationSettings",
        "SamlSettings",
        "NativeAppSettings",
    ),
    Section("IntuneSettings", since="11.6"),
    Section("CacheSettings", since="10.0"),
    *_always("ClusterSettings", "MetricsSettings", "ExperimentalSettings", "AnalyticsSettings"),
    Section("ElasticsearchSettings"),
    Section("BleveSettings", until="11.6"),
    Section("DataRetentionSettings"),
    Section("MobileEphemeralModeSettings", since="12.0"),
    Section("MessageExportSettings"),
    Section("JobSettings"),
    Section("ProductSettings", until="11.6"),
    Section("PluginSettings"),
    *_always("DisplaySettings", "GuestAccountsSettings", "ImageProxySettings", "CloudSettings"),
    _V1_FLAGS,
    Section("ImportSettings"),
    Section("ExportSettings"),
    Section("WranglerSettings", since="9.11"),
    Section("ConnectedWorkspacesSettings", since="11.6"),
    Section("AccessControlSettings", since="11.6"),
    Section("ContentFlaggingSettings", since="11.6"),
    Section("DeliveryTrackingSettings", since="12.0"),
    Section("AutoTranslationSettings", since="11.6"),
    Section("AIRecapSettings", since="12.0"),
    Section("FeatureFlags", since="10.5"),
)


def section_order(version: Version | None) -> tuple[str, ...]:
    """Return section names in the order in which a server of this version writes them.

    Sections that the version is not known to have are listed too, in their place, because a configuration that has them
    decides; only the place of ``FeatureFlags`` depends on the version (last for an unknown one).
    """
    old = version is not None and version.before("10.5")
    return tuple(row.name for row in SECTIONS if row.name != "FeatureFlags" or (row is _V1_FLAGS) == old)


def known_sections(version: Version) -> frozenset[str]:
    """Return the sections that a server of this version is known to write."""
    return frozenset(row.name for row in SECTIONS if within(version, row.since, row.until))


REMOVED_IN_12_0: Final = (
    "SqlSettings.AtRestEncryptKey",
    "TeamSettings.ExperimentalViewArchivedChannels",
    "CloudSettings.CWSMock",
    "PluginSettings.ChimeraOAuthProxyURL",
    "GuestAccountsSettings.AllowEmailAccounts",
    "NativeAppSettings.EnableIntuneMAM",
    "ElasticsearchSettings.BulkIndexingTimeWindowSeconds",
    "ClusterSettings.EnableExperimentalGossipEncryption",
    "ExperimentalSettings.ClientSideCertEnable",
    "DataRetentionSettings.EnableBoardsDeletion",
    "DataRetentionSettings.BoardsRetentionDays",
    "ImageProxySettings.RemoteImageProxyURL",
    "ImageProxySettings.RemoteImageProxyOptions",
    "EmailSettings.LoginButtonColor",
    "EmailSettings.LoginButtonBorderColor",
    "EmailSettings.LoginButtonTextColor",
    "LocalizationSettings.EnableExperimentalLocales",
)
"""12.0 changelog (packet-format.md 2.7.5)."""
