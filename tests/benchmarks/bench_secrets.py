"""Speed, memory and quality of the secret scan, beside Kingfisher's command line tool in the same run.

    python tests/benchmarks/bench_secrets.py [--packets 40] [--megabytes 200] [--no-peer]

Makes packets at run time (see ``tests/secrets/corpus.py``), scans them with one and with two processes, and prints MB/s of
unpacked bytes, ratios, resident memory of a worker, then precision and recall by kind. The peer is installed from PyPI
(``kingfisher-bin``) into an environment of its own under the temporary folder; without a network it is left out and said so.
"""

from __future__ import annotations

import argparse
import collections
import importlib.util
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile

HERE = Path(__file__).resolve().parent
MB = 1_000_000


def load_corpus(name: str = "corpus") -> ModuleType:
    """Import a part of the labelled corpus, which is no package."""
    spec = importlib.util.spec_from_file_location(f"secret_{name}", HERE.parent / "secrets" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def usual_lines(corpus: ModuleType) -> list[bytes]:
    """Return the log lines of the real packets that come with the project."""
    lines: list[bytes] = []
    for path in sorted(corpus.DATA.glob("standalone-*.zip")):
        with ZipFile(path) as archive:
            lines += archive.read("mattermost.log").splitlines(keepends=True)
    return lines


def make_packets(corpus: ModuleType, folder: Path, packets: int, megabytes: int, every: int) -> int:
    """Write packets of real log lines; one in ``every`` only looks like a secret, one in five times that holds one."""
    rng = random.Random(7)
    total = 0
    usual = usual_lines(corpus)
    pool = [corpus.negative(rng) for _ in range(5_000)]
    for number in range(packets):
        wanted = megabytes * MB // packets
        secrets = [corpus.json_line(rng, "error", text, "app/x.go:1") for _, text, _ in corpus.messages(rng)]
        lines: list[bytes] = []
        size = 0
        while size < wanted:
            draw = rng.randrange(every * 5)
            line = rng.choice(secrets if draw == 0 else pool if draw < 5 else usual)
            lines.append(line)
            size += len(line)
        config = corpus.go_json(corpus.base_config())
        members = {
            "mattermost.log": b"".join(lines),
            "sanitized_config.json": config,
            "metadata.yaml": corpus.metadata("11.6.0"),
        }
        corpus.Case(f"packet-{number:03}", members).write(folder)
        total += sum(map(len, members.values()))
    return total


def timed(command: list[str], runs: int) -> tuple[float, float]:
    """Return the least wall-clock time and processor time of ``runs`` runs."""
    best = (float("inf"), float("inf"))
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        wall = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, (wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return best


def peer(folder: Path) -> Path | None:
    """Return the peer's executable, installed into its own environment, or None."""
    if found := os.environ.get("KINGFISHER"):
        return Path(found)
    home = folder / "peer"
    try:
        venv.create(home, with_pip=True)
        subprocess.run(
            [home / "bin" / "python", "-m", "pip", "install", "-q", "kingfisher-bin"], check=True, timeout=300
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return home / "bin" / "kingfisher"


def memory_of_worker(packet: Path) -> int:
    """Return the most resident bytes that scanning one packet in a fresh process takes."""
    code = (
        "import sys; from analyzer.archive import open_archive; from analyzer.secrets import scan_archive\n"
        "with open_archive(sys.argv[1]) as a: scan_archive(a)\n"
        "print(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1] + '000')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(packet)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def start_up(corpus: ModuleType, folder: Path) -> float:
    """Return the least time of a scan that has nothing to do."""
    packet = corpus.Case("empty", {"mattermost.log": b"{}\n"}).write(folder)
    return timed([sys.executable, "-m", "analyzer.cli.main", "scan", str(packet), "--format", "jsonl"], 5)[0]


def uncompiled() -> str:
    """Say if every start compiles the sources, because nobody has and PYTHONDONTWRITEBYTECODE forbids to keep it."""
    import analyzer

    there = Path(importlib.util.cache_from_source(str(analyzer.__file__))).exists()
    return "" if there else " (without compiled files: each start compiles the sources anew)"


def quality(corpus: ModuleType, folder: Path, seed: int) -> None:
    """Print precision and recall by kind over the labelled corpus, and false lines in 100,000 clean ones."""
    from analyzer.archive import open_archive
    from analyzer.secrets import scan_archive

    rng = random.Random(seed)
    found: dict[str, int] = collections.Counter()
    planted: dict[str, int] = collections.Counter()
    wrong: dict[str, int] = collections.Counter()
    clean_lines = 80_000
    settings, messages, decoys = (load_corpus(f"corpus_{name}") for name in ("settings", "messages", "decoys"))
    cases: list[Any] = [
        *corpus.config_cases(rng),
        *settings.cases(corpus, rng),
        *corpus.log_cases(rng),
        *messages.cases(corpus, decoys, rng, 4),
        corpus.negative_case(rng, clean_lines // 2),
        decoys.case(corpus, rng, clean_lines // 2),
        corpus.clean_config_case(),
    ]
    false_lines = 0
    for case in cases:
        with open_archive(str(case.write(folder))) as archive:
            scanned = scan_archive(archive)
        reported: dict[str, set[str]] = collections.defaultdict(set)
        for finding in scanned.findings:
            reported[finding.secret.reveal()].add(finding.confidence)
        known = {value for p in case.planted for value in (p.value, *p.also)}
        for p in case.planted:
            planted[p.kind] += 1
            found[p.kind] += any(reported.get(v, set()) - (set() if p.low else {"low"}) for v in (p.value, *p.also))
        for finding in scanned.findings:
            if finding.secret.reveal() not in known and finding.confidence != "low":
                wrong[finding.rule] += 1
                false_lines += case.name in {"negatives", "decoys"}
    print(f"\n{'class':44} {'planted':>8} {'found':>8} {'recall':>8}")
    for kind in sorted(planted):
        print(f"{kind:44} {planted[kind]:8} {found[kind]:8} {found[kind] / planted[kind]:8.1%}")
    for group in ("setting", "log", "plain", "message"):
        kinds = [kind for kind in planted if kind.startswith(group)]
        total, right = sum(planted[k] for k in kinds), sum(found[k] for k in kinds)
        print(f"{'all of ' + group:44} {total:8} {right:8} {right / total:8.1%}")
    right, false = sum(found.values()), sum(wrong.values())
    print(
        f"precision {right / (right + false):.2%} ({false} false: {dict(wrong)}); false lines per 100,000 clean: {false_lines * 100_000 / clean_lines:g}"
    )


def main() -> None:
    """Run the benchmark and print figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--packets", type=int, default=40)
    options.add_argument("--megabytes", type=int, default=200)
    options.add_argument(
        "--every",
        type=int,
        default=40,
        help="one line in so many only looks like a secret, one in five times that holds one",
    )
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--no-peer", action="store_true")
    options.add_argument("--no-quality", action="store_true")
    given = options.parse_args()
    corpus = load_corpus()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "packets"
        folder.mkdir()
        total = make_packets(corpus, folder, given.packets, given.megabytes, given.every)
        print(f"{given.packets} zipped packets, {total / MB:.0f} MB unpacked")
        command = [sys.executable, "-m", "analyzer.cli.main", "scan", str(folder), "--format", "jsonl", "--jobs"]
        timed([*command, "1"], 1)  # fills the page cache and the pattern cache
        one, cpu = timed([*command, "1"], given.runs)
        two, _ = timed([*command, "2"], given.runs)
        print(f"1 process   {one:6.2f} s  {total / MB / one:6.0f} MB/s  ({cpu:.2f} s of processor)")
        print(f"2 processes {two:6.2f} s  {total / MB / two:6.0f} MB/s  scaling {one / two:.2f}x")
        print(f"start-up: {start_up(corpus, Path(name)):.2f} s for a packet of one line{uncompiled()}")
        rss = max(memory_of_worker(path) for path in sorted(folder.iterdir())[:2])
        print(f"memory of a worker, usual packet: {rss / MB:.0f} MB")
        big = corpus.Case(
            "big",
            {
                "mattermost.log": corpus.negative(random.Random(1)) * (300 * MB // 250),
                "metadata.yaml": corpus.metadata("11.6.0"),
            },
        )
        print(f"memory of a worker, 300 MB log:   {memory_of_worker(big.write(Path(name))) / MB:.0f} MB")
        executable = None if given.no_peer else peer(Path(name))
        if executable is None:
            print("Kingfisher: left out")
        else:
            arguments = [
                str(executable),
                "scan",
                str(folder),
                "--no-validate",
                "--format",
                "jsonl",
                "--no-update-check",
            ]
            timed(arguments, 1)
            theirs, their_cpu = timed(arguments, given.runs)
            print(f"Kingfisher  {theirs:6.2f} s  {total / MB / theirs:6.0f} MB/s  ({their_cpu:.2f} s of processor)")
            print(
                f"ours in 2 processes / Kingfisher: {two / theirs:.2f} of its time; one process: {one / theirs:.2f}; processor time: {cpu / their_cpu:.2f}"
            )
        if not given.no_quality:
            quality(corpus, Path(name), seed=11)


if __name__ == "__main__":
    main()
