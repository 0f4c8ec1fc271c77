"""Whose code a function is: the Go standard library, a dependency, plumbing, or one's own. Tables only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from analyzer.goroutines.body import Frame

# fmt: off
_STANDARD: Final = frozenset((
    "archive", "arena", "bufio", "builtin", "bytes", "cmd", "cmp", "compress", "container", "context",
    "crypto", "database", "debug", "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash",
    "html", "image", "index", "internal", "io", "iter", "log", "maps", "math", "mime", "net", "os",
    "path", "plugin", "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "structs",
    "sync", "syscall", "testing", "text", "time", "unicode", "unique", "unsafe", "vendor", "weak",
))
"""First path element of every package of the standard library (go1.27 ``go list std``)."""

_DEPENDENCIES: Final = (
    "cloud.google.com/", "code.sajari.com/", "dario.cat/", "filippo.io/", "git.apache.org/",
    "github.com/Azure/", "github.com/Masterminds/", "github.com/PuerkitoBio/",
    "github.com/RoaringBitmap/", "github.com/andybalholm/", "github.com/anthonynsimon/",
    "github.com/avct/", "github.com/aws/", "github.com/beevik/", "github.com/bits-and-blooms/",
    "github.com/blevesearch/", "github.com/cespare/", "github.com/davecgh/", "github.com/dgryski/",
    "github.com/dyatlov/", "github.com/elastic/", "github.com/felixge/", "github.com/francoispqt/",
    "github.com/fsnotify/", "github.com/getsentry/", "github.com/gigawattio/",
    "github.com/go-asn1-ber/", "github.com/go-ldap/", "github.com/go-redis/", "github.com/go-resty/",
    "github.com/go-sql-driver/", "github.com/goccy/", "github.com/gogo/", "github.com/golang-jwt/",
    "github.com/golang-migrate/", "github.com/golang/", "github.com/google/", "github.com/gorilla/",
    "github.com/graph-gophers/", "github.com/h2non/", "github.com/hashicorp/", "github.com/icrowley/",
    "github.com/isacikgoz/", "github.com/jackc/", "github.com/jaytaylor/", "github.com/jmoiron/",
    "github.com/json-iterator/", "github.com/klauspost/", "github.com/ledongthuc/", "github.com/lib/pq",
    "github.com/mholt/", "github.com/microcosm-cc/", "github.com/miekg/", "github.com/minio/",
    "github.com/mitchellh/", "github.com/nats-io/", "github.com/oklog/", "github.com/olekukonko/",
    "github.com/olivere/", "github.com/oov/", "github.com/opensearch-project/",
    "github.com/opentracing/", "github.com/patrickmn/", "github.com/pborman/", "github.com/philhofer/",
    "github.com/pkg/", "github.com/prometheus/", "github.com/redis/", "github.com/reflog/",
    "github.com/rivo/", "github.com/rs/", "github.com/rudderlabs/", "github.com/rwcarlsen/",
    "github.com/segmentio/", "github.com/sirupsen/", "github.com/spf13/", "github.com/splitio/",
    "github.com/stretchr/", "github.com/throttled/", "github.com/tidwall/", "github.com/tinylib/",
    "github.com/twmb/", "github.com/tylerb/", "github.com/uber/", "github.com/vmihailenco/",
    "github.com/wiggin77/", "github.com/yuin/", "github.com/zeebo/", "go.opencensus.io/",
    "go.opentelemetry.io/", "go.starlark.net/", "go.uber.org/", "golang.org/x/", "google.golang.org/",
    "gopkg.in/", "k8s.io/", "layeh.com/", "modernc.org/", "sigs.k8s.io/", "willnorris.com/",
    # forks that Mattermost keeps under its own name
    "github.com/mattermost/go-i18n", "github.com/mattermost/gorp", "github.com/mattermost/gosaml2",
    "github.com/mattermost/ldap", "github.com/mattermost/morph", "github.com/mattermost/rsc",
    "github.com/mattermost/squirrel", "github.com/mattermost/xml-roundtrip-validator",
)
# fmt: on
"""Import path prefixes of modules that Mattermost servers, plugins and their tools are built with."""

_PLUMBING: Final = (
    "github.com/mattermost/logr/",
    "github.com/mattermost/mattermost/server/public/shared/mlog.",
    "github.com/mattermost/mattermost/server/v8/channels/store/localcachelayer.",
    "github.com/mattermost/mattermost/server/v8/channels/store/retrylayer.",
    "github.com/mattermost/mattermost/server/v8/channels/store/searchlayer.",
    "github.com/mattermost/mattermost/server/v8/channels/store/timerlayer.",
    "github.com/mattermost/mattermost/server/v8/channels/store/sqlstore.(*sqlxDBWrapper).",
    "github.com/mattermost/mattermost/server/v8/channels/store/sqlstore.(*sqlxTxWrapper).",
    "github.com/mattermost/mattermost/server/v8/channels/store/sqlstore.(*SqlStore).",
    "github.com/mattermost/mattermost/server/v8/channels/web.Handler.ServeHTTP",
    "github.com/mattermost/mattermost/server/v8/channels/web.(*Handler).ServeHTTP",
    "github.com/mattermost/mattermost/server/v8/platform/services/cache.",
    "github.com/mattermost/mattermost/server/v8/platform/shared/filestore.",
)
"""Own code through which nearly everything passes: it names a layer, not what was being done."""

_TYPES: Final = re.compile(r"[(\[]")
_OWNER: Final = "github.com/mattermost/"
_OLD_SERVER: Final = ("github.com/mattermost/mattermost-server/v6/", "github.com/mattermost/mattermost-server/v5/")


def package_of(function: str) -> str:
    """Return the import path of a function's package, "" for a bare name (``panic``, C functions).

    >>> package_of("github.com/lib/pq.(*conn).recv")
    'github.com/lib/pq'
    """
    plain = _TYPES.split(function, maxsplit=1)[0]  # receivers and type arguments may hold paths of their own
    slash = plain.rfind("/")
    dot = function.find(".", slash + 1)
    return function[:dot] if dot > 0 else ""


def is_standard(function: str) -> bool:
    """Whether a function belongs to the standard library, the runtime or C."""
    package = package_of(function)
    return not package or package.partition("/")[0] in _STANDARD


def is_own(frame: Frame) -> bool:
    """Whether a frame is neither standard library nor a dependency.

    A file with a module version in its path, or below ``vendor/``, is a dependency, too; only Mattermost's own
    modules keep their owner when they are built in from a version (``github.com/mattermost/mattermost/server/public``).
    """
    function, file, _ = frame
    if is_standard(function) or function.startswith(_DEPENDENCIES):
        return False
    return function.startswith(_OWNER) or not ("@v" in file or "/vendor/" in file)


def is_plumbing(function: str) -> bool:
    """Whether a function is own code through which nearly everything passes."""
    for old in _OLD_SERVER:
        if function.startswith(old):
            function = "github.com/mattermost/mattermost/server/v8/channels/" + function[len(old) :]
            break
    return function.startswith(_PLUMBING)


def own_function(stack: Iterable[Frame]) -> str | None:
    """Return the first own function from the leaf, plumbing passed over unless there is nothing else."""
    plumbing = None
    for frame in stack:
        if is_own(frame):
            if not is_plumbing(frame.function):
                return frame.function
            plumbing = plumbing or frame.function
    return plumbing
