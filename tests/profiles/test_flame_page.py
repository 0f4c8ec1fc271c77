"""The flame page in a real browser: nothing of a name executes, and everything it offers answers."""

import json
import re
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from analyzer.profiles.flame import flame_tree
from analyzer.profiles.flame_html import notebook_cell, script
from analyzer.profiles.read import read_columns

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
HOSTILE = (
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<!--<script>",
    "]]></style></title>'\"&lt;{{ data }}{{ script }}",
    "javascript:document.title='owned'//\u2028\u2029\u202e\x00\x1b[31m",
    "${document.title='owned'}`\\u003cimg src=x onerror=document.title=1>",
    "__proto__",
)


@pytest.fixture(scope="module")
def columns(bundled):
    with zipfile.ZipFile(bundled) as packet:
        return {name: read_columns(packet.read(f"{name}.prof")) for name in ("cpu", "heap")}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver")
    if not CHROMIUM or not DRIVER:
        pytest.skip("no chromium and chromedriver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--force-prefers-reduced-motion",
        "--window-size=1300,850",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


class Page:
    """A flame page that is open, and its parts by id."""

    def __init__(self, browser, path):
        self.browser = browser
        browser.get(path.as_uri())
        self.settle()

    def settle(self):
        """Wait until animations are over and the page is painted."""
        self.browser.execute_async_script(
            "const done = arguments[0]; setTimeout(() => requestAnimationFrame(done), 130)"
        )

    def part(self, name):
        return self.browser.find_element("id", name)

    def text(self, name):
        return self.browser.execute_script("return document.getElementById(arguments[0]).textContent", name)

    def keys(self, *keys):
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()
        self.settle()

    def point(self, x, y, act=None):
        """Move the pointer to a place of the canvas and perhaps click there."""
        from selenium.webdriver.common.action_chains import ActionChains

        canvas = self.part("flame")
        size = canvas.size
        chain = ActionChains(self.browser).move_to_element_with_offset(
            canvas, x - size["width"] // 2, y - size["height"] // 2
        )
        getattr(chain, act)().perform() if act else chain.perform()
        self.settle()

    def boxes(self):
        return int(self.part("flame").get_attribute("data-boxes"))

    def pick(self, name, text):
        from selenium.webdriver.support.select import Select

        Select(self.part(name)).select_by_visible_text(text)
        self.settle()

    def complaints(self):
        return [entry["message"] for entry in self.browser.get_log("browser") if "favicon" not in entry["message"]]


@pytest.fixture
def opened(browser, tmp_path):
    """Open the page of a flame tree; whatever the test does, the console must stay silent."""
    pages = []

    def open_page(flame):
        path = tmp_path / f"page{len(pages)}.html"
        path.write_text(flame if isinstance(flame, str) else flame.to_html(), encoding="utf-8")
        pages.append(Page(browser, path))
        return pages[-1]

    yield open_page
    assert [complaint for page in pages for complaint in page.complaints()] == []


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
