"""Lines one by one: the reference for every form, and the only way for all but clean JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.logs.forms import Record, read_line
from analyzer.logs.forms.plain import CALLER, COLOUR, take_fields
from analyzer.logs.forms.record import STACK, TEXT
from analyzer.logs.rows import (
    BLANK,
    KIND_CODE,
    NO_OFFSET,
    NO_TIME,
    NOT_A_RECORD,
    RECORD_CODES,
    UNPARSED,
    Part,
    column_of,
    record_values,
    text_kind,
)
from analyzer.logs.schema import KINDS
from analyzer.logs.split import Block, split_lines

_LATE_FIELDS = re.compile(r"[ \t]*(?:[^\w\s\"'(\[{<]{1,3}[ \t])?(?=caller=)")


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
        self.last_multiline: bool | None = None
        self.open: Record | None = None  # a plain record whose fields may follow on a later line

    def add(self, record: Record, number: int, start: int, size: int) -> None:
        """Take the record of line ``number`` (from 0), which is ``size`` bytes long at ``start``."""
        for at, length, why in record.damage:
            self.damage.append((number, start + max(at, 0), length if at >= 0 else size, why))
        if record.kind in {TEXT, STACK}:
            code = self._text(record, number, start, size)
        else:
            code = KIND_CODE[record.kind]
            if code in RECORD_CODES:
                self.last_multiline = record.multiline
                self.open = record if record.kind == "plain" and record.caller is None else None
        if code >= 0:
            self.kind_lines[code] += 1
            self.kind_bytes[code] += size
        if code != BLANK:
            self.records.append(record)
            self.codes.append(max(code, 0))
            self.numbers.append(number)

    def _text(self, record: Record, number: int, start: int, size: int) -> int:
        """Return the kind of a line in no form; -1 if the block before decides."""
        stack = record.kind == STACK
        if self.last_multiline is None:
            self.leading.append((len(self.records), stack, number, start, size))
            return -1
        code = text_kind(stack=stack, last=self.last_multiline)
        if code == UNPARSED:
            self.damage.append((number, start, size, NOT_A_RECORD))
        elif self.open is not None:
            self._late_fields(record.msg or "")
        return code

    def _late_fields(self, text: str) -> None:
        """Give a plain record its caller and fields when its message ran over the line's end before them."""
        match = _LATE_FIELDS.match(COLOUR.sub("", text))
        if match and self.open is not None and CALLER.match(text, match.end()):
            take_fields(self.open, text[match.end() :])
            self.open = None

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
            last_multiline=self.last_multiline,
        )


def read_block(block: Block, columns: Sequence[str]) -> Part:
    """Return the rows of a block, read line by line; ``columns`` are those held in Arrow arrays."""
    gathered = Gatherer()
    if block.long_line:
        record = long_line(block)
        gathered.add(record, 0, 0, block.long_line)
        return gathered.part(columns, 1)
    spans = split_lines(block.data)
    for number, (start, end, after) in enumerate(spans):
        gathered.add(read_line(block.data[start:end]), number, start, after - start)
    return gathered.part(columns, len(spans))


def long_line(block: Block) -> Record:
    """Return the record of a line of which only the head was kept."""
    from analyzer.logs.forms.line import over_long

    return over_long(block.data, block.long_line)
