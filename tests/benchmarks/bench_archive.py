"""Archive figures beside zipfile's, in one run: inflate a large log, list many members, copy the lot out.

Run it as ``python tests/benchmarks/bench_archive.py [MB]``.
"""

from __future__ import annotations

import io
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from analyzer.archive import Limits, ZipWriter, open_archive

CHUNK = 1 << 20
RUNS = 5


def best(work):
    """Return the shortest time of a few runs, in seconds."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def log_text(size):
    """Return JSON log lines that pack about as well as a real log (ratio 4 to 8)."""
    dice = random.Random(1)
    words = ["Received HTTP request", "Failed to connect", "Unable to send", "Invalid session", "Slow query"]
    lines, total = [], 0
    while total < size:
        line = (
            f'{{"timestamp":"2026-11-22 12:{dice.randrange(60):02}:{dice.randrange(60):02}.{dice.randrange(1000):03} Z",'
            f'"level":"{dice.choice(["debug", "info", "error"])}","msg":"{dice.choice(words)}","caller":"app/web.go:'
            f'{dice.randrange(900)}","request_id":"{dice.getrandbits(130):026x}","status_code":{dice.choice([200, 401])}}}\n'
        ).encode()
        lines.append(line)
        total += len(line)
    return b"".join(lines)


def inflate(folder, size):
    path = folder / "log.zip"
    data = log_text(size)
    with ZipWriter(path) as writer:
        writer.write("mattermost.log", data)
    megabytes = len(data) / 1e6

    def ours():
        with open_archive(path) as archive:
            return sum(map(len, archive.chunks(archive.members[0], CHUNK)))

    def theirs():
        with zipfile.ZipFile(path) as archive, archive.open("mattermost.log") as file:
            return sum(len(piece) for piece in iter(lambda: file.read(CHUNK), b""))

    def our_lines():
        with open_archive(path) as archive:
            return sum(1 for _ in archive.stream(archive.members[0]))

    def their_lines():
        with zipfile.ZipFile(path) as archive, archive.open("mattermost.log") as file:
            return sum(1 for _ in file)

    assert ours() == theirs() == len(data)
    print(f"{megabytes:.0f} MB log, packed {len(data) / path.stat().st_size:.1f} to 1")
    for what, us, them in (("chunks", ours, theirs), ("lines", our_lines, their_lines)):
        our_time, their_time = best(us), best(them)
        print(
            f"  {what:<8} ours {megabytes / our_time:7.0f} MB/s   zipfile {megabytes / their_time:7.0f} MB/s"
            f"   ratio {their_time / our_time:.2f}"
        )


def listing(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(members):
            archive.writestr(f"app-{number % 7}/plugin-{number}/diagnostics.yaml", b"version: 1\n")
    data = buffer.getvalue()

    def ours():
        with open_archive(data, limits=Limits(members=members)) as archive:
            return len(archive.members)

    def theirs():
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return len(archive.infolist())

    assert ours() == theirs() == members
    our_time, their_time = best(ours), best(theirs)
    print(f"open and list {members:,} members")
    print(f"  ours {our_time * 1e3:.0f} ms   zipfile {their_time * 1e3:.0f} ms   ratio {their_time / our_time:.2f}")


def start():
    """Time the import alone, over an empty interpreter."""

    def run(code):
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    empty, ours, theirs = (best(run(code)) for code in ("pass", "import analyzer.archive", "import zipfile, tarfile"))
    print("import over an empty interpreter")
    print(f"  ours {(ours - empty) * 1e3:.0f} ms   zipfile and tarfile {(theirs - empty) * 1e3:.0f} ms")


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        inflate(Path(folder), size * 1_000_000)
    listing(10_000)
    start()


if __name__ == "__main__":
    main()
