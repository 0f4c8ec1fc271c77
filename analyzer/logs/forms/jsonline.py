"""JSON objects: logr's JSON, zap's JSON, GELF, and the audit schemas (packet-format.md 4.1, 4.2, 4.3, 4.7).

The pairs of an object are read one by one and not through a dict, because duplicate keys occur (a field
named ``caller`` is not renamed by logr) and because numbers must stay as they were written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from json import decoder
from typing import Any, NamedTuple, cast

from analyzer.format.levels import BY_ID
from analyzer.logs.forms.record import Record, clean
from analyzer.logs.schema import FREQUENT_NAMES
from analyzer.logs.times import parse_epoch

_scan_string = cast("Callable[[str, int, bool], tuple[str, int]]", vars(decoder)["scanstring"])
_SPACE = re.compile(r"[ \t\r\n]*")
_UNSAFE = re.compile("[\x00-\x1f]|[\ud800-\udfff]")
_WORDS = re.compile(r"NaN|Infinity")
_SURROGATE = re.compile(r"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")
_DIGITS = re.compile(r"[0-9]{1,5}", re.ASCII)
_HEAD = re.compile(
    r'\s*\{\s*"timestamp"\s*:\s*"([^"\\]{1,64})"(?:\s*,\s*"level"\s*:\s*"([^"\\]{1,64})")?'
    r'(?:\s*,\s*"msg"\s*:\s*"(?:[^"\\]|\\.){0,4096}"\s*,\s*"caller"\s*:\s*"([^"\\]{1,256})")?'
)


def _number(text: str) -> str:
    return text


# numbers are only skipped over: no conversion, so a number of a million digits costs nothing
_decode = json.JSONDecoder(strict=False, parse_int=_number, parse_float=_number).raw_decode
_decode_words = json.JSONDecoder(strict=False, parse_constant=str).raw_decode


class Pair(NamedTuple):
    """One pair: the key, the key's and the value's place in the text, and the value when it is a string."""

    key: str
    start: int
    value_start: int
    end: int
    string: str | None


class NotJson(ValueError):  # noqa: N818
    """The text is no JSON object; ``at`` is where reading stopped, ``cut`` says that the text just ends."""

    def __init__(self, at: int, *, cut: bool = False) -> None:
        super().__init__(at)
        self.at = at
        self.cut = cut


def pairs(text: str) -> Iterator[Pair]:
    """Yield the pairs of the object that ``text`` is; raises NotJson when it is none."""
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise NotJson(at)
    at = _skip(text, at + 1)
    if text[at : at + 1] == "}":
        _end(text, at + 1)
        return
    while True:
        if text[at : at + 1] != '"':
            raise NotJson(at)
        start = at
        try:
            key, at = _scan_string(text, at + 1, False)
            at = _skip(text, at)
            if text[at : at + 1] != ":":
                raise NotJson(at)
            value_start = _skip(text, at + 1)
            string: str | None = None
            if text[value_start : value_start + 1] == '"':
                string, at = _scan_string(text, value_start + 1, False)
            else:
                _, at = _decode(text, value_start)
        except (json.JSONDecodeError, RecursionError) as error:
            place = getattr(error, "pos", at)
            raise NotJson(place, cut="Unterminated" in str(error) or place >= len(text)) from None
        yield Pair(key, start, value_start, at, string)
        at = _skip(text, at)
        mark = text[at : at + 1]
        if mark == "}":
            _end(text, at + 1)
            return
        if mark != ",":
            raise NotJson(at)
        at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _end(text: str, at: int) -> None:
    at = _skip(text, at)
    if at != len(text):
        raise NotJson(at)


def is_strict(raw: str, *, string: bool) -> bool:
    """Tell whether JSON text that Python reads is also strict JSON that UTF-8 can hold."""
    if _UNSAFE.search(raw) or ("\\u" in raw and _SURROGATE.search(raw)):
        return False
    return string or not _WORDS.search(raw)


def strict(raw: str) -> str:
    """Return the JSON text of a value as strict JSON: words such as NaN and raw control characters go."""
    if is_strict(raw, string=raw[:1] == '"'):
        return raw
    value, _ = _decode_words(raw)
    return clean(json.dumps(_clean_tree(value), ensure_ascii=False, separators=(",", ":")))


def _clean_tree(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean_tree(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): _clean_tree(item) for key, item in value.items()}
    return value


def pair_text(text: str, pair: Pair, key: str | None = None) -> str:
    """Return one pair for ``fields``, as it stood in the line where that is strict JSON."""
    raw = text[pair.start : pair.end]
    if key is None and is_strict(raw, string=pair.string is not None):
        return raw
    name = json.dumps(clean(pair.key if key is None else key), ensure_ascii=False)
    return f"{name}:{strict(text[pair.value_start : pair.end])}"


def value_text(text: str, pair: Pair) -> str | None:
    """Return a value as text: a string's content, another value's JSON text, None for null."""
    if pair.string is not None:
        return clean(pair.string)
    raw = text[pair.value_start : pair.end]
    return None if raw == "null" else strict(raw)


def read_object(text: str) -> Record:
    """Return the record of one JSON object; raises NotJson."""
    found = list(pairs(text))
    keys = {pair.key for pair in found}
    if "short_message" in keys and "version" in keys:
        return _gelf(text, found)
    record = Record("zap" if "ts" in keys and "timestamp" not in keys else "json")
    for pair in found:
        _take(record, text, pair)
    if "event_name" in keys or "event" in keys:
        _audit(record, text, found)
    return record


def _take(record: Record, text: str, pair: Pair) -> None:
    """Put one pair where it belongs; the first of several equal keys gets the column."""
    key = pair.key
    if key in record.taken or not _take_fixed(record, text, pair):
        value = value_text(text, pair)
        if value is None and _is_column(record, key):
            record.taken.add(key)
        elif value is None or not record.put(key, value):
            record.rest.append(pair_text(text, pair))


def _is_column(record: Record, key: str) -> bool:
    return key in FREQUENT_NAMES and key not in record.taken


def _take_fixed(record: Record, text: str, pair: Pair) -> bool:
    key = pair.key
    if key not in {"timestamp", "ts", "level", "msg", "caller"}:
        return False
    value = value_text(text, pair)
    if value is None:
        record.taken.add(key)
        return True
    if key in {"timestamp", "ts"}:
        if record.time is not None or not _take_time(record, value, number=pair.string is None):
            return False
    elif key == "level":
        record.set_level(value)
    elif key == "msg":
        record.msg = value
    else:
        record.caller = value
    record.taken.add(key)
    return True


def _take_time(record: Record, value: str, *, number: bool) -> bool:
    if not number and record.set_time(value):
        return True
    record.time = parse_epoch(value)
    record.offset = 0 if record.time is not None else None
    return record.time is not None


_AUDIT_ACTOR = {"user_id": "user_id", "ip_address": "ip_addr"}


def _audit(record: Record, text: str, found: list[Pair]) -> None:
    """Fill event, user and address of an audit record; its objects stay whole in ``fields``.

    The schema since 7.2 has ``event_name`` and ``actor``; before, ``event`` was the name and the actor's
    keys stood at the top.
    """
    for pair in found:
        if pair.key == "event_name" and pair.string is not None:
            record.columns["event"] = clean(pair.string)
        elif pair.key == "actor" and pair.string is None:
            _fill(record, text[pair.value_start : pair.end])
        elif pair.key == "ip_address" and pair.string is not None:
            record.columns.setdefault("ip_addr", clean(pair.string))


def _fill(record: Record, actor: str) -> None:
    try:
        inner = list(pairs(actor))
    except NotJson:
        return
    for pair in inner:
        name = _AUDIT_ACTOR.get(pair.key)
        if name and pair.string is not None:
            record.columns.setdefault(name, clean(pair.string))


def _gelf(text: str, found: list[Pair]) -> Record:
    """Return the record of a GELF object: own keys start with one underscore, level is a number."""
    record = Record("gelf")
    for pair in found:
        key = pair.key
        value = value_text(text, pair)
        name = key.removeprefix("_")
        if key in record.taken:
            record.rest.append(pair_text(text, pair, name))
            continue
        if key == "timestamp" and value is not None and _take_time(record, value, number=pair.string is None):
            record.taken.add(key)
        elif key == "short_message":
            record.msg = value
            record.taken.add(key)
        elif key == "level" and value is not None:
            known = BY_ID.get(int(value)) if _DIGITS.fullmatch(value) else None
            record.set_level(known.name if known else value)
            record.taken.add(key)
        elif key in {"__caller", "_caller"} and record.caller is None:
            record.caller = value
            record.taken.add(key)
        elif value is None or not key.startswith("_") or not record.put(name, value):
            record.rest.append(pair_text(text, pair, name))
    return record


def salvage(text: str, record: Record) -> None:
    """Fill time, level and caller of a cut or broken JSON line from its head, where that is whole."""
    match = _HEAD.match(text)
    if not match:
        return
    record.set_time(match.group(1))
    if match.group(2):
        record.set_level(match.group(2))
    record.caller = match.group(3)
