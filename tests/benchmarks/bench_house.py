"""Whole processes of the command line beside what Python itself needs: start-up, triage, memory of a summary.

Prints medians and ratios of one run; nothing is asserted. Usage: python tests/benchmarks/bench_house.py [--runs N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKET = ROOT / "tests" / "data" / "standalone-load-a.zip"
COMMAND = str(Path(sys.executable).with_name("supportpacket"))


def seconds(runs: int, *commands: list[str]) -> list[float]:
    """Run the commands in turn and return the median wall seconds of each."""
    taken: list[list[float]] = [[] for _ in commands]
    for turn in range(runs + 1):
        for times, command in zip(taken, commands, strict=True):
            started = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            if turn:  # the first round warms the file cache
                times.append(time.perf_counter() - started)
    return [statistics.median(times) for times in taken]


def peak_mb(command: list[str]) -> float:
    """Run a command and return its peak resident memory in MB."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    return usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def packet_with_log(folder: Path, megabytes: int) -> Path:
    """Return the bundled packet with its log repeated up to a size."""
    target = folder / "large.zip"
    with zipfile.ZipFile(PACKET) as given, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as large:
        for name in given.namelist():
            data = given.read(name)
            if name == "mattermost.log":
                data *= megabytes * 1_000_000 // len(data) + 1
            large.writestr(name, data)
    return target


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    python = sys.executable
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "empty").mkdir()
        bare, help_, scan = seconds(
            runs, [python, "-c", "pass"], [COMMAND, "--help"], [COMMAND, "scan", str(folder / "empty")]
        )
        print(f"python -c pass                       {bare:7.3f} s")
        print(f"supportpacket --help                 {help_:7.3f} s   +{help_ - bare:.3f} s (at most +0.25)")
        print(f"supportpacket scan EMPTY             {scan:7.3f} s   +{scan - bare:.3f} s (at most +0.25)")
        triage = [COMMAND, "triage", str(PACKET), "-o", str(folder / "out"), "--force"]
        imports, whole = seconds(runs, [python, "-c", "import pandas, matplotlib.pyplot"], triage)
        print(f"import pandas, matplotlib.pyplot     {imports:7.3f} s")
        print(f"supportpacket triage BUNDLED         {whole:7.3f} s   {whole / imports:.2f}x (at most 3x)")
        pandas = peak_mb([python, "-c", "import pandas"])
        large = packet_with_log(folder, 100)
        used = peak_mb([COMMAND, "summary", str(large)])
        print(f"memory: python with pandas           {pandas:7.0f} MB")
        print(f"memory: summary, 100 MB log          {used:7.0f} MB  +{used - pandas:.0f} MB (at most +150)")


if __name__ == "__main__":
    main()
