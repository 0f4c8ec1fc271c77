"""Dumps built from the grammar come back as they were built; cut or damaged ones never break the reader."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analyzer.errors import DumpError
from analyzer.goroutines import read_goroutines
from analyzer.goroutines.states import classify

NAME = st.from_regex(r"[a-z][A-Za-z0-9_]{0,8}", fullmatch=True)
PATH = st.lists(NAME, min_size=1, max_size=3).map("/".join)
STATES = (
    "running", "runnable", "syscall", "IO wait", "select", "select (no cases)", "chan receive", "chan send (nil chan)",
    "sync.Mutex.Lock", "sync.WaitGroup.Wait", "semacquire", "sleep", "GC assist wait", "force gc (idle)", "???",
)  # fmt: skip
LABEL = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_characters="\x7f"), max_size=12)


@dataclass
class Built:
    id: int
    state: str
    minutes: int | None
    locked: bool
    labels: dict[str, str]
    frames: list[tuple[str, str, int, str, int | None]]
    elided: bool
    creator: str | None
    parent: int | None


@st.composite
def functions(draw: st.DrawFn) -> str:
    package = draw(PATH)
    form = draw(
        st.sampled_from(
            [
                "{0}.{1}",
                "{0}.(*{1}).{2}",
                "{0}.{1}.{2}",
                "{0}.{1}.func1.2",
                "{0}.(*{1}[...]).{2}",
                "{0}.{1}[...]",
                "{0}.init.0.gowrap1",
                "{0}.{1}-fm",
            ]
        )
    )
    return form.format(package, draw(NAME), draw(NAME))


WORD = st.one_of(
    st.integers(0, 2**64 - 1).map(lambda n: f"0x{n:x}"),
    st.integers(0, 2**32).map(lambda n: f"0x{n:x}?"),
    st.just("_"),
    st.just("..."),
    st.lists(st.integers(0, 255).map(lambda n: f"0x{n:x}"), min_size=1, max_size=3).map(lambda w: "{" + ", ".join(w) + "}"),
)  # fmt: skip


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, str, int, str, int | None]:
    inlined = draw(st.booleans())
    args = "..." if inlined else ", ".join(draw(st.lists(WORD, max_size=4)))
    folder = draw(st.sampled_from(["/src/", "C:/Users/some one/", "", "example.org/x@v1.2.3/"]))
    file = folder + draw(PATH) + draw(st.sampled_from([".go", ".s", "_linux.go"]))
    return draw(functions()), file, draw(st.integers(1, 99999)), args, None if inlined else draw(st.integers(1, 9999))


@st.composite
def goroutines(draw: st.DrawFn) -> Built:
    created = draw(st.booleans())
    return Built(
        id=draw(st.integers(1, 2**62)),
        state=draw(st.sampled_from(STATES)),
        minutes=draw(st.none() | st.integers(1, 10**6)),
        locked=draw(st.booleans()),
        labels=draw(st.dictionaries(LABEL, LABEL, max_size=2)),
        frames=draw(st.lists(calls(), max_size=5)),
        elided=draw(st.booleans()),
        creator=draw(functions()) if created else None,
        parent=draw(st.none() | st.integers(1, 10**9)) if created else None,
    )


def quoted(text: str) -> str:
    bare = text and all(c.isascii() and (c.isalnum() or c in "./_") for c in text)
    return text if bare else json.dumps(text, ensure_ascii=False)


def written(g: Built) -> str:
    """The record as ``runtime/traceback.go`` of Go 1.27 writes it."""
    status = g.state + (f", {g.minutes} minutes" if g.minutes else "") + (", locked to thread" if g.locked else "")
    labels = " {" + ", ".join(f"{quoted(k)}: {quoted(v)}" for k, v in g.labels.items()) + "}" if g.labels else ""
    lines = [f"goroutine {g.id} [{status}]{labels}:"]
    for function, file, line, args, offset in g.frames:
        lines += [f"{function}({args})", f"\t{file}:{line}" + (f" +0x{offset:x}" if offset is not None else "")]
    if g.elided:
        lines.append("...12 frames elided...")
    if g.creator:
        lines += [f"created by {g.creator}" + (f" in goroutine {g.parent}" if g.parent else ""), "\t/src/c.go:7 +0x2a"]
    return "\n".join(lines) + "\n"


@settings(max_examples=150, deadline=None)
@given(st.lists(goroutines(), min_size=1, max_size=8))
def test_a_dump_comes_back_as_it_was_built(built: list[Built]) -> None:
    dump = read_goroutines("\n".join(map(written, built)).encode())
    assert dump.unparsed == []
    assert dump.messages == []
    assert not dump.truncated
    r = dump.records
    assert r.ids.tolist() == [g.id for g in built]
    for row, g in enumerate(built):
        status = r.statuses[r.status[row]]
        assert (status.state, status.minutes, status.locked, status.labels, status.extra) == (
            g.state,
            g.minutes,
            g.locked,
            g.labels,
            "",
        )
        assert [tuple(frame) for frame in r.stacks[r.stack[row]]] == [(f, p, n) for f, p, n, _, _ in g.frames]
        assert (r.creators[r.creator[row]].function if r.creator[row] >= 0 else None) == g.creator
        assert int(r.creator_id[row]) == (g.parent or -1)
        assert bool(r.cut[row]) == g.elided
        assert dump.class_names[dump.class_codes[row]] == classify(g.state, [f for f, *_ in g.frames])
    ids = [g.id for g in built]
    for g in (g for g in built if ids.count(g.id) == 1):
        frames = dump.frames(g.id)
        assert frames["args"].tolist() == [args for *_, args, _ in g.frames]
        assert [
            None if o is None else int(o) for o in frames["offset"].astype(object).where(frames["offset"].notna(), None)
        ] == [o for *_, o in g.frames]


@settings(max_examples=100, deadline=None, phases=[Phase.explicit, Phase.generate])  # shrinking takes minutes
@given(st.lists(goroutines(), min_size=2, max_size=5), st.data())
def test_a_cut_dump_loses_only_its_end(built: list[Built], data: st.DataObject) -> None:
    whole = "\n".join(map(written, built)).encode()
    cut = whole[: data.draw(st.integers(len(written(built[0]).encode()), len(whole)))]
    dump = read_goroutines(cut)
    full = read_goroutines(whole)
    size = len(dump.records.ids)
    assert dump.unparsed == []
    assert dump.records.ids.tolist() == full.records.ids.tolist()[:size]
    assert cut.count(b"\ngoroutine ") - 1 <= size - 1 <= cut.count(b"\ngoroutine ")
    for row in range(size - 1):
        assert dump.records.stacks[dump.records.stack[row]] == full.records.stacks[full.records.stack[row]]
    last = dump.records.stacks[dump.records.stack[size - 1]]
    assert full.records.stacks[full.records.stack[size - 1]][: len(last)] == last


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.lists(goroutines(), min_size=1, max_size=3), st.data())
def test_junk_ends_nothing(junk: bytes, built: list[Built], data: st.DataObject) -> None:
    text = b"\n".join(written(g).encode() for g in built)
    lines = text.split(b"\n")
    at = data.draw(st.integers(0, len(lines)))
    noise = junk.replace(b"\x1f\x8b", b"").replace(b"goroutine", b"")
    mixed = b"\n".join([*lines[:at], noise, *lines[at:]])
    try:
        dump = read_goroutines(mixed)
    except DumpError:
        assert at == 0  # what a file begins with decides what it is
        return
    seen = set(dump.records.ids.tolist())
    wanted = [g.id for g in built]
    assert sum(i not in seen for i in wanted) <= 1  # only the record that was torn apart
    dump.suspects()
    dump.groups()


@pytest.mark.parametrize("name", ["crash-go1.27.3", "workload-go1.21.13", "labels-go1.26.8"])
def test_a_real_dump_cut_at_every_byte(dumps: Path, name: str) -> None:
    whole = (dumps / f"{name}.txt").read_bytes()[:3000]
    first = whole.index(b"]")
    before = 0
    for size in range(first + 60, len(whole)):
        dump = read_goroutines(whole[:size])
        assert dump.unparsed == [], size
        assert before <= len(dump) <= before + 1
        before = len(dump)


def test_the_largest_dump_that_go_writes_is_cut() -> None:
    record = "goroutine {} [select]:\nmain.f(0x{:x})\n\t/a.go:1 +0x1\ncreated by main.main in goroutine 1\n\t/a.go:9 +0x1\n\n"
    text = "".join(record.format(i, i) for i in range(1, 800_000)).encode()[: 64 << 20]
    dump = read_goroutines(text)
    assert len(text) == 64 << 20
    assert dump.truncated
    assert dump.goroutines["truncated"].tolist()[-2:] == [False, True]
    assert dump.unparsed == []
    assert len(dump) in (text.count(b"\ngoroutine ") + 1, text.count(b"\ngoroutine "))
    assert len(dump.records.stacks) <= 2
    ends_whole = read_goroutines(text[: text.rindex(b"\n\n") + 1])
    assert not ends_whole.truncated


@pytest.mark.parametrize(
    "text",
    [
        "goroutine 2 [select]:\nmain.a(0x1)\n\t/a.go:12 +0x1\nmain.b(...)\n\t/b.go:7",
        "goroutine 2 [select]:\nmain.a(0x1)\n\t/a.go:12 +0x1\nmain.b(0x1)\n\t/b.go:7",
        "goroutine 2 [select]:\nmain.a(0x1)\n\t/a.go:12 +0x1\nmain.b(0x1, {0x2",
        "goroutine 2 [select]:\nmain.a(0x1)\n\t/a.go:12 +0x1\ncreated by main.c in goroutine 1\n\t/c.go:4",
        "goroutine 2 [select]:\nmain.a(0x1)\n\t/a.go:12 +0x1\ncreated by main.c in goro",
        "goroutine 2 [select]:\nmain.a(0x1)\n\t/a.go:12 +0x1\n...12 frames eli",
    ],
)
def test_what_may_have_been_longer_is_left_out(text: str) -> None:
    dump = read_goroutines(text.encode())
    assert dump.truncated
    assert dump.goroutines["truncated"].tolist() == [True]
    assert dump.stacks["function"].tolist() == ["main.a"]
    assert dump.goroutines["creator"].isna().all()
    assert dump.unparsed == []


@pytest.mark.parametrize("end", ["goroutine 3", "goroutine 3 [sel", "gorou", "g"])
def test_a_cut_within_the_next_header(end: str) -> None:
    record = (
        "goroutine 2 [select]:\nmain.f(0x1)\n\t/a.go:1 +0x1\ncreated by main.main in goroutine 1\n\t/a.go:9 +0x1\n\n"
    )
    dump = read_goroutines((record + end).encode())
    assert dump.truncated
    assert dump.unparsed == []
    assert dump.goroutines["id"].tolist() == [2]
