"""Flame graphs: the difference of two profiles beside `go tool pprof -top -diff_base`, size and speed of the page.

    python tests/benchmarks/bench_flame.py [--stacks 100000] [--many 1000000] [--keep FOLDER]

Prints each figure, the peer's in the same run, their ratio, and the ratio that was asked for. Painting is measured
in headless Chromium where it and its driver are installed.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench_profiles import measure, row, synthetic, tool

from analyzer.profiles.encode import encode, pack
from analyzer.profiles.flame import flame_tree
from analyzer.profiles.flame_html import script
from analyzer.profiles.tree import call_tree

FLAME = [sys.executable, "-m", "analyzer.cli.main", "flame", "-q", "--force"]


def profile(folder: Path, stacks: int, seed: int) -> Path:
    """Return a profile of distinct stacks, made here unless it is there already."""
    path = folder / f"{stacks}-{seed}.pb.gz"
    if not path.exists():
        path.write_bytes(pack(encode(synthetic(stacks, seed))))
    return path


def difference(folder: Path, stacks: int) -> None:
    """Whole processes: two profiles to a page, beside the peer's table of their difference."""
    newer, base = profile(folder, stacks, 1), profile(folder, stacks, 2)
    page = folder / "difference.html"
    ours = measure([*FLAME, str(newer), "--base", str(base), "-o", str(page)], 3)
    peer = measure([tool(), "-symbolize=none", "-top", f"-diff_base={base}", str(newer)], 2)
    row(f"difference of two times {stacks:,} stacks to a page", ours[0], peer[0], "s", 1 / 3)
    row("its peak memory", ours[1], peer[1], "MB", 1.0)
    row("its page", page.stat().st_size / 1e6, 3.0, "MB", 1.0)


def large(folder: Path, stacks: int) -> None:
    """One large profile to a page, in a process of its own."""
    source, page = profile(folder, stacks, 1), folder / "large.html"
    seconds, peak, _ = measure([*FLAME, str(source), "-o", str(page)])
    data = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text())[1])  # type: ignore[index]
    nodes = len(data["trees"]["down"]["frame"])
    print(f"{stacks:,} stacks to a page of {nodes:,} nodes: {seconds:.2f} s, {peak:.0f} MB of memory")
    row("its page", page.stat().st_size / 1e6, 3.0, "MB", 1.0)
    from analyzer.profiles.read import read_columns

    columns = read_columns(source)
    begin = time.perf_counter()
    tree = call_tree(columns)
    print(f"its whole call tree, {len(tree):,} nodes, in process: {time.perf_counter() - begin:.2f} s")


def painting(folder: Path) -> None:
    """Paint a page of 100,000 nodes in Chromium."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        print("no chromium and chromedriver: painting is not measured")
        return
    from selenium import webdriver

    flame = flame_tree(synthetic(60_000), max_nodes=100_000)
    page = folder / "paint.html"
    page.write_text(flame.to_html(max_bytes=100_000_000), "utf-8")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,950", "--no-first-run"):
        options.add_argument(flag)
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as browser:
        begin = time.perf_counter()
        browser.get(page.as_uri())
        opened = time.perf_counter() - begin
        times = []
        for _ in range(30):
            browser.execute_script(
                "document.getElementById('flame').dispatchEvent(new WheelEvent('wheel', {deltaY: -40}))"
            )
            time.sleep(0.03)
            times.append(float(browser.execute_script("return document.getElementById('flame').dataset.took")))
        inverted = browser.execute_script(
            "const t = performance.now(); document.getElementById('up').click(); return performance.now() - t"
        )
    print(f"{len(flame.tree):,} nodes in Chromium: open {opened:.2f} s, callers {inverted:.0f} ms")
    row("paint while zooming, median", statistics.median(times), 10.0, "ms", 1.0)


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stacks", type=int, default=100_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="keep or reuse the profiles in this folder")
    options = parser.parse_args()
    row("the page's script", len(script().encode()) / 1e3, 30.0, "kB", 1.0)
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        difference(folder, options.stacks)
        painting(folder)
        large(folder, options.many)


if __name__ == "__main__":
    main()
