"""Clean JSON lines, found and cut into pairs for a whole block at once.

A line is taken here only if it is certain to be one flat JSON object as logr and zap write it. All other lines are
flagged and read one by one. Positions are byte offsets in the block.

The marks are ``":``, a quote and a colon: in clean JSON they are the ends of keys. A value ends where the next key
starts. What stands between the marks is checked byte by byte, and every line must have exactly the quotes that its keys
and string values need: then no string holds a quote, and each byte is accounted for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from analyzer.logs.block import Text
from analyzer.logs.keys import find_keys

if TYPE_CHECKING:
    import numpy.typing as npt

    from analyzer.logs.block import Bools, Ints

_QUOTE, _BACKSLASH, _COLON, _COMMA, _SPACE, _OPEN, _CLOSE, _FEED = (ord(char) for char in '"\\:, {}\n')
_GELF: Final = b'{"version":'
_FEW: Final = 1024  # so many lines are counted one by one
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
    quote = text.codes == _QUOTE
    escapes, wrong = _escapes(text, quote)
    marks = np.flatnonzero(quote[:-1] & (text.codes[1:] == _COLON))
    keys, code, right = find_keys(text, marks)
    before = text.wide[keys - 1]
    found = _even_lines(text, keys[before == _OPEN] - 1)
    if found is None:
        if not text.codes.all() and _GELF in bytes(text.view):
            return None
        found = _lines(text)
    lines = found
    lines.bad[_line_of(lines, wrong)] = True
    _flag_encoding(text, lines)
    if not len(marks):
        lines.bad[:] = True
        return lines, _no_pairs()
    pairs = _pairs(text, lines, marks, _Keys(keys, code, right, before))
    pairs = _flag_quotes(quote, lines, _flag_escapes(lines, pairs, escapes))
    return lines, _check_scalars(text, lines, pairs)


def _even_lines(text: Text, braces: Ints) -> Lines | None:
    """Return the lines if each starts with a brace and a key and there is no control character but their line ends."""
    codes, size = text.codes, len(text.codes)
    start = braces[(codes[braces - 1] == _FEED) | (braces == 0)]
    ended = size > 0 and codes[-1] == _FEED
    if not len(start) or start[0] or np.count_nonzero(codes < _SPACE) != len(start) - (not ended):
        return None
    after = np.append(start[1:], size)
    end = after - 1
    end[-1] += not ended
    return Lines(start, end, after, (codes[end - 1] != _CLOSE) | (end - start < 2))


def _lines(text: Text) -> Lines:
    """Return all lines; those that are no object or hold control characters are flagged."""
    codes, size = text.codes, len(text.codes)
    feeds = np.flatnonzero(codes == _FEED)
    after = feeds + 1
    if not size or codes[-1] != _FEED:
        feeds, after = np.append(feeds, size), np.append(after, size)
    start = np.concatenate([np.zeros(1, np.int64), after[:-1]])
    end = feeds - ((feeds > start) & (codes[np.maximum(feeds - 1, 0)] == ord("\r")))
    bad = (codes[start] != _OPEN) | (end - start < 2)
    bad |= codes[np.maximum(end - 1, 0)] != _CLOSE
    places = np.flatnonzero(codes < _SPACE)
    at = np.minimum(np.searchsorted(end, places), len(start) - 1)
    bad[at[(places < end[at]) & (places >= start[at])]] = True
    return Lines(start, end, after, bad)


def _flag_encoding(text: Text, lines: Lines) -> None:
    """Flag lines that are no UTF-8."""
    codes = text.codes
    if codes.max(initial=0) >= 0x80 and not text.is_utf8(0, len(codes)):
        for at in np.unique(_line_of(lines, np.flatnonzero(codes >= 0x80))):
            lines.bad[at] |= not text.is_utf8(lines.start[at], lines.end[at])


def _line_of(lines: Lines, places: Ints) -> Ints:
    found: Ints = np.searchsorted(lines.start, places, side="right") - 1
    return found


def _escapes(text: Text, quote: Bools) -> tuple[Ints, Ints]:
    """Return (where escapes start, which of them are wrong); escaped quotes are removed from ``quote``."""
    codes = text.wide
    places = np.flatnonzero(text.codes == _BACKSLASH)
    if not len(places):
        return places, places
    new_run = np.concatenate([[True], np.diff(places) != 1])
    run_start = places[np.maximum.accumulate(np.where(new_run, np.arange(len(places)), 0))]
    starts: Ints = places[(places - run_start) % 2 == 0]
    last = len(text.codes) - 1
    quote[np.minimum(starts + 1, last)] = False
    kind = codes[starts + 1]
    wrong = starts[~_ESCAPES[kind] | (starts == last)]
    unicode_at = starts[kind == ord("u")]
    if len(unicode_at):
        digits = codes[np.minimum(unicode_at[:, None] + np.arange(2, 6), last + 1)]
        surrogate = ((digits[:, 0] | 0x20) == ord("d")) & (digits[:, 1] >= ord("8"))
        wrong = np.concatenate([wrong, unicode_at[~_HEX[digits].all(axis=1) | surrogate]])
    return starts, wrong


def _no_pairs() -> Pairs:
    empty, none = np.empty(0, np.int64), np.empty(0, bool)
    return Pairs(empty, empty, np.empty(0, np.uint8), empty, empty, none, none)


class _Keys(NamedTuple):
    """What ``find_keys`` found for each mark, and the byte before the opening quote."""

    place: Ints
    code: npt.NDArray[np.uint8]
    right: Bools
    before: npt.NDArray[np.uint8]


def _pairs(text: Text, lines: Lines, marks: Ints, keys: _Keys) -> Pairs:
    """Return the pairs that end their keys at ``marks``; lines in which something else stands between are flagged."""
    codes, right, char = text.wide, keys.right, keys.before
    line, firsts = _line_of_marks(lines, marks, keys)
    rows = line[firsts]
    lasts = np.append(firsts[1:], len(marks)) - 1
    right[firsts] &= keys.place[firsts] == lines.start[rows] + 1
    right[lasts] &= marks[lasts] < lines.end[rows]
    separator = keys.place - 1
    blank = char == _SPACE
    if blank.any():
        separator -= blank
        char = codes[separator]
    comma = char == _COMMA
    comma[firsts] = True
    right[:-1] &= comma[1:]
    # where each value's own separator stands: before the next key, or the closing brace
    stop = np.empty(len(marks), np.int64)
    stop[:-1] = separator[1:]
    stop[lasts] = lines.end[rows] - 1
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
    return Pairs(line, keys.place, keys.code, start, end, string, np.zeros(len(marks), bool))


def _line_of_marks(lines: Lines, marks: Ints, keys: _Keys) -> tuple[Ints, Ints]:
    """Return (line of each mark, the first mark of each line that has one); lines without a mark are flagged."""
    count = len(lines.start)
    opening = np.flatnonzero(keys.before == _OPEN)
    if len(opening) == count and opening[0] == 0 and (keys.place[opening] - 1 == lines.start).all():
        return np.repeat(np.arange(count), np.diff(np.append(opening, len(marks)))), opening
    firsts: Ints = np.searchsorted(marks, lines.start)
    counts = np.diff(np.append(firsts, len(marks)))
    lines.bad |= counts == 0
    return np.repeat(np.arange(count), counts), firsts[counts > 0]


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
    places = np.flatnonzero(quote)
    counts = np.diff(np.append(np.searchsorted(places, lines.start), len(places)))
    wrong = ~lines.bad & (counts != needed)
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
