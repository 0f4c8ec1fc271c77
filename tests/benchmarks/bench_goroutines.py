"""Goroutine dumps: text to groups, beside a bare split-and-match of the headers and beside panicparse.

    python tests/benchmarks/bench_goroutines.py [--no-panicparse]

Prints seconds (best of several runs in one process), ratios to the bare split, and peak memory of a process of its
own. panicparse is a Go module; it is built into a temporary folder when Go and a module proxy can be reached.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
HEADER = re.compile(r"goroutine (\d+) \[([^\]]+)\]:")
MAX_BUFFER = 64 << 20
WAITS = (
    ("IO wait", "internal/poll.runtime_pollWait(0x7f1c{a:08x}, 0x72)\n\truntime/netpoll.go:351 +0x85\nnet.(*conn).Read(0xc{a:09x}, {{0xc{b:09x}?, 0x1000?, 0x{c:x}?}})\n\tnet/net.go:196 +0x45\n"),
    ("chan receive", ""),
    ("select", ""),
    ("sync.Mutex.Lock", "internal/sync.runtime_SemacquireMutex(0x{c:x}?, 0x0?, 0x0?)\n\truntime/sema.go:95 +0x25\ninternal/sync.(*Mutex).lockSlow(0xc{b:09x})\n\tinternal/sync/mutex.go:149 +0x15d\nsync.(*Mutex).Lock(...)\n\tsync/mutex.go:46\n"),
    ("semacquire, {m} minutes", "sync.runtime_Semacquire(0xc{a:09x})\n\truntime/sema.go:62 +0x25\n"),
)  # fmt: skip
PANICPARSE = """package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/maruel/panicparse/v2/stack"
)

func main() {
	for _, name := range os.Args[1:] {
		file, err := os.Open(name)
		if err != nil {
			panic(err)
		}
		begin := time.Now()
		snapshot, _, err := stack.ScanSnapshot(file, io.Discard, &stack.Opts{})
		parsed := time.Since(begin)
		if snapshot == nil {
			panic(err)
		}
		begin = time.Now()
		buckets := snapshot.Aggregate(stack.AnyPointer).Buckets
		fmt.Printf("%d %.4f %.4f %d\\n", len(snapshot.Goroutines), parsed.Seconds(), time.Since(begin).Seconds(), len(buckets))
	}
}
"""


def make_dump(goroutines: int) -> bytes:
    """Return a dump with 20 distinct stacks and arguments that differ in every record, some 350 bytes each."""
    records = []
    for i in range(goroutines):
        state, leaf = WAITS[i % 5]
        depth = i // 5 % 4 // 2
        values = {"a": i * 2654435761 & 0xFFFFFFFF, "b": i * 40503 & 0xFFFFFFFF, "c": i & 0xFF, "m": i % 90 + 1}
        frames = leaf.format(**values) + "".join(
            f"example.org/service/store.(*Layer{d}).Get(0xc{values['b']:09x}, {{0xc{values['a']:09x}, 0x1a}})\n"
            f"\texample.org/service/store/layer.go:{20 + d} +0x1b\n"
            for d in range(depth)
        )
        records.append(
            f"goroutine {i + 1} [{state.format(**values)}]:\n{frames}"
            f"example.org/service/app.(*Server).handle(0xc{values['a']:09x}, 0x{values['c']:x})\n"
            f"\texample.org/service/app/server.go:88 +0x74\n"
            f"created by example.org/service/app.(*Server).Serve in goroutine 1\n"
            f"\texample.org/service/app/server.go:41 +0xb3\n"
        )
    return "\n".join(records).encode()


def best(work: Callable[[], object], runs: int = 5) -> float:
    """Return the shortest of several runs in seconds."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def bare(data: bytes) -> list[tuple[str, str]]:
    """Find the headers and nothing else."""
    return [(m[1], m[2]) for record in data.decode().split("\n\n") if (m := HEADER.match(record))]


def groups(data: bytes) -> int:
    """Read a dump and group it by stack."""
    from analyzer.goroutines import read_goroutines

    return len(read_goroutines(data).groups("stack"))


def peak_mb(path: Path) -> float:
    """Return the peak memory of a process that reads one dump and groups it, in MB."""
    code = "import sys, bench_goroutines as b; b.groups(open(sys.argv[1], 'rb').read()); print(b.own_peak())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(Path(__file__).parent), str(ROOT)))}
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, env=environment
    )
    return float(done.stdout)


def own_peak() -> float:
    """Peak memory of this process in MB; the kernel's own mark, as ``getrusage`` counts the parent's, too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def go_tool() -> str | None:
    """Return a Go command, or None."""
    beside = Path(sys.executable).parent / "go"
    return str(beside) if beside.exists() else shutil.which("go")


def panicparse(folder: Path, files: list[Path]) -> list[list[float]] | str:
    """Return goroutines, seconds to parse, seconds to aggregate, buckets of each file; or why not."""
    go = go_tool()
    if go is None:
        return "Go is not installed"
    (folder / "main.go").write_text(PANICPARSE)
    (folder / "go.mod").write_text("module bench\n\ngo 1.21\n")
    try:
        for command in (["get", "github.com/maruel/panicparse/v2@latest"], ["build", "-o", "bench", "."]):
            subprocess.run([go, *command], cwd=folder, check=True, capture_output=True, timeout=90)
        done = subprocess.run(
            [str(folder / "bench"), *map(str, files)], check=True, capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"panicparse could not be built or run: {type(error).__name__}"
    return [[float(word) for word in line.split()] for line in done.stdout.splitlines()]


def report(name: str, data: bytes, limit: float) -> None:
    """Print one row: goroutines, size, ours, bare, ratio."""
    groups(data)
    ours, split = best(lambda: groups(data)), best(lambda: bare(data))
    number = len(bare(data))
    verdict = "ok" if ours <= limit else "TOO SLOW"
    print(
        f"{name:<28}{number:>9,}{len(data) / 1e6:>8.1f}{ours:>9.4f}{split:>9.4f}{ours / split:>7.2f}{limit:>8.3f}  {verdict}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--no-panicparse", action="store_true", help="do not build and run panicparse")
    options = parser.parse_args()
    large = make_dump(100_000)
    largest = (large * 3)[:MAX_BUFFER]
    with zipfile.ZipFile(ROOT / "tests" / "data" / "standalone-load-a.zip") as packet:
        real = packet.read("goroutines")
    print(f"{'text to groups':<28}{'routines':>9}{'MB':>8}{'ours s':>9}{'bare s':>9}{'ratio':>7}{'limit s':>8}")
    report("1e5 goroutines", large, 1.0)
    report("64 MiB, cut", largest, 2.5)
    report("real packet under load", real, 0.030)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [folder / "large.txt", folder / "real.txt"]
        for path, data in zip(files, (large, real), strict=True):
            path.write_bytes(data)
        (folder / "largest.txt").write_bytes(largest)
        print(
            f"peak memory: 1e5 goroutines {peak_mb(files[0]):.0f} MB, 64 MiB {peak_mb(folder / 'largest.txt'):.0f} MB"
        )
        if options.no_panicparse:
            return
        found = panicparse(folder, files)
        if isinstance(found, str):
            print(found)
            return
        for path, (number, parse, aggregate, buckets) in zip(files, found, strict=True):
            ours = best(lambda path=path: groups(path.read_bytes()), 3)  # type: ignore[misc]
            print(
                f"panicparse, {path.stem}: {number:,.0f} goroutines, parse {parse:.3f} s, aggregate {aggregate:.3f} s, "
                f"{buckets:.0f} buckets; ours {ours:.3f} s, {(parse + aggregate) / ours:.1f} times faster"
            )


if __name__ == "__main__":
    main()
