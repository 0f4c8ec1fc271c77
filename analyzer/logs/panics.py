"""Panics that a log holds, each as one row with its whole stack, whatever lines it is spread over.

Where they come from (packet-format.md 4.6): net/http's ``http: panic serving`` (``http2:`` over TLS); the web hub's
``Recovering from Hub panic.`` and the stack in the record after it; ``Unhandled panic in job`` with a goroutine dump
in ``stack``, ``A panic occurred`` of the server's start likewise (cmd/mattermost/commands/server.go); a plugin's
stderr, one record a line; what was caught elsewhere, a message about a panic with a field ``panic``; a crash of the
process itself, as text between the records (Go's runtime/panic.go).

What a plugin writes through Go's ``os.Stderr`` has ``source: plugin_stderr``. What the runtime prints when the plugin
dies does not go that way: hashicorp/go-plugin reads it from the process (client.go, logStderr) and hands each line
to the server's adapter, so these records have its caller and no source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from analyzer.logs.details import field_values, texts_of
from analyzer.logs.schema import RECORD_KINDS, TIME
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

PANICS = FrameSchema(
    "panics",
    (
        Column("line", "int64", "first line of it"),
        Column("last_line", "int64", "last line of it"),
        Column(
            "kind", "str", "http, hub, job, plugin, server (elsewhere in it) or process (what Go printed when it died)"
        ),
        Column("time", TIME, "when; of a process crash the time of the record before it"),
        Column("message", "str", "what it panicked with"),
        Column("top_function", "str", "the function that panicked: the first frame that is not the runtime's"),
        Column("goroutines", "Int64", "goroutines in its stack"),
        Column("plugin_id", "str", "the plugin it happened in"),
        Column("caller", "str", "where it was logged"),
        Column("request_id", "str", "the request it happened in, where the record names one"),
        Column("stack", "str", "the stack trace or goroutine dump, joined"),
        Column("lines", "int64", "how many lines of the log it took"),
    ),
)
_HTTP = re.compile(r"http2?: panic serving \S{1,100}: ")
_HUB: Final = "Recovering from Hub panic."
_JOB: Final = "Unhandled panic in job"
_SERVER: Final = "A panic occurred"
# the fields that hold what it panicked with and the dump
_DUMPED: Final = {_JOB: ("job", "panic"), _SERVER: ("server", "error")}
CRASH = re.compile(
    r"(?:panic: |fatal error: |\[signal |runtime: (?:goroutine stack exceeds|out of memory)|unexpected fault address "
    r"|SIG[A-Z]{2,6}: [a-z])"
)
"""How the text begins that Go prints when a program dies."""
# what a line of a plugin's stderr looks like while its stack goes on
_INSIDE = re.compile(
    r"\s|goroutine \d+ |created by |panic: |fatal error: |\[signal |\[recovered\]|\t|exit status |runtime"
    r"|r[a-z0-9]{1,5} +0x|\.\.\.|(?:[\w\-.~%]+/)*[\w\-~%]+\.[^\s]*\(.*\)$|main\.|$"
)
_FRAME = re.compile(r"^(?!created by )((?:[\w\-.~%]+/)*[\w\-~%]+\.[^\s]+?)\([^()]*\)?\s*$", re.MULTILINE)
_HEADER = re.compile(r"^goroutine \d+ (?:gp=.*?)?\[", re.MULTILINE)
# a line of a dump that is none of anything else
_GOES_ON = re.compile(
    r"goroutine \d+ (?:gp=.*?)?\[|created by |\t/|(?:[\w\-.~%]+/)*[\w\-~%]+\.[^\s]*\(.*\)$|runtime[. ]"
)
_BETWEEN: Final = 5
_QUIET_SECONDS: Final = 10
_STDERR: Final = "plugin_stderr"
_ADAPTER: Final = "plugin/hclog_adapter.go:"
_INTERNAL = ("runtime.", "runtime/", "panic", "net/http.", "testing.", "internal/")


@dataclass(slots=True)
class _Panic:
    kind: str
    rows: list[int]
    message: str
    stack: str
    plugin_id: str | None = None


def panics(lines: pd.DataFrame) -> pd.DataFrame:
    """Return every panic of the log, in its order (schema ``PANICS``)."""
    found = [*_records(lines), *_plugins(lines), *_process(lines)]
    found.sort(key=lambda item: item.rows[0])
    if not found:
        return PANICS.empty()
    number, times = lines["line"].to_numpy(), lines["time"]
    firsts = [item.rows[0] for item in found]
    callers, requests = texts_of(lines.iloc[firsts], "caller"), texts_of(lines.iloc[firsts], "request_id")
    known = times.ffill()
    return PANICS.frame(
        {
            "line": [int(number[item.rows[0]]) for item in found],
            "last_line": [int(number[item.rows[-1]]) for item in found],
            "kind": [item.kind for item in found],
            "time": [known.iloc[row] for row in firsts],
            "message": [item.message for item in found],
            "top_function": [top_function(item.stack) for item in found],
            "goroutines": [count_goroutines(item.stack) for item in found],
            "plugin_id": [item.plugin_id for item in found],
            "caller": callers,
            "request_id": requests,
            "stack": [item.stack for item in found],
            "lines": [len(item.rows) for item in found],
        }
    )


def _records(lines: pd.DataFrame) -> list[_Panic]:
    """Return the panics that the server logs itself."""
    message = lines["msg"].fillna("")
    found: list[_Panic] = []
    records = lines["kind"].isin(RECORD_KINDS).to_numpy()
    mask = message.str.contains("panic", case=False, regex=False)
    for row in (mask.to_numpy() & records).nonzero()[0].tolist():
        text = str(message.iloc[row])
        served = _HTTP.search(text)
        if served:
            head, _, stack = text[served.end() :].partition("\n")
            rows = [row, *_continued(lines, row)]
            joined = "\n".join([stack, *(str(message.iloc[more]) for more in rows[1:])])
            found.append(_Panic("http", rows, head, joined.strip("\n")))
        elif text in _DUMPED:
            kind, said = _DUMPED[text]
            values = field_values(lines.iloc[[row]], (said, "stack"))[0]
            found.append(_Panic(kind, [row], _text(values.get(said)) or text, _text(values.get("stack"))))
        elif text == _HUB:
            found.append(_hub(lines, message, row))
        else:
            found += _caught(lines, row)
    return found


def _caught(lines: pd.DataFrame, row: int) -> list[_Panic]:
    """Return the panic that a record tells of in its field ``panic``, if it has one."""
    values = field_values(lines.iloc[[row]], ("panic", "stack", "plugin_id"))[0]
    said = _text(values.get("panic"))
    if not said:
        return []
    owner = values.get("plugin_id")
    return [_Panic("plugin" if owner else "server", [row], said, _text(values.get("stack")), owner)]


def _continued(lines: pd.DataFrame, row: int) -> list[int]:
    kinds = lines["kind"]
    after = row + 1
    while after < len(kinds) and kinds.iloc[after] == "continuation":
        after += 1
    return list(range(row + 1, after))


def _hub(lines: pd.DataFrame, message: pd.Series[Any], row: int) -> _Panic:
    """Return a hub panic: the stack is the message of one of the next records, or what follows the record as text."""
    values = field_values(lines.iloc[[row]], ("panic",))[0]
    rows, stack = [row], ""
    for after in range(row + 1, min(row + 6, len(lines))):
        text = str(message.iloc[after])
        if text.startswith("goroutine ") and "\n" in text:
            rows, stack = [row, after], text
            break
    more = _continued(lines, rows[-1])
    if more:
        stack = "\n".join([*([stack] if stack else []), *(str(message.iloc[at]) for at in more)])
    return _Panic("hub", [*rows, *more], _text(values.get("panic")) or _HUB, stack.strip("\n"))


def _text(value: object) -> str:
    if isinstance(value, dict | list):
        import orjson

        return orjson.dumps(value).decode()
    return value if isinstance(value, str) else "" if value is None else str(value)


def _plugins(lines: pd.DataFrame) -> list[_Panic]:
    """Return the panics of plugins: records of one plugin, one a line of its stack, other records between them."""
    import numpy as np

    rows = np.flatnonzero(_of_plugins(lines))
    if not len(rows):
        return []
    part = lines.iloc[rows]
    texts = [str(text) for text in part["msg"].fillna("")]
    owners = list(zip(texts_of(part, "plugin_id"), texts_of(part, "source"), strict=True))
    times = part["time"].dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    running: dict[tuple[str | None, str | None], _Panic] = {}
    seen: dict[tuple[str | None, str | None], int] = {}
    found: list[_Panic] = []
    for row, text, owner, time in zip(rows.tolist(), texts, owners, times.tolist(), strict=True):
        open_panic = running.get(owner)
        late = open_panic is not None and time - seen[owner] > _QUIET_SECONDS * 1_000_000
        again = open_panic is not None and text.startswith("panic: ") and _HEADER.search(open_panic.stack)
        if open_panic is not None and not late and not again and _INSIDE.match(text):
            open_panic.rows.append(row)
            open_panic.stack += "\n" + text.rstrip("\n")
            seen[owner] = time
            continue
        running.pop(owner, None)
        if CRASH.match(text):
            head = text.strip().partition("\n")[0]
            running[owner] = _Panic("plugin", [row], head.partition(": ")[2] or head, text.rstrip("\n"), owner[0])
            seen[owner] = time
            found.append(running[owner])
    return found


def _of_plugins(lines: pd.DataFrame) -> Any:
    """Tell which records hold what a plugin's process printed."""
    import numpy as np

    mask = np.zeros(len(lines), bool)
    if "source" in lines:
        mask |= (lines["source"] == _STDERR).to_numpy()
    if "caller" in lines:
        callers = lines["caller"].astype("category").cat
        codes = np.flatnonzero(np.array([str(name).startswith(_ADAPTER) for name in callers.categories], bool))
        mask |= np.isin(callers.codes.to_numpy(), codes)
    return mask & lines["plugin_id"].notna().to_numpy() if "plugin_id" in lines else mask & False


def _process(lines: pd.DataFrame) -> list[_Panic]:
    """Return crashes of the process: text between the records that starts as a panic does.

    Standard output and error of a container are one stream, so a few records may stand between the lines of a dump.
    """
    text_rows = lines["kind"].isin(("continuation", "unparsed")).to_numpy()
    message = lines["msg"]
    found: list[_Panic] = []
    at = 0
    starts = (message.str.match(CRASH.pattern).fillna(value=False).to_numpy(dtype=bool) & text_rows).nonzero()[0]
    for row in starts.tolist():
        if row < at:
            continue
        rows = _dumped(message, text_rows, row)
        stack = "\n".join(map(str, message.iloc[rows].tolist()))
        head = str(message.iloc[row])
        found.append(_Panic("process", rows, head.partition(": ")[2] or head, stack))
        at = rows[-1] + 1
    return found


def _dumped(message: pd.Series[Any], text_rows: Any, start: int) -> list[int]:
    """Return the rows of a crash's text from its first one on."""
    rows, at = [start], start + 1
    while at < len(text_rows):
        if text_rows[at]:
            rows.append(at)
            at += 1
            continue
        after = next((row for row in range(at + 1, min(at + 1 + _BETWEEN, len(text_rows))) if text_rows[row]), None)
        if after is None or not _GOES_ON.match(str(message.iloc[after])):
            break
        at = after
    return rows


def top_function(stack: str) -> str | None:
    """Return the function that panicked: in the first goroutine, the first frame after the runtime's own."""
    first: str | None = None
    panicked = stack.find("\npanic(")
    for match in _FRAME.finditer(stack, panicked + 1 if panicked >= 0 else 0):
        name = match.group(1)
        first = first or name
        if not name.startswith(_INTERNAL):
            return name
    return first


def count_goroutines(stack: str) -> int | None:
    """Return how many goroutines a stack holds; None if it is no goroutine dump."""
    return len(_HEADER.findall(stack)) or None
