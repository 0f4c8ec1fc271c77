"""Go's text profiles: pprof's numbers, and the names and labels that pprof throws away."""

from __future__ import annotations

import re

import pytest

from analyzer.errors import ProfileError
from analyzer.profiles import read_profile

RELEASES = ["go1.21.13", "go1.25.5", "go1.27.3"]
KINDS = ["heap", "allocs", "goroutine", "threadcreate", "block", "mutex"]


def _values(raw: bytes) -> list[str]:
    """Rows of the sample table of -raw without the stacks."""
    table = raw.decode().split("\nLocations\n")[0].splitlines()
    rows = [line.partition(": ")[0] for line in table if re.match(r" +-?\d+", line) and ": " in line]
    assert rows
    return rows


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_those_of_pprof(release, kind, ours, theirs, data_folder):
    path = str(data_folder / "profiles" / release / f"{kind}.debug1.txt")
    mine, other = ours(["-raw", path]), theirs(["-raw", path])
    assert mine.code == other.code
    if (release, kind) == ("go1.21.13", "threadcreate"):
        assert other.code  # Go 1.21 wrote a row without addresses, which pprof calls malformed
        return
    assert not other.code
    assert _values(mine.out) == _values(other.out)
    assert mine.out.splitlines()[:4] == other.out.splitlines()[:4]


@pytest.mark.parametrize("release", RELEASES)
def test_heap_names_agree_with_the_protobuf_form(release, data_folder):
    """Both forms were written one after the other, so they name the same functions."""
    folder = data_folder / "profiles" / release
    text = read_profile(folder / "heap.debug1.txt").top(sample_index="alloc_space")
    proto = read_profile(folder / "heap.pb.gz").top(sample_index="alloc_space", noinlines=False)
    assert {kind.type for kind in read_profile(folder / "heap.debug1.txt").sample_types} == {
        "alloc_objects", "alloc_space", "inuse_objects", "inuse_space",
    }  # fmt: skip
    named = set(text.head(12)["function"]) - {"<unknown>"}
    assert len(named) >= 8
    # At most two of a dozen differ: frames of the runtime that the text hides.
    assert len(named - set(proto["function"])) <= 2


def test_goroutine_labels_and_lines_are_kept(data_folder):
    profile = read_profile(data_folder / "profiles" / "go1.27.3" / "goroutine.debug1.txt")
    labels = {(row.key, row.text) for row in profile.labels.itertuples()}
    assert ("req", 'GET /api/v4/users "q"') in labels
    stacks = profile.stacks
    leaf = stacks[stacks["depth"] == 0].iloc[0]
    assert (leaf["function"], leaf["file"], leaf["line"]) == ("main.main.func4", "example.org/workload/main.go", 99)
    assert profile.samples["goroutine"].sum() == 51


def test_inlined_and_repeated_frames():
    text = (
        b"goroutine profile: total 3\n"
        b"2 @ 0x11 0x11 0x11 0x21 0x31\n"
        b"#\t0x10\tmain.f+0x1\tm.go:1\n"
        * 1
        + b"#\t0x10\tmain.f+0x1\tm.go:1\n#\t0x10\tmain.f+0x1\tm.go:1\n"
        + b"#\t0x20\tmain.inner+0x2\tm.go:7\n#\t0x20\tmain.outer+0x2\tm.go:8\n\n"
        + b"1 @ 0x21\n#\t0x20\tmain.inner+0x2\tm.go:7\n#\t0x20\tmain.outer+0x2\tm.go:8\n"
    )
    traces = read_profile(text).traces()
    assert traces["stack"].tolist() == [
        ["main.f", "main.f", "main.f", "main.inner", "main.outer"],
        ["main.inner", "main.outer"],
    ]
    top = read_profile(text).top().set_index("function")
    assert top.loc["main.outer", "cum"] == 3
    assert top.loc["main.f", "flat"] == 2


def test_sampled_heap_numbers_are_scaled_up():
    # Rate 512 kB: 1 object of 512 kB stands for 1/(1-1/e) of them.
    text = b"heap profile: 1: 524288 [2: 1048576] @ heap/1048576\n1: 524288 [2: 1048576] @ 0x11\n"
    profile = read_profile(text)
    assert profile.columns.samples.values.tolist() == [[3, 1658822, 1, 829411]]
    assert profile.labels[["key", "number"]].values.tolist() == [["bytes", 524288]]
    assert profile.period == 524288


def test_contention_cycles_become_nanoseconds():
    text = b"--- mutex:\ncycles/second=2000000000\nsampling period=5\n4000 3 @ 0x11 0x21\n"
    assert read_profile(text).columns.samples.values.tolist() == [[15, 10000]]


@pytest.mark.parametrize(
    ("text", "verdict", "cause"),
    [
        (b"goroutine profile: total 1\n1 @\n", "parsing profile: malformed profile format", "line 2"),
        (b"goroutine profile: total 1\nx @ 0x1\n", "parsing profile: malformed profile format", "line 2"),
        (b"goroutine profile: total 1\n1 @ 0x" + b"f" * 17, "parsing profile: malformed profile format", "line 2"),
        (
            b"goroutine profile: total 1\n#" + b"x" * 70_000 + b"\n",
            "parsing profile: bufio.Scanner: token too long",
            "line 2 is longer than 64 KiB",
        ),
        (
            b"heap profile: 1: 2 [1: 2] @ heap/1048576\nnonsense\n",
            "parsing profile: unexpected number of sample values: got 0, want 6",
            "line 2",
        ),
        (
            b"heap profile: 1: 2 [1: 2] @ heap/1048576\n0: 5 [0: 0] @ 0x1\n",
            "parsing profile: inuse count was 0 but inuse bytes was 5",
            "line 2",
        ),
        (b"--- mutex:\ncycles/second=1\nnonsense\n", "parsing profile: unrecognized profile format", "line 3"),
        (b"--- threadz 1 ---\n", "parsing profile: unrecognized profile format", "C++ or Java"),
    ],
)
def test_bad_text(text, verdict, cause, pprof_tool, tmp_path):
    import subprocess

    with pytest.raises(ProfileError) as caught:
        read_profile(text)
    assert caught.value.verdict == verdict
    assert cause in str(caught.value)
    path = tmp_path / "text"
    path.write_bytes(text)
    done = subprocess.run([pprof_tool, "-symbolize=none", "-raw", path], capture_output=True, text=True, check=False)
    assert f"{path}: {verdict}" in done.stderr
