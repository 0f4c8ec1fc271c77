"""The shape of many messages at once: a coarse form in which messages of one pattern are mostly equal.

Only for counting quickly. One message of each shape is then given its exact pattern (``templates.normalise``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

_STEP: Final = 1 << 20  # bytes looked at together; more than a cache holds is slower
_QUOTE: Final = ord('"')
_ID, _HEX, _DIGITS = 3, 4, 5  # bytes that stand for what was taken out; none occurs in text that is shown

# what a byte is: 1 for a part of a word, 3 for a digit
_CLASSES: Final = bytes(
    3 if chr(code).isdigit() and code < 128 else 1 if code >= 128 or chr(code).isalnum() or code == ord("_") else 0
    for code in range(256)
)
_ID_BYTE = np.zeros(256, bool)
_ID_BYTE[[*range(48, 58), *range(97, 123)]] = True
_HEX_BYTE = np.zeros(256, bool)
_HEX_BYTE[[*range(48, 58), *range(97, 103), *range(65, 71)]] = True


def shapes(texts: Any) -> Any:
    """Return an Arrow array with the shape of every text of an Arrow ``large_string`` array without nulls.

    Quoted text is dropped; ids of 26 characters, long hex words and the digits of words that start with one become
    one byte each.
    """
    import pyarrow as pa

    _, offsets, values = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(values, np.uint8) if values is not None else np.zeros(0, np.uint8)
    done = []
    first = 0
    while first < len(texts):
        last = int(np.searchsorted(bounds, bounds[first] + _STEP, side="right")) - 1
        last = min(max(last, first + 1), len(texts))
        part = data[bounds[first] : bounds[last]]
        kept, ends = _shape(part, bounds[first : last + 1] - bounds[first])
        done.append(pa.LargeBinaryArray.from_buffers(
            pa.large_binary(), last - first, [None, pa.py_buffer(ends), pa.py_buffer(kept)]
        ))  # fmt: skip
        first = last
    return pa.concat_arrays(done) if done else pa.array([], pa.large_binary())


def _shape(text: npt.NDArray[np.uint8], bounds: Ints) -> tuple[Any, Any]:
    """Return the bytes that stay and where each text ends among them."""
    size = len(text)
    begins = np.zeros(size + 1, bool)
    begins[bounds] = True
    classes = np.frombuffer(text.tobytes().translate(_CLASSES), np.uint8)
    word = classes != 0
    opened = word.copy()
    opened[1:] &= ~word[:-1] | begins[1:size]
    closed = word.copy()
    closed[:-1] &= ~word[1:] | begins[1:size]
    starts, ends = np.flatnonzero(opened), np.flatnonzero(closed) + 1
    out, keep = text.copy(), ~_inside_quotes(text, bounds)
    if len(starts):
        digit = classes == 3
        digits = np.add.reduceat(digit, starts, dtype=np.int32)
        some = np.flatnonzero(digits)
        starts, ends = starts[some], ends[some]
        _drop_words(text, out, keep, starts, ends)
        numbers = np.flatnonzero(digit[starts])
        within = _spans(size, starts[numbers], ends[numbers]) & digit
        head = within.copy()
        head[1:] &= ~within[:-1] | begins[1:size]
        plain = head & (out == text)
        out[plain] = _DIGITS
        keep &= ~(within & ~head)
    places = np.concatenate([[0], np.cumsum(keep, dtype=np.int32)])
    return out[keep], places[bounds].astype(np.int64)


def _drop_words(text: npt.NDArray[np.uint8], out: Any, keep: Any, starts: Ints, ends: Ints) -> None:
    """Put one byte for ids and long hex words."""
    length = ends - starts
    numeral = np.flatnonzero((length > 2) & (text[starts] == ord("0")))
    prefixed = numeral[text[starts[numeral] + 1] == ord("x")]
    ids = _spelled(text, starts, length, np.flatnonzero(length == 26), _ID_BYTE)
    long = np.flatnonzero((length >= 16) & (length <= 64))
    hexes = np.setdiff1d(_spelled(text, starts, length, long, _HEX_BYTE), ids)
    for at, mark in ((ids, _ID), (np.union1d(hexes, np.setdiff1d(prefixed, ids)), _HEX)):
        out[starts[at]] = mark
        if len(at):
            keep &= ~_spans(len(text), starts[at] + 1, ends[at])


def _spelled(text: npt.NDArray[np.uint8], starts: Ints, length: Ints, at: Ints, alphabet: Any) -> Ints:
    """Return those of the words ``at`` of which every byte is in the alphabet."""
    if not len(at):
        return at
    reach = np.arange(int(length[at].max()))
    places = np.minimum(starts[at][:, None] + reach, len(text) - 1)
    right = alphabet[text[places]] | (reach >= length[at][:, None])
    found: Ints = at[right.all(axis=1)]
    return found


def _spans(size: int, starts: Ints, ends: Ints) -> Any:
    """Return a mask of the spans; they do not overlap."""
    edges = np.zeros(size + 1, np.int8)
    edges[starts] += 1
    edges[ends] -= 1
    return np.cumsum(edges[:size], dtype=np.int8).view(bool)


def _inside_quotes(text: npt.NDArray[np.uint8], bounds: Ints) -> Any:
    """Return which bytes stand between two quotes of one text."""
    quotes = np.flatnonzero(text == _QUOTE)
    if not len(quotes):
        return np.zeros(len(text), bool)
    owner = np.searchsorted(bounds, quotes, side="right")
    first = np.searchsorted(owner, owner)
    odd = (np.arange(len(quotes)) - first) % 2 == 1
    closing = np.flatnonzero(odd)
    return _spans(len(text), quotes[closing - 1] + 1, quotes[closing])
