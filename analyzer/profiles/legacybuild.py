"""Rows of a text profile -> columns."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

import numpy as np

from analyzer.errors import ProfileError
from analyzer.profiles.model import (
    Columns,
    Functions,
    Labels,
    Lines,
    Locations,
    Mappings,
    Samples,
    ValueType,
)

_TOP = (1 << 64) - 1
_MAX_SAMPLES = 500_000  # real ones have some thousand


class Builder:
    """Collects samples in order; comment rows that follow one name its frames.

    Args:
        types: what each sample measures.
        period_type: unit of ``period``.
        period: events between two samples.
    """

    def __init__(self, types: tuple[ValueType, ...], period_type: ValueType, period: int) -> None:
        self._types = types
        self._period_type = period_type
        self._period = period
        self._strings: dict[str, int] = {"": 0}
        self._values: list[list[int]] = []
        self._stacks: list[list[int]] = []
        self._locations: dict[int, int] = {}
        self._frames: dict[int, list[tuple[int, int]]] = {}
        self._calls: list[int] = []
        self._named: list[tuple[int, tuple[int, int]]] = []
        self._functions: dict[tuple[int, int], int] = {}
        self._labels: list[tuple[int, int, int, int, int]] = []

    def _text(self, text: str) -> int:
        return self._strings.setdefault(text, len(self._strings))

    def sample(self, values: list[int], returns: list[int], *, size: int | None = None) -> None:
        """Add a sample.

        Args:
            values: one per type.
            returns: return addresses, leaf first; the call lies one below.
            size: bytes of one object, kept as a label.
        """
        self._finish()
        if len(self._values) >= _MAX_SAMPLES:
            raise ProfileError(f"a text profile of more than {_MAX_SAMPLES:,} samples")
        calls = [(address - 1) & _TOP for address in returns]
        self._stacks.append([self._locations.setdefault(call, len(self._locations)) for call in calls])
        self._values.append(values)
        self._calls = calls
        if size is not None:
            self._labels.append((len(self._values) - 1, self._text("bytes"), -1, size, 0))

    def frame(self, address: int, name: str, file: str, line: int) -> None:
        """Name a frame of the sample before; frames inlined at one address come innermost first."""
        key = self._text(name), self._text(file)
        self._named.append((address, (self._functions.setdefault(key, len(self._functions)), line)))

    def label(self, key: str, value: str) -> None:
        """Label the sample before."""
        if self._values:
            self._labels.append((len(self._values) - 1, self._text(key), self._text(value), 0, 0))

    def _finish(self) -> None:
        """Give the frames named for the sample before to their locations, where none has them yet.

        Rows of one address that follow each other are frames inlined there, or a recursion: as many of the
        same address as stand in a row in the stack.
        """
        if not self._named:
            return
        repeats = {address: len(list(group)) for address, group in groupby(reversed(self._calls))}
        for address, group in groupby(self._named, key=itemgetter(0)):
            frames = [frame for _, frame in group]
            row = self._locations.get(address)
            if row is not None:
                depth, rest = divmod(len(frames), repeats.get(address, 1))
                self._frames.setdefault(row, frames[: max(depth, 1)] if not rest else frames[:1])
        self._named.clear()

    def _without_hidden(self, stack: list[int]) -> list[int]:
        """Leave out frames at both ends that the text hides: runtime frames at the leaf, ``goexit`` at the root.

        A stack of which the text names nothing stays as it is.
        """
        named = [place for place, row in enumerate(stack) if row in self._frames]
        return stack[named[0] : named[-1] + 1] if named else stack

    def columns(self, *, drop_frames: str = "", keep_frames: str = "") -> Columns:
        """Return the profile."""
        self._finish()
        count = len(self._locations)
        frames = [self._frames.get(row, []) for row in range(count)]
        lines = [frame for own in frames for frame in own]
        names = np.array(list(self._functions), np.int32).reshape(-1, 2)
        shown = [self._without_hidden(stack) for stack in self._stacks]
        depths = [len(stack) for stack in shown]
        stacks = [row for stack in shown for row in stack]
        labels = list(zip(*self._labels, strict=True)) or [()] * 5
        line_table = np.array(lines, np.int64).reshape(-1, 2)
        return Columns(
            sample_types=self._types,
            default_sample_type="",
            samples=Samples(
                np.array(self._values, np.int64).reshape(-1, len(self._types)),
                _offsets(depths),
                np.array(stacks, np.int32),
            ),
            labels=Labels(
                np.array(labels[0], np.int32),
                np.array(labels[1], np.int32),
                np.array(labels[2], np.int32),
                np.array(labels[3], np.int64),
                np.array(labels[4], np.int32),
            ),
            locations=Locations(
                np.arange(1, count + 1, dtype=np.uint64),
                # Upstream gives a mapping to every location that has an address.
                np.array([0 if address else -1 for address in self._locations], np.int32),
                np.array(list(self._locations), np.uint64),
                np.zeros(count, bool),
                _offsets([len(own) for own in frames]),
            ),
            lines=Lines(line_table[:, 0].astype(np.int32), line_table[:, 1], np.zeros(len(line_table), np.int64)),
            functions=Functions(
                np.arange(1, len(names) + 1, dtype=np.uint64),
                names[:, 0].copy(),
                names[:, 0].copy(),
                names[:, 1].copy(),
                np.zeros(len(names), np.int64),
            ),
            mappings=self._mappings(named=bool(lines)),
            strings=tuple(self._strings),
            period_type=self._period_type,
            period=self._period,
            time_ns=0,
            duration_ns=0,
            comments=(),
            drop_frames=drop_frames,
            keep_frames=keep_frames,
            doc_url="",
        )

    def _mappings(self, *, named: bool) -> Mappings:
        """Return one mapping over all addresses, as upstream makes up where the text names none."""
        count = 1 if any(self._locations) else 0
        known = np.full(count, named)
        return Mappings(
            np.ones(count, np.uint64),
            np.zeros(count, np.uint64),
            np.full(count, _TOP, np.uint64),
            np.zeros(count, np.uint64),
            np.zeros(count, np.int32),
            np.zeros(count, np.int32),
            known,
            known.copy(),
            known.copy(),
            np.zeros(count, bool),
        )


def _offsets(counts: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array(counts, np.int64))])
