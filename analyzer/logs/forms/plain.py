"""Plain text of logr and text of zap.

Sources: packet-format.md 4.2, 4.3, 8.1; github.com/mattermost/logr v2.0.22 formatters/plain.go, formatter.go;
go.uber.org/zap zapcore/console_encoder.go.

Plain: ``level`` padded, delimiter, ``[timestamp]``, delimiter, message padded, delimiter, ``key=value`` pairs.
Every part but the message can be switched off. Quotes inside a quoted value are not escaped, so a quoted
value ends at a quote that is followed by the end of the line or by ``key=``.
"""

from __future__ import annotations

import re

from analyzer.format.levels import BY_NAME
from analyzer.logs.forms.jsonline import NotJson, pair_text, pairs, value_text
from analyzer.logs.forms.record import Record
from analyzer.logs.times import parse_epoch, parse_time

COLOUR = re.compile(r"\x1b\[[0-9;]{0,16}m")
_KEY = r"[A-Za-z_][\w.\-/]{0,63}(?: [A-Za-z_][\w.\-/]{0,63}){0,3}"
_LEVEL = r"(?P<level>[A-Za-z][A-Za-z-]{2,39})"
_STAMPED = re.compile(_LEVEL + r"(?P<delim>[ \t]*[^\w\[\s]{0,4}[ \t]*)\[(?P<time>[^\]]{8,64})\]")
# layouts of Go's time package without a year or a date (Stamp, TimeOnly, Kitchen): no moment, but no message
_CLOCK = re.compile(
    _LEVEL + r"(?P<delim>[ \t]*[^\w\[\s]{0,4}[ \t]*)"
    r"\[(?:[A-Z][a-z]{2} [ \d]\d )?\d?\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:[AP]M)?\]"
)
# as split.RECORD_START: a line that may start a record is never taken for the end of a message
_MAY_START = re.compile(r"(?:[A-Za-z-]{3,40}[ \t]+[^\w\[\s]{0,4}[ \t]*)?\[?\d{4}-\d\d-\d\d[T ]")
_STAMP_ONLY = re.compile(r"\[(?P<time>[^\]]{8,64})\]")
_LEVEL_ONLY = re.compile(_LEVEL + r"(?P<delim>[ \t]+(?:[^\w\[\s\"'(]{1,3}[ \t]+)?)")
_TIME_FIRST = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)? ?(?:Z|[+-]\d\d:?\d\d)?) " + _LEVEL + " "
)
_SYMBOL = re.compile(r"[ \t]*([^\w\s\"'(\[{<]{1,3})[ \t]")
CALLER = re.compile(r'(?:^|(?<=[ \t]))caller=(?:"([^"/\s]{1,128}/[^":\s]{1,128}:\d{1,9})"|(?= |$))')
LATE_FIELDS = re.compile(r"[ \t]*(?:[^\w\s\"'(\[{<]{1,3}[ \t])?(?=caller=)")
_FIRST_FIELD = re.compile(r"(?:^|(?<=[ \t]))" + f"({_KEY})=")
_NEXT_FIELD = re.compile(" " + f"({_KEY})=")
_QUOTE_END = re.compile(r'"(?= ' + _KEY + r"=|$)")
_NOT_LEVELS = re.compile(r"(?:fatal|error|panic|warn|info|debug|trace|critical)[ :]*(?:error|:)", re.IGNORECASE)
_ZAP = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d{9,11}(?:\.\d+)?(?:[eE]\+?\d+)?)\t"
    r"(?P<level>[A-Za-z]{4,6})\t(?P<rest>.*)",
    re.DOTALL,
)
_ZAP_CALLER = re.compile(r"[^\s/:]+/[^\s:]+:\d+")
_LONGEST = 1 << 20


def read_plain(line: str) -> Record | None:
    """Return the record of a plain-text line, or None when it has no mark of one."""
    text = COLOUR.sub("", line) if "\x1b[" in line else line
    match = _STAMPED.match(text)
    if match and parse_time(match["time"]):
        return _plain(match["level"], match["time"], match["delim"], text[match.end() :])
    match = _STAMP_ONLY.match(text)
    if match and parse_time(match["time"]):
        return _plain(None, match["time"], "", text[match.end() :])
    match = _TIME_FIRST.match(text)
    if match and match["level"].casefold() in BY_NAME and parse_time(match["time"].strip()):
        stamped = _STAMPED.match(text, match.start("level"))  # a collector's time, then logr's own
        if stamped and parse_time(stamped["time"]):
            return _plain(stamped["level"], stamped["time"], stamped["delim"], text[stamped.end() :])
        return _plain(match["level"], match["time"].strip(), " ", " " + text[match.end() :])
    match = _CLOCK.match(text)
    if match and match["level"].casefold() in BY_NAME:
        return _plain(match["level"], None, match["delim"], text[match.end() :])
    match = _LEVEL_ONLY.match(text)
    if match and match["level"].casefold() in BY_NAME and not _NOT_LEVELS.match(text):
        return _plain(match["level"], None, match["delim"], match["delim"] + text[match.end() :])
    return None


def read_with_caller(line: str) -> Record | None:
    """Return the record of a line that has neither level nor time, only a caller; None when it has none."""
    text = COLOUR.sub("", line) if "\x1b[" in line else line
    if not CALLER.search(text) or text[:1].isspace():
        return None
    record = _plain(None, None, "", text)
    record.tail = None if _MAY_START.match(text) else text
    return record


def _plain(level: str | None, time: str | None, delim: str, body: str) -> Record:
    record = Record("plain", multiline=True)
    if level:
        record.set_level(level)
    if time:
        record.set_time(time)
    body, symbol = _strip_delim(body, delim.strip())
    message, fields = split_fields(body)
    message = message.rstrip(" ")
    if symbol and message.endswith(symbol):
        message = message[: -len(symbol)].rstrip(" ")
    record.msg = message
    take_fields(record, fields)
    return record


def _strip_delim(body: str, core: str) -> tuple[str, str]:
    """Return the body after its leading delimiter, and the delimiter's visible part."""
    if core:
        stripped = body.lstrip(" \t")
        return (stripped[len(core) :].lstrip(" \t"), core) if stripped.startswith(core) else (stripped, core)
    match = _SYMBOL.match(body)
    # no delimiter is known without a level: a symbol is one only if it also stands before the fields
    if match and re.search(re.escape(match.group(1)) + r"[ \t]" + f"(?:{_KEY})=", body[match.end() :]):
        return body[match.end() :], match.group(1)
    return body.lstrip(" "), ""


def split_fields(body: str) -> tuple[str, str]:
    """Return (message, fields): the fields start at ``caller=``, else at the first ``key=`` in the line."""
    match = CALLER.search(body)
    if match is None:
        match = _first_field(body)
    return (body[: match.start()], body[match.start() :]) if match else (body, "")


def _first_field(body: str) -> re.Match[str] | None:
    """Return where the fields start in a line without caller: the last word before the first ``=``.

    A key may hold spaces (``for locale``), which nothing marks here, so only ``for locale`` and
    ``from locale`` and ``retrying in seconds``, the server's own, are taken whole.
    """
    match = _FIRST_FIELD.search(body)
    if match is None:
        return None
    words = match.group(1)
    for known in ("for locale", "from locale", "retrying in seconds"):
        if words.endswith(known):
            return re.compile(re.escape(known) + "=").search(body, match.start())
    return re.compile(re.escape(words.rpartition(" ")[2]) + "=").search(body, match.start())


def take_fields(record: Record, text: str) -> None:
    """Read ``key=value`` pairs into the record."""
    if len(text) > _LONGEST:
        record.keep("text", text[:_LONGEST])
        record.damage.append((-1, 0, "fields longer than 1 MiB"))
        return
    at, size = 0, len(text)
    first = _FIRST_FIELD.match(text)
    while first:
        key = first.group(1)
        start = first.end()
        if start < size and text[start] == '"':
            end, after = _quoted(text, start + 1)
            value = text[start + 1 : end]
        else:
            end = after = _bare(text, start)
            value = text[start:end]
        if key == "caller" and record.caller is None:
            record.caller = value
        elif not record.put(key, value):
            record.keep(key, value)
        at = after
        first = _NEXT_FIELD.match(text, at)
    if text[at:].strip():
        record.keep("text", text[at:].strip())


def _quoted(text: str, start: int) -> tuple[int, int]:
    match = _QUOTE_END.search(text, start)
    if match is None:
        return len(text), len(text)
    return match.start(), match.end()


def _bare(text: str, start: int) -> int:
    """Return where an unquoted value ends: at the space before the next ``key=``, or at the line's end."""
    if text[start : start + 1] == " " and _NEXT_FIELD.match(text, start):
        return start
    space = text.find(" ", start)
    if space < 0:
        return len(text)
    match = _NEXT_FIELD.match(text, space) or _NEXT_FIELD.search(text, space)
    return match.start() if match else len(text)


def read_zap_text(line: str) -> Record | None:
    """Return the record of zap's tab-separated text, or None."""
    text = COLOUR.sub("", line) if "\x1b[" in line else line
    match = _ZAP.match(text)
    if not match or match["level"].casefold() not in BY_NAME:
        return None
    record = Record("zap", multiline=True)
    if not record.set_time(match["time"]):
        record.time = parse_epoch(match["time"])
        record.offset = 0
    record.set_level(match["level"])
    rest = match["rest"]
    parts = rest.split("\t", 2)
    for index, part in enumerate(parts[:2]):
        if _ZAP_CALLER.fullmatch(part):
            record.caller = part
            if index:
                record.keep("logger", parts[0])
            rest = rest.split("\t", index + 1)[-1] if len(parts) > index + 1 else ""
            break
    record.msg = _zap_fields(record, rest)
    return record


def _zap_fields(record: Record, rest: str) -> str:
    """Take the JSON object at the end of zap's text; return the message before it."""
    head, tab, tail = rest.rpartition("\t")
    if not tail.startswith("{"):
        return rest
    try:
        found = list(pairs(tail))
    except NotJson:
        return rest
    for pair in found:
        value = value_text(tail, pair)
        if value is None or not record.put(pair.key, value):
            record.rest.append(pair_text(tail, pair))
    return head if tab else ""
