"""Example strings and the spellings in which a secret may stand: properties over generated secrets."""

from __future__ import annotations

import base64
import json
import unicodedata
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.format.dummies import is_dummy
from analyzer.redact.dummy import Dummies
from analyzer.redact.literal import Literals
from analyzer.redact.redactor import Count, Redactor, too_common
from analyzer.redact.spellings import spellings

SECRETS = st.text(
    st.one_of(st.characters(min_codepoint=33, max_codepoint=126), st.sampled_from("%#@&\"\\'<>/+ äßжё日本")),
    min_size=8,
    max_size=40,
)
FEW = settings(max_examples=150, deadline=None)


def kind(char: str) -> str:
    if char in "abcdefghijklmnopqrstuvwxyz":
        return "lower"
    if char in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        return "upper"
    if char in "0123456789":
        return "digit"
    return unicodedata.category(char) if char.isalnum() else char


@FEW
@given(SECRETS)
def test_same_length_same_classes_specials_in_place(secret):
    dummy = Dummies(b"k" * 32).of(secret)
    assert dummy != secret or not any(c.isalnum() for c in secret)
    assert len(dummy) == len(secret)
    if "*" * len(secret) != dummy:
        assert [kind(c) for c in dummy] == [kind(c) for c in secret]
    assert len(dummy.encode()) == len(secret.encode()) or set(dummy) == {"*"}


@FEW
@given(SECRETS)
def test_one_key_one_dummy(secret):
    assert Dummies(b"a" * 32).of(secret) == Dummies(b"a" * 32).of(secret)


def test_another_key_another_dummy():
    secret = "correcthorsebatterystaple9"
    assert Dummies(b"a" * 32).of(secret) != Dummies(b"b" * 32).of(secret)
    assert Dummies().of(secret) != Dummies().of(secret)


@given(st.from_regex(r"[A-Za-z]{8}[A-Za-z0-9]{4,20}", fullmatch=True))
@FEW
def test_a_dummy_is_known_as_one(secret):
    assert is_dummy(Dummies().of(secret))


@pytest.mark.parametrize("value", ["hunter2hunter2", "Summer2024!", "S3cr3t-Pa55", "zq8r7y", "4711", "98765432"])
def test_a_secret_is_not_taken_for_a_dummy(value):
    assert not is_dummy(value)


def test_the_kind_of_a_token_stays():
    dummies = Dummies()
    for prefix in ("glpat-", "xoxb-12345-", "gh" + "p_", "AKIA"):
        assert dummies.of(prefix + "aB3dE6gH9jK2mN5p").startswith(prefix)
    header = "eyJhbGciOiJIUzI1NiJ9."
    assert dummies.of(header + "eyJzdWIiOiIxIn0.c2lnbmF0dXJl").startswith(header)
    pem = "-----BEGIN PRIVATE KEY-----\nTUlJRXZRSUJBREFO\n-----END PRIVATE KEY-----"
    lines = dummies.of(pem).splitlines()
    assert (lines[0], lines[2]) == ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----")
    assert lines[1] != "TUlJRXZRSUJBREFO"


def test_distinct_secrets_have_distinct_dummies():
    dummies = Dummies()
    made = {dummies.of(f"password{number:04d}x") for number in range(300)}
    assert len(made) == 300


def test_nothing_is_shown():
    dummies = Dummies()
    dummies.of("not to be shown")
    redactor = Redactor(dummies)
    redactor.learn("not to be shown")
    assert "not to be shown" not in f"{dummies!r} {redactor!r}"


FORMS = (
    lambda s: s,
    json.dumps,
    lambda s: json.dumps(s, ensure_ascii=False),
    lambda s: json.dumps(json.dumps(s)),
    lambda s: quote(s, safe=""),
    quote_plus,
    lambda s: quote(quote(s, safe=""), safe=""),
    lambda s: s.encode().hex(),
    lambda s: base64.b64encode(s.encode()).decode(),
    lambda s: base64.urlsafe_b64encode(b"user:" + s.encode()).decode(),
    lambda s: base64.b64encode(b"ab" + s.encode() + b"tail").decode(),
)


@settings(max_examples=80, deadline=None)
@given(SECRETS, st.integers(0, 200))
def test_no_form_survives_and_the_length_stays(secret, split):
    redactor = Redactor(Dummies(b"k" * 32))
    redactor.learn(secret)
    redactor.ready()
    if too_common(secret) or not redactor.known or sum(c.isalnum() for c in secret) < 6:
        return
    for form in FORMS:
        text = f"before {form(secret)} behind".encode()
        out = b"".join(redactor.rewrite([text[:split], text[split:]]))
        assert len(out) == len(text)
        assert form(secret).encode() not in out
        assert out.startswith(b"before ")
        assert out.endswith(b" behind")


@settings(max_examples=80, deadline=None)
@given(SECRETS)
def test_the_same_dummy_in_every_form(secret):
    if sum(c.isalnum() for c in secret) < 6:
        return
    redactor = Redactor(Dummies(b"k" * 32))
    redactor.learn(secret)
    redactor.ready()
    if not redactor.known:
        return
    dummy = redactor.dummies.of(secret)
    if set(dummy) == {"*"}:
        return
    for form in FORMS[:8]:
        text = form(secret)
        assert b"".join(redactor.rewrite([text.encode()])).decode() == form(dummy)


@FEW
@given(SECRETS)
def test_spellings_keep_their_length(secret):
    pairs = dict(spellings(secret, Dummies(b"k" * 32).of(secret)))
    assert all(len(old) == len(new) for old, new in pairs.items())
    assert all(old != new for old, new in pairs.items())


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.binary(min_size=1, max_size=12), st.just(None), min_size=1, max_size=8),
    st.binary(max_size=300),
    st.lists(st.integers(0, 300), max_size=6),
)
def test_replacing_in_pieces_is_replacing_at_once(literals, data, cuts):
    pairs = {old: bytes(b ^ 0x55 for b in old) for old in literals}
    made = Literals(pairs)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in pairwise(edges)]
    assert b"".join(made.rewrite(pieces)) == b"".join(made.rewrite([data]))


def test_overlapping_secrets_leave_nothing_of_either():
    redactor = Redactor(Dummies(b"k" * 32))
    redactor.learn("abcdefghijkl", "ghijklmnopqr")
    redactor.ready()
    out = b"".join(redactor.rewrite([b"x abcdefghijklmnopqr y"]))
    for piece in (b"abcdef", b"ghijkl", b"mnopqr"):
        assert piece not in out


def test_short_secrets_only_where_they_stand_alone():
    redactor = Redactor(Dummies(b"k" * 32))
    redactor.learn("zq8r")
    redactor.ready()
    count = Count()
    out = b"".join(redactor.rewrite([b'xzq8rx "zq8r" p=zq8r&x u%40zq8r%23 \\nzq8r zq8r7'], count=count))
    assert out.count(b"zq8r") == 2
    assert count.replaced == 4


def test_weak_words_are_replaced_where_the_scanner_finds_them():
    redactor = Redactor()
    data = b'the server mattermost said {"dsn":"postgres://mmuser:mattermost@db/mattermost"}'
    places = redactor.survey([data])
    redactor.ready()
    out = b"".join(redactor.rewrite([data], places))
    assert b":mattermost@" not in out
    assert out.startswith(b"the server mattermost said")
    assert len(out) == len(data)


def test_masks_are_no_secrets():
    redactor = Redactor()
    redactor.learn("*" * 32, "****:****", "", "xxxxx")
    assert redactor.known == 0


def test_leftovers_are_seen_across_chunks():
    redactor = Redactor()
    redactor.learn("a-very-secret-thing-77")
    redactor.ready()
    data = b"x" * 100 + b"a-very-secret-thing-77" + b"y" * 100
    assert redactor.leftovers([data[:110], data[110:]])
    assert redactor.leftovers([b"nothing"]) == []
    assert redactor.leftovers([b'{"password":"Nobody-knew-9471"}']) != []


def test_two_threads_may_look_at_once():
    import threading

    made = Literals({b"needle-%d" % n: b"x" * len(b"needle-%d" % n) for n in range(50)})
    block = b"hay " * 100_000 + b"needle-7 " * 100
    faults: list[BaseException] = []

    def look():
        try:
            for _ in range(30):
                assert len(made.places(block, 0, len(block))) == 100
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
