"""Call trees against a tree built one stack at a time, and against the flat and cum of reports."""

import zipfile
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import UsageError
from analyzer.profiles.model import ValueType
from analyzer.profiles.read import read_columns
from analyzer.profiles.tree import CALL_TREE, call_tree, grow
from analyzer.profiles.tree_grow import OTHER
from analyzer.profiles.tree_stacks import Stacks, beside, rooted, sides

CPU = (ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))


def _stacks(samples, types=CPU, splits=None):
    """Stacks of (frames leaf first, values); each frame is a location of its own unless ``splits`` joins them."""
    names = sorted({name for frames, _ in samples for name in frames})
    locations = [(names.index(name),) for name in names]
    stack_locations, offsets = [], [0]
    for number, (frames, _) in enumerate(samples):
        rows = [names.index(name) for name in frames]
        if splits and splits[number] and len(rows) > 1:
            locations.append(tuple(rows[:2]))  # the leaf was inlined into its caller
            rows = [len(locations) - 1, *rows[2:]]
        stack_locations += rows
        offsets.append(len(stack_locations))
    slots = [frame for location in locations for frame in location]
    inline = [place + 1 < len(location) for location in locations for place in range(len(location))]
    return Stacks(
        types=types,
        names=tuple(names),
        files=("",) * len(names),
        taken=np.array([values for _, values in samples], np.int64).reshape(len(samples), len(types)),
        offsets=np.array(offsets),
        locations=np.array(stack_locations, np.int32),
        slot_offsets=np.cumsum([0, *map(len, locations)]),
        slot_frame=np.array(slots, np.int32),
        slot_inline=np.array(inline, bool),
    )


def _expected(samples, *, bottom_up):
    """(path -> self, path -> total) of every node, one stack at a time."""
    own, total = defaultdict(lambda: np.zeros(2, object)), defaultdict(lambda: np.zeros(2, object))
    for frames, values in samples:
        path = tuple(frames if bottom_up else frames[::-1])
        own[path] = own[path] + np.array(values, object)
        for end in range(len(path) + 1):
            total[path[:end]] = total[path[:end]] + np.array(values, object)
    return own, total


def _paths(tree):
    return {tuple(tree.path(node)): node for node in range(len(tree))}


samples_strategy = st.lists(
    st.tuples(st.lists(st.sampled_from("abcde"), max_size=6), st.tuples(*[st.integers(0, 1 << 60)] * 2)), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(samples_strategy, st.booleans(), st.lists(st.booleans(), min_size=12, max_size=12))
def test_equals_a_tree_built_one_stack_at_a_time(samples, bottom_up, splits):
    tree = grow(_stacks(samples, splits=splits), bottom_up=bottom_up)
    own, total = _expected(samples, bottom_up=bottom_up)
    paths = _paths(tree)
    assert set(paths) == {(), *total}
    for path, node in paths.items():
        # int64 sums wrap only beyond 2**63, which a profile of 12 such samples reaches
        assert tree.self_values[node].tolist() == [_wrapped(int(value)) for value in own[path]]
        assert tree.total[node].tolist() == [_wrapped(int(value)) for value in total[path]]
        assert tree.depth[node] == len(path)
        assert tree.parent[node] == paths[path[:-1]] if path else tree.parent[node] == -1


def _wrapped(value):
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


@settings(max_examples=100, deadline=None)
@given(samples_strategy, st.integers(1, 8), st.sampled_from([0.0, 0.05, 0.3]), st.booleans())
def test_what_is_cut_keeps_every_total(samples, max_nodes, min_share, bottom_up):
    stacks = _stacks([(frames, (1, value % 1000)) for frames, (_, value) in samples])
    whole = grow(stacks, bottom_up=bottom_up)
    cut = grow(stacks, bottom_up=bottom_up, max_nodes=max_nodes, min_share=min_share)
    others = cut.frame == OTHER
    assert (~others).sum() <= max_nodes
    assert (cut.parent[1:] < np.arange(1, len(cut))).all()
    full = _paths(whole)
    for path, node in _paths(cut).items():
        if cut.frame[node] != OTHER:
            assert cut.total[node].tolist() == whole.total[full[path]].tolist()
        else:
            inside = whole.total[full[path[:-1]]] - whole.self_values[full[path[:-1]]]
            assert (cut.total[node] <= inside).all()
    np.testing.assert_array_equal(cut.self_values.sum(axis=0), stacks.taken.sum(axis=0))
    np.testing.assert_array_equal(cut.self_values[others].sum(axis=0), stacks.taken[cut.cut].sum(axis=0))


def test_inlined_only_if_every_call_was():
    samples = [(("b", "a"), (1, 1)), (("b", "a"), (1, 1))]
    assert grow(_stacks(samples, splits=[True, True])).inlined.tolist() == [False, False, True]
    assert grow(_stacks(samples, splits=[True, False])).inlined.tolist() == [False, False, False]


def test_two_profiles_side_by_side():
    newer = _stacks([(("b", "a"), (3, 30)), (("c", "a"), (1, 10))])
    base = _stacks([(("b", "a"), (1, 10)), (("d", "a"), (5, 50))])
    tree = grow(beside(newer, base))
    values = {"/".join(path): (tree.total[n, 1], tree.base_total[n, 1]) for path, n in _paths(tree).items()}
    assert values == {"": (40, 60), "a": (40, 60), "a/b": (30, 10), "a/c": (10, 0), "a/d": (0, 50)}


def test_base_in_another_unit_is_converted():
    newer = _stacks([(("a",), (1, 10))])
    base = _stacks([(("a",), (1, 7))], types=(ValueType("samples", "count"), ValueType("cpu", "milliseconds")))
    assert grow(beside(newer, base)).base_total[0].tolist() == [1, 7_000_000]


def test_nothing_in_common_is_refused():
    heap = _stacks([(("a",), (1, 7))], types=(ValueType("objects", "count"), ValueType("space", "bytes")))
    with pytest.raises(UsageError, match="nothing in common: samples, cpu and objects, space"):
        beside(_stacks([(("a",), (1, 10))]), heap)


def test_a_difference_shows_both_sides():
    tree = grow(sides(_stacks([(("a",), (-1, -10)), (("b",), (2, 20))])))
    assert (tree.total[0, 1], tree.base_total[0, 1]) == (20, 10)


def test_label_values_become_the_first_level():
    stacks = _stacks([(("b", "a"), (1, 10)), (("a",), (1, 5)), ((), (1, 1))])
    tree = grow(rooted(stacks, ("x", "y"), np.array([0, 1, 1], np.int32)))
    totals = {"/".join(path): int(tree.total[n, 1]) for path, n in _paths(tree).items()}
    assert totals == {"": 16, "x": 10, "x/a": 10, "x/a/b": 10, "y": 6, "y/a": 5}


@pytest.fixture(scope="module")
def heap(bundled):
    with zipfile.ZipFile(bundled) as packet:
        return read_columns(packet.read("heap.prof"))


def test_real_heap_by_numeric_label(heap):
    tree = call_tree(heap, by="bytes")
    first = {tree.name(n): int(tree.total[n, 3]) for n in np.flatnonzero(tree.parent == 0)}
    assert sum(first.values()) == 83_645_323
    assert "16 B" in first
    with pytest.raises(UsageError, match="no sample has the label 'handler'"):
        call_tree(heap, by="handler")


def test_bottom_up_first_level_is_flat_of_the_report(heap):
    from analyzer.profiles.profile import Profile

    tree = call_tree(heap, bottom_up=True)
    flat = {tree.name(n): int(tree.total[n, 3]) for n in np.flatnonzero(tree.parent == 0) if tree.total[n, 3]}
    top = Profile(heap).top(sample_index="inuse_space")
    assert flat == dict(top.loc[top["flat"] != 0, ["function", "flat"]].itertuples(index=False))


def test_table_follows_its_schema(heap):
    tree = call_tree(heap, base=heap)
    table = tree.table(3)
    CALL_TREE.check(table)
    assert table.attrs == {"sample_type": "inuse_space", "unit": "bytes"}
    assert (table["base_total"] == table["total"]).all()
