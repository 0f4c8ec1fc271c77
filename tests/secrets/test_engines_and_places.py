"""Both engines find the same; places are exact bytes, lines and characters, however the text comes in pieces."""

from __future__ import annotations

import base64
import gzip
import json
import random
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.secrets import engine as engines
from analyzer.secrets.rules.examples import made_up
from analyzer.secrets.stream import MemberScan, placed_matches

ALPHABET = st.sampled_from([*list("aA1 =:\"'\\/&?@.,;\n{}[]%"), "password", "token", "secret=", "://", "Bearer ", "\\u0026", "%3D", '\\"', "AKIA", "é", "\x00"])  # fmt: skip


def found(data: bytes, name: str, chunk: int = 1 << 20):
    chunks = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    placed = placed_matches(chunks, engines.matcher(name), MemberScan())
    return [(p.match.rule.id, p.match.start, p.match.end, p.match.value, p.line, p.column) for p in placed]


@pytest.fixture(scope="module")
def mixed(corpus) -> bytes:
    rng = random.Random(9)
    case = next(corpus.log_cases(rng, 1))
    return b"".join(case.members[name] for name in ("mattermost.log", "adv.log", "sanitized_config.json"))


def test_engines_agree_on_the_corpus(mixed):
    expected = found(mixed, "hyperscan")
    assert len(expected) > 100
    assert found(mixed, "literal") == expected


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ALPHABET, max_size=60).map("".join))
def test_engines_agree_on_anything(text):
    data = text.encode()
    assert found(data, "hyperscan") == found(data, "literal")


@pytest.mark.parametrize("chunk", [700, 4096, 20_011, 65_536])
def test_pieces_change_nothing(mixed, chunk):
    assert found(mixed, "hyperscan", chunk) == found(mixed, "hyperscan")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ALPHABET, max_size=40).map("".join), st.integers(0, 3))
def test_places_cover_the_secret(text, lines):
    secret = made_up("C", 14, random.Random(1))
    head = "é\n" * lines + text.replace('"', "").replace("\\", "") + "\n" + 'é "x":1,"password":"'
    data = (head + secret + '"}\n').encode()
    mine = [row for row in found(data, "hyperscan") if row[3] == secret]
    (_, start, end, _, line, column) = mine[-1]
    assert data[start:end].decode() == secret
    before = data[:start].decode()
    assert line == before.count("\n") + 1
    assert column == len(before) - before.rfind("\n")


def test_a_value_across_every_border(find):
    secret = made_up("A", 40, random.Random(2))
    for padding in range(16_300, 16_460, 7):
        data = b"x" * padding + b" Authorization: Bearer " + secret.encode() + b" end " + b"y" * 40_000
        (placed,) = find(data, 16_384)
        assert data[placed.match.start : placed.match.end].decode() == secret


SECRET = made_up("C", 16, random.Random(4))
TEXT = json.dumps({"smtp": {"password": SECRET, "user": "mm"}})
LAYERS = {
    "percent": (f"GET /x?state={quote(TEXT, safe='')}&y=1", ("percent",)),
    "percent twice": (f"GET /x?state={quote(quote(TEXT, safe=''), safe='')}&y=1", ("percent", "percent")),
    "base64": (f"config {base64.b64encode(TEXT.encode()).decode()} end", ("base64",)),
    "base64 url": (f"/path/{base64.urlsafe_b64encode(TEXT.encode()).decode()}", ("base64",)),
    "base64 in base64": (base64.b64encode(b"x: " + base64.b64encode(TEXT.encode())).decode(), ("base64", "base64")),
    "gzip in base64": (f"state={base64.b64encode(gzip.compress(TEXT.encode())).decode()}", ("base64", "gzip")),
    "json escapes": (TEXT.replace('"', "\\u0022").replace(":", "\\u003a"), ("json",)),
    "utf-16-le": (TEXT.encode("utf-16"), ("utf-16",)),
    "utf-16-be": (TEXT.encode("utf-16-be"), ("utf-16",)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_encoded_text(name, find):
    text, encodings = LAYERS[name]
    data = text if isinstance(text, bytes) else text.encode()
    mine = [p.match for p in find(data) if p.match.value == SECRET]
    assert [m.encodings for m in mine] == [encodings]
    # the place is the secret as it stands there: decoding it gives the value, or for gzip the whole stretch is the place
    (match,) = mine
    raw = data[match.start : match.end]
    if encodings == ("percent",):
        assert raw == quote(SECRET, safe="").encode()
    elif name == "utf-16-le":
        assert raw.decode("utf-16-le") == SECRET
    else:
        assert 0 < len(raw) < len(data) + 1


def test_json_places_are_exact(find):
    value = 'a"b\\c<é' + SECRET
    text = json.dumps({"msg": json.dumps({"password": value})}, ensure_ascii=False).replace("<", "\\u003c")
    (match,) = [p.match for p in find(text)]
    assert match.value == value
    assert match.encodings == ("json", "json")
    raw = text.encode()[match.start : match.end].decode()
    assert json.loads(f'"{json.loads(chr(34) + raw + chr(34))}"') == value


@pytest.mark.parametrize(
    "filling", [b"A", b"password", b"token=", b"\x00", b"\xff\xfe", b"://", b"%3D", b"\n", b'{"a":']
)
def test_hostile_filling_ends(filling):
    data = filling * (3_000_000 // len(filling))
    scan = MemberScan()
    chunks = [data[at : at + (1 << 19)] for at in range(0, len(data), 1 << 19)]
    total = sum(1 for _ in placed_matches(chunks, engines.matcher(), scan))
    assert scan.size == len(data)
    assert total <= 200_000
