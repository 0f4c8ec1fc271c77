"""What sanitizing left behind: policy by server version, rules over every byte, findings without the secret."""

from analyzer.secrets.baseline import Known, baseline_text, read_known
from analyzer.secrets.finding import FINDINGS, PROBLEMS, Finding, ScanProblem
from analyzer.secrets.policy import Policy
from analyzer.secrets.result import ScanResult
from analyzer.secrets.scan import PacketScan, scan_archive, scan_packet
from analyzer.secrets.secret import FingerprintKey, Secret, own_key, read_key

__all__ = [
    "FINDINGS",
    "PROBLEMS",
    "Finding",
    "FingerprintKey",
    "Known",
    "PacketScan",
    "Policy",
    "ScanProblem",
    "ScanResult",
    "Secret",
    "baseline_text",
    "own_key",
    "read_key",
    "read_known",
    "scan_archive",
    "scan_packet",
]
