"""The project's own promises: locks, set-up script, public names, light imports, generated code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import analyzer

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_have_hashes_and_no_address(name):
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]+\])?==", text, flags=re.MULTILINE)
    assert len(pinned) > 20
    assert text.count("--hash=sha256:") >= len(pinned)


def test_the_lock_covers_every_base_dependency():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE))
    for dependency in project["dependencies"]:
        assert re.match(r"[a-z0-9-]+", dependency).group() in locked


@pytest.mark.parametrize("python", ["/nonexistent/python", "false"])
def test_setting_up_without_a_new_enough_python_says_what_to_install(tmp_path, python):
    result = subprocess.run(
        ["sh", ROOT / "tools" / "venv", "requirements.lock", tmp_path / "stamp"],
        capture_output=True, text=True, check=False, cwd=tmp_path, env={"PATH": "/nonexistent:/bin:/usr/bin", "PYTHON": python},
    )  # fmt: skip
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    for system in ("Debian", "Fedora", "macOS"):
        assert system in result.stderr


def test_public_names_are_what_the_package_says():
    public = {
        name for name in vars(analyzer)
        if not name.startswith("_") and getattr(vars(analyzer)[name], "__module__", "").startswith("analyzer")
    }  # fmt: skip
    # Limits is imported on demand; the room generate takes its function's place once it is imported
    assert public | {"Limits", "generate"} == set(analyzer.__all__)
    for name in analyzer.__all__:
        assert getattr(analyzer, name).__doc__


def test_generate_can_be_called_before_and_after_its_room_is_imported():
    with pytest.raises(analyzer.PacketError, match="nowhere"):
        analyzer.generate(_plan())
    assert callable(analyzer.generate)
    with pytest.raises(analyzer.PacketError, match="nowhere"):
        analyzer.generate(_plan())


def _plan():
    from analyzer.generate import Plan

    return Plan(config="nowhere.json", environment=())


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, analyzer; print([m for m in ('pandas', 'numpy', 'pyarrow', 'matplotlib', 'hyperscan') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_generated_classes_are_those_of_the_schema(tmp_path):
    (tmp_path / "analyzer" / "profiles").mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-Ianalyzer/profiles={ROOT / 'proto'}", f"--python_out={tmp_path}",
         "analyzer/profiles/profile.proto"], check=True, cwd=ROOT,
    )  # fmt: skip
    made = (tmp_path / "analyzer" / "profiles" / "profile_pb2.py").read_text()
    assert made == (ROOT / "analyzer" / "profiles" / "profile_pb2.py").read_text()
