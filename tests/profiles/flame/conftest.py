"""Chromium, and the flame page open in it."""

import shutil
import zipfile

import pytest

from analyzer.profiles.read import read_columns

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


@pytest.fixture(scope="module")
def columns(bundled):
    with zipfile.ZipFile(bundled) as packet:
        return {name: read_columns(packet.read(f"{name}.prof")) for name in ("cpu", "heap")}


@pytest.fixture(scope="session")
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
