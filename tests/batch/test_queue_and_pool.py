"""What is read of what was named; workers that die, hang, crash or take too much; Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import zipfile

import pytest

from analyzer.batch.pool import WorkerLimits, run
from analyzer.batch.queue import expand, repeated
from analyzer.errors import NotAPacket


@pytest.fixture
def uploads(tmp_path):
    def touch(name: str, text: str = "x"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    touch("a.zip")
    touch("sub/deep/b.TAR.GZ")
    touch("sub/c.tgz")
    touch("sub/notes.txt")
    touch("packet/mattermost.log")
    touch("packet/inner.zip")
    touch("cluster/app-1/diagnostics.yaml")
    touch("cluster/app-1/sanitized_config.json")
    touch("cluster/app-2/diagnostics.yaml")
    touch("cluster/app-2/sanitized_config.json")
    (tmp_path / "link.zip").symlink_to(tmp_path / "a.zip")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.zip")
    return tmp_path


def names(root, items):
    return [os.path.relpath(item.source, root) for item in items]


def test_folders_are_searched_and_links_and_pipes_left_alone(uploads):
    found = list(expand([uploads]))
    read = [item for item in found if item.is_source]
    assert names(uploads, read) == ["a.zip", "cluster", "packet", "sub/c.tgz", "sub/deep/b.TAR.GZ"]
    assert all(item.error is None for item in found)
    left = {os.path.basename(item.source): item.skipped for item in found if not item.is_source}
    assert left == {"link.zip": "a link, not followed", "pipe.zip": "no regular file"}


def test_named_files_globs_and_repeats(uploads):
    found = list(expand([str(uploads / "sub" / "notes.txt"), str(uploads / "sub" / "*.t*"), uploads / "none.zip"]))
    assert names(uploads, found) == ["sub/notes.txt", "sub/c.tgz", "none.zip"]
    assert [bool(item.error) for item in found] == [False, False, True]


def test_remote_folders_are_listed():
    import fsspec

    system = fsspec.filesystem("memory")
    system.pipe({"/listed/a.zip": b"1", "/listed/x/b.tgz": b"22", "/listed/x/c.txt": b"3"})
    found = list(expand(["memory://listed/", "memory://listed/*.zip", "memory://listed/x/c.txt"]))
    assert [item.source.removeprefix("memory://").lstrip("/") for item in found] == [
        "listed/a.zip",
        "listed/x/b.tgz",
        "listed/x/c.txt",
    ]


def test_same_content_is_known(tmp_path):
    for name, text in {"a": "same", "b": "diff", "c": "same", "d": "longer"}.items():
        (tmp_path / f"{name}.zip").write_text(text)
    same = repeated(list(expand([tmp_path])))
    assert {os.path.basename(k): os.path.basename(v) for k, v in same.items()} == {"c.zip": "a.zip"}


def work(source: str):
    what, _, number = source.partition(" ")
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "exit":
        os._exit(7)
    if what == "hang":
        time.sleep(60)
    if what == "memory":
        return len(bytearray(4 << 30))
    if what == "bug":
        raise RuntimeError("holds a value: hunter2")
    if what == "packet":
        raise NotAPacket(f"{source}: no packet")
    return int(number) * 2


def test_a_dead_worker_costs_one_source():
    sources = [
        "ok 1",
        "kill",
        "ok 2",
        "exit",
        "hang",
        "ok 3",
        "memory",
        "bug",
        "packet",
        *[f"ok {n}" for n in range(10, 30)],
    ]
    outcomes = {o.source: o for o in run(sources, work, jobs=2, limits=WorkerLimits(seconds=1.5, memory=1 << 30))}
    assert set(outcomes) == set(sources)
    assert [outcomes[f"ok {n}"].value for n in (1, 2, 3, 29)] == [2, 4, 6, 58]
    assert "SIGKILL" in outcomes["kill"].failure
    assert "exit code 7" in outcomes["exit"].failure
    assert outcomes["hang"].failure == "not done within 1.5 s"
    assert "memory" in outcomes["memory"].failure
    assert outcomes["packet"].failure == "packet: no packet"
    assert outcomes["bug"].failure.startswith("internal error: RuntimeError at test_queue_and_pool.py:")
    assert "hunter2" not in outcomes["bug"].failure


def test_results_come_while_others_run():
    started = time.monotonic()
    outcomes = run(["ok 1", "hang"], work, jobs=2, limits=WorkerLimits(seconds=30))
    assert next(outcomes).value == 2
    outcomes.close()
    assert time.monotonic() - started < 20


def test_workers_end_with_the_run():
    before = set(_children())
    outcomes = run(["hang", "hang 2", "ok 1"], work, jobs=3, limits=WorkerLimits(seconds=30))
    assert next(outcomes).value == 2
    assert len(set(_children()) - before) >= 2
    outcomes.close()
    assert set(_children()) - before == set()


def _children():
    import multiprocessing

    return [process.pid for process in multiprocessing.active_children()]


def test_with_threads_about():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, daemon=True)
    thread.start()
    try:
        assert sorted(o.value for o in run(["a 1", "a 2"], _double, jobs=2)) == [2, 4]
    finally:
        stop.set()
        thread.join()


def _double(source: str) -> int:
    return 2 * int(source.partition(" ")[2])


def test_sockets_are_no_sources(tmp_path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s.zip"))
        reasons = [(item.source, item.skipped) for item in expand([tmp_path])]
    assert reasons == [
        (str(tmp_path / "s.zip"), "no regular file"),
        (str(tmp_path), "nothing to scan: no packet and no archive in it"),
    ]


def test_a_zip_of_nothing(tmp_path):
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    (item,) = expand([tmp_path])
    assert item.size == 22
