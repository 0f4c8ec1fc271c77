"""Clean JSON lines, found and cut into pairs for a whole block at once.

A line is taken here only if it is certain to be one flat JSON object as logr and zap write it: every byte outside
strings is checked, every escape too. All other lines are flagged and read one by one. Positions are byte offsets in
the block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]
    Bytes = npt.NDArray[np.uint8]

_QUOTE, _BACKSLASH, _COLON, _COMMA, _SPACE, _OPEN, _CLOSE = (ord(char) for char in '"\\:, {}')
_GELF: Final = b'{"version":'
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
    """The pairs of all lines that are not bad, in order: places of key and value (without their quotes)."""

    line: Ints
    key_start: Ints
    key_end: Ints
    start: Ints
    end: Ints
    string: Bools
    escaped: Bools

    def where(self, keep: Bools) -> Pairs:
        """Return the pairs that ``keep`` marks."""
        return Pairs(*(getattr(self, name)[keep] for name in self.__slots__))


def slices(data: bytes, start: Ints, end: Ints, rows: Ints | None = None, size: int = 0) -> Any:
    """Return ``data[start:end]`` for every pair of places as Arrow text; places must not overlap and must rise.

    With ``rows``, an array of ``size`` rows with slice i in row ``rows[i]`` and nulls elsewhere.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    count = len(start)
    if not count:
        return pa.nulls(0 if rows is None else size, pa.large_string())
    offsets = np.empty(2 * count, np.int64)
    offsets[0::2], offsets[1::2] = start, end
    between = pa.LargeStringArray.from_buffers(2 * count - 1, pa.py_buffer(offsets), pa.py_buffer(data))
    if rows is None or size == count:
        return pc.take(between, pa.array(np.arange(0, 2 * count, 2)), boundscheck=False)
    index = np.full(size, -1, np.int64)
    index[rows] = np.arange(0, 2 * count, 2)
    return pc.take(between, pa.array(index, mask=index < 0), boundscheck=False)


def few_places(mask: Bools) -> Ints:
    """Return ``np.flatnonzero(mask)``, quicker where few are set: eight places are looked at as one word."""
    whole = len(mask) // 8 * 8
    eights = mask[:whole].view(np.uint64)
    some = np.flatnonzero(eights)
    row, column = mask[:whole].reshape(-1, 8)[some].nonzero()
    places = some[row] * 8 + column
    if whole == len(mask):
        return places
    return np.concatenate([places, np.flatnonzero(mask[whole:]) + whole])


def tokenise(data: bytes) -> tuple[Lines, Pairs] | None:
    """Return the lines and the pairs of the clean ones; None if nothing here can be clean JSON (GELF, no text)."""
    if b"\x00" in data and _GELF in data:
        return None
    codes: Bytes = np.frombuffer(data, np.uint8)
    lines = _lines(data, codes)
    _flag_bytes(data, codes, lines)
    quote = codes == _QUOTE
    escapes = _escapes(data, codes, lines, quote)
    places = np.flatnonzero(quote)
    counts = np.diff(np.append(np.searchsorted(places, lines.start), len(places)))
    lines.bad |= (counts == 0) | (counts % 2 == 1)
    if lines.bad.all():
        return lines, _no_pairs()
    if lines.bad.any():
        places, counts = places[np.repeat(~lines.bad, counts)], counts[~lines.bad]
    return lines, _pairs(data, codes, lines, places, counts, escapes)


def _lines(data: bytes, codes: Bytes) -> Lines:
    feeds = few_places(codes == ord("\n"))
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


def _flag_bytes(data: bytes, codes: Bytes, lines: Lines) -> None:
    """Flag lines that hold control characters or are no UTF-8."""
    if np.count_nonzero(codes < _SPACE) != len(lines.start) - (not data.endswith(b"\n")):
        places = np.flatnonzero(codes < _SPACE)
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


def _escapes(data: bytes, codes: Bytes, lines: Lines, quote: Bools) -> Ints:
    """Return where escapes start; escaped quotes are removed from ``quote``, wrong escapes flag their line."""
    if b"\\" not in data:
        return np.empty(0, np.int64)
    places = few_places(codes == _BACKSLASH)
    new_run = np.concatenate([[True], np.diff(places) != 1])
    run_start = places[np.maximum.accumulate(np.where(new_run, np.arange(len(places)), 0))]
    starts: Ints = places[(places - run_start) % 2 == 0]
    places = starts
    last = len(codes) - 1
    escaped = np.minimum(places + 1, last)
    quote[escaped] = False
    kind = codes[escaped]
    wrong = ~_ESCAPES[kind] | (places == last)
    unicode_at = places[kind == ord("u")]
    if len(unicode_at):
        digits = codes[np.minimum(unicode_at[:, None] + np.arange(2, 6), last)]
        surrogate = ((digits[:, 0] | 0x20) == ord("d")) & (digits[:, 1] >= ord("8"))
        lines.bad[_line_of(lines, unicode_at[~_HEX[digits].all(axis=1) | surrogate])] = True
    lines.bad[_line_of(lines, places[wrong])] = True
    return starts


def _no_pairs() -> Pairs:
    empty, none = np.empty(0, np.int64), np.empty(0, bool)
    return Pairs(empty, empty, empty, empty, empty, none, none)


def _pairs(data: bytes, codes: Bytes, lines: Lines, places: Ints, counts: Ints, escapes: Ints) -> Pairs:
    """Return the pairs of the lines whose strings stand as keys and values must; flag the other lines.

    ``places`` are the quotes of the lines that are not bad, ``counts`` how many each has.
    """
    opens, closes = places[0::2].copy(), places[1::2].copy()
    rows = np.flatnonzero(~lines.bad)
    strings = counts // 2
    ends = np.cumsum(strings)
    firsts, lasts = ends - strings, ends - 1
    after = codes[1:].take(closes, mode="clip")
    key = after == _COLON
    # nothing but one mark, and at most one blank after it, stands between a string and the next one
    near = _near(codes, opens, closes)
    near[lasts] = False
    # a key is followed by its value or by a scalar; a value by a comma and the next key
    joined = key & near
    wrong = np.empty(len(opens), bool)
    wrong[0] = not key[0]
    np.equal(key[1:], joined[:-1], out=wrong[1:])
    wrong |= ~key & ~((after == _COMMA) & near)
    # the last string of a line may also be a value before the closing brace
    ending = (after[lasts] == _CLOSE) & (closes[lasts] + 2 == lines.end[rows]) & joined[lasts - 1]
    wrong[lasts] &= ~ending
    wrong[firsts] |= opens[firsts] != lines.start[rows] + 1
    escaped = np.zeros(len(opens) + 1, bool)
    if len(escapes):
        token = np.searchsorted(opens, escapes, side="right") - 1
        inside = (token >= 0) & (escapes < closes[np.maximum(token, 0)])
        escaped[token[inside]] = True
        wrong |= key & escaped[:-1]
    at = np.flatnonzero(key)
    strings[:] = np.add.reduceat(key, firsts, dtype=np.int64)
    line = np.repeat(rows, strings)
    string = joined[at]
    value_at = at + 1
    pairs = Pairs(
        line=line,
        key_start=opens[at] + 1,
        key_end=closes[at],
        start=opens.take(value_at, mode="clip") + 1,
        end=closes.take(value_at, mode="clip"),
        string=string,
        escaped=string & escaped[value_at],
    )
    scalars = np.flatnonzero(~string)
    if len(scalars):
        place = at[scalars]
        is_last = np.zeros(len(opens), bool)
        is_last[lasts] = True
        pairs.start[scalars], pairs.end[scalars], odd = _scalars(
            codes, lines.end[line[scalars]], pairs.key_end[scalars], pairs.start[scalars] - 1, is_last[place]
        )
        wrong[place[odd]] = True
    if wrong.any():
        lines.bad[rows[np.searchsorted(ends, np.flatnonzero(wrong), side="right")]] = True
        pairs = pairs.where(~lines.bad[pairs.line])
    return _check_scalars(data, lines, pairs)


def _near(codes: Bytes, opens: Ints, closes: Ints) -> Bools:
    """Tell for every string whether one mark, and perhaps a blank, is all that stands before the next string."""
    near = np.zeros(len(opens), bool)
    gap = opens[1:] - closes[:-1]
    near[:-1] = gap == 2
    spaced = np.flatnonzero(gap == 3)
    near[spaced] = codes[closes[spaced] + 2] == _SPACE
    return near


def _scalars(codes: Bytes, line_end: Ints, key_end: Ints, next_open: Ints, last: Bools) -> tuple[Ints, Ints, Bools]:
    """Return (start, end, is it wrong) of values that are no strings.

    Such a value ends before the comma of the next key, or before the closing brace.
    """
    edge = next_open - 1
    edge = np.where(last, line_end - 1, edge - (codes[np.maximum(edge, 0)] == _SPACE))
    comma = codes[np.maximum(edge, 0)] == _COMMA
    start = key_end + 2
    start += codes[np.minimum(start, len(codes) - 1)] == _SPACE
    return start, edge, (edge <= start) | ~(last | comma)


def _check_scalars(data: bytes, lines: Lines, pairs: Pairs) -> Pairs:
    """Drop the lines of which a value is neither a string nor a number, true, false or null."""
    import pyarrow.compute as pc

    at = np.flatnonzero(~pairs.string)
    if not len(at):
        return pairs
    texts = slices(data, pairs.start[at], pairs.end[at]).dictionary_encode()
    right = pc.match_substring_regex(texts.dictionary, _NUMBER).to_numpy(zero_copy_only=False)
    wrong = at[~right[texts.indices.to_numpy()]]
    if not len(wrong):
        return pairs
    lines.bad[pairs.line[wrong]] = True
    return pairs.where(~lines.bad[pairs.line])
