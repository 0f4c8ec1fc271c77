"""Each rule finds its true examples, exactly, and leaves its false ones alone; patterns keep the promises of their record."""

from __future__ import annotations

import random
import re
import time
from re import _parser as parser

import pytest

from analyzer.secrets import matching
from analyzer.secrets.rules import RULES
from analyzer.secrets.rules.checks import base62_crc32
from analyzer.secrets.rules.examples import expand

IDS = [rule.id for rule in RULES]


def test_ids_are_unique_and_enough():
    assert len(set(IDS)) == len(IDS)
    assert len(RULES) >= 60


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_true_examples(rule, find):
    assert rule.true
    for seed in range(3):
        rng = random.Random(seed)
        for example in rule.true:
            text, secret = expand(example, rng)
            assert secret, example
            places = [text.encode()[p.match.start : p.match.end].decode() for p in find(text)]
            assert secret in places, text


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_false_examples(rule, find):
    assert rule.false
    for seed in range(3):
        rng = random.Random(seed)
        for example in rule.false:
            text, _ = expand(example, rng)
            assert rule.id not in [p.match.rule.id for p in find(text)], text


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_record(rule):
    assert rule.regex.groupindex.keys() >= {"secret"}
    assert not re.search(r"\(\?[=!<](?!\w+>)|\(\?P=", rule.pattern), "look-around or back-reference"
    assert rule.remedy
    assert rule.source
    if rule.wide:
        assert parser.parse(rule.multi_pattern).getwidth()[1] <= rule.reach


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_every_match_begins_with_a_keyword(rule):
    rng = random.Random(5)
    for example in rule.true:
        text = expand(example, rng)[0].encode()
        for found in rule.regex.finditer(text):
            assert rule.keyword_regex.match(text, found.start() + rule.lead), (rule.id, found.group())


@pytest.mark.parametrize(
    "filling", [b"A", b"a1", b"//", b":@", b"=", b"\\", b'"', b"eyJ", b"-----BEGIN PRIVATE KEY-----", b"token="]
)
def test_no_pattern_takes_long_on_repetition(filling):
    block = filling * (40_000 // len(filling))
    spent = {}
    for rule in RULES:
        started = time.process_time()
        for keyword in [m.start() for m in rule.keyword_regex.finditer(block)][:200]:
            matching.confirm(rule, block, keyword)
        spent[rule.id] = time.process_time() - started
    # 200 tries: seconds would mean that the steps grow faster than the text
    assert max(spent.values()) < 5, max(spent, key=spent.get)


def test_crc_is_that_of_github_and_npm():
    # zlib.crc32(b"a" * 30) == 0x6a5f0bb6 is 1784613814; in base 62 with digits first that has six digits
    assert base62_crc32("a" * 30) == _base62(__import__("zlib").crc32(b"a" * 30))
    assert len(base62_crc32("")) == 6


def _base62(number: int) -> str:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join(alphabet[number // 62**power % 62] for power in range(5, -1, -1))


def test_broken_checksum_lowers_confidence_and_hides_nothing(find):
    rng = random.Random(3)
    text, secret = expand("[[ghp_«github»]]", rng)
    (good,) = find(text)
    broken = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    (bad,) = find(broken)
    assert (good.match.confidence, bad.match.confidence) == ("high", "low")
    assert bad.match.value == broken


def test_jwt_without_json_header_is_low(find):
    rng = random.Random(3)
    text, _ = expand("x [[«jwt»]]", rng)
    junk = "eyJ" + "QUJD" * 8 + "." + text.partition(".")[2]
    assert [p.match.confidence for p in find(text)] == ["high"]
    assert [p.match.confidence for p in find("x " + junk)] == ["low"]
