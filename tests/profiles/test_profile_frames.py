"""`Profile` in Python: the numbers of the text reports, selections, differences, merges, exact sums."""

from __future__ import annotations

import gzip
import random
from itertools import pairwise

import numpy as np
import pytest

from analyzer.errors import UsageError
from analyzer.profiles import Profile, frames, read_profile, tables
from analyzer.profiles import profile_pb2 as pb
from analyzer.profiles.encode import encode
from analyzer.profiles.units import percentage, scaled_label


@pytest.fixture(scope="module")
def cpu(data_folder):
    return read_profile(data_folder / "profiles" / "go1.27.3" / "cpu.prof")


@pytest.fixture(scope="module")
def heap(data_folder):
    return read_profile(data_folder / "profiles" / "go1.27.3" / "heap.pb.gz")


def profile_of(stacks, types=(("samples", "count"),)) -> bytes:
    """A profile of (functions leaf first, values)."""
    strings = {"": 0}

    def text(value):
        return strings.setdefault(value, len(strings))

    out = pb.Profile(sample_type=[pb.ValueType(type=text(a), unit=text(b)) for a, b in types])
    ids: dict[str, int] = {}
    for names, values in stacks:
        for name in names:
            if name not in ids:
                ids[name] = len(ids) + 1
                out.function.add(id=ids[name], name=text(name))
                out.location.add(id=ids[name], line=[pb.Line(function_id=ids[name])])
        out.sample.add(location_id=[ids[name] for name in names], value=values)
    out.string_table.extend(strings)
    return out.SerializeToString()


def test_decoded_columns_are_those_of_the_protobuf_runtime(real_profiles):
    """The column-wise decoder beside the generated classes, on every real profile."""
    for path in real_profiles:
        columns = read_profile(path).columns
        plain = pb.Profile.FromString(gzip.decompress(path.read_bytes()))
        ids = columns.locations.id[columns.samples.locations].tolist()
        ends = columns.samples.offsets.tolist()
        assert [list(s.location_id) for s in plain.sample] == [ids[a:b] for a, b in pairwise(ends)]
        assert [list(s.value) for s in plain.sample] == columns.samples.values.tolist()
        functions = columns.functions.id[columns.lines.function].tolist()
        assert [line.function_id for loc in plain.location for line in loc.line] == functions
        assert [line.line for loc in plain.location for line in loc.line] == columns.lines.line.tolist()
        assert [plain.string_table[f.name] for f in plain.function] == columns.text(columns.functions.name)
        assert [plain.string_table[f.filename] for f in plain.function] == columns.text(columns.functions.filename)
        assert [m.memory_limit for m in plain.mapping] == columns.mappings.limit.tolist()
        assert (plain.time_nanos, plain.period) == (columns.time_ns, columns.period)
        assert len(columns.labels) == sum(
            1 for s in plain.sample for label in s.label if label.str or label.num or label.num_unit
        )


def test_written_profiles_read_back(random_profiles):
    for path in random_profiles(7, 40):
        columns = read_profile(path).columns
        data = encode(columns)
        again = read_profile(data).columns
        assert encode(again) == data
        assert again.samples.values.tolist() == columns.samples.values.tolist()


def test_frames_have_their_schemas(cpu, heap):
    for profile in (cpu, heap):
        for name in ("stacks", "labels", "functions", "locations", "mappings"):
            getattr(frames, name.upper()).check(getattr(profile, name))
        tables.TOP.check(profile.top())
        tables.TOP.check(profile.top(0))
        tables.CALLS.check(profile.tree())
        tables.CALLS.check(profile.peek("main"))
        tables.CALLS.check(profile.peek("nothing has this name"))
        tables.TRACES.check(profile.traces())
        tables.TAGS.check(profile.tags())
    assert list(heap.samples.columns)[2:] == ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]
    assert heap.samples.attrs["units"]["inuse_space"] == "bytes"
    assert str(cpu.time) == "2026-11-22 08:12:28.565830341+00:00"
    assert read_profile(profile_of([])).time is None


@pytest.mark.parametrize("granularity", ["functions", "filefunctions", "lines", "addresses"])
def test_top_holds_the_numbers_of_the_text(cpu, ours, data_folder, granularity):
    path = str(data_folder / "profiles" / "go1.27.3" / "cpu.prof")
    text = ours(["-top", f"-{granularity}", "-unit=ns", "-nodefraction=0", path]).out.decode().splitlines()
    rows = [line.split(None, 5) for line in text[7:]]
    frame = cpu.top(granularity=granularity)
    assert len(frame) == len(rows)
    total = frame.attrs["total"]
    for row, got in zip(rows, frame.itertuples(), strict=True):
        assert row[0] == scaled_label(got.flat, "ns", "ns")
        assert row[1] == percentage(got.flat, total).strip()
        assert row[3] == scaled_label(got.cum, "ns", "ns")
        assert abs(got.cum_pct - 100 * got.cum / total) < 1e-9
        assert got.function in row[5]
    assert frame["sum_pct"].iloc[-1] == pytest.approx(100)


def test_peek_and_tree_hold_the_numbers_of_the_text(cpu, ours, data_folder):
    path = str(data_folder / "profiles" / "go1.27.3" / "cpu.prof")
    text = ours(["-peek=main.work", "-unit=ns", path]).out.decode().splitlines()
    frame = cpu.peek("main.work")
    rows = [line for line in text if " | " in line]
    assert len(rows) == len(frame)
    for line, got in zip(rows, frame.itertuples(), strict=True):
        left, name = line.split(" | ")
        assert name.strip().removesuffix(" (inline)") == got.other
        value = left.split()[3 if got.role == "self" else 0]
        assert value == scaled_label(got.weight, "ns", "ns")
        assert line.endswith(" (inline)") == got.inlined
    tree = cpu.tree()
    shown = ours(["-tree", path]).out.decode()
    assert (tree["role"] == "self").sum() == shown.count("                | ")


def test_traces_and_tags(cpu, heap):
    traces = cpu.traces()
    assert traces["value"].sum() == traces.attrs["total"] == 970_000_000
    assert traces["labels"].iloc[1] == {"kind": ["demo job"], "worker": ["alpha"]}
    tags = cpu.tags()
    assert tags[tags["key"] == "kind"]["weight"].tolist() == [450_000_000]
    assert set(heap.tags()["key"]) == {"bytes"}


def test_recursion_counts_once():
    profile = read_profile(profile_of([(["f", "f", "g", "f", "main"], [5]), (["g", "main"], [2])]))
    top = profile.top().set_index("function")
    assert top["flat"].to_dict() == {"f": 5, "g": 2, "main": 0}
    assert top["cum"].to_dict() == {"f": 5, "g": 7, "main": 7}
    calls = profile.peek("^g$")
    assert calls[["role", "other", "weight"]].values.tolist() == [
        ["caller", "f", 5],
        ["caller", "main", 2],
        ["self", "g", 7],
        ["callee", "f", 5],
    ]


def test_sums_are_exact_beyond_2_to_53():
    big = 2**53 + 1
    profile = read_profile(profile_of([(["f"], [big]), (["f", "g"], [big]), (["f", "h"], [1])]))
    top = profile.top().set_index("function")
    assert top.loc["f", "flat"] == 2 * big + 1 == top.attrs["total"]
    assert top.loc["g", "cum"] == big
    assert profile.peek("^g$")["weight"].tolist() == [big, big]
    assert Profile.merge([profile, profile]).top().loc[0, "flat"] == 4 * big + 2


def test_select_gives_new_profiles(cpu):
    before = cpu.top()
    chosen = cpu.select(focus="main\\.work")
    assert len(chosen.columns.samples) < len(cpu.columns.samples)
    assert chosen.top().attrs["total"] == 450_000_000
    assert cpu.select(tagfocus="worker=alpha").top().attrs["total"] == 140_000_000
    assert cpu.select(tagfocus="nothing=x").top().empty
    rooted = cpu.select(tagroot="worker").top(sort="cum").set_index("function")
    assert rooted.loc["alpha", "cum"] == 140_000_000
    assert cpu.select(hide="runtime").top()["function"].str.startswith("runtime").sum() == 0
    assert not cpu.select(noinlines=True).stacks["inlined"].any()
    assert cpu.top().equals(before)
    with pytest.raises(UsageError, match=r"parsing focus regexp"):
        cpu.select(focus="(")
    with pytest.raises(ValueError, match="read-only"):
        cpu.columns.samples.values[0, 0] = 1


def test_differences_net_out(cpu):
    nothing = cpu - cpu
    assert len(nothing.columns.samples) == 0
    older = read_profile(profile_of([(["f", "main"], [10]), (["g", "main"], [4])]))
    newer = read_profile(profile_of([(["f", "main"], [7]), (["h", "main"], [2])]))
    change = (newer - older).top().set_index("function")["flat"]
    assert change.to_dict() == {"g": -4, "f": -3, "h": 2, "main": 0}
    marked = newer.diff(older, mark=True).top()
    assert marked.attrs["total"] == 14  # shares refer to the base
    level = newer.diff(older, normalize=True).top()
    assert int(level["flat"].sum()) == 0


def test_merges_keep_what_all_have(cpu, heap, data_folder):
    other = read_profile(data_folder / "profiles" / "go1.25.5" / "cpu.prof")
    both = Profile.merge([cpu, other])
    assert both.top().attrs["total"] == cpu.top().attrs["total"] + other.top().attrs["total"]
    assert both.duration_ns == cpu.duration_ns + other.duration_ns
    with pytest.raises(UsageError, match="empty common sample type list"):
        Profile.merge([cpu, heap])
    with pytest.raises(UsageError, match="no profiles"):
        Profile.merge([])
    first = read_profile(profile_of([(["f"], [3])], types=[("cpu", "ms")]))
    second = read_profile(profile_of([(["f"], [500])], types=[("cpu", "us")]))
    merged = Profile.merge([first, second])
    assert merged.sample_types[0].unit == "us"
    assert merged.columns.samples.values.tolist() == [[3500]]


def test_wrong_questions_are_refused(cpu):
    with pytest.raises(UsageError, match="sample_index"):
        cpu.top(sample_index="nonsense")
    with pytest.raises(UsageError, match="granularity"):
        cpu.top(granularity="bytes")
    assert cpu.top(sample_index=0).attrs["sample_type"] == "samples"


def test_flat_and_cum_against_a_plain_count(random_profiles):
    """The array sums beside a loop over samples."""
    compared = 0
    for path in random_profiles(11, 40):
        profile = read_profile(path)
        stacks = profile.stacks
        values = profile.columns.samples.values[:, -1]
        flat: dict[str, int] = {}
        cum: dict[str, int] = {}
        for sample, rows in stacks.groupby("sample_id"):
            names = rows["function"].astype("str").tolist()
            if not values[sample]:
                continue
            flat[names[0]] = flat.get(names[0], 0) + int(values[sample])
            for name in set(names):
                cum[name] = cum.get(name, 0) + int(values[sample])
        top = profile.top(sample_index=len(profile.sample_types) - 1)
        if profile.columns.drop_frames:
            continue  # the report prunes, the plain table does not
        # Functions without a name print alike and are still several; only their sum is compared.
        sums = top.groupby("function")["flat"].sum().to_dict()
        assert sums == {name: flat.get(name, 0) for name in sums}
        single = top.drop_duplicates("function", keep=False)
        assert {name: cum[name] for name in single["function"]} == dict(
            zip(single["function"], single["cum"], strict=True)
        )
        compared += len(single)
    assert compared > 50


def test_many_stacks_in_blocks():
    """More frames than one block holds: sums are the same as over one long table."""
    rng = random.Random(5)
    names = [f"f{n}" for n in range(40)]
    stacks = [([rng.choice(names) for _ in range(rng.randint(1, 30))], [rng.randint(0, 9)]) for _ in range(20_000)]
    profile = read_profile(profile_of(stacks))
    assert profile.samples["depth"].sum() > 1 << 18
    top = profile.top().set_index("function")
    for name in ("f0", "f17"):
        assert top.loc[name, "flat"] == sum(v[0] for s, v in stacks if s[0] == name)
        assert top.loc[name, "cum"] == sum(v[0] for s, v in stacks if name in s)
    callers = profile.peek("^f3$")
    pair = callers[(callers["role"] == "caller") & (callers["other"] == "f4")]["weight"].iloc[0]
    assert pair == sum(v[0] for s, v in stacks if any(a == "f3" and b == "f4" for a, b in pairwise(s)))


def test_file_objects_and_bytes_read_alike(data_folder):
    path = data_folder / "profiles" / "go1.27.3" / "block.pb.gz"
    with path.open("rb") as file:
        from_file = read_profile(file)
    for other in (read_profile(path), read_profile(str(path)), read_profile(path.read_bytes())):
        assert np.array_equal(other.columns.samples.values, from_file.columns.samples.values)


@pytest.mark.parametrize("n", [None, 0, 5])
def test_an_order_that_is_none(cpu, n):
    with pytest.raises(UsageError, match="flat or cum"):
        cpu.top(n, sort="zzz")
