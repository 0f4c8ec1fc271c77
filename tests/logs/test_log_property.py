"""Lines of every form, written here and read back; broken and odd input; the fast path against the reference."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.logs import read_log
from analyzer.logs.block import Text
from analyzer.logs.fast import read_block_fast
from analyzer.logs.forms import read_line
from analyzer.logs.rows import Coded
from analyzer.logs.schema import FREQUENT_NAMES, LINES
from analyzer.logs.slow import read_block
from analyzer.logs.split import Block, blocks, split_lines
from analyzer.logs.stamps import read_many_stamps, read_stamps
from analyzer.logs.times import parse_time

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ARRAYS = [name for name in LINES.names if name not in {"line", "kind", "time", "time_from"}]

LEVELS = st.sampled_from(["panic", "error", "warn", "info", "debug", "LDAPError", "NotificationWarn", "stdlog"])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
KEYS = st.sampled_from(
    ["error", "path", "user_id", "for locale", "retrying in seconds", "x", "UserId", "plugin_id", "a.b"]
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001  wall clocks
    lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)
)
ZONES = st.integers(-14 * 60, 14 * 60)
CALLERS = st.sampled_from(["app/server.go:1", "sqlstore/store.go:254", "plugin/hclog_adapter.go:61"])


def stamp(moment: datetime, minutes: int) -> str:
    local = moment + timedelta(minutes=minutes)
    zone = "Z" if not minutes else f"{'+' if minutes > 0 else '-'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d} {zone}"


def utc(moment: datetime) -> pd.Timestamp:
    return pd.Timestamp(moment.replace(tzinfo=UTC))


@st.composite
def json_records(draw):
    moment, minutes, level, msg, caller = draw(TIMES), draw(ZONES), draw(LEVELS), draw(TEXT), draw(CALLERS)
    fields = draw(st.dictionaries(KEYS, JSON_VALUES, max_size=4))
    value = {"timestamp": stamp(moment, minutes), "level": level, "msg": msg, "caller": caller, **fields}
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), separators=separators)
    return "json", text, (utc(moment), level, msg, caller, fields)


PLAIN_VALUE = st.text('abcXYZ019-._/@^+ "=:,{}[]é', max_size=20).map(str.strip)
PLAIN_MSG = (
    st.text("abc XYZ 0-9.,:;'\"()é", max_size=60).map(str.strip).filter(lambda text: not re.search(r"\S=", text))
)


def plain_pair(key: str, value: str, wrap) -> str:
    """As logr's writeField: quoted if any character is unsafe, never escaped."""
    quoted = re.search(r"[^0-9A-Za-z\-._/@^+]", value)
    return f"{wrap(key)}=" + (f'"{value}"' if quoted else value)


@st.composite
def plain_records(draw):
    moment, minutes, level = draw(TIMES), draw(ZONES), draw(LEVELS)
    msg, caller = draw(PLAIN_MSG), draw(CALLERS)
    # a value that ends as a quoted one does cannot be told apart by anybody
    fields = draw(st.dictionaries(KEYS, PLAIN_VALUE.filter(lambda v: not re.search(r'"( |$)|^"|=', v)), max_size=4))
    delim = draw(st.sampled_from([" ", " | ", "  "]))
    colour = draw(st.booleans())
    wrap = (lambda text: f"\x1b[31m{text}\x1b[0m") if colour else (lambda text: text)
    width, msg_width = draw(st.sampled_from([0, 5])), draw(st.sampled_from([0, 45]))
    head = wrap(level) + " " * max(width - len(level), 0) + delim + f"[{stamp(moment, minutes)}]" + delim
    body = msg + " " * max(msg_width - len(msg.encode()), 0) + delim
    pairs = [plain_pair("caller", caller, wrap), *(plain_pair(key, value, wrap) for key, value in fields.items())]
    return "plain", head + body + " ".join(pairs), (utc(moment), level, msg, caller, fields)


@st.composite
def gelf_records(draw):
    moment, msg, caller = draw(TIMES), draw(TEXT.filter(bool)), draw(CALLERS)
    level, number = draw(st.sampled_from([("error", 2), ("info", 4), ("LDAPWarn", 141)]))
    fields = draw(st.dictionaries(KEYS, JSON_VALUES, max_size=3))
    seconds = moment.replace(tzinfo=UTC).timestamp()
    value = {
        "version": "1.1",
        "host": "app-1",
        "short_message": msg,
        "timestamp": seconds,
        "level": number,
        "__caller": caller,
    }
    value |= {f"_{key}": item for key, item in fields.items()}
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "gelf", text + "\x00", (utc(moment), level, msg, caller, {"version": "1.1", "host": "app-1", **fields})


@st.composite
def zap_json_records(draw):
    moment, level, msg, caller = (
        draw(TIMES),
        draw(st.sampled_from(["info", "error", "debug"])),
        draw(TEXT),
        draw(CALLERS),
    )
    fields = draw(st.dictionaries(KEYS, JSON_VALUES, max_size=3))
    value = {"level": level, "ts": moment.replace(tzinfo=UTC).timestamp(), "caller": caller, "msg": msg, **fields}
    return "zap", json.dumps(value, separators=(",", ":")), (utc(moment), level, msg, caller, fields)


ZAP_MSG = st.text("abc XYZ019.,:é", min_size=1, max_size=30).map(str.strip).filter(bool)


@st.composite
def zap_text_records(draw):
    moment, caller, msg = draw(TIMES), draw(CALLERS), draw(ZAP_MSG)
    level = draw(st.sampled_from(["info", "error", "debug", "warn"]))
    shown = f"\x1b[34m{level.upper()}\x1b[0m" if draw(st.booleans()) else level
    fields = draw(st.dictionaries(KEYS, JSON_VALUES, max_size=3))
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z\t{shown}\t{caller}\t{msg}"
    if fields:
        text += "\t" + json.dumps(fields, separators=(", ", ": "))
    return "zap", text, (utc(moment), level, msg, caller, fields)


RECORDS = json_records() | plain_records() | gelf_records() | zap_json_records() | zap_text_records()


def as_json(value):
    """What a value is after the trip through JSON."""
    return json.loads(json.dumps(value))


def check_row(row: dict, kind: str, want: tuple) -> None:
    moment, level, msg, caller, fields = want
    assert row["kind"] == kind
    assert abs((row["time"] - moment).total_seconds()) < 1e-5
    assert (row["level"], row["msg"], row["caller"]) == (level, msg, caller)
    rest = json.loads(row["fields"])
    for key, value in fields.items():
        if key not in FREQUENT_NAMES:
            assert as_json(rest[key]) == as_json(value), key
        elif value is None:
            assert pd.isna(row[key])
        elif isinstance(value, str):
            assert row[key] == value
        else:
            assert json.loads(row[key]) == as_json(value)


@QUICK
@given(st.lists(RECORDS, min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_form_mixed_in_one_file(account, records, end, bom):
    data = ("\ufeff" if bom else "").encode()
    for kind, text, _ in records:
        data += text.encode() + (b"" if kind == "gelf" else end.encode())
    log = read_log(data)
    assert int(log.quality["bytes"].sum()) == len(data)
    assert int(log.quality["lines"].sum()) == len(records)
    assert log.lines["line"].tolist() == list(range(1, len(records) + 1))
    for row, (kind, _, want) in zip(log.lines.to_dict("records"), records, strict=True):
        check_row(row, kind, want)


def same_part(one, other) -> None:
    assert (one.rows, one.lines) == (other.rows, other.lines)
    for name in ("kind", "line", "time", "offset"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.kind_lines == other.kind_lines
    assert one.kind_bytes == other.kind_bytes
    assert one.damage == other.damage
    assert one.leading == other.leading
    assert one.last_multiline == other.last_multiline
    for name in ARRAYS:
        assert cells(one.columns[name]) == cells(other.columns[name]), name


def cells(column):
    if isinstance(column, Coded):
        names = column.names.to_pylist()
        values = [None if code < 0 else names[code] for code in column.codes]
    else:
        values = [] if column is None else column.to_pylist()
    return values if any(value is not None for value in values) else None


ODD_TOKENS = st.sampled_from(
    [
        '"a":1', '"error":"x"', '"error":null', '"error":{"a":[1,"}"]}', '"http_code":404', '"http_code":"404"', '"http_code":4.5',
        '"status_code":99999999999999999999', '"caller":"again/x.go:1"', '"level":3', '"level":"INFO"', '"level":"Warning"', '"msg":null',
        '"msg":"a\\nb\\u00e9\\"q\\\\"', '"msg":"\\ud800"', '"msg":"\\ud83d\\ude00"', '"msg":"bad \\x escape"', '"x":NaN', '"x":-Infinity',
        '"x":01', '"x":1e400', '"x":tru', '"x":"tab\there"', '"x":""', '"":""', '"error":"a","error":"b"', '"timestamp":12', '"ts":1574928072.8',
        '"ts":"1574928072"', '"event_name":"login","actor":{"user_id":"u1"}', '"event":"login"', '"short_message":"m","version":"1.1"',
        '"timestamp":"2026-02-30 00:00:00.000 Z"', '"timestamp":"2026-01-01T00:00:00Z"', '"\\u006dsg":"esc"', '"x": [1, 2]', '"x" : 1',
        '":":1', '"x":": y"', '"x":","', '"x":"{"', '"x":"}"', '"xlevel":"v"', '"amsg":"v"', '"my_status_code":1', '"Xrequest_id":"r"', '"k\\"":1',
        '"' + "k" * 70 + '":"v"', '"' + "k" * 62 + '":"v"', '"x":"\\",\\"level\\":\\"error"', '"level" :"x"', '"a":"b""c"', '"a":"b","c"', '"x":"a":"b"',
        '"ylevel":1', '"hub":3', '"hub":"' + "h" * 40 + '"', '"ip_addr":null', '"method":"' + "é" * 9 + '"', '"driver":"abcdefgh"', '"driver":"abcdefghi"',
        '"user_id":"é\U0001f600"', '"k":"a,b"', '"k":"{}[]:"', '"x":"\\/"', '"wrapped_extras":"y"', '"wrapped_extra_":"y"', '"statu":1',
    ]
)  # fmt: skip


@st.composite
def odd_lines(draw):
    head = draw(
        st.sampled_from(
            [
                '"timestamp":"2026-01-01 10:00:00.123 Z","level":"info","msg":"m","caller":"a/b.go:1"',
                '"level":"info"',
                '"timestamp":"2026-01-01 10:00:00.123 +05:30"',
                "",
            ]
        )
    )
    tokens = [head] if head else []
    tokens += draw(st.lists(ODD_TOKENS, max_size=4))
    comma = draw(st.sampled_from([",", ", "]))
    text = "{" + comma.join(tokens) + "}"
    return draw(
        st.sampled_from([text, text + "\r", " " + text, text + " ", text[:-1], text + text, text.replace('"', "", 1)])
    )


TEXTS = st.sampled_from(
    ["", "  ", "plain words", "goroutine 1 [running]:", "main.f(0x1)", "\t/a/b.go:1 +0x2", "panic: boom", "  app.f", "{", "}", '"', "[1]",
     "error [2026-01-01 00:00:00.000 Z] text", ' caller="a/b.go:1" x=1', "\x00\x00", '{"a', "caf\udcff", "exit status 2"]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(odd_lines() | json_records().map(lambda item: item[1]) | TEXTS, min_size=1, max_size=14), st.booleans())
def test_fast_path_equals_reference(lines, ended):
    data = "\n".join(lines).encode("utf-8", "surrogateescape") + (b"\n" if ended else b"")
    if not data:
        return
    # many clean lines around, so that the block is read the fast way
    clean = b'{"timestamp":"2026-01-01 10:00:00.123 Z","level":"info","msg":"clean","caller":"a/b.go:1","n":1}\n' * (
        2 * len(lines) + 2
    )
    for block in (Block((clean, data), 0), Block((data,), 0), Block((data, b"" if ended else b"\n", clean), 0)):
        same_part(read_block_fast(block, ARRAYS), read_block(block, ARRAYS))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_fast_path_equals_reference_after_any_mutation(bundled_log, data):
    sample = bundled_log[:6000]
    edits = data.draw(
        st.lists(st.tuples(st.integers(0, len(sample) - 1), st.integers(0, 3), st.binary(max_size=3)), max_size=6)
    )
    body = bytearray(sample)
    for at, cut, new in edits:
        at = min(at, len(body))
        body[at : at + cut] = new
    block = Block((bytes(body),), 0)
    same_part(read_block_fast(block, ARRAYS), read_block(block, ARRAYS))


@QUICK
@given(st.binary(max_size=400).filter(lambda data: data[:3] != b"\x1f\x8b\x08"), st.integers(1, 64))
def test_any_bytes_are_accounted_for(data, size):
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    log = read_log(iter(chunks))
    assert int(log.quality["bytes"].sum()) == len(data)
    assert int(log.quality["lines"].sum()) == len(split_lines(data))
    for row in log.damage.itertuples():
        assert 0 <= row.offset <= row.offset + row.length <= len(data)


@QUICK
@given(st.lists(RECORDS, min_size=1, max_size=10), st.integers(1, 400), st.integers(32, 600))
def test_blocks_do_not_change_the_rows(records, chunk, size):
    data = b"".join(text.encode() + (b"" if kind == "gelf" else b"\n") for kind, text, _ in records)
    chunks = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    assert b"".join(block.data for block in blocks(chunks, size)) == data
    whole = [read_line(data[start:end]) for start, end, _ in split_lines(data)]
    cut = [
        read_line(block.data[start:end]) for block in blocks(chunks, size) for start, end, _ in split_lines(block.data)
    ]
    assert cut == whole


@QUICK
@given(TIMES, ZONES)
def test_timestamps_at_once_as_one_by_one(moment, minutes):
    text = stamp(moment, minutes).encode()
    value, offset, right = read_stamps(np.frombuffer(text, np.uint8), np.array([0]), np.array([len(text)]))
    assert right[0]
    assert (int(value[0]), int(offset[0])) == parse_time(text.decode())
    assert timedelta(microseconds=int(value[0])) == moment - EPOCH


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("2026-11-22 12:12:14.467 Z", ("2026-11-22T12:12:14.467", 0)),
        ("2026-11-22 12:12:14.467 +02:00", ("2026-11-22T10:12:14.467", 120)),
        ("2021-01-15T14:03:05.123+0100", ("2021-01-15T13:03:05.123", 60)),
        ("2021-01-15T14:03:05.123456789Z", ("2021-01-15T14:03:05.123456", 0)),
        ("2026-11-22 12:12:14.467", ("2026-11-22T12:12:14.467", None)),
        ("2026/11/22 12:12", ("2026-11-22T12:12:00", None)),
        ("Mon, 02 Jan 2006 15:04:05 MST", ("2006-01-02T15:04:05", None)),
        ("Mon, 02 Jan 2006 15:04:05 UTC", ("2006-01-02T15:04:05", 0)),
        ("Mon, 02 Jan 2006 15:04:05 -0700", ("2006-01-02T22:04:05", -420)),
        ("Mon Jan 2 15:04:05 2006", ("2006-01-02T15:04:05", None)),
    ],
)
def test_layouts_of_timestamps(text, want):
    moment = (datetime.fromisoformat(want[0]) - EPOCH) // timedelta(microseconds=1)
    assert parse_time(text) == (moment, want[1])


@pytest.mark.parametrize("text", ["", "x", "2026-13-01 00:00:00.000 Z", "2026-02-29 00:00:00.000 Z", "2026-01-01 24:00:00.000 Z",
                                  "2026-01-01 00:00:60.000 Z", "0000-01-01 00:00:00.000 Z", "2026-01-01 00:00:00.000 +25:00", "9" * 100])  # fmt: skip
def test_no_timestamps(text):
    assert parse_time(text) is None
    raw = text.encode() or b" "
    _, _, right = read_stamps(np.frombuffer(raw, np.uint8), np.array([0]), np.array([len(text)]))
    assert not right[0]


@QUICK
@given(
    st.lists(
        st.tuples(st.integers(0, 200_000), st.sampled_from(["", "", "", "x", ":61.000 Z", "no"])),
        min_size=64,
        max_size=90,
    )
)
def test_many_timestamps_as_one_by_one(moments):
    texts = [stamp(datetime(2026, 1, 1, 10) + timedelta(milliseconds=at), 0) for at, _ in moments]  # noqa: DTZ001
    for at, (_, odd) in enumerate(moments):
        if odd and at % 9 == 0:
            texts[at] = texts[at][: -len(odd)] + odd
    data = "\n".join(texts).encode()
    end = np.cumsum([len(text) + 1 for text in texts]) - 1
    start = end - np.array([len(text) for text in texts])
    codes = np.frombuffer(data, np.uint8)
    for one, many in zip(
        read_stamps(codes, start, end), read_many_stamps(codes, Text([data]).words, start, end), strict=True
    ):
        if one.dtype == bool:
            assert not (many & ~one).any()  # a whole minute may go to the reference, but nothing wrong is taken
            right = many
    value, offset, _ = read_many_stamps(codes, Text([data]).words, start, end)
    for at in np.flatnonzero(right):
        assert (int(value[at]), int(offset[at])) == parse_time(texts[at])
