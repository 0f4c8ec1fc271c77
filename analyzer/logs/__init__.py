"""Logs of a server, in every form that a packet holds: one frame, every line accounted for.

``read_log(source)`` gives a ``Log``. Nothing heavy is imported until it is called.
"""

from __future__ import annotations

from analyzer.logs.log import Log
from analyzer.logs.reader import read_log
from analyzer.logs.schema import DAMAGE, KINDS, LINES, QUALITY

__all__ = ["DAMAGE", "KINDS", "LINES", "QUALITY", "Log", "read_log"]
