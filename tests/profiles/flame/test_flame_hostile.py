"""What strangers can put into a flame page: nothing of it executes, and odd profiles open."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from analyzer.profiles.flame import flame_tree
from analyzer.profiles.flame_html import notebook_cell

HOSTILE = (
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<!--<script>",
    "]]></style></title>'\"&lt;{{ data }}{{ script }}",
    "javascript:document.title='owned'//\u2028\u2029\u202e\x00\x1b[31m",
    "${document.title='owned'}`\\u003cimg src=x onerror=document.title=1>",
    "__proto__",
)


def _renamed(columns, names):
    """The same profile with hostile texts: as functions, files, labels, sample types and comments."""
    strings = list(columns.strings)
    for place, row in enumerate(columns.functions.name.tolist()):
        strings[row] = names[place % len(names)] + str(place)
    for place, row in enumerate(columns.functions.filename.tolist()):
        strings[row] = names[place % len(names)] + f"/{place}.go"
    for row in columns.labels.key.tolist():
        strings[row] = names[1]
    kinds = tuple(kind._replace(type=names[place] + str(place)) for place, kind in enumerate(columns.sample_types))
    return replace(columns, strings=tuple(strings), sample_types=kinds, comments=names)


@pytest.mark.parametrize("compared", [False, True])
def test_hostile_names_never_execute(columns, opened, compared):
    hostile = _renamed(columns["heap"], HOSTILE)
    flame = flame_tree(hostile, base=hostile if compared else None, title=HOSTILE[0] + HOSTILE[3])
    page = opened(flame)
    page.part("table").click()
    for x in range(20, 1200, 90):
        page.point(x, 30 + x // 6)
    page.keys("s", "i", "?")
    page.keys("\ue00c")
    page.browser.find_element("css selector", "#hot-rows button").click()
    page.settle()
    page.pick("label", page.browser.execute_script("return document.getElementById('label').options[1].text"))
    assert "owned" not in page.browser.title.replace("document.title='owned'", "")
    assert page.browser.execute_script("return [...document.querySelectorAll('img, iframe')].length") == 0
    assert page.browser.execute_script("return document.scripts.length") == 2
    assert HOSTILE[0] in page.text("title")


def test_page_forbids_itself_everything_else(columns, opened):
    text = flame_tree(columns["cpu"]).to_html()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text.partition('id="data"')[0])
    page = opened(text)
    page.browser.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)"
    )
    assert page.browser.execute_script("return window.ran") is None
    assert "violates" in page.complaints()[0]  # the policy did it, and the console says so


def test_notebook_cell_shows_the_page_and_keeps_a_picture_where_scripts_are_stripped(columns, opened, browser):
    cell = notebook_cell(flame_tree(columns["cpu"]))
    assert cell.startswith("<div")
    stripped = re.sub(r"<script>.*?</script>", "", cell, flags=re.DOTALL)
    page = opened(f"<!doctype html><meta charset=utf-8>{stripped}")
    assert browser.execute_script(
        "const i = document.querySelector('img'); return [i.naturalWidth > 900, document.querySelectorAll('iframe').length]"
    ) == [True, 0]
    page = opened(f"<!doctype html><meta charset=utf-8>{cell}")
    browser.switch_to.frame(browser.find_element("tag name", "iframe"))
    try:
        page.settle()
        assert page.boxes() > 50
    finally:
        browser.switch_to.default_content()


def test_data_survives_the_escapes(columns):
    text = flame_tree(_renamed(columns["cpu"], HOSTILE)).to_html()
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.DOTALL)[1]
    assert "<" not in block
    data = json.loads(block)
    assert any(name.startswith(HOSTILE[0]) for name in data["frames"]["name"])


def _without_samples(columns):
    samples = replace(
        columns.samples,
        values=columns.samples.values[:0],
        offsets=np.zeros(1, np.int64),
        locations=columns.samples.locations[:0],
    )
    labels = replace(
        columns.labels,
        **{name: getattr(columns.labels, name)[:0] for name in ("sample", "key", "string", "number", "unit")},
    )
    return replace(columns, samples=samples, labels=labels)


def _recursive(columns, depth):
    """One stack: the first location, over and over."""
    samples = replace(
        columns.samples,
        values=np.array([[1, 10_000_000]]),
        offsets=np.array([0, depth]),
        locations=np.zeros(depth, np.int32),
    )
    return replace(_without_samples(columns), samples=samples)


def test_odd_profiles_open(columns, opened):
    cpu = columns["cpu"]
    page = opened(flame_tree(_without_samples(cpu)))
    page.keys("\ue015", "\ue015", "i", "s", "/", "x")
    assert page.boxes() == 0
    page = opened(flame_tree(replace(cpu, samples=replace(cpu.samples, values=np.zeros_like(cpu.samples.values)))))
    page.keys("\ue015", "i", "i")
    page = opened(flame_tree(cpu, base=_without_samples(cpu)))
    page.keys("\ue015")
    assert "new, +1.57 s" in page.text("said")
    page = opened(flame_tree(_without_samples(cpu), base=cpu))
    page.browser.find_element("css selector", "[data-width=old]").click()
    page.settle()
    assert page.boxes() > 50
    page = opened(flame_tree(_recursive(cpu, 5000)))
    page.keys("\ue015", "\ue015", "s")
    assert "10 ms, 100.00 %" in page.text("crumb-text")
    page.keys("\ue00c", "i", "\ue015")
    page = opened(flame_tree(replace(cpu, samples=replace(cpu.samples, values=-cpu.samples.values))))
    page.keys("\ue015")
    assert "gone, −1.57 s" in page.text("said")
