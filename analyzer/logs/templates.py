"""Message patterns: what differs from line to line is replaced, what repeats is counted.

The rules are our own. What counts as different: ids of the server (26 characters), UUIDs, hex, URLs, e-mail and
network addresses, times, durations, sizes, numbers, and what stands in quotes.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from analyzer.format.levels import severity
from analyzer.logs.schema import TIME
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from analyzer.logs.log import Log

TEMPLATES = FrameSchema(
    "templates",
    (
        Column("template", "str", "message with its changing parts replaced; the first line of it"),
        Column("count", "int64", "records of this pattern"),
        Column("level", "str", "the worst level it was logged at"),
        Column("levels", "str", "all its levels, the most frequent first"),
        Column("first", TIME, "time of the first"),
        Column("last", TIME, "time of the last"),
        Column("caller", "str", "where the first one was logged"),
        Column("nodes", "str", "nodes that logged it, in the order of their names"),
        Column("line", "int64", "line of the first"),
        Column("sample", "str", "the first one's message"),
        Column("error", "str", "the first one's error text: the message alone seldom tells the cause"),
    ),
)
_LONGEST: Final = 400
_MANY: Final = 30_000  # above this many different messages, their shapes are told apart first

# what may be long, then what every message may hold
_RARE: Final = r"""(?P<url>\b[a-z][a-z0-9+.-]{1,15}://[^\s"'<>]+)
    |(?P<email>[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})
    |(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)
    |(?P<time>\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\ ?(?:Z|[+-]\d\d:?\d\d)\b)?)?)"""
_QUOTED: Final = r"""(?P<quoted>"[^"]*"|(?<!\w)'[^']*'(?!\w)|`[^`]*`)"""
# one id in 1,800 has no digit: then all its letters are of the ids' own alphabet (model.NewId)
_WORDS: Final = r"""(?P<id>\b(?:(?=[a-z]{0,25}\d)[a-z0-9]{26}|[a-km-uw-z]{26})\b)
    |(?P<addr>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|\[(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}\](?::\d{1,5})?)
    |(?P<hex>\b0x[0-9a-fA-F]+\b|\b(?=[a-f]{0,39}\d)[0-9a-f]{16,64}\b)"""
_NUMBERS: Final = r"""(?P<duration>(?<![\w.])-?(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h)){1,4}\b)
    |(?P<size>(?<![\w.])\d+(?:\.\d+)?\ ?(?:[KMGTP]i?B|kB|B|bytes)\b)
    |(?P<num>(?:(?<![\w.])-?|(?<=\bv)(?=\d+\.\d))\d+(?:[.,:]\d+)*(?![\w]))"""
_PARTS = re.compile(f"{_RARE}|{_QUOTED}|{_WORDS}|{_NUMBERS}", re.VERBOSE | re.ASCII)
# most messages hold none of the longer parts, and are read twice as fast without them
_FEW_PARTS = re.compile(f"{_QUOTED}|{_NUMBERS}", re.VERBOSE | re.ASCII)
_NEEDS_ALL = re.compile(r"[0-9A-Za-z-]{16}|://|@|0x|\[|\d\.\d|\d{4}[-/]", re.ASCII)
_ORDER: Final = {"fatal": 0, "error": 1, "warn": 2, "info": 3, "debug": 4, None: 5}


def normalise(message: str) -> str:
    """Return the pattern of one message: its first line with every changing part replaced.

    >>> normalise('user 9n153a7ek3dptn1ofd3t3ha3iw took 1.5s for "x" at 10.0.0.1:80')
    'user <id> took <duration> for <quoted> at <addr>'
    """
    text = message.strip()
    first, _, more = text.partition("\n")
    first = first.rstrip()
    cut = len(first) > _LONGEST
    first = first[:_LONGEST]
    parts = _PARTS if _NEEDS_ALL.search(first) else _FEW_PARTS
    pattern = parts.sub(lambda match: f"<{match.lastgroup}>", first)
    return pattern + (" …" if more or cut else "")


def template_codes(messages: pd.Series[Any]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return for every message which pattern it has, and the patterns; a missing message has the pattern ``""``."""
    import numpy as np
    import pyarrow as pa

    array = pa.chunked_array(pa.array(messages.array)).cast(pa.large_string())
    coded = array.combine_chunks().fill_null("").dictionary_encode()
    rows = coded.indices.to_numpy().astype(np.int64)
    names = coded.dictionary
    if len(names) > _MANY:
        inner, names = _coarse(names)
        rows = inner[rows]
    patterns: dict[str, int] = {}
    places = np.array([patterns.setdefault(normalise(text), len(patterns)) for text in names.to_pylist()], np.int64)
    return (places[rows] if len(places) else rows), list(patterns)


def _coarse(names: Any) -> tuple[npt.NDArray[np.int64], Any]:
    """Return a group for every message and one message a group; messages of a group have one shape."""
    import numpy as np
    import pyarrow as pa

    from analyzer.logs.shapes import shapes

    step = max(1, len(names) // 8)
    with ThreadPoolExecutor(2, thread_name_prefix="templates") as pool:
        done = list(pool.map(shapes, (names.slice(at, step) for at in range(0, len(names), step))))
    coded = pa.concat_arrays(done).dictionary_encode()
    groups = coded.indices.to_numpy().astype(np.int64)
    first = np.zeros(len(coded.dictionary), np.int64)
    first[groups[::-1]] = np.arange(len(groups))[::-1]
    return groups, names.take(pa.array(first))


def templates(log: Log) -> pd.DataFrame:
    """Return the message patterns of ``log``, the most frequent first (schema ``TEMPLATES``).

    Continuation lines belong to their record and are not counted; unparsed lines are, with no level. An audit record
    without message counts by its event.
    """
    import numpy as np
    import pandas as pd

    lines = log.lines
    rows = lines[~lines["kind"].isin(["continuation"])] if len(lines) else lines
    if not len(rows):
        return TEMPLATES.empty()
    messages = rows["msg"]
    if "event" in rows:
        silent = messages.fillna("").eq("") & rows["event"].notna()
        if silent.any():
            messages = messages.where(~silent, "audit: " + rows["event"].astype(str))
    codes, patterns = template_codes(messages)
    order = np.arange(len(codes))[::-1]
    first_row = np.zeros(len(patterns), np.int64)
    first_row[codes[::-1]] = order  # written back to front, so the first row of a pattern stays
    counts = np.bincount(codes, minlength=len(patterns))
    times = rows["time"].groupby(codes).agg(["min", "max"])
    first, last = (times[name].astype(pd.DatetimeTZDtype("us", "UTC")).array for name in ("min", "max"))
    worst, all_levels = _levels(rows["level"], codes, len(patterns))
    sample = messages.iloc[first_row]
    frame = pd.DataFrame(
        {
            "template": pd.Series(patterns, dtype="str"),
            "count": counts,
            "level": pd.Series(worst, dtype="str"),
            "levels": pd.Series(all_levels, dtype="str"),
            "first": first,
            "last": last,
            "caller": np.asarray(rows["caller"].iloc[first_row], dtype=object) if "caller" in rows else None,
            "nodes": pd.Series(_nodes(rows, codes, len(patterns), log.node), dtype="str"),
            "line": rows["line"].iloc[first_row].array,
            "sample": sample.array,
            "error": rows["error"].iloc[first_row].array if "error" in rows else None,
        }
    )
    frame = frame.astype({"caller": "str", "error": "str"})
    return frame.sort_values(["count", "line"], ascending=[False, True], ignore_index=True)


def _levels(
    levels: pd.Series[Any], codes: npt.NDArray[np.int64], size: int
) -> tuple[list[str | None], list[str | None]]:
    """Return for every pattern its worst level and all its levels."""
    import numpy as np

    names = [str(name) for name in levels.cat.categories]
    level = levels.cat.codes.to_numpy().astype(np.int64)
    both = codes * (len(names) + 1) + level + 1
    pairs, counts = np.unique(both, return_counts=True)
    found: list[list[tuple[int, str]]] = [[] for _ in range(size)]
    for pair, number in zip(pairs.tolist(), counts.tolist(), strict=True):
        code, place = divmod(pair, len(names) + 1)
        if place:
            found[code].append((number, names[place - 1]))
    worst: list[str | None] = []
    everything: list[str | None] = []
    for item in found:
        if len(item) == 1:  # as most have; there may be as many patterns as lines
            worst.append(item[0][1])
            everything.append(item[0][1])
            continue
        item.sort(key=lambda pair: (-pair[0], pair[1]))
        ranked = sorted((name for _, name in item), key=lambda name: _ORDER[severity(name)])
        worst.append(ranked[0] if ranked else None)
        everything.append(", ".join(name for _, name in item) or None)
    return worst, everything


def _nodes(rows: pd.DataFrame, codes: npt.NDArray[np.int64], size: int, node: str | None) -> list[str | None]:
    if "node" not in rows:
        return [node] * size
    seen: list[set[str]] = [set() for _ in range(size)]
    pairs = rows[["node"]].assign(code=codes).drop_duplicates()
    for name, code in zip(pairs["node"].astype("str"), pairs["code"], strict=True):
        seen[code].add(name)
    return [", ".join(sorted(names)) for names in seen]


def new_templates(log: Log, before: Log) -> pd.DataFrame:
    """Return the patterns of ``log`` that ``before`` does not have, the most frequent first."""
    known = set(templates(before)["template"])
    frame = templates(log)
    return frame[~frame["template"].isin(known)].reset_index(drop=True)


__all__ = ["TEMPLATES", "new_templates", "normalise", "template_codes", "templates"]
