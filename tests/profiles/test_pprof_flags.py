"""The command line: read, and refused, as Go's `flag` package and pprof do."""

from __future__ import annotations

import pytest

from analyzer.errors import UsageError
from analyzer.profiles.flags import HelpRequested, parse


def read(*words: str):
    return parse(list(words), lambda name: name == "binary")


def test_spellings():
    line = read("--top", "-nodecount", "0x10", "-nodefraction=1e-3", "-cum=true", "-lines", "-focus", "-x", "file")
    assert (line.command, line.options.nodecount, line.options.nodefraction) == ("top", 16, 0.001)
    assert (line.options.sort, line.options.granularity, line.options.focus) == ("cum", "lines", "-x")
    assert line.fetch.sources == ["file"]
    assert read("-top=false", "-text", "f").command == "text"
    assert read("-top", "-focus=a", "-focus=b=c", "f").options.focus == "b=c"
    assert read("-top", "--", "-odd").fetch.sources == ["-odd"]
    assert read("-top", "f", "-cum").fetch.sources == ["f", "-cum"]  # flags end at the first source
    assert read("-top", "-").fetch.sources == ["-"]
    assert read("-top", "-nodecount=010", "f").options.nodecount == 8
    assert read("-top", "-nodecount=1_000", "f").options.nodecount == 1000


def test_sources_and_bases():
    line = read("-peek=a", "-diff_base=old", "-normalize", "binary", "one", "two")
    assert (line.command, line.pattern) == ("peek", "a")
    assert (line.fetch.binary, line.fetch.sources, line.fetch.bases) == ("binary", ["one", "two"], ["old"])
    assert line.fetch.mark_base
    assert line.fetch.normalize
    assert read("-top", "binary").fetch.sources == ["binary"]  # alone it is the profile
    assert not read("-top", "-base=old", "f").fetch.mark_base


def test_measures_by_flag():
    line = read("-top", "-alloc_space", "-inuse_space", "f")
    assert line.options.sample_index == "inuse_space"
    assert line.notes == ("Multiple value selections, ignoring -alloc_space",)
    line = read("-top", "-mean_delay", "f")
    assert (line.options.sample_index, line.options.mean) == ("delay", True)
    assert read("-top", "-sample_index=1", "-contentions", "f").options.sample_index == "1"


REFUSED = [
    ["-top", "-foo", "f"],
    ["-foo=1", "f"],
    ["-top", "-nodecount=x", "f"],
    ["-top", "-nodecount=99999999999999999999", "f"],
    ["-top", "-nodecount=1_", "f"],
    ["-top", "-nodefraction=abc", "f"],
    ["-top", "-nodefraction=1e999", "f"],
    ["-top=maybe", "f"],
    ["-focus"],
    ["-top", "---x", "f"],
    ["-top", "-=x", "f"],
    ["-top", "-flat", "-cum", "f"],
    ["-top", "-tree", "f"],
    ["-top", "-base=a", "-diff_base=b", "f"],
    ["-top", "-normalize", "f"],
    ["-top", "-no_browser", "f"],
    ["-top"],
]


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_refused_as_pprof_refuses(words, pprof_tool):
    """Same first words, same exit code; pprof adds its usage, which is long."""
    import subprocess

    done = subprocess.run([pprof_tool, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    with pytest.raises(UsageError) as caught:
        read(*words)
    message = str(caught.value)
    lines = done.stderr.splitlines()
    if message.startswith("conflicting options"):  # its list comes in random order
        assert any(line.startswith("conflicting options set: [") for line in lines)
    else:
        assert message in lines, (message, lines[:2], lines[-1:])


def test_bad_patterns_are_refused_as_pprof_refuses(ours, theirs, real_profiles):
    path = str(real_profiles[0])
    flags = [
        "focus",
        "ignore",
        "hide",
        "show",
        "show_from",
        "prune_from",
        "tagfocus",
        "tagignore",
        "tagshow",
        "taghide",
    ]
    patterns = ["(", "[", "*", "a**", "(?=a)", "(?P<n", "[z-a]", "\\8", "a\\", "a)", "a{1001}", "\\pX", "\\C", "(?i"]
    for number, pattern in enumerate(patterns):
        command = ["-top", f"-{flags[number % len(flags)]}={pattern}", path]
        assert (ours(command).code, ours(command).error) == (2, theirs(command).error)
    for flag in flags:
        command = ["-top", f"-{flag}=(", path]
        assert ours(command).error == theirs(command).error != ""
    for report in ("-peek=(", "-list=["):
        assert ours([report, path]).error == theirs([report, path]).error


def test_other_refusals(ours, theirs, real_profiles):
    path = str(next(path for path in real_profiles if path.name == "cpu.prof"))
    for command in (
        ["-top", "-sample_index=9", path],
        ["-top", "-sample_index=nonsense", path],
        ["-top", "-divide_by=0", path],
        ["-peek=nothing_has_this_name", path],
        ["-list=nothing_has_this_name", path],
    ):
        assert (ours(command).code, ours(command).error) == (theirs(command).code, theirs(command).error), command


def test_help():
    with pytest.raises(HelpRequested):
        read("-h")
    with pytest.raises(HelpRequested):
        read("-top", "--help", "f")


def test_there_is_no_server():
    with pytest.raises(UsageError, match="flame"):
        read("-http=:0", "f")
