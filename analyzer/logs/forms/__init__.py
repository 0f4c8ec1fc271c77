"""The forms that a line of a log can have: one module a form, and ``read_line`` that tries them in order."""

from __future__ import annotations

from analyzer.logs.forms.line import MAX_LINE, read_line
from analyzer.logs.forms.record import Record

__all__ = ["MAX_LINE", "Record", "read_line"]
