"""Goroutine dumps: text to records, groups and suspects."""

from __future__ import annotations

from analyzer.goroutines.compare import DumpComparison, across
from analyzer.goroutines.model import GoroutineDump
from analyzer.goroutines.read import read_goroutines

__all__ = ["DumpComparison", "GoroutineDump", "across", "read_goroutines"]
