"""Workers forked from the nursery: loaded beforehand, mortal, limited, and gone with the command."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the nursery forks")

SCRIPT = """
import json, os, signal, sys, time
from analyzer.batch import nursery

loaded = []

def load():
    loaded.append(os.getpid())
    if sys.argv[1] == "broken":
        raise ValueError

def work(source):
    if source == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if source == "leave":
        os._exit(7)
    if source == "hang":
        time.sleep(60)
    return {"pid": os.getpid(), "parent": os.getppid(), "loaded": loaded}

nursery.begin(load)
from analyzer.batch.pool import run
from analyzer.batch.worker import WorkerLimits
place = nursery.current()
if sys.argv[1] == "gone":
    os.kill(place._pid, signal.SIGKILL)
    os.waitid(os.P_PID, place._pid, os.WEXITED | os.WNOWAIT)
said = [
    (o.source, o.value, o.failure)
    for o in run(sys.argv[2:], work, jobs=2, limits=WorkerLimits(seconds=2), nursery=place)
]
nursery.end()
print(json.dumps({"pid": os.getpid(), "nursery": place._pid, "said": said}))
"""


def told(case: str, *sources: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, case, *sources], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def runs(pid: int) -> bool:
    """Whether a process is there and has not ended; what nobody waits for stays as a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_workers_are_children_of_the_nursery_and_share_what_it_loaded():
    result = told("whole", "a", "b", "c", "d")
    assert sorted(source for source, _, _ in result["said"]) == ["a", "b", "c", "d"]
    assert {value["parent"] for _, value, _ in result["said"]} == {result["nursery"]}
    assert all(value["loaded"] == [result["nursery"]] for _, value, _ in result["said"])
    assert len({value["pid"] for _, value, _ in result["said"]}) <= 2


def test_a_dead_worker_costs_one_source():
    result = told("whole", "a", "die", "b", "leave", "hang", "c")
    failures = {source: failure for source, _, failure in result["said"] if failure}
    assert failures.keys() == {"die", "leave", "hang"}
    assert "SIGKILL" in failures["die"]
    assert failures["leave"] == "its worker ended (exit code 7)"
    assert failures["hang"] == "not done within 2 s"
    assert {value["parent"] for _, value, _ in result["said"] if value} == {result["nursery"]}


def test_nothing_is_left_behind():
    result = told("whole", "a", "b")
    pids = {result["nursery"], *(value["pid"] for _, value, _ in result["said"])}
    until = time.monotonic() + 10
    while any(map(runs, pids)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(map(runs, pids))


def test_what_cannot_be_loaded_is_left_to_the_workers():
    result = told("broken", "a")
    assert [(source, failure) for source, _, failure in result["said"]] == [("a", None)]


def test_without_the_nursery_workers_are_forked_here():
    result = told("gone", "a", "die", "b")
    values = [value for _, value, _ in result["said"] if value]
    assert {value["parent"] for value in values} == {result["pid"]}
    assert all(value["loaded"] == [] for value in values)
    assert [source for source, _, failure in result["said"] if failure] == ["die"]


def test_wrong_usage_ends_the_nursery_too(tmp_path):
    command = [sys.executable, "-m", "analyzer.cli.main", "scan", "--nonsense"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "No such option" in done.stderr


def test_no_nursery_with_threads_about():
    script = (
        "import threading; from analyzer.batch import nursery\n"
        "stop = threading.Event(); threading.Thread(target=stop.wait).start()\n"
        "nursery.begin(lambda: None); print(nursery.current()); stop.set()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "None\n"


def test_interrupted_while_it_imports():
    script = (
        "import sys; import analyzer.batch as batch; import analyzer.cli.main as command\n"
        "def begin(): raise KeyboardInterrupt\n"
        "batch.begin = begin; sys.argv = ['supportpacket', 'scan', 'x']; command.run()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "supportpacket: interrupted\n")
