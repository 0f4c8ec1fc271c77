"""Whatever a value holds, reading what was written gives it back: every part, every dialect."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.format.versions import parse_version
from analyzer.parts import (
    config,
    diagnostics,
    fields,
    jobs,
    metadata,
    permissions,
    plugin_diagnostics,
    plugins,
    scalars,
    schema,
    stats,
    support_packet,
    warnings,
)

EXAMPLES = settings(max_examples=60, deadline=None)
TEXT = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="ab01.:-#'\"\\{}[]*&!|>%@`,? \t\n_+=~", max_size=12),
    st.sampled_from(["13.10", "yes", "null", "~", "1_000", "0o17", "123e4567", "9" * 26, "2026-11-22", "a\n\nb\n"]),
)
INT = st.integers(-(2**63), 2**63 - 1)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-3, minutes=-30))])
TIME = st.datetimes(datetime(1900, 1, 1), datetime(2999, 1, 1), timezones=ZONES)  # noqa: DTZ001
MILLIS = st.integers(10**11, 10**13).map(lambda ms: scalars.EPOCH + timedelta(milliseconds=ms))
FLOAT = st.floats(-(2.0**53), 2.0**53, allow_nan=False)  # beyond, Go writes a whole number that is not the float
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), INT, FLOAT, st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
BY_FIT = {
    scalars.to_text: TEXT,
    scalars.to_int: INT,
    scalars.to_float: st.floats(allow_nan=False, allow_infinity=False),
    scalars.to_bool: st.booleans(),
    scalars.to_time: TIME,
    scalars.to_millis: MILLIS,
    fields._texts: st.lists(TEXT, max_size=3).map(tuple),
    fields._text_map: st.dictionaries(TEXT, TEXT, max_size=3),
    fields._free_map: st.dictionaries(st.text(max_size=8), st.one_of(st.booleans(), st.none()), max_size=3),
}


def values(of, *, skip=()):
    """Instances of a part's dataclass as readers make them: an omitempty field is never zero."""
    chosen = {}
    for name, key in fields.plan(of):
        if name in skip:
            continue
        if key.of is not None:
            one = values(key.of)
            item = st.lists(one, max_size=2).map(tuple) if key.many else one
        else:
            item = BY_FIT[key.fit]
        item = st.none() | item
        if key.omit:
            item = item.map(lambda v: None if fields._is_zero(v) else v)
        chosen[name] = item
    taken = {written for _, key in fields.plan(of) for written in key.names}
    extra = st.dictionaries(TEXT.filter(lambda k: k not in taken), TEXT, max_size=2)
    return st.builds(of, **chosen, extra=extra)


PARTS = {
    "metadata": (metadata, metadata.Metadata),
    "stats": (stats, stats.Stats),
    "jobs": (jobs, jobs.Jobs),
    "diagnostics": (diagnostics, diagnostics.Diagnostics),
    "permissions": (permissions, permissions.Permissions),
    "schema": (schema, schema.DatabaseSchema),
    "plugin_diagnostics": (plugin_diagnostics, plugin_diagnostics.PluginDiagnostics),
}


@pytest.mark.parametrize("part", PARTS)
def test_a_value_comes_back(part):
    module, of = PARTS[part]

    @EXAMPLES
    @given(values(of))
    def check(value):
        if value == of():
            return  # an empty document is a fault, not a value
        assert module.read(module.write(value)).value == value

    check()


@pytest.mark.parametrize("part", ["diagnostics", "jobs", "permissions"])
def test_a_value_comes_back_from_the_four_space_dialect(part):
    module, of = PARTS[part]
    target = parse_version("10.5.0")

    @EXAMPLES
    @given(values(of))
    def check(value):
        kept = module.read(module.write(value, target=target) if value != of() else b"{}").value
        again = module.read(module.write(kept, target=target) if kept != of() else b"{}").value
        assert again == kept

    check()


@EXAMPLES
@given(values(support_packet.SupportPacket), st.sets(st.sampled_from(support_packet.STATISTICS)))
def test_support_packet_comes_back_with_what_the_server_did_not_count(value, gone):
    counted = {name: abs(number) for name in support_packet.STATISTICS if (number := getattr(value, name)) is not None}
    value = dataclasses.replace(
        value, **counted, **dict.fromkeys(gone - counted.keys()), unavailable=frozenset(gone - counted.keys())
    )
    if value == support_packet.SupportPacket():
        return
    value = dataclasses.replace(value, server_version=None)
    read = support_packet.read(support_packet.write(value))
    assert read.value == value
    assert {p.key_path for p in read.problems if "did not count" in p.message} == value.unavailable


@EXAMPLES
@given(
    st.builds(
        plugins.Plugins,
        st.none() | st.lists(values(plugins.Manifest), max_size=3).map(tuple),
        st.none() | st.lists(values(plugins.Manifest), max_size=3).map(tuple),
        st.sampled_from(["active", "enabled"]),
        st.dictionaries(st.text(max_size=5), JSON, max_size=2).map(
            lambda d: {k: v for k, v in d.items() if k not in ("active", "inactive", "enabled", "disabled")}
        ),
    )
)
def test_plugin_lists_come_back(value):
    if value.enabled is None and value.disabled is None:
        value = dataclasses.replace(value, form="enabled")
    assert plugins.read(plugins.write(value)).value == value


@EXAMPLES
@given(st.dictionaries(st.text(max_size=12), JSON, min_size=1, max_size=5))
def test_a_configuration_comes_back_and_every_leaf_is_found_by_its_path(tree):
    value = config.Config(tree)
    assert config.read(config.write(value)).value == value
    for path, leaf in value:
        assert value[path] == leaf


MESSAGE = st.text(alphabet="abc :.*\té", min_size=1, max_size=20).filter(
    lambda t: t.strip() and not t.startswith(("\t", " ", "*")) and "occurred" not in t
)
TREE = st.recursive(
    MESSAGE.map(warnings.Message),
    lambda inner: st.builds(
        lambda text, nested: warnings.Message(text, nested=tuple(nested), declared=len(nested)),
        MESSAGE.filter(lambda t: not t.endswith(":")),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


def bare(message):
    return dataclasses.replace(message, span=(0, 0), nested=tuple(bare(m) for m in message.nested))


@EXAMPLES
@given(st.lists(MESSAGE.map(warnings.Message), min_size=1, max_size=5))
def test_warnings_of_one_level_come_back(messages):
    value = warnings.Warnings(tuple(messages), "multierror")
    read = warnings.read(warnings.write(value))
    assert read.problems == ()
    assert tuple(bare(m) for m in read.value.messages) == value.messages


@EXAMPLES
@given(st.lists(TREE, min_size=1, max_size=4))
def test_nested_warnings_come_back_byte_for_byte(messages):
    value = warnings.Warnings(tuple(messages), "multierror")
    data = warnings.write(value)
    read = warnings.read(data)
    assert warnings.write(read.value) == data
    assert [c.text for c in read.value.complaints()] == [c.text for c in value.complaints()]
