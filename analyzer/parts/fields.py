"""A part's keys, written once: a dataclass field says what it reads and what it writes.

``text()``, ``integer()`` and friends declare a field with its key, releases and omitempty rule; :func:`bind` makes the
dataclass from a parsed map and :func:`dump` makes the map from the dataclass. So reader and writer cannot drift.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from analyzer.format import spelling
from analyzer.format.versions import Version, within
from analyzer.parts.base import Notes, join
from analyzer.parts.scalars import (
    Loose,
    Plain,
    Unfit,
    is_null,
    kind_of,
    millis,
    resolve,
    to_bool,
    to_float,
    to_int,
    to_millis,
    to_text,
    to_time,
)

T = TypeVar("T")
Fit = Callable[[object], object]
Orders = Mapping[type, tuple[str, ...]]
_META: Final = "key"


@dataclass(frozen=True, slots=True)
class Key:
    """How one field stands in the document.

    Attributes:
        fit: raw value to field value; raises Unfit, or gives Loose.
        names: keys read, in order of preference; empty means the field's own name.
        spelled: path in ``format/spelling.py`` when the key has two spellings.
        since, until: releases that write it, ``until`` exclusive; None is open.
        omit: left out when zero (Go's omitempty).
        omit_until: first release without omitempty, where it was dropped.
        null: written as null when None (a nil pointer without omitempty).
        of: dataclass of nested maps; ``many`` when it is a list of them.
        out: field value to what the emitter writes.
    """

    fit: Fit | None = None
    names: tuple[str, ...] = ()
    spelled: str | None = None
    since: str | None = None
    until: str | None = None
    omit: bool = False
    omit_until: str | None = None
    null: bool = False
    of: type | None = None
    many: bool = False
    out: Callable[[Any], object] | None = None


def _texts(raw: object) -> tuple[str, ...] | Loose:
    if is_null(raw):
        return ()
    if isinstance(raw, str):
        return Loose((str(raw),), "one text where a list is expected")
    if not isinstance(raw, list):
        raise Unfit(f"expected a list of texts, found {kind_of(raw)}")
    items = [to_text("" if is_null(item) else item) for item in raw]
    values = tuple(str(item.value) if isinstance(item, Loose) else item for item in items)
    return Loose(values, "items that are no texts") if any(isinstance(i, Loose) for i in items) else values


def _text_map(raw: object) -> dict[str, str] | Loose:
    if not isinstance(raw, Mapping):
        raise Unfit(f"expected a map of texts, found {kind_of(raw)}")
    out: dict[str, str] = {}
    odd = False
    for key, item in raw.items():
        if is_null(item):
            out[str(key)] = ""
            continue
        value = to_text(item)
        odd = odd or isinstance(value, Loose)
        out[str(key)] = str(value.value) if isinstance(value, Loose) else value
    return Loose(out, "values that are no texts") if odd else out


def _free_map(raw: object) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise Unfit(f"expected a map, found {kind_of(raw)}")
    resolved: dict[str, Any] = resolve(raw)
    return resolved


def rfc3339(when: datetime) -> str:
    """Return a time as Go's RFC3339Nano does: its own offset, ``Z`` for UTC, fraction without trailing zeros."""
    base = when.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    fraction = f".{when.microsecond:06d}".rstrip("0") if when.microsecond else ""
    offset = when.utcoffset()
    minutes = int(offset.total_seconds()) // 60 if offset else 0
    if not minutes:
        return base + fraction + "Z"
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{base}{fraction}{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def _field(key: Key) -> Any:
    return dataclasses.field(default=None, metadata={_META: key})


def text(*names: str, **rules: Any) -> Any:
    """Declare a text field (``str | None``)."""
    return _field(Key(to_text, names, **rules))


def integer(*names: str, **rules: Any) -> Any:
    """Declare a 64-bit integer field (``int | None``)."""
    return _field(Key(to_int, names, **rules))


def decimal(*names: str, **rules: Any) -> Any:
    """Declare a float field (``float | None``)."""
    return _field(Key(to_float, names, **rules))


def flag(*names: str, **rules: Any) -> Any:
    """Declare a boolean field (``bool | None``)."""
    return _field(Key(to_bool, names, **rules))


def timestamp(*names: str, quoted: bool, **rules: Any) -> Any:
    """Declare an RFC 3339 time (``datetime | None``, aware, with its own offset); ``quoted`` says how it is written."""
    out: Callable[[datetime], str] = rfc3339 if quoted else lambda when: Plain(rfc3339(when))
    return _field(Key(to_time, names, out=out, **rules))


def epoch_ms(*names: str, **rules: Any) -> Any:
    """Declare a time held as epoch milliseconds (``datetime | None``, UTC)."""
    return _field(Key(to_millis, names, out=millis, **rules))


def texts(*names: str, **rules: Any) -> Any:
    """Declare a list of texts (``tuple[str, ...] | None``); null is an empty list."""
    return _field(Key(_texts, names, out=list, **rules))


def text_map(*names: str, **rules: Any) -> Any:
    """Declare a map of texts (``Mapping[str, str] | None``), written in key order as Go does."""
    return _field(Key(_text_map, names, out=lambda pairs: dict(sorted(pairs.items())), **rules))


def free_map(*names: str, **rules: Any) -> Any:
    """Declare a map of anything (``Mapping[str, Any] | None``)."""
    return _field(Key(_free_map, names, **rules))


def nested(of: type, *names: str, **rules: Any) -> Any:
    """Declare a nested map, read as the dataclass ``of``."""
    return _field(Key(None, names, of=of, **rules))


def several(of: type, *names: str, **rules: Any) -> Any:
    """Declare a list of maps (``tuple[of, ...] | None``); null is an empty list."""
    return _field(Key(None, names, of=of, many=True, **rules))


def unread() -> Any:
    """Declare ``extra``: unknown keys, and the raw value of known keys that did not fit."""
    return dataclasses.field(default_factory=dict)


_PLANS: dict[type, tuple[tuple[str, Key], ...]] = {}


def plan(of: type) -> tuple[tuple[str, Key], ...]:
    """Return (field name, key) of a dataclass in declared order, which is the newest release's key order."""
    if of not in _PLANS:
        _PLANS[of] = _plan(of)
    return _PLANS[of]


def _plan(of: Any) -> tuple[tuple[str, Key], ...]:
    rows = []
    for item in dataclasses.fields(of):
        key = item.metadata.get(_META)
        if key is None:
            continue
        names = key.names or (spelling.variants(key.spelled) if key.spelled else (item.name,))
        rows.append((item.name, dataclasses.replace(key, names=names)))
    return tuple(rows)


def bind(of: type[T], raw: Mapping[str, Any], path: str, notes: Notes) -> T:
    """Return dataclass ``of`` made from a parsed map.

    What does not fit is noted, becomes None, and is kept raw in ``extra``; so are keys that no field reads.
    """
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    seen: set[str] = set()
    for name, key in plan(of):
        given = [n for n in key.names if n in raw]
        seen.update(given)
        if not given:
            continue
        if len(given) > 1:
            notes.add(join(path, given[1]), f"both {given[0]} and {given[1]} are given; {given[0]} counts")
            extra.update({n: resolve(raw[n]) for n in given[1:]})
        item, where = raw[given[0]], join(path, given[0])
        try:
            values[name] = _fit(key, item, where, notes)
        except Unfit as fault:
            notes.add(where, str(fault))
            extra[given[0]] = resolve(item)
    for unknown in raw:
        if unknown not in seen:
            extra[unknown] = resolve(raw[unknown])
    if extra:
        values["extra"] = extra
    return of(**values)


def _fit(key: Key, item: object, where: str, notes: Notes) -> object:
    if key.of is not None and key.many:
        return _fit_many(key.of, item, where, notes)
    if key.of is not None:
        if is_null(item):
            return None
        if not isinstance(item, Mapping):
            raise Unfit(f"expected a map, found {kind_of(item)}")
        return bind(key.of, item, where, notes)
    assert key.fit is not None
    if is_null(item) and key.fit is not _texts:
        return None
    value = key.fit(item)
    if isinstance(value, Loose):
        notes.add(where, value.note, "info")
        return value.value
    return value


def _fit_many(of: type, item: object, where: str, notes: Notes) -> tuple[Any, ...]:
    if is_null(item):
        return ()
    if not isinstance(item, list):
        raise Unfit(f"expected a list, found {kind_of(item)}")
    out: list[Any] = []
    for index, row in enumerate(item):
        if isinstance(row, Mapping):
            out.append(bind(of, row, f"{where}[{index}]", notes))
        else:
            notes.add(f"{where}[{index}]", f"expected a map, found {kind_of(row)}", "error")
    return tuple(out)


def dump(value: object, target: Version | None = None, orders: Orders | None = None) -> dict[str, Any]:
    """Return the map that a server of ``target`` would write for a dataclass made by these field functions.

    None is left out (missing is missing); zero values of omitempty keys are left out; keys that ``target`` does not
    have are left out. Without a target every key that has a value is written, in the newest spelling. ``extra``
    follows, except where a field has spoken.
    """
    of = type(value)
    rows = list(plan(of))
    order = (orders or {}).get(of)
    if order:
        rank = {name: position for position, name in enumerate(order)}
        rows.sort(key=lambda row: rank.get(row[0], len(rank)))
    out: dict[str, Any] = {}
    for name, key in rows:
        if target is not None and not within(target, key.since, key.until):
            continue
        item = getattr(value, name)
        written = spelling.written(key.spelled, target) if key.spelled else key.names[0]
        if item is None:
            if key.null:
                out[written] = None
            continue
        omits = key.omit or (key.omit_until is not None and target is not None and target.before(key.omit_until))
        if omits and _is_zero(item):
            continue
        out[written] = _out(key, item, target, orders)
    for name, item in getattr(value, "extra", {}).items():
        if out.get(name) is None:
            out[name] = item
    return out


def _is_zero(item: object) -> bool:
    if dataclasses.is_dataclass(item) or isinstance(item, datetime):
        return False
    return not item


def _out(key: Key, item: Any, target: Version | None, orders: Orders | None) -> object:
    if key.many:
        return [dump(row, target, orders) for row in item]
    if key.of is not None:
        return dump(item, target, orders)
    return key.out(item) if key.out else item
