"""RE2 patterns, refused in the words of Go's ``regexp`` package."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from analyzer.errors import UsageError

if TYPE_CHECKING:
    from analyzer.profiles.model import Bools

Matcher: TypeAlias = Callable[[str], bool]

# RE2's C++ wording (re2/regexp.cc, kErrorStrings) -> Go's (regexp/syntax/parse.go)
_WORDS = (
    ("missing ]", "missing closing ]"),
    ("missing )", "missing closing )"),
    ("unexpected )", "unexpected )"),
    ("no argument for repetition operator", "missing argument to repetition operator"),
    ("missing argument to repetition operator", "missing argument to repetition operator"),
    ("bad repetition operator", "invalid nested repetition operator"),
    ("invalid repetition size", "invalid repeat count"),
    ("invalid perl operator", "invalid or unsupported Perl syntax"),
    ("invalid named capture group", "invalid named capture"),
    ("invalid character class range", "invalid character class range"),
    ("invalid character class", "invalid character class"),
    ("invalid escape sequence", "invalid escape sequence"),
    ("trailing \\", "trailing backslash at end of expression"),
    ("invalid UTF-8", "invalid UTF-8"),
)


_ANY_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")


@lru_cache(maxsize=64)
def compile_pattern(pattern: str) -> Matcher:
    """Return a function that tells whether the pattern occurs in a text.

    Raises:
        UsageError: it is no RE2 pattern; the message is Go's.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        if _ANY_BYTE.search(pattern):  # known to RE2's C++ library, refused by Go
            raise re2.error("invalid escape sequence: \\C")
        compiled = re2.compile(pattern, options)
    except UnicodeEncodeError:
        raise UsageError("error parsing regexp: invalid UTF-8: ``") from None
    except re2.error as error:
        raise UsageError(f"error parsing regexp: {_reason(pattern, error)}") from None
    search = compiled.search
    return lambda text: search(text) is not None


def _reason(pattern: str, error: Exception) -> str:
    message = error.args[0] if error.args else ""
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
    for theirs, ours in _WORDS:
        if text.startswith(theirs):
            if ours.startswith("trailing"):
                return f"{ours}: ``"
            if ours in ("missing closing )", "unexpected )"):
                return f"{ours}: `{pattern}`"
            return f"{ours}: `{text.removeprefix(theirs).removeprefix(': ')}`"
    return f"{text}: `{pattern}`"


def compile_option(name: str, pattern: str) -> Matcher | None:
    """Compile the pattern of an option; None where it is not given.

    Raises:
        UsageError: it is no RE2 pattern.
    """
    if not pattern:
        return None
    try:
        return compile_pattern(pattern)
    except UsageError as error:
        raise UsageError(f"parsing {name} regexp: {error}") from None


def matches(matcher: Matcher, texts: Iterable[str]) -> Bools:
    """Return which texts match."""
    return np.fromiter(map(matcher, texts), np.bool_)
