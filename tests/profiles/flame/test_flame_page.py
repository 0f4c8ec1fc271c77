"""The flame page in a real browser: everything it offers answers."""

from dataclasses import replace

import numpy as np

from analyzer.profiles.flame import flame_tree
from analyzer.profiles.flame_html import script


def test_script_is_small():
    assert len(script().encode()) < 30_000


def test_zoom_by_click_and_back(columns, opened):
    page = opened(flame_tree(columns["cpu"]))
    whole = page.boxes()
    page.point(700, 145, "click")
    detail = page.text("detail")
    assert "net.(*conn).Write" in detail
    assert "170 ms (10.83 %)" in detail
    assert page.boxes() < whole / 3
    page.keys("\ue00c")
    assert page.boxes() == whole
    page.point(700, 145, "double_click")
    assert page.boxes() == whole


def test_wheel_zooms_and_drag_moves(columns, opened):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    page = opened(flame_tree(columns["cpu"]))
    whole, canvas = page.boxes(), page.part("flame")
    origin = ScrollOrigin.from_element(canvas, 0, 0)
    ActionChains(page.browser).scroll_from_origin(origin, 0, -600).perform()
    page.settle()
    zoomed = page.boxes()
    assert zoomed < whole
    before = canvas.screenshot_as_base64
    ActionChains(page.browser).move_to_element(canvas).click_and_hold().move_by_offset(-200, 0).release().perform()
    page.settle()
    assert canvas.screenshot_as_base64 != before
    ActionChains(page.browser).scroll_from_origin(origin, 0, 900).scroll_from_origin(origin, 0, 900).perform()
    page.settle()
    assert page.boxes() == whole


def test_search_tells_the_share(columns, opened):
    from analyzer.profiles.profile import Profile

    page = opened(flame_tree(columns["cpu"]))
    page.keys("/", "linux.Syscall6")
    flat = Profile(columns["cpu"]).top().set_index("function").loc["internal/runtime/syscall/linux.Syscall6"]
    assert page.text("matched").startswith(f"{flat['cum_pct']:.1f} % in ")
    page.part("search").clear()
    page.part("search").send_keys("LINUX.SYSCALL[0-9]$")
    page.settle()
    assert page.text("matched").startswith("0.0 % in 0")
    page.part("regex").click()
    page.settle()
    assert page.text("matched").startswith(f"{flat['cum_pct']:.1f} % in ")
    for bad in ("(a+)+$", "(x"):
        page.part("search").clear()
        page.part("search").send_keys(bad)
        page.settle()
        assert page.text("matched") == "not a pattern"
    page.part("search").send_keys("\ue00c")
    page.settle()
    assert page.text("matched") == ""


def test_arrows_walk_the_tree_and_are_spoken(columns, opened):
    up, down, right, enter = "\ue013", "\ue015", "\ue014", "\ue007"
    page = opened(flame_tree(columns["cpu"]))
    page.keys(down)
    assert page.text("said").startswith("all · total 1.57 s (100.00 %)")
    page.keys(down)
    assert page.text("said").startswith("net/http.(*conn).serve · total 710 ms")
    page.keys(right)
    assert page.text("said").startswith(
        "github.com/mattermost/mattermost/server/v8/channels/app/platform.(*WebConn).Pump"
    )
    page.keys(down, up, enter)
    assert page.text("detail").startswith(
        "github.com/mattermost/mattermost/server/v8/channels/app/platform.(*WebConn).Pump"
    )


def _hottest(page):
    return page.browser.execute_script(
        "return [...document.querySelectorAll('#hot-rows tr')].map(r => [...r.children].map(c => c.textContent))"
    )


def test_table_is_the_report(columns, opened):
    from analyzer.profiles.flame_units import amount
    from analyzer.profiles.profile import Profile

    page = opened(flame_tree(columns["heap"]))
    top = Profile(columns["heap"]).top(sample_index="inuse_space")
    expected = {
        row.function: [amount(row.flat, "bytes"), amount(row.cum, "bytes")] for row in top[top["flat"] > 0].itertuples()
    }
    shown = {row[0]: [row[1], row[3]] for row in _hottest(page)}
    assert {name: shown.get(name) for name in expected} == expected
    page.pick("type", "alloc_objects")
    top = Profile(columns["heap"]).top(1, sample_index="alloc_objects")
    assert _hottest(page)[0][:2] == [top["function"][0], f"{top['flat'][0]:,}"]


def test_callers_view_begins_with_leaves(columns, opened):
    page = opened(flame_tree(columns["cpu"], invert=True))
    assert page.part("up").get_attribute("aria-pressed") == "true"
    page.keys("\ue015", "\ue015")
    assert page.text("said").startswith("internal/runtime/syscall/linux.Syscall6 · total 220 ms (14.01 %) · self 0")
    page.keys("i")
    page.keys("\ue015", "\ue015")
    assert page.text("said").startswith("net/http.(*conn).serve")


def test_sandwich_has_callers_above_and_callees_below(columns, opened):
    from analyzer.profiles.profile import Profile

    page = opened(flame_tree(columns["cpu"]))
    page.part("table").click()
    page.browser.find_element("css selector", "#hot-head th:nth-child(4) button").click()
    name = "net.(*conn).Write"
    page.browser.execute_script(
        "[...document.querySelectorAll('#hot-rows button')].find(b => b.textContent === arguments[0]).click()", name
    )
    page.settle()
    cum = Profile(columns["cpu"]).top().set_index("function").loc[name, "cum"]
    assert f"{name}, {cum // 1_000_000} ms" in page.text("crumb-text")
    page.part("flame").click()
    page.keys("\ue00c")
    assert not page.part("crumb").is_displayed()
    page.browser.execute_script(
        "[...document.querySelectorAll('#hot-rows button')].find(b => b.textContent === arguments[0]).click()", name
    )
    page.browser.execute_script("document.getElementById('flame').focus()")
    page.keys("\ue015")
    assert page.text("said").startswith("net.(*netFD).Write")
    page.keys("\ue013", "\ue013")
    assert "websocket" in page.text("said")


def test_label_split(columns, opened):
    heap = columns["heap"]
    page = opened(flame_tree(heap))
    page.pick("label", "bytes")
    page.keys("\ue015", "\ue015")
    at = heap.labels.number
    sizes = np.zeros(len(heap.samples))
    np.add.at(sizes, heap.labels.sample, at)
    largest = max(set(at.tolist()), key=lambda size: heap.samples.values[sizes == size, 3].sum())
    assert largest == 27_264
    share = heap.samples.values[sizes == largest, 3].sum() / heap.samples.values[:, 3].sum()
    assert page.text("said").startswith("26.6 kB · total ")
    assert f"({share * 100:.2f} %)" in page.text("said")


def test_difference(columns, opened):
    cpu = columns["cpu"]
    newer = replace(cpu, samples=replace(cpu.samples, values=cpu.samples.values * np.int64(2)))
    page = opened(flame_tree(newer, base=cpu))
    page.keys("\ue015")
    assert "newer 3.14 s (100.00 %)" in page.text("said")
    assert "+1.57 s (+100.0 %)" in page.text("said")
    page.part("normal").click()
    page.settle()
    page.browser.execute_script("document.getElementById('flame').focus()")
    page.keys("\ue015")
    assert "no change" in page.text("said")


def test_new_and_gone_are_marked(columns, opened):
    cpu = columns["cpu"]
    half = np.arange(len(cpu.samples)) % 2 == 0
    first, second = (
        replace(cpu, samples=replace(cpu.samples, values=np.where(chosen[:, None], cpu.samples.values, 0)))
        for chosen in (half, ~half)
    )
    page = opened(flame_tree(first, base=second))
    said = set()
    for _ in range(6):
        page.keys("\ue015")
        said.add(page.text("said").split(" · ")[-2])
    assert any(text.startswith(("+", "−")) for text in said)
    page.browser.find_element("css selector", "[data-width=old]").click()
    page.settle()
    old = page.boxes()
    page.browser.find_element("css selector", "[data-width=both]").click()
    page.settle()
    assert page.boxes() > old
    page.browser.execute_script("document.getElementById('flame').focus()")
    page.keys("/", "syscall")
    page.keys("\ue007")
    for _ in range(12):
        page.keys("n")
        said.add(page.text("said").split(" · ")[-2])
    assert any(text.startswith("new, +") for text in said)
    assert any(text.startswith("gone, −") for text in said)


def test_dark_and_light(columns, opened):
    page = opened(flame_tree(columns["cpu"]))
    ground = "return getComputedStyle(document.body).backgroundColor"
    assert page.browser.execute_script(ground) == "rgb(255, 255, 255)"
    light = page.part("flame").screenshot_as_base64
    page.keys("d")
    assert page.browser.execute_script(ground) == "rgb(20, 24, 30)"
    assert page.part("flame").screenshot_as_base64 != light
    page.part("theme").click()
    page.settle()
    assert page.browser.execute_script(ground) == "rgb(255, 255, 255)"


def test_canvas_has_the_pixels_of_the_screen_and_follows_its_size(columns, opened):
    page = opened(flame_tree(columns["cpu"]))
    read = (
        "const c = document.getElementById('flame'); return [c.width / c.clientWidth, c.clientWidth > 700, innerWidth]"
    )
    try:
        page.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": 800, "height": 600, "deviceScaleFactor": 2, "mobile": False}
        )
        page.settle()
        assert page.browser.execute_script(read) == [2, True, 800]
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_help_and_names_for_screen_readers(columns, opened):
    page = opened(flame_tree(columns["cpu"], title="A title"))
    label = page.part("flame").get_attribute("aria-label")
    assert label.startswith("Flame graph of A title, cpu, 1.57 s in all")
    page.keys("?")
    assert page.part("help").is_displayed()
    page.keys("\ue00c")
    assert not page.part("help").is_displayed()
    nameless = page.browser.execute_script(
        "return [...document.querySelectorAll('button, input, select')].filter(e => !(e.textContent.trim() || e.ariaLabel"
        " || e.closest('label'))).length"
    )
    assert nameless == 0
