"""Profiles decoded while they are read: block borders, sources, ids of any width, one reading, little memory."""

from __future__ import annotations

import gzip
import io
import os
import threading
import tracemalloc
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from analyzer.errors import ProfileError, SourceError
from analyzer.profiles import container
from analyzer.profiles import profile_pb2 as pb
from analyzer.profiles.container import content
from analyzer.profiles.decode import decode
from analyzer.profiles.read import read_columns


def plain(value):
    """Columns as something that can be compared."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return (value.dtype.str, value.tolist()) if isinstance(value, np.ndarray) else value


def profile(ids, samples=1, depth=3, labels=()):
    """A profile whose samples stand before what they refer to, as Go writes them."""
    out = pb.Profile(sample_type=[pb.ValueType(type=1, unit=2)], string_table=["", "samples", "count", "k", "f"])
    for number in range(samples):
        stack = [ids[(number * 7 + step) % len(ids)] for step in range(depth)]
        out.sample.add(location_id=stack, value=[number + 1], label=labels)
    head = out.SerializeToString()
    tables = pb.Profile()
    tables.function.add(id=1, name=4)
    for number in ids:
        tables.location.add(id=number, line=[pb.Line(function_id=1)])
    return head + tables.SerializeToString()


@pytest.mark.parametrize("size", [1, 3, 64, 4096])
def test_blocks_of_any_size_give_the_same(real_profiles, monkeypatch, size):
    whole = {path: plain(read_columns(path)) for path in real_profiles[:6]}
    monkeypatch.setattr(container, "_BLOCK", size)
    for path, columns in whole.items():
        assert plain(read_columns(path)) == columns
        assert plain(read_columns(gzip.decompress(path.read_bytes()))) == columns


def test_members_of_gzip_may_cut_anywhere():
    data = profile(range(1, 40), samples=200)
    pieces = b"".join(gzip.compress(data[at : at + 3]) for at in range(0, len(data), 3))
    assert plain(read_columns(pieces)) == plain(read_columns(data))


def test_every_kind_of_source_gives_the_same(tmp_path):
    data = profile(range(1, 40), samples=200)
    path, packed, pipe = tmp_path / "a.pb", tmp_path / "a.pb.gz", tmp_path / "pipe"
    path.write_bytes(data)
    packed.write_bytes(gzip.compress(data))
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(packed.read_bytes(),))
    writer.start()
    sources = [path, str(packed), io.BytesIO(data), gzip.compress(data), pipe]
    assert [plain(read_columns(source)) for source in sources] == [plain(read_columns(data))] * len(sources)
    writer.join()
    with pytest.raises(SourceError, match="No such file"):
        read_columns(tmp_path / "absent")
    with pytest.raises(ProfileError, match="is larger than"):
        read_columns(path, max_bytes=len(data) - 1)
    with pytest.raises(ProfileError, match="unpacks to more than"):
        read_columns(packed, max_bytes=len(data) - 1)


def test_a_sound_profile_is_read_once_and_a_broken_one_again(monkeypatch):
    def openings(data):
        opened = []
        source = content(data)
        counting = container.Content("", lambda: (opened.append(1), source.open())[1], source.max_bytes)
        try:
            decode(counting)
        except ProfileError:
            return -len(opened)
        return len(opened)

    sound = gzip.compress(profile([1, 2, 3]))
    assert openings(sound) == 1
    assert openings(gzip.compress(profile([1, 2, 3])[:-1])) == -2
    assert openings(sound[:-9]) == -1  # what cannot be unpacked need not be tried twice


@pytest.mark.parametrize("base", [1, 2**31, 2**32 - 20, 2**40, 2**64 - 60])
def test_ids_of_any_width(base):
    ids = list(range(base, base + 50))
    columns = read_columns(profile(ids, samples=30_000))
    assert columns.locations.id.tolist() == ids
    wanted = [(number * 7 + step) % 50 for number in range(30_000) for step in range(3)]
    assert columns.samples.locations.tolist() == wanted
    assert columns.samples.locations.dtype == np.int32
    assert columns.samples.values[:, 0].tolist() == list(range(1, 30_001))


@pytest.mark.parametrize("late", [51, 2**32, 2**64 - 1])
def test_first_wide_id_comes_late(late):
    """In the first blocks all ids fit into 32 bits, in a later one they do not."""
    more = pb.Profile(
        sample=[pb.Sample(location_id=[1, late], value=[1])],
        location=[pb.Location(id=late, line=[pb.Line(function_id=1)])],
    )
    data = profile(range(1, 51), samples=20_000, depth=30) + more.SerializeToString()
    assert len(data) > 2 * container._BLOCK
    wanted = [(number * 7 + step) % 50 for number in range(20_000) for step in range(30)]
    assert read_columns(data).samples.locations.tolist() == [*wanted, 0, 50]


@pytest.mark.parametrize("missing", [51, 2**31 + 1, 2**64 - 1])
def test_missing_location_is_named_with_its_sample(missing):
    data = (
        profile(range(1, 51), samples=20_000)
        + pb.Profile(sample=[pb.Sample(location_id=[1, missing], value=[1])]).SerializeToString()
    )
    with pytest.raises(ProfileError, match=f"sample 20000 refers to location {missing}, which") as caught:
        read_columns(data)
    assert caught.value.verdict == "malformed profile: sample has nil location"


def test_label_with_an_index_beyond_32_bits_is_refused():
    with pytest.raises(ProfileError, match=f"label: string {2**32} does not exist"):
        read_columns(profile([1], labels=[pb.Label(key=2**32, num=1)]))


def test_field_longer_than_many_blocks(monkeypatch):
    monkeypatch.setattr(container, "_BLOCK", 16)
    data = pb.Profile.FromString(profile(range(1, 9), samples=5))
    data.string_table[4] = "f" * 5000
    data.sample.add(location_id=[1, 2, 3] * 4000, value=[7])
    columns = read_columns(data.SerializeToString())
    assert columns.strings[4] == "f" * 5000
    assert np.diff(columns.samples.offsets).tolist() == [3] * 5 + [12_000]


def test_decoding_takes_little_more_than_the_result(tmp_path):
    path = tmp_path / "big.pb.gz"
    path.write_bytes(gzip.compress(profile(range(1, 3000), samples=200_000, depth=30), 1))
    read_columns(path)
    tracemalloc.start()
    samples = read_columns(path).samples
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    result = samples.values.nbytes + samples.offsets.nbytes + samples.locations.nbytes
    assert result > 25_000_000
    assert peak < result + 12_000_000
