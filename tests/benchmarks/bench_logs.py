"""Figures for logs, beside pandas and polars in the same run.

``python tests/benchmarks/bench_logs.py [--mb 100] [--rounds 2] [--polars-python PATH]``. The lines are made to look like a
real 11.x log: the same messages, callers and fields, new ids and times in every line. polars is measured if this Python
has it, or the one named by ``--polars-python``. The targets are those of the issue.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769"  # of the server's ids
PACKET = Path(__file__).resolve().parent.parent / "data" / "standalone-load-a.zip"
METHODS = ("GET", "POST", "PUT", "DELETE")
FIXED = ("line", "kind", "time", "level", "msg", "caller", "fields")


def make_log(path: Path, size: int, *, dirty: float = 0.0, seed: int = 7) -> int:
    """Write about ``size`` bytes of log to ``path``; returns the number of lines.

    ``dirty`` is the share of lines that are no clean JSON: cut lines, plain text, stack traces, invalid UTF-8.
    """
    rng = random.Random(seed)
    users = [_id(rng) for _ in range(400)]
    channels = [_id(rng) for _ in range(900)]
    written = lines = 0
    clock = 1_795_000_000_000
    with path.open("wb") as out:
        buffer: list[str] = []
        while written < size:
            clock += rng.randrange(0, 40)
            line = _line(rng, clock, users, channels)
            if dirty and rng.random() < dirty:
                line = _dirt(rng, line)
            buffer.append(line)
            written += len(line) + 1
            lines += 1
            if len(buffer) == 20_000:
                out.write(("\n".join(buffer) + "\n").encode("utf-8", "surrogateescape"))
                buffer = []
        if buffer:
            out.write(("\n".join(buffer) + "\n").encode("utf-8", "surrogateescape"))
    return lines


def make_server_log(path: Path, size: int) -> None:
    """Write about ``size`` bytes of the bundled packet's log lines, with new times and ids in every line."""
    rng = random.Random(3)
    with zipfile.ZipFile(PACKET) as archive:
        usual = archive.read("mattermost.log").decode().splitlines()
    clock, written = 1_795_000_000_000, 0
    with path.open("w", encoding="utf-8") as out:
        while written < size:
            clock += rng.randrange(40)
            line = re.sub(r'"timestamp":"[^"]*"', f'"timestamp":"{_stamp(clock)}"', rng.choice(usual), count=1)
            line = re.sub(r"\b[a-z0-9]{26}\b", lambda _: _id(rng), line)
            out.write(line + "\n")
            written += len(line) + 1


def _id(rng: random.Random) -> str:
    return "".join(rng.choices(ALPHABET, k=26))


def _stamp(clock: int) -> str:
    seconds, millis = divmod(clock, 1000)
    day, rest = divmod(seconds, 86400)
    hour, rest = divmod(rest, 3600)
    minute, second = divmod(rest, 60)
    return f"2026-11-{1 + (day - 20775) % 28:02d} {hour:02d}:{minute:02d}:{second:02d}.{millis:03d} Z"


def _line(rng: random.Random, clock: int, users: list[str], channels: list[str]) -> str:
    user, channel, request = rng.choice(users), rng.choice(channels), _id(rng)
    head = f'{{"timestamp":"{_stamp(clock)}",'
    kind = rng.random()
    if kind < 0.45:
        return head + (
            '"level":"debug","msg":"Received HTTP request","caller":"web/handlers.go:135",'
            f'"method":"{rng.choice(METHODS)}","url":"/api/v4/channels/{channel}/posts?page=0&per_page=60",'
            f'"request_id":"{request}","user_id":"{user}","status_code":"{rng.choice((200, 201, 304))}"}}'
        )
    if kind < 0.7:
        return head + (
            '"level":"warn","msg":"User is already a channel member, skipping","caller":"api4/channel.go:1743",'
            f'"path":"/api/v4/channels/{channel}/members","request_id":"{request}","ip_addr":"10.0.{rng.randrange(9)}.'
            f'{rng.randrange(250)}","user_id":"{user}","method":"POST","UserId":"{rng.choice(users)}",'
            f'"ChannelId":"{channel}"}}'
        )
    if kind < 0.78:
        return head + (
            f'"level":"error","msg":"Unable to find the channel {channel} in {rng.randrange(900)}ms",'
            f'"caller":"web/context.go:117","path":"/api/v4/channels/{channel}","request_id":"{request}",'
            f'"ip_addr":"10.0.0.{rng.randrange(250)}","user_id":"{user}","method":"GET","err_where":"GetChannel",'
            f'"http_code":404,"error":"GetChannel: resource \\"Channel\\" not found, id: {channel}"}}'
        )
    if kind < 0.9:
        return head + (
            f'"level":"info","msg":"SimpleWorker: Job is complete","caller":"jobs/base_workers.go:97",'
            f'"worker":"Plugins","job_id":"{_id(rng)}"}}'
        )
    if kind < 0.96:
        return head + (
            '"level":"debug","msg":"Email batching job ran. 0 user(s) have notifications pending.",'
            f'"caller":"email/email_batching.go:{rng.choice((150, 211))}","took_ms":{rng.random() * 50:.3f},'
            f'"queued":{rng.randrange(9)},"ok":true}}'
        )
    return head + (
        f'"level":"info","msg":"plugin says {rng.randrange(9999)}\\n","caller":"plugin/hclog_adapter.go:61",'
        f'"plugin_id":"com.mattermost.calls","source":"plugin_stderr"}}'
    )


def _dirt(rng: random.Random, line: str) -> str:
    return rng.choice(
        (
            line[: len(line) // 2],
            f'error [2026-11-22 12:49:21.130 Z] Failed{" " * 39} caller="web/static.go:23" error="no "x" here"',
            "goroutine 12 [running]:\nmain.main()\n\t/app/main.go:12 +0x1d",
            line.replace("msg", "ms\udcffg", 1),
            "",
        )
    )


def best(work: Callable[[], object], rounds: int) -> float:
    """Return the seconds of the quickest of ``rounds`` runs."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def peak_mb(path: Path, columns: tuple[str, ...] | None) -> float:
    """Return the highest resident size of a process that reads ``path`` and holds the frame."""
    code = (
        "import sys\nfrom analyzer.logs import read_log\n"
        f"log = read_log(sys.argv[1], columns={columns!r})\n"
        "print([int(x.split()[1]) for x in open('/proc/self/status') if x.startswith('VmHWM')][0] / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def polars_seconds(python: str, path: Path, rounds: int) -> float | None:
    """Return the seconds that ``polars.read_ndjson`` takes in ``python``, None if it has no polars."""
    code = (
        "import sys, time, polars as pl\nbest = 9e9\n"
        f"for _ in range({rounds}):\n    t = time.perf_counter(); pl.read_ndjson(sys.argv[1]); best = min(best, time.perf_counter() - t)\n"
        "print(best)"
    )
    done = subprocess.run([python, "-c", code, str(path)], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else None


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--polars-python", default=sys.executable)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), args.mb << 20, args.rounds, args.polars_python)


def run(folder: Path, size: int, rounds: int, polars_python: str) -> None:
    """Make the logs and measure every figure of the issue."""
    import pandas as pd

    from analyzer.logs import read_log

    clean, dirty, part = folder / "clean.log", folder / "dirty.log", folder / "part.log"
    lines = make_log(clean, size)
    make_log(dirty, size, dirty=0.01)
    head = clean.read_bytes()[: min(size, 60 << 20)]
    part.write_bytes(head[: head.rfind(b"\n") + 1])
    mb = clean.stat().st_size / 1e6
    part_mb = part.stat().st_size / 1e6
    read_log(part)  # imports are not what is measured
    pandas = part_mb / best(lambda: pd.read_json(io.BytesIO(part.read_bytes()), lines=True), 1)
    every = mb / best(lambda: read_log(clean), rounds)
    fixed = mb / best(lambda: read_log(clean, columns=FIXED), rounds)
    rough = dirty.stat().st_size / 1e6 / best(lambda: read_log(dirty), rounds)
    again = part_mb / best(lambda: pd.read_json(io.BytesIO(part.read_bytes()), lines=True), 1)
    peer = max(pandas, again)
    print(f"{lines:,} lines, {mb:.0f} MB, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"pandas.read_json(lines=True)      {peer:6.0f} MB/s   (twice: {pandas:.0f}, {again:.0f})")
    seconds = polars_seconds(polars_python, clean, rounds)
    print("polars.read_ndjson                " + (f"{mb / seconds:6.0f} MB/s" if seconds else "     - (not installed)"))
    print(
        f"read_log, all columns             {every:6.0f} MB/s   {every / peer:.1f}x pandas (target 8x, goal 250 MB/s)"
    )
    print(f"read_log, fixed columns           {fixed:6.0f} MB/s   {fixed / peer:.1f}x pandas")
    server = folder / "server.log"
    make_server_log(server, size // 2)
    half = server.stat().st_size / 1e6
    lines_of_server = server.read_bytes()[: 30 << 20].rpartition(b"\n")[0]
    took = best(lambda: pd.read_json(io.BytesIO(lines_of_server), lines=True), 2)
    beside = len(lines_of_server) / 1e6 / took
    for what, names in (("all columns", None), ("fixed columns", FIXED)):
        speed = half / best(lambda names=names: read_log(server, columns=names), rounds)
        print(f"  a server's own lines, {what:14}{speed:5.0f} MB/s   {speed / beside:.1f}x pandas ({beside:.0f} MB/s)")
    print(f"read_log, 1 % dirty               {rough:6.0f} MB/s   {100 * rough / every:.0f} % of clean (target 40 %)")
    log = read_log(dirty)
    total, rows = int(log.quality["bytes"].sum()), int(log.quality["lines"].sum())
    counted = dirty.read_bytes().count(b"\n")
    print(f"  accounted for: {total:,} of {dirty.stat().st_size:,} bytes, {rows:,} of {counted:,} lines")
    print(f"peak memory, fixed columns        {peak_mb(clean, FIXED):6.0f} MB     (target 500)")
    print(f"peak memory, all columns          {peak_mb(clean, None):6.0f} MB")
    command = [sys.executable, "-m", "analyzer.cli.main", "logs", str(clean), "--level", "error", "--grep"]
    for text in ("Unable to find the channel y", "no such text"):
        took = best(lambda text=text: subprocess.run([*command, text], capture_output=True, check=True), rounds)
        print(
            f"--level error --grep {text[:12]!r}...  {mb / took:6.0f} MB/s   whole process {took:.2f} s (target 300 MB/s)"
        )
    many = folder / "many.log"
    make_log(many, int(size * 1_000_000 / lines))
    big = read_log(many)
    took = best(big.templates, rounds)
    print(f"templates(), {len(big.lines):,} lines   {took:6.2f} s      (target 3 s); {len(big.templates())} patterns")
    from dataclasses import replace

    for what, text in (
        ("no message twice", "user {0} took {1}ms from 10.0.{1}.1"),
        ("every third a pattern", "user {0} took {1}ms: {0:x}"),
    ):
        messages = [text.format(n, n % 997) for n in range(len(big.lines))]
        unique = replace(big, lines=big.lines.assign(msg=pd.Series(messages, dtype="str")))
        took = best(unique.templates, rounds)
        print(f"templates(), {what:21}{took:6.2f} s      (target 3 s); {len(unique.templates()):,} patterns")


if __name__ == "__main__":
    main()
