"""Goroutines that every server has and that wait by design: a table. They are never suspects.

An entry names a function as ``canonical`` writes it; its closures are meant, too, except for main's. A goroutine is
furniture when such a function is on its stack and everything leafward of it only waits (polling, reading,
selecting): the same worker in the middle of a job is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from analyzer.goroutines.owners import package_of
from analyzer.goroutines.states import STATE_CLASSES, StateClass

_MATTERMOST: Final = re.compile(
    r"github\.com/mattermost/(?:mattermost-server/v\d+|mattermost/server/v\d+/channels|mattermost/server/v\d+|"
    r"mattermost/server/public)/"
)
_MAJOR: Final = re.compile(r"/v\d+(?=[./])")


@lru_cache(maxsize=65536)
def canonical(function: str) -> str:
    """Return a function name without major versions, escapes and the parts of Mattermost's path that moved.

    >>> canonical("github.com/mattermost/mattermost/server/v8/channels/jobs.(*Workers).Start")
    'mattermost/jobs.(*Workers).Start'
    """
    if "/" not in function:
        return function
    name = function.replace("%2e", ".")
    shortened = _MATTERMOST.sub("mattermost/", name, count=1)
    if shortened != name and shortened.startswith(("mattermost/app/", "mattermost/app.", "mattermost/api4.")):
        return shortened
    return _MAJOR.sub("", shortened)


FURNITURE: Final[tuple[tuple[str, str], ...]] = (
    # Go's own libraries
    ("net/http.(*conn).serve", "an HTTP connection kept open between requests"),
    ("net/http.(*connReader).backgroundRead", "notices that a client hangs up while its request is served"),
    ("net/http.(*persistConn).readLoop", "an outgoing HTTP connection kept open"),
    ("net/http.(*persistConn).writeLoop", "an outgoing HTTP connection kept open"),
    ("net/http.(*http2clientConnReadLoop).run", "an outgoing HTTP/2 connection kept open"),
    ("net/http.(*http2ClientConn).readLoop", "an outgoing HTTP/2 connection kept open"),
    ("net/http.(*http2serverConn).serve", "an HTTP/2 connection kept open"),
    ("net/http.(*http2serverConn).readFrames", "an HTTP/2 connection kept open"),
    ("golang.org/x/net/http2.(*clientConnReadLoop).run", "an outgoing HTTP/2 connection kept open"),
    ("golang.org/x/net/http2.(*serverConn).serve", "an HTTP/2 connection kept open"),
    ("net/http.(*Server).Serve", "accepts HTTP connections"),
    ("net/http.(*Server).Shutdown", "waits for open requests at the end"),
    ("net/rpc.(*Client).input", "reads answers of a plugin"),
    ("net/rpc.(*Server).ServeCodec", "reads calls of a plugin"),
    ("net/rpc.(*Server).Accept", "accepts RPC connections"),
    ("database/sql.(*DB).connectionOpener", "opens database connections on demand"),
    ("database/sql.(*DB).connectionResetter", "resets database connections"),
    ("database/sql.(*DB).connectionCleaner", "closes old database connections"),
    ("database/sql.(*Tx).awaitDone", "watches a transaction's context"),
    ("database/sql.(*Rows).awaitDone", "watches a query's context"),
    ("os/signal.loop", "waits for signals"),
    ("os/signal.NotifyContext", "waits for signals"),
    ("os/exec.(*Cmd).Start", "watches a child process"),
    ("os/exec.(*Cmd).watchCtx", "watches a child process"),
    ("os/exec.(*Cmd).Wait", "waits for a child process"),
    ("os.(*Process).Wait", "waits for a child process"),
    ("context.propagateCancel", "watches a context"),
    ("context.(*cancelCtx).propagateCancel", "watches a context"),
    ("testing.(*T).Run", "waits for a test"),
    ("testing.tRunner", "waits for subtests"),
    # database drivers
    ("github.com/lib/pq.(*conn).watchCancel", "watches a query's context"),
    ("github.com/lib/pq.(*ListenerConn).listenerConnLoop", "waits for PostgreSQL notifications"),
    ("github.com/lib/pq.(*Listener).listenerMain", "waits for PostgreSQL notifications"),
    ("github.com/jackc/pgx/pgconn/ctxwatch.(*ContextWatcher).Watch", "watches a query's context"),
    ("github.com/jackc/pgconn/internal/ctxwatch.(*ContextWatcher).Watch", "watches a query's context"),
    ("github.com/jackc/pgx/pgxpool.(*Pool).backgroundHealthCheck", "checks pooled connections"),
    ("github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher", "watches a query's context"),
    # other libraries
    ("github.com/blevesearch/bleve_index_api.AnalysisWorker", "search index worker"),
    ("github.com/blevesearch/bleve/index/scorch.(*Scorch).introducerLoop", "search index worker"),
    ("github.com/blevesearch/bleve/index/scorch.(*Scorch).mergerLoop", "search index worker"),
    ("github.com/blevesearch/bleve/index/scorch.(*Scorch).persisterLoop", "search index worker"),
    ("github.com/fsnotify/fsnotify.(*Watcher).readEvents", "watches files"),
    ("github.com/fsnotify/fsnotify.(*inotify).readEvents", "watches files"),
    ("github.com/getsentry/sentry-go.(*HTTPTransport).worker", "sends error reports"),
    ("github.com/gorilla/websocket.(*Conn).NextReader", "waits for a websocket message"),
    ("github.com/go-ldap/ldap.(*Conn).processMessages", "an LDAP connection kept open"),
    ("github.com/go-ldap/ldap.(*Conn).reader", "an LDAP connection kept open"),
    ("github.com/mattermost/ldap.(*Conn).processMessages", "an LDAP connection kept open"),
    ("github.com/mattermost/ldap.(*Conn).reader", "an LDAP connection kept open"),
    ("github.com/hashicorp/go-hclog.(*intLogger).StandardWriter", "forwards plugin logs"),
    ("github.com/hashicorp/go-plugin.(*Client).Start", "watches a plugin process"),
    ("github.com/hashicorp/go-plugin.(*Client).logStderr", "forwards plugin logs"),
    ("github.com/hashicorp/go-plugin.(*MuxBroker).Run", "accepts plugin streams"),
    ("github.com/hashicorp/go-plugin.(*MuxBroker).timeoutWait", "drops plugin streams that nobody takes"),
    ("github.com/hashicorp/go-plugin.(*GRPCBroker).Run", "accepts plugin streams"),
    ("github.com/hashicorp/go-plugin.copyStream", "forwards plugin output"),
    ("github.com/hashicorp/go-plugin.Serve", "the plugin's side of the connection"),
    ("github.com/hashicorp/memberlist.(*Memberlist).packetHandler", "cluster gossip"),
    ("github.com/hashicorp/memberlist.(*Memberlist).packetListen", "cluster gossip"),
    ("github.com/hashicorp/memberlist.(*Memberlist).streamListen", "cluster gossip"),
    ("github.com/hashicorp/memberlist.(*Memberlist).checkBroadcastQueueDepth", "cluster gossip"),
    ("github.com/hashicorp/memberlist.(*Memberlist).triggerFunc", "cluster gossip"),
    ("github.com/hashicorp/memberlist.(*Memberlist).pushPullTrigger", "cluster gossip"),
    ("github.com/hashicorp/memberlist.(*NetTransport).tcpListen", "cluster gossip"),
    ("github.com/hashicorp/memberlist.(*NetTransport).udpListen", "cluster gossip"),
    ("github.com/hashicorp/yamux.(*Session).AcceptStream", "accepts plugin streams"),
    ("github.com/hashicorp/yamux.(*Session).keepalive", "keeps a plugin connection alive"),
    ("github.com/hashicorp/yamux.(*Session).recv", "reads from a plugin connection"),
    ("github.com/hashicorp/yamux.(*Session).recvLoop", "reads from a plugin connection"),
    ("github.com/hashicorp/yamux.(*Session).send", "writes to a plugin connection"),
    ("github.com/hashicorp/yamux.(*Session).sendLoop", "writes to a plugin connection"),
    ("github.com/mattermost/logr.(*Logr).start", "writes the log"),
    ("github.com/mattermost/logr.(*Logr).startMetricsUpdater", "log metrics"),
    ("github.com/mattermost/logr.(*TargetHost).start", "writes the log"),
    ("github.com/mattermost/logr.(*TargetHost).startMetricsUpdater", "log metrics"),
    ("github.com/patrickmn/go-cache.(*janitor).Run", "drops old cache entries"),
    ("github.com/redis/go-redis/internal/pool.(*ConnPool).reaper", "closes old redis connections"),
    ("github.com/redis/rueidis.(*pipe).backgroundPing", "a redis connection kept open"),
    ("github.com/redis/rueidis.(*pipe)._background", "a redis connection kept open"),
    ("github.com/redis/rueidis.(*pipe)._backgroundRead", "a redis connection kept open"),
    ("github.com/redis/rueidis.(*pipe)._backgroundWrite", "a redis connection kept open"),
    ("github.com/redis/rueidis.(*ring).NextWriteCmd", "a redis connection kept open"),
    ("github.com/rudderlabs/analytics-go.(*client).loop", "sends telemetry"),
    ("github.com/rudderlabs/analytics-go.(*executor).loop", "sends telemetry"),
    ("github.com/segmentio/analytics-go.(*client).loop", "sends telemetry"),
    ("go.opencensus.io/stats/view.(*worker).start", "metrics"),
    ("google.golang.org/grpc/internal/transport.(*controlBuffer).get", "a gRPC connection kept open"),
    ("google.golang.org/grpc/internal/transport.(*http2Client).reader", "a gRPC connection kept open"),
    ("google.golang.org/grpc.(*Server).Serve", "accepts gRPC connections"),
    ("gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun", "rotates log files"),
    # the Mattermost server
    ("main.main", "the main goroutine"),
    ("mattermost/api4.connectWebSocket", "a websocket client"),
    ("mattermost/app.(*App).GenerateSupportPacket", "makes this packet"),
    ("mattermost/app.(*Channels).Start", "plugin start and stop"),
    ("mattermost/app.(*PushNotificationsHub).start", "push notifications"),
    ("mattermost/app.(*Server).Start", "the server's listeners"),
    ("mattermost/app.(*Server).runJobs", "regular jobs"),
    ("mattermost/app.(*Server).startLocalModeServer", "local mode"),
    ("mattermost/app.NewServer", "regular jobs of the server"),
    ("mattermost/app/email.(*EmailBatchingJob).Start", "e-mail batches"),
    ("mattermost/app/platform.(*Hub).Start", "a web hub without work"),
    ("mattermost/app/platform.(*PlatformService).processStatusUpdates", "user status updates"),
    ("mattermost/app/platform.(*PlatformService).GenerateSupportPacket", "makes this packet"),
    ("mattermost/app/platform.(*WebConn).Pump", "a websocket client"),
    ("mattermost/app/platform.(*WebConn).pluginPostedConsumer", "a websocket client"),
    ("mattermost/app/platform.(*WebConn).readPump", "a websocket client"),
    ("mattermost/app/platform.(*WebConn).writePump", "a websocket client"),
    ("mattermost/app/platform.(*platformMetrics).startMetricsServer", "the metrics listener"),
    ("mattermost/app.(*Hub).Start", "a web hub without work"),
    ("mattermost/app.(*WebConn).Pump", "a websocket client"),
    ("mattermost/app.(*WebConn).readPump", "a websocket client"),
    ("mattermost/app.(*WebConn).writePump", "a websocket client"),
    ("mattermost/cmd/mattermost/commands.runServer", "the main goroutine"),
    ("mattermost/jobs.(*BatchWorker).Run", "a job worker without work"),
    ("mattermost/jobs.(*Schedulers).Start", "the job scheduler"),
    ("mattermost/jobs.(*SimpleWorker).Run", "a job worker without work"),
    ("mattermost/jobs.(*Watcher).Start", "the job watcher"),
    ("mattermost/model.createTask", "a scheduled task"),
    ("mattermost/plugin.(*PluginHealthCheckJob).run", "plugin health checks"),
    ("mattermost/plugin.(*hooksRPCClient).OnActivate", "serves a plugin's API calls"),
    ("mattermost/platform/shared/templates.NewWithWatcher", "watches e-mail templates"),
    ("mattermost/shared/templates.NewWithWatcher", "watches e-mail templates"),
    ("mattermost/store/sqlstore.(*SqlStore).monitorReplicas", "watches database replicas"),
)
"""Function and what it is for."""

CREATORS: Final[tuple[tuple[str, str], ...]] = (
    ("mattermost/jobs.(*Workers).Start", "a job worker without work"),
    ("mattermost/app.(*Server).runJobs", "regular jobs"),
    ("mattermost/app/platform.(*WebConn).Pump", "a websocket client"),
    ("mattermost/app.(*WebConn).Pump", "a websocket client"),
)
"""Functions that start only goroutines that wait by design."""

_WAITING: Final = frozenset({
    "", "bufio", "bytes", "compress/flate", "compress/gzip", "context", "crypto/tls", "database/sql",
    "encoding/binary", "encoding/gob", "encoding/json", "fmt", "internal/poll", "internal/runtime/syscall",
    "internal/sync", "io", "net", "net/http", "net/http/internal", "net/rpc", "net/textproto", "os", "os/exec",
    "os/signal", "runtime", "sync", "syscall", "time", "vendor/golang.org/x/net/http2/hpack",
    "github.com/gorilla/websocket", "github.com/hashicorp/go-plugin", "github.com/hashicorp/yamux",
    "golang.org/x/net/http2", "golang.org/x/sys/unix", "google.golang.org/grpc/internal/transport",
})  # fmt: skip
"""Packages whose frames leafward of a furniture function mean that it only waits."""

# a goroutine that was just woken up is ready to run, and still what it is
_IDLE: Final[frozenset[StateClass]] = frozenset(STATE_CLASSES) - {"running", "lock"}
_WRITING: Final = "internal/poll.(*pollDesc).waitWrite"  # a full buffer is no idle wait
_MAIN: Final = "the main goroutine"
_TABLE: Final = dict(FURNITURE)
_CREATED: Final = dict(CREATORS)
_CLOSURE: Final = re.compile(r"(?:\.(?:func\d+|gowrap\d+|deferwrap\d+|\d+)|-fm)+\Z")


def _plain(function: str) -> str:
    return _CLOSURE.sub("", canonical(function))


def furniture_of(functions: Sequence[str], creator: str | None, state: StateClass) -> str | None:
    """Return what a goroutine is for if it waits by design, else None.

    Args:
        functions: its stack, leaf first.
        creator: the function that started it, if known.
        state: what it does.
    """
    if state not in _IDLE or _WRITING in functions:
        return None
    if functions and all(function.startswith("runtime.") for function in functions):
        return "the Go runtime"
    for depth, function in enumerate(functions):
        use = _TABLE.get(_plain(function))
        if use is not None and (use != _MAIN or canonical(function) in _TABLE):  # its closures are other goroutines
            return use if state != "forever" or use == _MAIN else None
        if package_of(function) not in _WAITING or function.endswith("ServeHTTP"):
            root = depth + 1 == len(functions)
            return _CREATED.get(_plain(creator)) if root and creator else None
    return None
