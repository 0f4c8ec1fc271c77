"""How long a packet takes: a large log collected, scanned, sanitized and zipped; and every dependency hanging.

Beside it, in the same run, what no generator can do without: deflating the same log with zlib as the packet does, and
reading it. ``python tests/benchmarks/bench_generate.py [MB] [--hanging]``
"""

from __future__ import annotations

import contextlib
import json
import random
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

PEER_LEVEL = 6
STAMP = '{{"timestamp":"2026-11-22 12:{m:02d}:{s:02d}.{n:03d} Z",'
REQUEST = '"level":"debug","msg":"Received HTTP request","caller":"web/handlers.go:{n}","method":"POST",'
WHERE = '"url":"/api/v4/channels/{id}/posts","request_id":"{id2}","user_id":"{id}","status_code":"{code}"}}\n'
WORKER = (
    '"level":"info","msg":"Worker is done","caller":"jobs/worker.go:{n}","worker":"migrations","job_id":"{id2}"}}\n'
)
FAILED = '"level":"error","msg":"Failed to send notification","caller":"app/notification.go:{n}",'
REASON = '"error":"Post \\"https://push.example.com/api/v1/send_push\\": dial tcp 10.0.0.{s}:443: i/o timeout"}}\n'
LINES = (STAMP + REQUEST + WHERE, STAMP + WORKER, STAMP + FAILED + REASON)


def make_log(path: Path, megabytes: int, password: str) -> None:
    """Write a log as a busy server does, with a password once in ten thousand lines."""
    dice = random.Random(7)
    alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769"
    block = bytearray()
    for number in range(40_000):
        values = {name: "".join(dice.choices(alphabet, k=26)) for name in ("id", "id2")}
        line = dice.choice(LINES).format(
            m=number // 60 % 60, s=number % 60, n=number % 1000, code=dice.choice((200, 201, 404)), **values
        )
        block += line.encode()
        if number % 10_000 == 0:
            block += json.dumps({"level": "error", "msg": f"bind failed with {password}"}).encode() + b"\n"
    with path.open("wb") as stream:
        while stream.tell() < megabytes << 20:
            stream.write(block)


def child(config: str, out: str) -> None:
    """Generate in a process of its own, and print seconds and peak memory."""
    from analyzer.generate import Plan, generate

    started = time.perf_counter()
    done = generate(Plan(config, Path(out), cpu_seconds=0))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {"seconds": seconds, "peak_mb": peak, "members": dict(done.members), "left_out": dict(done.left_out)}
        )
    )


def run(config: Path, out: Path) -> dict:
    done = subprocess.run(
        [sys.executable, __file__, "--child", str(config), str(out)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def zlib_alone(path: Path, level: int) -> float:
    machine = zlib.compressobj(level, zlib.DEFLATED, -15)
    started = time.perf_counter()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            machine.compress(piece)
    machine.flush()
    return time.perf_counter() - started


def large_log(folder: Path, megabytes: int) -> None:
    password = secrets.token_hex(12)
    (folder / "config").mkdir()
    (folder / "logs").mkdir()
    (folder / "data").mkdir()
    config = folder / "config" / "config.json"
    config.write_text(json.dumps({"LdapSettings": {"BindPassword": password}, "PluginSettings": {"Enable": False}}))
    log = folder / "logs" / "mattermost.log"
    make_log(log, megabytes, password)
    size = log.stat().st_size / 1e6
    rows = [run(config, folder / "out") for _ in range(3)]
    best = min(rows, key=lambda row: row["seconds"])
    assert not best["left_out"], best
    alone = {level: min(zlib_alone(log, level) for _ in range(2)) for level in (4, PEER_LEVEL)}
    print(
        f"log collected, scanned, sanitized, zipped: {size:.0f} MB in {best['seconds']:.2f} s, {size / best['seconds']:.0f} MB/s"
    )
    print(f"  peak memory {max(row['peak_mb'] for row in rows):.0f} MB (at most 200)")
    for level, seconds in alone.items():
        print(
            f"  zlib level {level} alone: {size / seconds:.0f} MB/s; ours takes {best['seconds'] / seconds:.2f}x that time"
        )


def hanging(folder: Path) -> None:
    with socket.socket() as listening, contextlib.ExitStack() as stack:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        port = listening.getsockname()[1]

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    stack.push(listening.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        config = folder / "hanging.json"
        config.write_text(
            json.dumps(
                {
                    "SqlSettings": {"DataSource": f"postgres://u:p@127.0.0.1:{port}/m?sslmode=disable"},
                    "LdapSettings": {"Enable": True, "LdapServer": "127.0.0.1", "LdapPort": port},
                    "EmailSettings": {
                        "SendEmailNotifications": True, "SMTPServer": "127.0.0.1", "SMTPPort": str(port),
                        "SendPushNotifications": True, "PushNotificationServer": f"http://127.0.0.1:{port}",
                    },
                    "ElasticsearchSettings": {"EnableIndexing": True, "ConnectionURL": f"http://127.0.0.1:{port}"},
                    "OpenIdSettings": {"Enable": True, "DiscoveryEndpoint": f"http://127.0.0.1:{port}/x"},
                    "SamlSettings": {"Enable": True, "IdpMetadataURL": f"http://127.0.0.1:{port}/x"},
                    "MetricsSettings": {"Enable": True, "ListenAddress": f"127.0.0.1:{port}"},
                }
            )
        )  # fmt: skip
        row = run(config, folder / "out-hanging")
        listening.shutdown(socket.SHUT_RDWR)
    print(f"every dependency hanging: {row['seconds']:.1f} s (at most 30), {len(row['members'])} members")


def main() -> None:
    """Print the figures."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--child"]:
        child(*arguments[1:])
        return
    numbers = [int(text) for text in arguments if text.isdigit()]
    with tempfile.TemporaryDirectory() as name:
        large_log(Path(name), numbers[0] if numbers else 100)
        hanging(Path(name))


if __name__ == "__main__":
    main()
