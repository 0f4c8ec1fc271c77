"""The written schemas of the log's frames, and the list of frequent fields (packet-format.md 4.1)."""

from __future__ import annotations

from types import MappingProxyType

from analyzer.schema import Column, FrameSchema

TIME = "datetime64[us, UTC]"

KINDS: tuple[str, ...] = ("json", "plain", "zap", "gelf", "continuation", "unparsed", "blank")
"""What a line can be; ``quality`` has one row for each, in this order."""

RECORD_KINDS: tuple[str, ...] = ("json", "plain", "zap", "gelf")

TIME_SOURCES: tuple[str, ...] = ("line", "packet", "log", "assumed")
"""Where the offset of a time comes from: the line itself, the caller (the packet), the other lines of this
log, or nowhere (UTC is assumed)."""

FIXED: tuple[Column, ...] = (
    Column("line", "int64", "physical line in the file, 1-based; a GELF record ended by NUL counts as a line"),
    Column("kind", "category", "json, plain, zap, gelf, continuation or unparsed (blank lines have no row)"),
    Column("time", TIME, "when it was logged"),
    Column("level", "category", "level as the server names it; capitals of zap are lowered"),
    Column("msg", "str", "message; the text of the line when it is a continuation or unparsed"),
    Column("caller", "category", "directory/file.go:line that logged it"),
    Column(
        "fields",
        "str",
        "JSON object of every field that has no column here, {} if none; NA for lines that are no record",
    ),
)

FREQUENT: tuple[Column, ...] = (
    Column("error", "str", "error text"),
    Column("err_where", "category", "function that made an API error"),
    Column("http_code", "Int64", "HTTP status of an API error"),
    Column("status_code", "Int64", "HTTP status of a request"),
    Column("method", "category", "HTTP method"),
    Column("path", "str", "URL path of the request, or a file's path"),
    Column("url", "str", "URL of the request, path and query"),
    Column("request_id", "str", "id of the HTTP request"),
    Column("user_id", "str", "id of the user; of audit records the actor's"),
    Column("ip_addr", "category", "address of the client; of audit records the actor's"),
    Column("plugin_id", "category", "plugin that logged it"),
    Column("origin", "category", "function in the plugin"),
    Column("source", "category", "plugin_stderr, httpserver, cors; or what a configuration came from"),
    Column("worker", "category", "job worker"),
    Column("scheduler", "category", "job scheduler"),
    Column("job_id", "str", "id of the job"),
    Column("hub", "category", "index of the web hub"),
    Column("address", "category", "address listened on or dialled"),
    Column("driver", "category", "database or file driver"),
    Column("database", "category", "database connection: master, replica"),
    Column("directory", "category", "directory"),
    Column("dataSource", "category", "data source as the server printed it, masked by the server or not"),
    Column("wrapped_extras", "str", "what a plugin process appended"),
    Column("event", "category", "audit record: name of the event"),
    Column("status", "category", "audit record: success, attempt or fail; otherwise a field of that name"),
)

MARKS: tuple[Column, ...] = (
    Column("time_from", "category", "where the offset of time comes from: line, packet, log or assumed"),
)

LINES = FrameSchema("lines", FIXED + FREQUENT + MARKS)
"""One row for each line of the file that is not blank, in the order of the file."""

QUALITY = FrameSchema(
    "quality",
    (
        Column("lines", "int64", "lines of this kind"),
        Column("bytes", "int64", "bytes of these lines, line ends included", "bytes"),
    ),
)

DAMAGE = FrameSchema(
    "damage",
    (
        Column("line", "int64", "line it is on, 1-based"),
        Column("offset", "int64", "first byte in the file", "bytes"),
        Column("length", "int64", "how many bytes", "bytes"),
        Column("reason", "str", "why these bytes were not understood, or not as they stand"),
    ),
)

COLUMN_TYPES = MappingProxyType({column.name: column.dtype for column in LINES.columns})
INTEGER_FIELDS = frozenset(c.name for c in FREQUENT if c.dtype == "Int64")
FREQUENT_NAMES = frozenset(c.name for c in FREQUENT)
