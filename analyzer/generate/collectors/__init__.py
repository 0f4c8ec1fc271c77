"""Every collector, in the order of the checklist. A new one is one file and one line here."""

from analyzer.generate.base import Collector
from analyzer.generate.collectors import (
    database,
    file_store,
    host,
    jobs,
    ldap,
    logs,
    mail,
    oauth,
    permissions,
    plugins,
    profiles,
    push,
    saml,
    schema,
    search,
    server,
    statistics,
)

COLLECTORS: tuple[Collector, ...] = (
    profiles.CPU,
    host.COLLECTOR,
    server.COLLECTOR,
    logs.COLLECTOR,
    plugins.COLLECTOR,
    profiles.HEAP,
    profiles.GOROUTINES,
    database.COLLECTOR,
    statistics.COLLECTOR,
    jobs.COLLECTOR,
    permissions.COLLECTOR,
    schema.COLLECTOR,
    file_store.COLLECTOR,
    ldap.COLLECTOR,
    saml.COLLECTOR,
    search.COLLECTOR,
    mail.COLLECTOR,
    push.COLLECTOR,
    *oauth.COLLECTORS,
)
