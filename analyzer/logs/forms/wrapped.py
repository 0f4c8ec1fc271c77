"""What collectors of container and system logs put around a line: text in front of it, or a JSON object.

Packets hold files that the server wrote itself, but what ``kubectl logs``, ``docker compose logs`` and ``journalctl``
print is sent beside a packet. Prefixes are those that the dumps' reader knows (one table); objects are Docker's
json-file (docs.docker.com/engine/logging/drivers/json-file) and ``journalctl -o json`` (systemd.journal-fields(7)).
"""

from __future__ import annotations

import re
from typing import Final

import orjson

# how a prefix can begin: a time, syslog's priority or month, a pod in brackets, compose's service name
_MAY_BE: Final = re.compile(
    rb"\d{4}-\d\d-\d\d[T ]|<\d|[A-Z][a-z]{2} [ \d]|\[|(?:\x1b\[[0-9;]{0,12}m)*[\w.-]{1,128} *\|"
)
_TIMED: Final = re.compile(rb"\d\d:\d\d:\d\d|\[pod/")
_OBJECTS: Final = ((b'"log"', b'"stream"', "log"), (b'"MESSAGE"', b'"__REALTIME_TIMESTAMP"', "MESSAGE"))


def after_prefix(line: bytes) -> tuple[int, bool] | None:
    """Return (bytes of the prefix, does it tell a time or a pod), or None if there is none."""
    if not _MAY_BE.match(line):
        return None
    # later: the table's package needs numpy, which a search for a few lines does without
    from analyzer.goroutines.prefixes import Stripper

    size = len(line) - len(Stripper().strip(line).rest)
    return (size, _TIMED.search(line, 0, size) is not None) if size else None


def in_object(line: bytes) -> bytes | None:
    """Return the line inside a JSON object that a collector made of it, or None if it is no such object."""
    for first, second, key in _OBJECTS:
        if first in line and second in line:
            try:
                found = orjson.loads(line)
            except orjson.JSONDecodeError:
                return None
            text = found.get(key) if isinstance(found, dict) and "timestamp" not in found else None
            return text.encode("utf-8", "replace").rstrip(b"\r\n") if isinstance(text, str) else None
    return None
