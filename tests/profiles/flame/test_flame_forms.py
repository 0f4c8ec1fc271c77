"""Flame graphs without a browser: forms, totals, escapes, sizes, colours."""

import json
import re
import zipfile
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from analyzer.errors import UsageError
from analyzer.profiles.flame import flame_tree
from analyzer.profiles.flame_colour import PALETTE, package_of, tint_of
from analyzer.profiles.flame_difference import change
from analyzer.profiles.flame_hot import function_totals
from analyzer.profiles.flame_layout import lay_out, preorder
from analyzer.profiles.flame_units import amount, scale, steps
from analyzer.profiles.profile import Profile
from analyzer.profiles.read import read_columns
from analyzer.profiles.tree import call_tree

NAMESPACE = "{http://www.w3.org/2000/svg}"


def _read(packet):
    with zipfile.ZipFile(packet) as opened:
        return {name: read_columns(opened.read(f"{name}.prof")) for name in ("cpu", "heap")}


@pytest.fixture(scope="module")
def columns(bundled):
    return _read(bundled)


@pytest.fixture(scope="module")
def later(bundled):
    return _read(bundled.with_name("standalone-load-b.zip"))


def _with_names(columns, names):
    strings = list(columns.strings)
    for place, row in enumerate(columns.functions.name.tolist()):
        strings[row] = names[place % len(names)] + str(place)
    return replace(columns, strings=tuple(strings))


def _traces(columns, type_index, semicolon=";"):
    """What `-traces` says, folded one stack at a time."""
    expected = Counter()
    functions, lines, strings = columns.functions, columns.lines, columns.strings
    for sample, values in enumerate(columns.samples.values.tolist()):
        first, last = columns.samples.offsets[sample : sample + 2]
        stack = []
        for location in columns.samples.locations[first:last].tolist():
            begin, end = columns.locations.offsets[location : location + 2]
            stack += [strings[functions.name[lines.function[row]]].replace(";", semicolon) for row in range(begin, end)]
        if values[type_index]:
            expected[";".join(stack[::-1])] += values[type_index]
    return expected


@pytest.mark.parametrize(
    ("part", "type_index"), [("cpu", 0), ("cpu", 1), ("heap", 0), ("heap", 1), ("heap", 2), ("heap", 3)]
)
def test_folded_stacks_are_the_samples(columns, part, type_index):
    flame = flame_tree(columns[part], sample_index=type_index)
    folded = dict(line.decode().rsplit(" ", 1) for line in b"".join(flame.to_folded()).splitlines())
    assert {stack: int(value) for stack, value in folded.items()} == _traces(columns[part], type_index, ":")


def test_folded_stacks_are_whole_though_the_tree_is_cut(columns):
    small = flame_tree(columns["heap"], max_nodes=20)
    assert b"".join(small.to_folded()) == b"".join(flame_tree(columns["heap"]).to_folded())


def test_folded_difference_has_two_columns(columns, later):
    lines = b"".join(flame_tree(later["cpu"], base=columns["cpu"]).to_folded()).decode().splitlines()
    rows = [line.rsplit(" ", 2) for line in lines]
    assert sum(int(before) for _, before, _ in rows) == 1_570_000_000
    assert sum(int(after) for _, _, after in rows) == 3_010_000_000


def test_folded_names_cannot_break_the_line(columns):
    hostile = _with_names(columns["cpu"], ["a;b\nc 12\r", "\u2028;\x1b[31m"])
    lines = b"".join(flame_tree(hostile).to_folded()).decode().split("\n")
    assert lines.pop() == ""
    assert sum(int(line.rsplit(" ", 1)[1]) for line in lines) == 1_570_000_000
    depth = max(line.count(";") for line in lines)
    assert depth == max(stack.count(";") for stack in _traces(columns["cpu"], 1, ":"))
    assert not re.search("[\x00-\x1f\u2028]", "".join(lines))


def test_speedscope_has_every_sample_type_and_inlined_frames(columns):
    heap = columns["heap"]
    made = json.loads(b"".join(flame_tree(heap, title="heap").to_speedscope()))
    # https://www.speedscope.app/file-format-schema.json: these keys, samples root first
    assert set(made) == {"$schema", "name", "exporter", "activeProfileIndex", "shared", "profiles"}
    assert made["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert made["profiles"][made["activeProfileIndex"]]["name"] == "inuse_space"
    assert [profile["unit"] for profile in made["profiles"]] == ["none", "bytes", "none", "bytes"]
    frames = [frame["name"] for frame in made["shared"]["frames"]]
    for type_index, profile in enumerate(made["profiles"]):
        assert set(profile) == {"type", "name", "unit", "startValue", "endValue", "samples", "weights"}
        assert profile["type"] == "sampled"
        assert (profile["startValue"], profile["endValue"]) == (0, heap.samples.values[:, type_index].sum())
        stacks = Counter()
        for stack, weight in zip(profile["samples"], profile["weights"], strict=True):
            stacks[";".join(frames[frame] for frame in stack)] += weight
        assert stacks == _traces(heap, type_index)
    assert {"net/http/server.go", "runtime/proc.go"} <= {
        frame.get("file", "").split("src/")[-1] for frame in made["shared"]["frames"]
    }


def test_speedscope_difference_has_both_sides(columns, later):
    made = json.loads(b"".join(flame_tree(later["cpu"], base=columns["cpu"]).to_speedscope()))
    assert [(profile["name"], profile["endValue"]) for profile in made["profiles"]] == [
        ("samples", 301),
        ("samples (base)", 157),
        ("cpu", 3_010_000_000),
        ("cpu (base)", 1_570_000_000),
    ]
    assert made["activeProfileIndex"] == 2


def _drawn(svg):
    root = ET.fromstring(svg)
    boxes = []
    for group in root.findall(f"{NAMESPACE}g"):
        rect = group.find(f"{NAMESPACE}rect")
        boxes.append((group.findtext(f"{NAMESPACE}title"), *(float(rect.get(key)) for key in ("x", "y", "width"))))
    return root, boxes


def test_svg_boxes_lie_inside_their_callers(columns):
    root, boxes = _drawn(flame_tree(columns["cpu"]).to_svg(width=1000))
    assert root.get("aria-label") == "cpu · cpu 1.57 s"
    titles = [title for title, *_ in boxes]
    assert "all: 1.57 s, 100.00%" in titles
    assert "net/http.(*conn).serve: 710 ms, 45.22%" in titles
    by_row = {}
    for _, x, y, width in boxes:
        by_row.setdefault(y, []).append((x, x + width))
    rows = [sorted(by_row[y]) for y in sorted(by_row)]
    for above, row in pairwise(rows):
        for before, after in pairwise(row):
            assert before[1] <= after[0] + 0.11
        for left, right in row:
            assert any(low - 0.11 <= left and right <= high + 1.0 for low, high in above)


@pytest.mark.parametrize("name", ["</svg><script>alert(1)</script>", "\"'<>&]]>", "\x00\x1b\u202e\ufffe"])
def test_svg_holds_hostile_names_as_text(columns, name):
    svg = flame_tree(_with_names(columns["cpu"], [name]), title=name).to_svg()
    root, boxes = _drawn(svg)
    assert len(boxes) > 50
    assert {element.tag.removeprefix(NAMESPACE) for element in root.iter()} == {
        "svg",
        "style",
        "rect",
        "text",
        "g",
        "title",
    }


def test_svg_of_callers_begins_with_leaves(columns):
    _, boxes = _drawn(flame_tree(columns["cpu"], invert=True).to_svg())
    second = min(y for _, _, y, _ in boxes if y > min(y for _, _, y, _ in boxes))
    widest = max((box for box in boxes if box[2] == second), key=lambda box: box[3])
    assert widest[0].startswith("internal/runtime/syscall/linux.Syscall6: 220 ms, 14.01%")


def test_svg_difference_tells_the_change(columns, later):
    _, boxes = _drawn(flame_tree(later["cpu"], base=columns["cpu"]).to_svg())
    assert boxes[0][0] == "all: 3.01 s, 100.00%, +91.7%"
    assert any(title.endswith(", new") for title, *_ in boxes)


def _page_data(flame, **options):
    text = flame.to_html(**options)
    return text, json.loads(re.search(r'id="data">(.*?)</script>', text)[1])


def _cells(tree, column):
    cells = tree["cells"]
    return np.cumsum(cells["node"]), np.array(cells["values"][column]) * cells["factors"][column]


def test_page_holds_exact_values_of_every_node(columns):
    heap = columns["heap"]
    _, data = _page_data(flame_tree(heap))
    tree, expected = data["trees"]["down"], call_tree(heap)
    np.testing.assert_array_equal(np.cumsum(tree["parent"]), expected.parent)
    for column in range(4):
        own = np.zeros(len(expected), np.int64)
        np.add.at(own, *_cells(tree, column))
        np.testing.assert_array_equal(own, expected.self_values[:, column])
    names = [data["frames"]["name"][frame] if frame >= 0 else "all" for frame in tree["frame"]]
    assert names == [expected.name(node) for node in range(len(expected))]
    np.testing.assert_array_equal(np.cumsum(tree["inlined"]), np.flatnonzero(expected.inlined))


@pytest.mark.parametrize("limit", [240_000, 210_000])
def test_page_is_cut_until_it_fits_and_keeps_every_total(columns, later, limit):
    whole, _ = _page_data(flame_tree(later["heap"], base=columns["heap"]))
    text, data = _page_data(flame_tree(later["heap"], base=columns["heap"]), max_bytes=limit)
    assert len(text.encode()) <= limit < len(whole.encode())
    for name in ("down", "up"):
        tree = data["trees"][name]
        assert -2 in tree["frame"]
        for column, expected in enumerate(
            [*later["heap"].samples.values.sum(axis=0), *columns["heap"].samples.values.sum(axis=0)]
        ):
            assert _cells(tree, column)[1].sum() == expected


def test_label_values_beyond_the_limit_are_one(columns):
    heap = columns["heap"]
    _, data = _page_data(flame_tree(heap))
    assert [label["key"] for label in data["labels"]] == ["bytes"]
    values = data["labels"][0]["values"]
    assert len(values) == 31
    assert re.fullmatch(r"\(\d+ other values\)", values[-1])
    assert sum(_cells(data["trees"]["down"], 3)[1]) == 83_645_323


def test_hot_functions_are_those_of_the_report(columns):
    for part in ("cpu", "heap"):
        flame = flame_tree(columns[part])
        flat, cum = function_totals(flame.stacks)
        for type_index in range(len(flame.types)):
            top = Profile(columns[part]).top(sample_index=type_index).set_index("function")
            for row, name in enumerate(flame.stacks.names):
                expected = (top.at[name, "flat"], top.at[name, "cum"]) if name in top.index else (0, 0)
                assert (flat[row, type_index], cum[row, type_index]) == expected


def test_sample_type_and_title(columns, later):
    heap = columns["heap"]
    assert flame_tree(heap).title == "inuse_space"
    assert flame_tree(heap, sample_index="alloc_objects").shown == 0
    assert flame_tree(heap, sample_index=1).types[1].type == "alloc_space"
    assert flame_tree(heap, base=later["heap"]).title == "inuse_space difference"
    with pytest.raises(UsageError, match="must be one of"):
        flame_tree(heap, sample_index="cpu")
    with pytest.raises(UsageError, match="nothing in common"):
        flame_tree(heap, base=columns["cpu"])
    assert repr(flame_tree(columns["cpu"])) == "<FlameTree 'cpu': 1,154 nodes, 141 stacks, cpu>"


def test_drop_frames_of_the_file_are_left_out(columns):
    cpu = replace(columns["cpu"], drop_frames=r"runtime\..*")
    folded = b"".join(flame_tree(cpu).to_folded()).decode()
    assert "runtime.memmove" in b"".join(flame_tree(columns["cpu"]).to_folded()).decode()
    assert "runtime.memmove" not in folded
    assert sum(int(line.rsplit(" ", 1)[1]) for line in folded.splitlines()) == 1_570_000_000


def test_save_by_extension(columns, tmp_path):
    flame = flame_tree(columns["cpu"])
    for name in ("a.html", "a.svg", "a.folded", "a.speedscope.json"):
        flame.save(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    with pytest.raises(UsageError, match="exists already"):
        flame.save(tmp_path / "a.svg")
    flame.save(tmp_path / "a.svg", force=True)
    with pytest.raises(UsageError, match="ends in"):
        flame.save(tmp_path / "a.json")
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize(
    ("name", "package"),
    [
        (
            "github.com/mattermost/mattermost/server/v8/channels/store.(*S).Get",
            "github.com/mattermost/mattermost/server/v8/channels/store",
        ),
        ("main.main", "main"),
        ("slices.SortFunc[go.shape.struct { a/b.c int }]", "slices"),
        ("gopkg.in/yaml%2ev3.unmarshal", "gopkg.in/yaml%2ev3"),
        ("type:.eq.net/http.headerSorter", "type:.eq.net/http"),
        ("runtime.mallocgc", "runtime"),
        ("memeqbody", ""),
        ("[libc.so.6]", "[libc.so.6]"),
        ("<unknown>", ""),
        ("std::vector<int>::push_back", "std"),
        ("", ""),
    ],
)
def test_package_of_a_function(name, package):
    assert package_of(name) == package


def test_colours_are_stable_and_readable():
    assert tint_of("runtime") == tint_of("internal/runtime/maps") == tint_of("") == 0
    assert tint_of("net/http") == 1 + 483_601_166 % 24  # zlib.crc32(b"net/http"), so no run, machine or version differs
    assert len(set(PALETTE)) == 25

    def light(colour):
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for on_light, on_dark in PALETTE:  # WCAG contrast of the text on each box
        assert (light(on_light) + 0.05) / (light("#111827") + 0.05) >= 7
        assert (light("#f3f5f8") + 0.05) / (light(on_dark) + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1_570_000_000, "nanoseconds", "1.57 s"),
        (83_645_323, "bytes", "79.8 MB"),
        (2_652_227, "count", "2,652,227"),
        (0, "bytes", "0 B"),
        (-1536, "bytes", "-1.5 kB"),
        (90, "seconds", "90 s"),
        (7, "widgets", "7 widgets"),
        (7_200_000_000_000, "nanoseconds", "2 hrs"),
        (999, "bytes", "999 B"),
    ],
)
def test_amounts(value, unit, text):
    assert amount(value, unit) == text


def test_units_scale_together():
    assert scale("nanoseconds", 2.5e9) == (1e9, "s")
    assert scale("milliseconds", 2500) == (1e3, "s")
    assert steps("bytes")[:3] == [(1.0, "B"), (1024.0, "kB"), (1048576.0, "MB")]
    assert steps("count") == [(1.0, "")]


def test_relative_change():
    assert [change(2, 1), change(1, 2), change(0, 5), change(5, 0), change(0, 0), change(3, 3)] == [
        0.5,
        -0.5,
        -1,
        1,
        0,
        0,
    ]


def test_preorder_puts_subtrees_together(columns):
    tree = call_tree(columns["cpu"])
    order = preorder(tree).tolist()
    assert sorted(order) == list(range(len(tree)))
    open_path = []
    for node in order:
        while open_path and open_path[-1] != tree.parent[node]:
            open_path.pop()
        assert node == 0 or open_path
        open_path.append(node)


def test_layout_gives_siblings_room_by_weight(columns):
    tree = call_tree(columns["cpu"])
    boxes = lay_out(tree, 1)
    left, width = np.zeros(len(tree)), np.zeros(len(tree))
    left[boxes.node], width[boxes.node] = boxes.left, boxes.width
    np.testing.assert_allclose(width, tree.total[:, 1] / tree.total[0, 1])
    children = np.flatnonzero(tree.parent > 0)
    assert (left[children] >= left[tree.parent[children]] - 1e-12).all()
    assert (
        left[children] + width[children] <= left[tree.parent[children]] + width[tree.parent[children]] + 1e-12
    ).all()
