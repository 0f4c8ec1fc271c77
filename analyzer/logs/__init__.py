"""Logs of a server, in every form that a packet holds: one frame, every line accounted for.

``read_log(source)`` gives a ``Log``; ``merge_logs`` puts the logs of several nodes in the order of time. Nothing heavy
is imported until it is called.
"""

from __future__ import annotations

from analyzer.logs.cluster import SKEW, clock_skew, merge_logs
from analyzer.logs.log import Log
from analyzer.logs.panics import PANICS
from analyzer.logs.plugins import PLUGINS
from analyzer.logs.reader import read_log
from analyzer.logs.requests import REQUEST_ERRORS, SLOW
from analyzer.logs.schema import DAMAGE, KINDS, LINES, QUALITY
from analyzer.logs.sessions import SESSIONS
from analyzer.logs.sourcelinks import SourceLink, source_link
from analyzer.logs.stats import LogStats
from analyzer.logs.templates import TEMPLATES

__all__ = [
    "DAMAGE",
    "KINDS",
    "LINES",
    "PANICS",
    "PLUGINS",
    "QUALITY",
    "REQUEST_ERRORS",
    "SESSIONS",
    "SKEW",
    "SLOW",
    "TEMPLATES",
    "Log",
    "LogStats",
    "SourceLink",
    "clock_skew",
    "merge_logs",
    "read_log",
    "source_link",
]
