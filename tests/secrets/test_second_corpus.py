"""What the scan finds of a corpus that was written without the rules in sight, and what it takes for a secret in vain."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

from analyzer.archive import open_archive
from analyzer.secrets import scan_archive

HERE = Path(__file__).resolve().parent


def part(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"secret_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def parts():
    return {name: part(f"corpus_{name}") for name in ("settings", "messages", "decoys")}


def measure(cases, policy, folder):
    """Return (missed, wrong): what was planted and not reported, what was reported and not planted."""
    missed, wrong, planted = [], [], 0
    for case in cases:
        with open_archive(str(case.write(folder))) as archive:
            findings = [f for f in scan_archive(archive, policy=policy).findings if f.confidence != "low"]
        values = {f.secret.reveal() for f in findings}
        known = {value for p in case.planted for value in (p.value, *p.also)}
        planted += len(case.planted)
        missed += [(case.name, p.kind) for p in case.planted if values.isdisjoint((p.value, *p.also))]
        wrong += [(case.name, f.rule, f.line, f.key_path) for f in findings if f.secret.reveal() not in known]
    return missed, wrong, planted


def test_settings(corpus, parts, policy, tmp_path):
    missed, wrong, planted = measure(parts["settings"].cases(corpus, random.Random(41)), policy, tmp_path)
    assert planted > 800
    assert missed == []
    assert wrong == []


def test_messages(corpus, parts, policy, tmp_path):
    cases = parts["messages"].cases(corpus, parts["decoys"], random.Random(42))
    missed, wrong, planted = measure(cases, policy, tmp_path)
    assert planted > 350
    assert len(missed) <= 0.01 * planted, missed
    assert wrong == []


def test_decoys(corpus, parts, policy, tmp_path):
    case = parts["decoys"].case(corpus, random.Random(43), 20_000)
    assert measure([case], policy, tmp_path)[1] == []


def test_settings_are_named(corpus, parts, policy, tmp_path):
    case = next(parts["settings"].cases(corpus, random.Random(44)))
    with open_archive(str(case.write(tmp_path))) as archive:
        findings = scan_archive(archive, policy=policy).findings
    text = case.members["sanitized_config.json"]
    for finding in findings:
        assert finding.key_path
        assert finding.member == "sanitized_config.json"
        assert len(text[finding.offset : finding.offset + finding.length]) == finding.length > 0
