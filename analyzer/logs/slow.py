"""Lines one by one: the reference for every form, and the only way for all but clean JSON."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.logs.forms import Record, read_line
from analyzer.logs.forms.record import STACK, TEXT
from analyzer.logs.grouping import Grouping
from analyzer.logs.rows import (
    BLANK,
    CONTINUATION,
    KIND_CODE,
    NO_OFFSET,
    NO_TIME,
    NOT_A_RECORD,
    UNPARSED,
    Part,
    column_of,
    record_values,
)
from analyzer.logs.schema import KINDS
from analyzer.logs.split import Block, split_lines


class Gatherer:
    """Records of a block in the order of its lines, with the counts that make ``quality``."""

    def __init__(self) -> None:
        """Start a block."""
        self.records: list[Record] = []
        self.codes: list[int] = []
        self.numbers: list[int] = []
        self.kind_lines = [0] * len(KINDS)
        self.kind_bytes = [0] * len(KINDS)
        self.damage: list[tuple[int, int, int, str]] = []
        self.leading: list[tuple[int, bool, int, int, int]] = []
        self.grouping = Grouping()

    def add(self, record: Record, number: int, start: int, size: int) -> None:
        """Take the record of line ``number`` (from 0), which is ``size`` bytes long at ``start``."""
        for at, length, why in record.damage:
            self.damage.append((number, start + max(at, 0), length if at >= 0 else size, why))
        continues = self.grouping.add(record)
        if continues is None:  # the block before decides
            self.leading.append((len(self.records), record.kind == STACK, number, start, size))
            code = UNPARSED
        else:
            code = CONTINUATION if continues else KIND_CODE.get(record.kind, UNPARSED)
            self.kind_lines[code] += 1
            self.kind_bytes[code] += size
            if record.kind == TEXT and not continues:
                self.damage.append((number, start, size, NOT_A_RECORD))
        if code != BLANK:
            self.records.append(record)
            self.codes.append(code)
            self.numbers.append(number)

    def part(self, columns: Sequence[str], lines: int) -> Part:
        """Return the block's rows."""
        import numpy as np

        records = self.records
        return Part(
            rows=len(records),
            lines=lines,
            columns={name: column_of(name, record_values(records, name)) for name in columns},
            kind=np.array(self.codes, dtype=np.int8),
            line=np.array(self.numbers, dtype=np.int64),
            time=np.array([NO_TIME if r.time is None else r.time for r in records], dtype=np.int64),
            offset=np.array([NO_OFFSET if r.offset is None else r.offset for r in records], dtype=np.int16),
            kind_lines=self.kind_lines,
            kind_bytes=self.kind_bytes,
            damage=self.damage,
            leading=self.leading,
            last_multiline=self.grouping.last_multiline,
        )


def read_block(block: Block, columns: Sequence[str]) -> Part:
    """Return the rows of a block, read line by line; ``columns`` are those held in Arrow arrays."""
    gathered = Gatherer()
    if block.long_line:
        record = long_line(block)
        gathered.add(record, 0, 0, block.long_line)
        return gathered.part(columns, 1)
    data = block.data
    spans = split_lines(data)
    for number, (start, end, after) in enumerate(spans):
        gathered.add(read_line(data[start:end]), number, start, after - start)
    return gathered.part(columns, len(spans))


def long_line(block: Block) -> Record:
    """Return the record of a line of which only the head was kept."""
    from analyzer.logs.forms.line import over_long

    return over_long(block.data, block.long_line - block.ended)
