"""What can be wrong, as a table: how each kind is recognised, how bad it is, what to look at next.

Most kinds are places to wait at: a goroutine in one of the named functions, in one of the named states. The
first row that fits a stack wins, so rows go from the particular to the general. Function names are those that
``furniture.canonical`` writes; a name that ends in a dot or a bracket stands for everything that begins so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from analyzer.errors import Severity
from analyzer.goroutines.furniture import canonical
from analyzer.goroutines.states import StateClass

NETWORK: Final[tuple[StateClass, ...]] = ("io", "select", "channel", "syscall", "unknown")


@dataclass(frozen=True, slots=True)
class Place:
    """A place to wait at.

    Attributes:
        kind: name of the kind.
        title: what its goroutines do, after their number.
        functions: functions of which one must be on the stack.
        states: classes the goroutine must be in.
        below: functions of which one must be rootward of that one, if any are given.
        without: functions that must not be on the stack.
        warning: from how many goroutines on it is a warning; below it is only worth knowing.
        error: from how many on it is an error.
        next: what to look at next.
    """

    kind: str
    title: str
    functions: tuple[str, ...]
    next: str
    states: tuple[StateClass, ...] = NETWORK
    below: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    warning: int = 5
    error: int = 20

    def fits(self, functions: Sequence[str], state: StateClass) -> bool:
        """Whether a goroutine with this stack (canonical names, leaf first) and state waits here."""
        if state not in self.states or (self.without and _find(functions, self.without) >= 0):
            return False
        at = _find(functions, self.functions)
        return at >= 0 and (not self.below or _find(functions[at:], self.below) >= 0)

    def severity(self, count: int, minutes: int) -> Severity:
        """Return how bad it is with this many goroutines, the longest of which waits ``minutes`` (-1: unknown)."""
        if count >= self.error or (count >= self.warning and minutes >= 1):
            return "error"
        return "warning" if count >= self.warning else "info"


def _find(functions: Sequence[str], names: tuple[str, ...]) -> int:
    """Return the depth of the first function that is one of ``names`` or begins with one that is open-ended."""
    for depth, function in enumerate(functions):
        if function in names:
            return depth
        for name in names:
            if name[-1] in "./(" and function.startswith(name):
                return depth
    return -1


_SQL: Final = ("database/sql.", "github.com/jmoiron/sqlx.", "github.com/jackc/pgx/pgxpool.")
PLACES: Final[tuple[Place, ...]] = (
    Place(
        "database-pool",
        "wait for a free database connection",
        (
            "database/sql.(*DB).conn",
            "github.com/jackc/puddle.(*Pool[...]).Acquire",
            "github.com/jackc/puddle.(*Pool).Acquire",
        ),
        "Every connection of the pool is in use. See what holds them (the goroutines that read the database's answer, "
        "or that left rows or a transaction open), compare SqlSettings.MaxOpenConns with the database's "
        "max_connections, and look for slow queries and locks in the database.",
        states=("select", "channel"),
        without=("database/sql.dsnConnector.Connect", "database/sql/driver."),
        warning=3,
        error=10,
    ),
    Place(
        "database-answer",
        "wait for the database's answer",
        (
            "github.com/lib/pq.(*conn).recvMessage",
            "github.com/lib/pq.(*conn).recv",
            "github.com/lib/pq.(*conn).recv1Buf",
            "github.com/jackc/pgx/pgconn.(*PgConn).peekMessage",
            "github.com/jackc/pgx/pgconn.(*PgConn).receiveMessage",
            "github.com/jackc/pgconn.(*PgConn).peekMessage",
            "github.com/jackc/pgconn.(*PgConn).receiveMessage",
            "github.com/jackc/pgx/pgproto3.(*Frontend).Receive",
            "github.com/jackc/pgproto3.(*Frontend).Receive",
            "github.com/go-sql-driver/mysql.(*mysqlConn).readPacket",
            "github.com/go-sql-driver/mysql.(*buffer).fill",
        ),
        "The queries were sent and the database has not answered. Look in the database for locks and long queries "
        "(PostgreSQL: pg_stat_activity with wait_event and pg_blocking_pids(), pg_locks; MySQL: SHOW PROCESSLIST), its "
        "CPU and disk, and the network between; take a second dump: goroutines that are still there are stuck.",
        states=("io", "unknown"),
        below=(*_SQL, "github.com/jackc/pgx.", "github.com/jackc/pgx/stdlib.", "github.com/mattermost/morph."),
    ),
    Place(
        "database-connect",
        "open a connection to the database",
        (
            "github.com/lib/pq.DialOpen",
            "github.com/lib/pq.(*Connector).open",
            "github.com/lib/pq.dial",
            "github.com/jackc/pgx/pgconn.ConnectConfig",
            "github.com/jackc/pgconn.ConnectConfig",
            "github.com/go-sql-driver/mysql.(*connector).Connect",
            "database/sql.(*DB).openNewConnection",
        ),
        "The database does not accept connections in time: check that it runs, its address and port, "
        "max_connections, and firewalls between.",
        warning=2,
        error=10,
    ),
    Place(
        "database-write",
        "write to the database connection",
        (
            "github.com/lib/pq.(*conn).send",
            "github.com/jackc/pgx/pgconn.(*PgConn).flushWithPotentialWriteReadDeadlock",
        ),
        "The database, or the network before it, does not take what is sent: check the database host and the network.",
        states=("io",),
        below=_SQL,
    ),
    Place(
        "plugin-rpc",
        "wait for a plugin's answer",
        (
            "mattermost/plugin.(*hooksRPCClient).",
            "mattermost/plugin.(*apiRPCClient).",
            "mattermost/plugin.(*dbRPCClient).",
        ),
        "The named hook of a plugin does not return. Find the plugin in the log (plugin_id, health checks), look for "
        "its own errors and slow outgoing requests, and try with the plugin disabled.",
        states=("channel", "select", "unknown"),
        without=(
            "mattermost/plugin.(*hooksRPCClient).OnActivate.func1",
            "mattermost/plugin.(*hooksRPCClient).OnActivate.func2",
        ),
        warning=3,
        error=10,
    ),
    Place(
        "plugin-rpc",
        "wait for an RPC answer",
        ("net/rpc.(*Client).Call",),
        "The other side of an RPC connection (a plugin) does not answer: look for its errors in the log.",
        states=("channel", "select", "unknown"),
        warning=3,
        error=10,
    ),
    Place(
        "web-hub",
        "wait for a web hub to take a message",
        tuple(
            f"mattermost/{package}.(*Hub).{method}"
            for package in ("app/platform", "app")
            for method in (
                "Register",
                "Unregister",
                "Broadcast",
                "InvalidateUser",
                "UpdateActivity",
                "SendMessage",
                "IsRegistered",
                "CheckConn",
                "GetWebConnCount",
                "ProcessAsync",
                "WebConnCountForUser",
            )
        ),
        "A web hub does not take messages, so websocket events stop. Look at the goroutine below "
        "platform.(*Hub).Start: what it waits for is the cause; look for 'Hub panic' and full queues in the log.",
        states=("channel", "select"),
        warning=2,
        error=10,
    ),
    Place(
        "ldap",
        "wait for the LDAP server",
        (
            "github.com/go-ldap/ldap.(*Conn).",
            "github.com/mattermost/ldap.(*Conn).",
            "github.com/go-ldap/ldap.Dial",
            "github.com/mattermost/ldap.Dial",
        ),
        "The directory answers slowly or not at all: check LdapSettings (server, port, timeout, page size), the "
        "network, and the size of the synchronisation.",
        warning=2,
        error=10,
    ),
    Place(
        "smtp",
        "wait for the mail server",
        ("net/smtp.", "mattermost/app/email.(*Service).sendMail", "mattermost/platform/shared/mail."),
        "The mail server answers slowly or not at all: check EmailSettings (server, port, timeout) and the network.",
        warning=2,
        error=20,
    ),
    Place(
        "file-storage",
        "wait for the S3 file storage",
        ("github.com/minio/minio-go.", "github.com/aws/aws-sdk-go."),
        "The object storage answers slowly or not at all: check FileSettings.AmazonS3 (endpoint, region, timeout) "
        "and the network.",
    ),
    Place(
        "search-engine",
        "wait for the search engine",
        ("github.com/elastic/", "github.com/olivere/elastic.", "github.com/opensearch-project/"),
        "Elasticsearch or OpenSearch answers slowly or not at all: check ElasticsearchSettings and its cluster health.",
    ),
    Place(
        "redis",
        "wait for Redis",
        ("github.com/redis/", "github.com/go-redis/"),
        "Redis answers slowly or not at all: check CacheSettings and the Redis server.",
    ),
    Place(
        "cluster",
        "wait for another node of the cluster",
        ("github.com/hashicorp/memberlist.", "github.com/mattermost/enterprise/cluster."),
        "A node of the cluster does not answer: compare the other nodes' dumps and look for cluster messages in the "
        "log.",
    ),
    Place(
        "slow-client",
        "write to a websocket client",
        (
            "github.com/gorilla/websocket.(*Conn).write",
            "github.com/gorilla/websocket.(*messageWriter).flushFrame",
        ),
        "Clients, or the proxy before the server, do not take what is sent to them: check the proxy and the network.",
        states=("io",),
        warning=20,
        error=200,
    ),
    Place(
        "dns",
        "wait for a name to be resolved",
        ("net.(*Resolver).", "net.cgoLookupIP", "net._C2func_getaddrinfo", "net.doBlockingWithCtx[...]"),
        "Name resolution is slow: check the resolvers of the host or container.",
    ),
    Place(
        "http-client",
        "wait for an outgoing HTTP request",
        (
            "net/http.(*Client).do",
            "net/http.(*Transport).roundTrip",
            "net/http.(*persistConn).roundTrip",
            "net/http.(*Client).Do",
        ),
        "Another server answers slowly or not at all. The first own function tells which one: webhooks, slash "
        "commands, link previews, push proxy, OAuth; check that host, the proxy and timeouts.",
    ),
    Place(
        "network",
        "connect to another host",
        ("net.(*Dialer).DialContext", "net.(*sysDialer).dialSerial", "crypto/tls.(*Conn).HandshakeContext"),
        "A host does not accept connections or does not finish the TLS handshake: check addresses and firewalls.",
        without=("net/http.(*conn).serve",),
    ),
)

HUB_LOOP: Final = (
    "mattermost/app/platform.(*Hub).Start.func1",
    "mattermost/app.(*Hub).Start.func1",
    "mattermost/app.(*Hub).Start.func2",
)
"""Functions of a web hub's own loop."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A kind that is not a place but computed: see ``suspects``."""

    kind: str
    next: str


COMPUTED: Final[tuple[Finding, ...]] = (
    Finding(
        "crash",
        "The process died of this. Look at the first own function of the running goroutine; search for the message in "
        "the release notes and known issues of this server version.",
    ),
    Finding(
        "deadlock",
        "Nothing in the process can go on by itself. Look at who should release the lock or use the channel: the "
        "goroutines below, beginning with the one that waits longest.",
    ),
    Finding(
        "lock-pile-up",
        "Look at the possible holder: what it waits for is the cause. If none is named, the lock was never released "
        "or is an RWMutex held by readers; take a second dump and compare.",
    ),
    Finding(
        "certain-leak",
        "These goroutines can never go on; each keeps its memory. It is a bug of the function named: report it with "
        "its stack. If their number grows between dumps, restart the server to win time.",
    ),
    Finding(
        "hub-stuck",
        "The loop of a web hub is busy elsewhere, so websocket events of its users wait. Look at its stack.",
    ),
    Finding(
        "leak",
        "Many goroutines from one place wait for long. Compare with a later dump: if their number grows, they leak; "
        "report the creator and the stack.",
    ),
    Finding(
        "channel-send",
        "Nobody takes what these goroutines send: look for the receiver of that channel, which is slow, stuck or gone.",
    ),
    Finding(
        "handler-flood",
        "One kind of request keeps the server busy. See what these handlers wait for, and in the log which clients, "
        "bots or integrations send them.",
    ),
    Finding(
        "runtime-pressure",
        "The process lacks CPU or memory, or the collector cannot keep up: look at cpu.prof and heap.prof of the same "
        "packet, GOGC and GOMEMLIMIT, and the limits of the host or container.",
    ),
)
NEXT: Final = {finding.kind: finding.next for finding in COMPUTED}

ORDER: Final = (
    "crash", "database-pool", "database-answer", "lock-pile-up", "hub-stuck", "web-hub", "plugin-rpc",
    "database-connect", "database-write", "ldap", "smtp", "file-storage", "search-engine", "redis", "cluster",
    "http-client", "dns", "network", "slow-client", "deadlock", "certain-leak", "leak", "channel-send",
    "handler-flood", "runtime-pressure",
)  # fmt: skip
"""Kinds as they are listed among equals in severity: causes before what follows from them."""


_NAMES: Final = frozenset(name for place in PLACES for name in place.functions)
_BEGINNINGS: Final = tuple(name for name in _NAMES if name[-1] in "./(")


def place_of(functions: Iterable[str], state: StateClass) -> Place | None:
    """Return the first place that a goroutine with this stack (leaf first) and state waits at."""
    names = [canonical(function) for function in functions]
    if not any(name in _NAMES or name.startswith(_BEGINNINGS) for name in names):
        return None  # nearly all
    return next((place for place in PLACES if place.fits(names, state)), None)
