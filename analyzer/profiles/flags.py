"""The command line of ``go tool pprof``, read as Go's ``flag`` package reads it.

Names, defaults and conflicts: ``parseFlags`` in github.com/google/pprof/internal/driver/cli.go; the syntax and the
wording of errors are those of https://pkg.go.dev/flag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

from analyzer.errors import UsageError
from analyzer.profiles.fetch import Fetch
from analyzer.profiles.nodes import GRANULARITIES
from analyzer.profiles.options import Options

REPORTS = (
    "callgrind", "comments", "dot", "eog", "evince", "gif", "gv", "kcachegrind", "pdf", "png", "proto", "ps",
    "raw", "svg", "tags", "text", "top", "topproto", "traces", "tree", "web",
)  # fmt: skip
PATTERN_REPORTS = ("disasm", "list", "peek", "weblist")
_MEASURES = (
    ("total_delay", "delay"),
    ("mean_delay", "delay"),
    ("contentions", "contentions"),
    ("inuse_space", "inuse_space"),
    ("inuse_objects", "inuse_objects"),
    ("alloc_space", "alloc_space"),
    ("alloc_objects", "alloc_objects"),
)
_SORTS = ("cum", "flat")
_BOOLS = (
    *REPORTS, *_SORTS, *GRANULARITIES, *(name for name, _ in _MEASURES), "all_frames", "no_browser", "normalize",
    "intel_syntax",
)  # fmt: skip
_TEXTS = (*PATTERN_REPORTS, "diff_base", "base", "symbolize", "buildid", "add_comment", "tools", "http", "output")
_NUMBERS = ("timeout", "seconds")
_CHOSEN = ("sort", "granularity")  # options that have one flag per choice instead
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_INT = re.compile(r"[+-]?(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|inf|infinity|nan)", re.IGNORECASE)


class HelpRequested(Exception):  # noqa: N818
    """``-h`` or ``-help`` was given."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What one command line asks for.

    Attributes:
        command: the report, "" if none is named.
        pattern: argument of reports that take one.
        options: everything about the report itself.
        fetch: what to read.
        output: file to write, "" for standard output.
        notes: what to tell the user first.
    """

    command: str
    pattern: str
    options: Options
    fetch: Fetch
    output: str
    notes: tuple[str, ...] = ()


def _kinds() -> dict[str, type]:
    kinds: dict[str, type] = dict.fromkeys(_BOOLS, bool)
    kinds |= dict.fromkeys(_TEXTS, str) | dict.fromkeys(_NUMBERS, int)
    for option in fields(Options):
        if option.name not in _CHOSEN:
            kinds[option.name] = type(option.default)
    return kinds


KINDS = _kinds()


def parse(arguments: Sequence[str], is_binary: Callable[[str], bool]) -> CommandLine:
    """Read a command line.

    Args:
        arguments: without the program's name.
        is_binary: tells whether a file is an executable, which may stand before the sources.

    Raises:
        UsageError: what pprof refuses, in its words.
        HelpRequested: help was asked for.
    """
    values, sources = _split(arguments)
    if not sources:
        raise UsageError("no profile source specified")
    binary = ""
    if len(sources) > 1 and is_binary(sources[0]):
        binary, *sources = sources
    changes = {name: values[name] for name in values if name in Options.__dataclass_fields__}
    changes |= _choice(values, "sort", _SORTS) | _choice(values, "granularity", GRANULARITIES)
    options = replace(Options(), **changes)  # type: ignore[arg-type]
    command, pattern = _report(values)
    if values.get("http"):
        if command:
            raise UsageError("-http is not compatible with an output format on the command line")
        raise UsageError("-http is not offered here; 'supportpacket flame' writes a page that needs no server")
    if values.get("no_browser"):
        raise UsageError("-no_browser only makes sense with -http")
    options, notes = _measure(options, values)
    base, diff_base = str(values.get("base", "")), str(values.get("diff_base", ""))
    if base and diff_base:
        raise UsageError("-base and -diff_base flags cannot both be specified")
    if values.get("normalize") and not (base or diff_base):
        raise UsageError("must have base profile to normalize by")
    wanted = Fetch(
        sources=sources,
        bases=[name for name in (base or diff_base,) if name],
        mark_base=bool(diff_base),
        normalize=bool(values.get("normalize")),
        binary=binary,
        build_id=str(values.get("buildid", "")),
        comment=str(values.get("add_comment", "")),
        all_frames=bool(values.get("all_frames")),
    )
    return CommandLine(command, pattern, options, wanted, str(values.get("output", "")), notes)


def _split(arguments: Sequence[str]) -> tuple[dict[str, object], list[str]]:
    """Return the values of flags and what follows them: flags end at the first word that is none."""
    values: dict[str, object] = {}
    rest = list(arguments)
    while rest:
        word = rest[0]
        if len(word) < 2 or word[0] != "-":
            break
        del rest[0]
        if word == "--":
            break
        name = word[2:] if word.startswith("--") else word[1:]
        if not name or name[0] in "-=":
            raise UsageError(f"bad flag syntax: {word}")
        name, equals, text = name.partition("=")
        kind = KINDS.get(name)
        if kind is None:
            if name in ("h", "help"):
                raise HelpRequested
            raise UsageError(f"flag provided but not defined: -{name}")
        if kind is bool:
            values[name] = _bool(name, text) if equals else True
            continue
        if not equals:
            if not rest:
                raise UsageError(f"flag needs an argument: -{name}")
            text = rest.pop(0)
        values[name] = text if kind is str else _number(name, text, kind)
    return values, rest


def _bool(name: str, text: str) -> bool:
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise UsageError(f'invalid boolean value "{text}" for -{name}: parse error')


def _number(name: str, text: str, kind: type) -> int | float:
    pattern = _INT if kind is int else _FLOAT
    reason = "parse error"
    if pattern.fullmatch(text) and "__" not in text and not text.endswith("_"):
        try:
            value: int | float = _int(text) if kind is int else float(text)
        except ValueError:
            raise UsageError(f'invalid value "{text}" for flag -{name}: {reason}') from None
        infinite = kind is float and abs(value) == float("inf") and "inf" not in text.lower()
        if not infinite and (kind is float or -(1 << 63) <= value < 1 << 63):
            return value
        reason = "value out of range"
    raise UsageError(f'invalid value "{text}" for flag -{name}: {reason}')


def _int(text: str) -> int:
    digits = text.lstrip("+-").replace("_", "")
    octal = len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567"
    value = int(digits, 8) if octal else int(digits, 0)
    return -value if text.startswith("-") else value


def _choice(values: dict[str, object], option: str, choices: Sequence[str]) -> dict[str, str]:
    given = [choice for choice in choices if values.get(choice)]
    if len(given) > 1:
        raise UsageError(f"conflicting options set: [{' '.join(given)}]")
    return {option: given[0]} if given else {}


def _report(values: dict[str, object]) -> tuple[str, str]:
    given = [name for name in (*REPORTS, *PATTERN_REPORTS) if values.get(name)]
    if len(given) > 1:
        raise UsageError("must set at most one output format")
    if not given:
        return "", ""
    return given[0], str(values[given[0]]) if given[0] in PATTERN_REPORTS else ""


def _measure(options: Options, values: dict[str, object]) -> tuple[Options, tuple[str, ...]]:
    chosen = options.sample_index
    notes = []
    for flag, kind in _MEASURES:
        if not values.get(flag):
            continue
        if chosen:
            notes.append(f"Multiple value selections, ignoring -{flag}")
        else:
            chosen = kind
    mean = options.mean or bool(values.get("mean_delay"))
    return replace(options, sample_index=chosen, mean=mean), tuple(notes)
