"""Every report by its name."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.errors import UsageError
from analyzer.profiles.model import Columns
from analyzer.profiles.options import Options
from analyzer.profiles.patterns import compile_pattern
from analyzer.profiles.report import Report, prepare

PICTURES = ("gif", "pdf", "png", "ps", "svg", "web", "eog", "evince", "gv")


def generate(
    columns: Columns, command: str, options: Options, pattern: str = "", *, warn: Callable[[str], None]
) -> str | bytes:
    """Return one report: text, or bytes for ``proto`` and ``topproto``; pictures come as DOT text.

    Raises:
        UsageError: no such report, a bad option or pattern, nothing matches.
    """
    report = prepare(columns, command, options, warn)
    if command in _PLAIN:
        return _PLAIN[command](report)
    if command in PICTURES:
        from analyzer.profiles.text.dot import dot

        return dot(report, safe=True)
    if command in ("peek", "list"):
        try:
            matcher = compile_pattern(pattern)
        except UsageError as error:
            raise UsageError(f"parsing argument regexp {pattern}: {error}") from None
        if command == "peek":
            from analyzer.profiles.text.tree import tree

            return tree(report, matcher, pattern)
        from analyzer.profiles.text.listing import listing

        return listing(report, matcher, pattern)
    raise UsageError(f"-{command} needs the program's binary, which no packet holds")


def _top(report: Report) -> str:
    from analyzer.profiles.text.top import top

    return top(report)


def _tree(report: Report) -> str:
    from analyzer.profiles.text.tree import tree

    return tree(report)


def _traces(report: Report) -> str:
    from analyzer.profiles.text.traces import traces

    return traces(report)


def _tags(report: Report) -> str:
    from analyzer.profiles.text.tags import tags

    return tags(report)


def _comments(report: Report) -> str:
    from analyzer.profiles.text.tags import comments

    return comments(report)


def _raw(report: Report) -> str:
    from analyzer.profiles.text.raw import raw

    return raw(report.columns)


def _dot(report: Report) -> str:
    from analyzer.profiles.text.dot import dot

    return dot(report)


def _callgrind(report: Report) -> str:
    from analyzer.profiles.text.callgrind import callgrind

    return callgrind(report)


def _proto(report: Report) -> bytes:
    from analyzer.profiles.text.protos import proto

    return proto(report)


def _top_proto(report: Report) -> bytes:
    from analyzer.profiles.text.protos import top_proto

    return top_proto(report)


_PLAIN: dict[str, Callable[[Report], str | bytes]] = {
    "top": _top,
    "text": _top,
    "tree": _tree,
    "traces": _traces,
    "tags": _tags,
    "comments": _comments,
    "raw": _raw,
    "dot": _dot,
    "callgrind": _callgrind,
    "kcachegrind": _callgrind,
    "proto": _proto,
    "topproto": _top_proto,
}
