"""Blocks of a member: the same places whatever the size of its chunks, and everything up to a fault."""

from __future__ import annotations

import random
import zlib

import pytest

from analyzer.archive import open_archive
from analyzer.secrets import scan_archive, stream
from analyzer.secrets.rules.examples import made_up
from analyzer.secrets.stream import MemberScan, placed_matches


def text_with_secrets(rng: random.Random, lines: int, end: str) -> tuple[bytes, list[tuple[int, int, int]]]:
    """Return a text and (offset, line, column) of the secrets in it."""
    text, places = "", []
    size = 0
    for _ in range(lines):
        row = rng.choice(("plain text ", "ümläut → ", "", "x" * rng.randrange(3000)))
        if rng.random() < 0.3:
            row += " password="
            before = text + row
            line_start = before.rfind("\n") + 1
            places.append((size + len(row.encode()), before.count("\n") + 1, len(before) - line_start + 1))
            row += made_up("a", 20, rng)
        row += end
        text += row
        size += len(row.encode())
    return text.encode(), places


@pytest.mark.parametrize("end", ["\n", "\r\n", " "])
@pytest.mark.parametrize("chunk", [1_000, 20_000, 1 << 19])
def test_lines_and_columns_do_not_depend_on_chunks(engine, chunk, end, monkeypatch):
    monkeypatch.setattr(stream, "OVERLAP", 2_048)
    monkeypatch.setattr(stream, "BATCH", 3)
    text, places = text_with_secrets(random.Random(chunk), 300, end)
    chunks = [text[at : at + chunk] for at in range(0, len(text), chunk)]
    found = list(placed_matches(chunks, engine, MemberScan()))
    assert len(places) > 50
    if end == " ":  # characters cut by a border count twice in a line longer than a block
        assert [(p.match.start, p.line) for p in found] == [(offset, line) for offset, line, _ in places]
    else:
        assert [(p.match.start, p.line, p.column) for p in found] == places


def test_what_comes_before_a_fault_is_found(engine):
    secret = made_up("a", 20, random.Random(1)).encode()

    def chunks():
        yield b"x" * 100_000 + b"\n"
        yield b"password=" + secret + b"\n"
        raise zlib.error("damaged")

    found = []
    with pytest.raises(zlib.error):
        found.extend(placed_matches(chunks(), engine, MemberScan()))
    assert [(place.match.value, place.line) for place in found] == [(secret.decode(), 2)]


def test_a_cut_packet_is_searched_to_its_last_byte(tmp_path, corpus, policy):
    secret = made_up("a", 20, random.Random(2))
    noise = random.Random(3).randbytes(200_000).hex().encode()
    case = corpus.Case("cut", {"mattermost.log": b"x password=" + secret.encode() + b" y\n" + noise})
    path = case.write(tmp_path)
    path.write_bytes(path.read_bytes()[:60_000])
    with open_archive(str(path)) as archive:
        result = scan_archive(archive, policy=policy)
    assert [finding.secret.reveal() for finding in result.findings] == [secret]
    assert any(problem.stage == "read" for problem in result.problems)


@pytest.mark.parametrize("waiting", [0, 30_000, 1 << 25])
def test_lines_of_far_apart_matches(engine, monkeypatch, waiting):
    monkeypatch.setattr(stream, "OVERLAP", 1_024)
    monkeypatch.setattr(stream, "BATCH", 4)
    monkeypatch.setattr(stream, "STRIDE", 40_000)
    monkeypatch.setattr(stream, "WAITING", waiting)
    rng = random.Random(waiting)
    rows = [b"ok" * rng.randrange(60) for _ in range(20_000)]
    wanted = [3, 7_000, 7_001, 12_345, 19_999]
    for row in wanted:
        rows[row] = b"password=" + made_up("a", 20, rng).encode()
    text = b"\n".join(rows)
    chunks = [text[at : at + 7_000] for at in range(0, len(text), 7_000)]
    found = list(placed_matches(chunks, engine, MemberScan()))
    assert [(p.line, p.column) for p in found] == [(row + 1, 10) for row in wanted]
