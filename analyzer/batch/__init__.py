"""Many sources at once: what to scan, workers that may die, results as they come."""

from analyzer.batch.pool import Outcome, WorkerLimits, run
from analyzer.batch.queue import Item, expand
from analyzer.batch.scan import scan, scan_each

__all__ = ["Item", "Outcome", "WorkerLimits", "expand", "run", "scan", "scan_each"]
