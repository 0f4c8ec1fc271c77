"""Clean JSON lines, found and cut into pairs for a whole block at once.

A line is taken here only if it is certain to be one flat JSON object as logr and zap write it. All other lines are
flagged and read one by one. Positions are byte offsets in the block.

The marks are ``":``, a quote and a colon: in clean JSON they are the ends of keys. A value ends where the next key
starts. What stands between the marks is checked byte by byte, and every line must have exactly the quotes that its keys
and string values need: then no string holds a quote, and each byte is accounted for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from analyzer.logs.block import Text
from analyzer.logs.keys import find_keys

if TYPE_CHECKING:
    import numpy.typing as npt

    from analyzer.logs.block import Bools, Ints

_QUOTE, _BACKSLASH, _COLON, _COMMA, _SPACE, _OPEN, _CLOSE = (ord(char) for char in '"\\:, {}')
_GELF: Final = b'{"version":'
_FEW: Final = 256  # so many lines are counted one by one
_NUMBER: Final = r"\A(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)\z"

_ESCAPES = np.zeros(256, bool)
_ESCAPES[[ord(char) for char in '"\\/bfnrtu']] = True
_HEX = np.zeros(256, bool)
_HEX[[ord(char) for char in "0123456789abcdefABCDEF"]] = True


@dataclass(slots=True)
class Lines:
    """The lines of a block; ``end`` is before LF and CR, ``after`` is where the next one starts."""

    start: Ints
    end: Ints
    after: Ints
    bad: Bools


@dataclass(slots=True)
class Pairs:
    """The pairs of all lines that are not bad, in order.

    ``key`` is the key's opening quote, ``code`` which known key it is; ``start`` and ``end`` are the value without its
    quotes; ``string`` and ``escaped`` tell whether it is a string, and one with escapes.
    """

    line: Ints
    key: Ints
    code: npt.NDArray[np.uint8]
    start: Ints
    end: Ints
    string: Bools
    escaped: Bools

    def where(self, keep: Bools) -> Pairs:
        """Return the pairs that ``keep`` marks."""
        return Pairs(*(getattr(self, name)[keep] for name in self.__slots__))


def tokenise(text: Text) -> tuple[Lines, Pairs] | None:
    """Return the lines and the pairs of the clean ones; None if nothing here can be clean JSON (GELF, no text)."""
    if b"\x00" in text.data and _GELF in text.data:
        return None
    lines = _lines(text)
    _flag_bytes(text, lines)
    quote = text.codes == _QUOTE
    escapes = _escapes(text, lines, quote)
    marks = np.flatnonzero(quote[:-1] & (text.codes[1:] == _COLON))
    marks = _on_good_lines(marks, lines)
    if not len(marks):
        lines.bad[:] = True
        return lines, _no_pairs()
    pairs = _flag_escapes(lines, _pairs(text, lines, marks), escapes)
    pairs = _flag_quotes(quote, lines, pairs)
    return lines, _check_scalars(text, lines, pairs)


def _lines(text: Text) -> Lines:
    data, codes = text.data, text.codes
    feeds = np.flatnonzero(codes == ord("\n"))
    after = feeds + 1
    if not data.endswith(b"\n"):
        feeds, after = np.append(feeds, len(data)), np.append(after, len(data))
    start = np.concatenate([np.zeros(1, np.int64), after[:-1]])
    end = feeds
    if b"\r" in data:
        end = feeds - ((feeds > start) & (codes[np.maximum(feeds - 1, 0)] == ord("\r")))
    bad = (codes[start] != _OPEN) | (end - start < 2)
    bad |= codes[np.maximum(end - 1, 0)] != _CLOSE
    return Lines(start, end, after, bad)


def _flag_bytes(text: Text, lines: Lines) -> None:
    """Flag lines that hold control characters or are no UTF-8."""
    data, codes = text.data, text.codes
    control = codes < _SPACE
    if np.count_nonzero(control) != len(lines.start) - (not data.endswith(b"\n")):
        places = np.flatnonzero(control)
        at = np.minimum(np.searchsorted(lines.end, places), len(lines.start) - 1)
        inside = (places < lines.end[at]) & (places >= lines.start[at])
        lines.bad[at[inside]] = True
    if not data.isascii() and not _is_utf8(data):
        for at in np.unique(_line_of(lines, np.flatnonzero(codes >= 0x80))):
            lines.bad[at] |= not _is_utf8(data[lines.start[at] : lines.end[at]])


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _line_of(lines: Lines, places: Ints) -> Ints:
    found: Ints = np.searchsorted(lines.start, places, side="right") - 1
    return found


def _escapes(text: Text, lines: Lines, quote: Bools) -> Ints:
    """Return where escapes start; escaped quotes are removed from ``quote``, wrong escapes flag their line."""
    if b"\\" not in text.data:
        return np.empty(0, np.int64)
    codes = text.wide
    places = np.flatnonzero(text.codes == _BACKSLASH)
    new_run = np.concatenate([[True], np.diff(places) != 1])
    run_start = places[np.maximum.accumulate(np.where(new_run, np.arange(len(places)), 0))]
    starts: Ints = places[(places - run_start) % 2 == 0]
    last = len(text.data) - 1
    quote[np.minimum(starts + 1, last)] = False
    kind = codes[starts + 1]
    wrong = ~_ESCAPES[kind] | (starts == last)
    unicode_at = starts[kind == ord("u")]
    if len(unicode_at):
        digits = codes[np.minimum(unicode_at[:, None] + np.arange(2, 6), last + 1)]
        surrogate = ((digits[:, 0] | 0x20) == ord("d")) & (digits[:, 1] >= ord("8"))
        lines.bad[_line_of(lines, unicode_at[~_HEX[digits].all(axis=1) | surrogate])] = True
    lines.bad[_line_of(lines, starts[wrong])] = True
    return starts


def _on_good_lines(marks: Ints, lines: Lines) -> Ints:
    """Return the marks without those on lines that are flagged already."""
    bad = np.flatnonzero(lines.bad)
    if not len(bad) or not len(marks):
        return marks
    edges = np.zeros(len(marks) + 1, np.int8)
    first, after = np.searchsorted(marks, lines.start[bad]), np.searchsorted(marks, lines.after[bad])
    some = first < after
    edges[first[some]] += 1
    edges[after[some]] -= 1
    outside: Bools = np.cumsum(edges[:-1], dtype=np.int8) == 0
    return marks[outside]


def _no_pairs() -> Pairs:
    empty, none = np.empty(0, np.int64), np.empty(0, bool)
    return Pairs(empty, empty, np.empty(0, np.uint8), empty, empty, none, none)


def _pairs(text: Text, lines: Lines, marks: Ints) -> Pairs:
    """Return the pairs that end their keys at ``marks``; lines in which something else stands between are flagged."""
    codes = text.wide
    keys, code, right = find_keys(text, marks)
    separator = keys - 1
    char = codes[separator]
    line, firsts = _line_of_pairs(lines, marks, np.flatnonzero(char == _OPEN), keys)
    rows = line[firsts]
    lasts = np.append(firsts[1:], len(marks)) - 1
    right[firsts] &= keys[firsts] == lines.start[rows] + 1
    right[lasts] &= marks[lasts] < lines.end[rows]
    blank = char == _SPACE
    if blank.any():
        separator -= blank
        char = codes[separator]
    comma = char == _COMMA
    comma[firsts] = True
    # where each value's own separator stands: before the next key, or the closing brace
    stop = np.empty(len(marks), np.int64)
    stop[:-1] = separator[1:]
    stop[lasts] = lines.end[rows] - 1
    right[:-1] &= comma[1:]
    start = marks + 2
    opening = codes[start]
    blank = opening == _SPACE
    if blank.any():
        start += blank
        opening = codes[start]
    string = opening == _QUOTE
    start += string
    end = stop - string
    right &= (codes[end] == _QUOTE) | ~string
    right &= end - start >= ~string
    if not right.all():
        lines.bad[line[~right]] = True
    return Pairs(line, keys, code, start, end, string, np.zeros(len(marks), bool))


def _line_of_pairs(lines: Lines, marks: Ints, opening: Ints, keys: Ints) -> tuple[Ints, Ints]:
    """Return (line of each mark, the first mark of each line); lines without a mark are flagged.

    ``opening`` are marks whose key follows a brace: in clean lines the first of each line.
    """
    good = np.flatnonzero(~lines.bad)
    if len(opening) == len(good) and opening[0] == 0 and (keys[opening] - 1 == lines.start[good]).all():
        return np.repeat(good, np.diff(np.append(opening, len(marks)))), opening
    firsts: Ints = np.searchsorted(marks, lines.start[good])
    counts = np.diff(np.append(firsts, len(marks)))
    lines.bad[good[counts == 0]] = True
    return np.repeat(good, counts), firsts[counts > 0]


def _flag_escapes(lines: Lines, pairs: Pairs, escapes: Ints) -> Pairs:
    """Return the pairs of good lines, those with escapes in their value marked; a key with escapes flags its line."""
    if lines.bad[pairs.line].any():
        pairs = pairs.where(~lines.bad[pairs.line])
    if not len(escapes) or not len(pairs.line):
        return pairs
    at = np.searchsorted(pairs.key, escapes, side="right") - 1
    inside = (at >= 0) & (escapes < pairs.end[np.maximum(at, 0)])
    at, escapes = at[inside], escapes[inside]
    in_key = escapes < pairs.start[at]
    pairs.escaped[at[~in_key]] = True
    if in_key.any():
        lines.bad[pairs.line[at[in_key]]] = True
        pairs = pairs.where(~lines.bad[pairs.line])
    return pairs


def _flag_quotes(quote: Bools, lines: Lines, pairs: Pairs) -> Pairs:
    """Return the pairs of lines that have no more quotes than their keys and strings need; the others are flagged."""
    bad = np.flatnonzero(lines.bad)
    total = int(np.count_nonzero(quote))
    if len(bad) <= _FEW:
        spans = zip(lines.start[bad].tolist(), lines.end[bad].tolist(), strict=True)
        total -= sum(int(np.count_nonzero(quote[start:end])) for start, end in spans)
        if total == 2 * (len(pairs.line) + int(np.count_nonzero(pairs.string))):
            return pairs
    size = len(lines.start)
    needed = 2 * (np.bincount(pairs.line, minlength=size) + np.bincount(pairs.line[pairs.string], minlength=size))
    wrong = ~lines.bad & (np.add.reduceat(quote, lines.start, dtype=np.int64) != needed)
    if not wrong.any():
        return pairs
    lines.bad |= wrong
    return pairs.where(~lines.bad[pairs.line])


def _check_scalars(text: Text, lines: Lines, pairs: Pairs) -> Pairs:
    """Drop the lines of which a value is neither a string nor a number, true, false or null."""
    import pyarrow.compute as pc

    at = np.flatnonzero(~pairs.string)
    if not len(at):
        return pairs
    texts = text.slices(pairs.start[at], pairs.end[at]).dictionary_encode()
    right = pc.match_substring_regex(texts.dictionary, _NUMBER).to_numpy(zero_copy_only=False)
    wrong = at[~right[texts.indices.to_numpy()]]
    if not len(wrong):
        return pairs
    lines.bad[pairs.line[wrong]] = True
    return pairs.where(~lines.bad[pairs.line])
