"""One offline HTML page from templates, and the folder of a triage."""

from analyzer.report.export import export_frames
from analyzer.report.page import render_report
from analyzer.report.triage import TriageResult, write_triage
from analyzer.report.veil import Veil

__all__ = ["TriageResult", "Veil", "export_frames", "render_report", "write_triage"]
