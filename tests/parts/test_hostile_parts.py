"""Real parts cut, flipped, swapped and stuffed: a value with problems or one PartError line, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import PartError
from analyzer.parts import (
    config,
    diagnostics,
    jobs,
    metadata,
    permissions,
    plugin_diagnostics,
    plugins,
    schema,
    stats,
    support_packet,
    warnings,
)

READERS = {
    "metadata.yaml": metadata,
    "diagnostics.yaml": diagnostics,
    "stats.yaml": stats,
    "jobs.yaml": jobs,
    "permissions.yaml": permissions,
    "plugins.json": plugins,
    "sanitized_config.json": config,
    "database_schema.yaml": schema,
    "warning.txt": warnings,
    "support_packet.yaml": support_packet,
    "plugin_diagnostics": plugin_diagnostics,
}


def survive(module, data):
    try:
        parsed = module.read(data)
    except PartError as fault:
        assert str(fault)
        assert "\n" not in str(fault)
        assert str(fault).isprintable()
        return
    for problem in parsed.problems:
        assert problem.message
        assert str(problem).isprintable()
    module.write(parsed.value)
    if hasattr(parsed.value, "frame"):
        parsed.value.frame()


@pytest.fixture(scope="session")
def samples(real_116):
    found = dict(real_116["standalone-load-a"])
    found["warning.txt"] = real_116["standalone-database-down"]["warning.txt"]
    found["plugins.json"] = real_116["standalone-database-down"]["plugins.json"]
    found["support_packet.yaml"] = found["jobs.yaml"] + found["stats.yaml"]
    found["plugin_diagnostics"] = found["stats.yaml"]
    found["database_schema.yaml"] = found["database_schema.yaml"][:6000]
    found["permissions.yaml"] = found["permissions.yaml"][:6000]
    return found


@pytest.mark.parametrize("name", READERS)
def test_garbled_parts(samples, name):
    whole = samples[name]

    @settings(max_examples=80, deadline=None)
    @given(st.data())
    def check(data):
        garbled = bytearray(whole)
        for _ in range(data.draw(st.integers(0, 6))):
            at = data.draw(st.integers(0, len(garbled) - 1))
            garbled[at] = data.draw(st.one_of(st.integers(0, 255), st.sampled_from(list(b"{}[]:,\"'\\\n\t -&*!|>%@#"))))
        cut = data.draw(st.one_of(st.just(len(garbled)), st.integers(0, len(garbled))))
        survive(READERS[name], bytes(garbled[:cut]))

    check()


@pytest.mark.parametrize("name", READERS)
def test_any_bytes(name):
    @settings(max_examples=80, deadline=None)
    @given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
    def check(data):
        survive(READERS[name], data)

    check()


@pytest.mark.parametrize("name", READERS)
def test_another_parts_bytes(samples, name):
    for data in samples.values():
        survive(READERS[name], data)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "stuffing",
    [
        b"jobs: " + b"[" * 40_000,
        b'{"a":' * 40_000,
        b"a: &a " + b"[" * 30 + b"*a" + b"]" * 30,
        b"\n" * 500_000,
        b"- " * 40_000,
        b"? " * 40_000,
        b"1 error occurred:\n\t* " * 10_000,
        b"version: " + b"9" * 200_000,
        b"version: '" + b"x" * 500_000,
        b"\xff\xfe" + b"\x00" * 100_001,
        b"server: !!binary |\n  x\n",
        b'"\\ud800": 1',
        b"x: " + b"\x1b[31m" * 1000,
    ],
    ids=range(13),
)
def test_stuffed_parts(name, stuffing):
    survive(READERS[name], stuffing)


@pytest.mark.parametrize("name", READERS)
def test_a_part_beyond_the_bound_is_refused_unread(name):
    with pytest.raises(PartError, match="more than the"):
        READERS[name].read(bytes(64 * 1024 * 1024 + 1))
