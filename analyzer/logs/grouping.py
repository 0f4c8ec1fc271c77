"""Which lines belong to the record before them: the rule, once, without a frame."""

from __future__ import annotations

from analyzer.logs.forms.plain import CALLER, COLOUR, LATE_FIELDS, take_fields
from analyzer.logs.forms.record import STACK, TEXT, Record
from analyzer.logs.schema import RECORD_KINDS


class Grouping:
    """Takes the records of a log's lines in order and says which continue the one before."""

    def __init__(self) -> None:
        """Start before the first line."""
        self.last_multiline: bool | None = None
        self._open: Record | None = None  # a plain record whose fields may follow on a later line

    def passed(self) -> None:
        """Note that a JSON record stood here, read elsewhere."""
        self.last_multiline, self._open = False, None

    def add(self, record: Record) -> bool | None:
        """Return whether the line continues the last record; None if no record was seen, so nobody here knows.

        What looks like a stack trace or panic belongs to the record before. Other text does only if that record's form
        lets messages run over lines (plain, zap text); JSON escapes its line ends.
        """
        if record.tail is not None and self._open is not None:
            self._end_of_message(record)
            return True
        if record.kind not in {TEXT, STACK}:
            if record.kind in RECORD_KINDS:
                self.last_multiline = record.multiline
                self._open = record if record.kind == "plain" and record.caller is None else None
            return False
        if self.last_multiline is None:
            return None
        continues = record.kind == STACK or self.last_multiline
        if continues and self._open is not None:
            self._late_fields(record.msg or "")
        return continues

    def _end_of_message(self, record: Record) -> None:
        """Make a line with a caller but no level and no time the end of the message that is still open."""
        record.kind, record.msg = TEXT, record.tail
        record.caller, record.tail = None, None
        record.columns, record.rest, record.taken = {}, [], set()
        self._late_fields(record.msg or "")

    def _late_fields(self, text: str) -> None:
        """Give a plain record its caller and fields when its message ran over the line's end before them."""
        bare = COLOUR.sub("", text)
        lead = LATE_FIELDS.match(bare)
        match = CALLER.match(bare, lead.end()) if lead else None
        if match is None:
            match = CALLER.search(bare)
            match = match if match and match.group(1) else None
        if match and self._open is not None:
            take_fields(self._open, bare[match.start() :])
            self._open = None
