"""The command line itself: help without imports, one-line errors, exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from analyzer.cli.main import COMMANDS


def test_help_lists_every_command_and_imports_none_of_them(supportpacket):
    result = supportpacket("--help")
    assert result.returncode == 0
    for name, _, _ in COMMANDS:
        assert f"\n  {name} " in result.stdout
    code = (
        "import sys; from analyzer.cli.main import main; main(['--help']); "
        "print([m for m in ('pandas', 'numpy', 'pyarrow', 'matplotlib', 'rich', 'hyperscan') if m in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS if name != "pprof"])
def test_every_command_explains_itself(supportpacket, name):
    result = supportpacket(name, "--help")
    assert result.returncode == 0
    assert "Usage:" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "No such command"),
        (["summary"], "Missing argument"),
        (["summary", "--nonsense", "x"], "No such option"),
        (["summary", "nowhere.zip"], "nowhere.zip: "),
        (["triage", "nowhere.zip", "-o", "out"], "nowhere.zip: "),
        (["export", "nowhere.zip", "-o", "out"], "nowhere.zip: "),
        (["report", "nowhere.zip", "-o", "out.html"], "nowhere.zip: "),
    ],
)
def test_wrong_usage_exits_with_2_and_no_traceback(supportpacket, tmp_path, arguments, words):
    result = supportpacket(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_version(supportpacket):
    assert supportpacket("--version").stdout.startswith("supportpacket ")


def test_a_closed_pipe_is_no_error(bundled):
    command = f"{sys.executable} -m analyzer.cli.main summary {bundled} | head -1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert result.stderr == ""
    assert "standalone-load-a.zip" in result.stdout
