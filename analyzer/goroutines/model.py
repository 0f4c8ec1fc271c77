"""A goroutine dump as a value: frames, groups, suspects, comparison. Nothing here changes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from analyzer.goroutines.owners import own_function
from analyzer.goroutines.records import spans
from analyzer.goroutines.states import STATE_CLASSES, classify

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.goroutines.compare import DumpComparison
    from analyzer.goroutines.messages import Message
    from analyzer.goroutines.records import Ints, Records

Form: TypeAlias = Literal["dump", "counts", "profile"]
"""``dump``: full text (debug=2, panic output); ``counts``: debug=1 text; ``profile``: protobuf."""


@dataclass(frozen=True, eq=False)
class GoroutineDump:
    """The goroutines of one process at one moment.

    Attributes:
        records: the columns everything is computed from.
        form: how it was written. Profiles hold counts by stack, but no ids, minutes, creators or arguments.
    """

    records: Records
    form: Form = "dump"

    def __len__(self) -> int:
        return self.total

    def __repr__(self) -> str:
        parts = f"{self.total:,} goroutines, {len(self.records.stacks):,} stacks"
        return f"<GoroutineDump {parts}{', truncated' if self.truncated else ''}>"

    @cached_property
    def total(self) -> int:
        """Number of goroutines."""
        return int(self.records.weight.sum())

    @property
    def truncated(self) -> bool:
        """Whether the text was cut: there may have been more goroutines."""
        return self.records.truncated

    @property
    def unparsed(self) -> list[tuple[int, str]]:
        """Lines that were not understood: (1-based line, text). Blank lines and crash output are understood."""
        return list(self.records.unparsed)

    @property
    def messages(self) -> list[Message]:
        """Crash output around the goroutines: (1-based line, kind, text), such as why the process died."""
        return list(self.records.messages)

    @cached_property
    def spans(self) -> tuple[Ints, Ints]:
        """(start, end) bytes of each row in ``records.text``; empty in profiles."""
        return spans(self.records)

    @cached_property
    def stack_functions(self) -> tuple[tuple[str, ...], ...]:
        """Functions of every distinct stack, leaf first."""
        return tuple(tuple([frame.function for frame in stack]) for stack in self.records.stacks)

    @cached_property
    def stack_own(self) -> tuple[str | None, ...]:
        """First own function of every distinct stack."""
        return tuple(map(own_function, self.records.stacks))

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names that ``class_codes`` counts through."""
        return STATE_CLASSES

    @cached_property
    def class_codes(self) -> Ints:
        """Number of each row's state class."""
        width = max(len(self.records.stacks), 1)
        pairs, inverse = np.unique(self.records.status * width + self.records.stack, return_inverse=True)
        codes = np.array(
            [
                STATE_CLASSES.index(classify(self.records.statuses[p // width].state, self.stack_functions[p % width]))
                for p in pairs.tolist()
            ],
            dtype=np.int64,
        )
        return codes[inverse.ravel()] if len(codes) else codes

    @cached_property
    def minutes(self) -> Ints:
        """Minutes each row has waited, -1 when the dump does not say."""
        given = [-1 if s.minutes is None else s.minutes for s in self.records.statuses]
        return np.array(given, dtype=np.int64)[self.records.status]

    @property
    def goroutines(self) -> pd.DataFrame:
        """One row a goroutine, in the order of the dump; columns as in ``schema.GOROUTINES``."""
        return self._goroutines.copy(deep=False)

    @cached_property
    def _goroutines(self) -> pd.DataFrame:
        from analyzer.goroutines.frames import goroutine_frame

        return goroutine_frame(self)

    @property
    def stacks(self) -> pd.DataFrame:
        """One row a frame of each distinct stack; columns as in ``schema.STACKS``."""
        return self._stacks.copy(deep=False)

    @cached_property
    def _stacks(self) -> pd.DataFrame:
        from analyzer.goroutines.frames import stack_frame

        return stack_frame(self)

    def frames(self, goroutine: int) -> pd.DataFrame:
        """Return one goroutine's own frames with arguments and offsets; columns as in ``schema.FRAMES``.

        Raises:
            UsageError: no goroutine has this id.
        """
        from analyzer.goroutines.frames import frames_of

        return frames_of(self, goroutine)

    def states(self) -> pd.DataFrame:
        """Return one row a state, most frequent first; columns as in ``schema.STATES``."""
        from analyzer.goroutines.groups import state_frame

        return state_frame(self)

    def groups(self, by: str = "stack") -> pd.DataFrame:
        """Return one row a group, largest first; columns as in ``schema.GROUPS``.

        Args:
            by: ``stack``, ``state``, ``class``, ``creator``, ``own`` (first own function), ``package``, or
                ``label:KEY``.

        Raises:
            UsageError: ``by`` is none of these.
        """
        from analyzer.goroutines.groups import group_frame

        return group_frame(self, by)

    def suspects(self) -> pd.DataFrame:
        """Return what looks wrong, worst first; columns as in ``schema.SUSPECTS``.

        ``error`` and ``warning`` mean that users notice or soon will; ``info`` is only worth knowing.
        """
        from analyzer.goroutines.suspects import suspect_frame

        return suspect_frame(self)

    def compare(self, other: GoroutineDump, *, by: str = "stack", same_process: bool | None = None) -> DumpComparison:
        """Compare this dump with a later one: ``stuck`` and ``groups``; see ``analyzer.goroutines.compare``.

        Args:
            other: the later dump.
            by: how to group, see ``groups``.
            same_process: whether both are of one process, so that ids mean the same; None finds out.

        Raises:
            UsageError: ``by`` is no way to group.
        """
        from analyzer.goroutines.compare import compare

        return compare(self, other, by=by, same_process=same_process)
