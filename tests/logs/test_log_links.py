"""Source links of callers, and the table of levels."""

from __future__ import annotations

import pytest

from analyzer.format.levels import BY_ID, FAMILIES, LEVELS, canonical_level, expand_levels, severity
from analyzer.logs import source_link


@pytest.mark.parametrize(
    ("caller", "version", "path", "sure"),
    [
        ("app/server.go:684", "11.6.0", "v11.6.0/server/channels/app/server.go#L684", True),
        ("app/server.go:684", "7.8.0", "v7.8.0/app/server.go#L684", True),
        ("platform/service.go:127", "11.6.0", "v11.6.0/server/channels/app/platform/service.go#L127", True),
        ("sqlstore/store.go:254", "8.1.9", "v8.1.9/server/channels/store/sqlstore/store.go#L254", True),
        ("telemetry/telemetry.go:41", "11.6.0", "v11.6.0/server/platform/services/telemetry/telemetry.go#L41", True),
        ("i18n/i18n.go:173", "11.6.0", "v11.6.0/server/public/shared/i18n/i18n.go#L173", True),
        ("metrics/metrics.go:1487", "11.6.0", "v11.6.0/server/enterprise/metrics/metrics.go#L1487", True),
        ("plugin/hclog_adapter.go:61", "9.11.0", "v9.11.0/server/public/plugin/hclog_adapter.go#L61", False),
        ("web/context.go:117", "10.4.1-rc2", "v10.4.1-rc2/server/channels/web/context.go#L117", True),
        ("app/server.go:684", None, "master/server/channels/app/server.go#L684", False),
    ],
)
def test_source_links(caller, version, path, sure):
    link = source_link(caller, version)
    assert link.url == f"https://github.com/mattermost/mattermost/blob/{path}"
    assert link.sure is sure
    assert caller.partition(":")[0] in link.search_url


def test_source_links_of_other_code():
    assert source_link("not a caller", "11.6.0") is None
    assert source_link("../../etc/passwd:1", "11.6.0") is None
    for caller in ("io/io.go:429", "nowhere/x.go:1"):
        link = source_link(caller, "11.6.0")
        assert (link.url, link.path, link.sure) == (None, None, False)
        assert link.search_url.startswith("https://github.com/mattermost/mattermost/search?")


def test_levels_table():
    assert BY_ID[143].name == "LDAPDebug"
    assert {level.family for level in LEVELS} == set(FAMILIES)
    assert len({level.name.casefold() for level in LEVELS}) == len(LEVELS)
    assert [canonical_level(name) for name in ("ERROR", "Warning", "ldaperror", "own")] == [
        "error",
        "warn",
        "LDAPError",
        "own",
    ]
    assert expand_levels(["notifications"]) == [
        f"Notification{name}" for name in ("Error", "Warn", "Info", "Debug", "Trace")
    ]
    assert expand_levels(["nope"]) is None
    assert (severity("LDAPWarn"), severity("own"), severity(None)) == ("warn", None, None)
