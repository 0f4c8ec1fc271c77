"""The page: offline, complete, and safe whatever a packet holds."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser

import pytest

from analyzer import open_packet
from analyzer.report.blocks import CELL, Column, cell, table

HOSTILE = "<img src=x onerror=document.title='owned'>\"'&\x1b[31m"


def remade(bundled, **changes):
    """Return the bundled packet with members changed by functions of their bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(bundled) as given, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in given.namelist():
            data = given.read(name)
            archive.writestr(name, changes[name](data) if name in changes else data)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def page(bundled):
    return open_packet(bundled).report()


@pytest.fixture(scope="module")
def hostile_page(bundled):
    quoted = HOSTILE.replace('"', '\\"').replace("\x1b", "\\u001b").encode()
    frame = f"\nmain.{HOSTILE}(...)\n".encode()
    return open_packet(
        remade(
            bundled,
            **{
                "diagnostics.yaml": lambda data: data.replace(
                    b"Example Gardens Ltd", b'"' + quoted.replace(b"\\u001b", b"\\e") + b'"'
                ),
                "goroutines": lambda data: data.replace(b"\nmain.main(", frame + b"\t/x.go:1 +0x1\nmain.main("),
                "mattermost.log": lambda data: (
                    data + b'{"timestamp":"2026-11-22 12:00:00.000 Z","level":"error","msg":"' + quoted + b'"}\n'
                ),
                "warning.txt": lambda _: b"",
                "plugins.json": lambda _: b'{"enabled":[{"id":"' + quoted + b'","version":"1"}],"disabled":null}',
            },
        )
    ).report()


class References(HTMLParser):
    """Collects tags and every attribute that could load or run something."""

    def __init__(self):
        super().__init__()
        self.tags = []
        self.loads = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [
            (name, value)
            for name, value in attrs
            if name in {"src", "href", "action", "srcset"} or name.startswith("on")
        ]


def test_the_page_loads_nothing_and_runs_nothing(page):
    found = References()
    found.feed(page)
    assert "script" not in found.tags
    for name, value in found.loads:
        assert (name == "href" and value.startswith("#")) or (
            name == "src" and value.startswith("data:image/png;base64,")
        )
    assert "default-src 'none'" in page


def test_the_page_tells_every_section(page):
    for title in ("Packet", "Secrets", "Goroutines", "Hot functions", "Log", "Server"):
        assert f"<h2>{title}</h2>" in page
    for text in ("Mattermost 11.6.0", "746 goroutines", "registered users", "net/http.(*conn).serve"):
        assert text in page or text.replace(" ", "_") in page, text
    assert page.count("<img alt=") >= 5


def test_menu_leads_to_sections_that_exist(page):
    anchors = re.findall(r'href="#([a-z]+)"', page)
    assert anchors
    for anchor in anchors:
        assert page.count(f'id="{anchor}"') == 1


def test_hostile_text_is_text(hostile_page):
    found = References()
    found.feed(hostile_page)
    assert "script" not in found.tags
    assert not [pair for pair in found.loads if pair[0].startswith("on")]
    assert "\x1b" not in hostile_page
    assert "&lt;img src=x onerror" in hostile_page


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Debian's chromium is not installed")
def test_a_browser_runs_nothing_of_a_hostile_packet(hostile_page, tmp_path):
    (tmp_path / "page.html").write_text(hostile_page)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}"]  # fmt: skip
    result = subprocess.run(
        ["chromium", *flags, "--dump-dom", (tmp_path / "page.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    assert "<title>owned</title>" not in result.stdout
    assert "<h2>Goroutines</h2>" in result.stdout


def test_a_packet_of_nothing_but_metadata_and_stats_still_has_a_page(bundled):
    buffer = io.BytesIO()
    with zipfile.ZipFile(bundled) as given, zipfile.ZipFile(buffer, "w") as archive:
        for name in ("metadata.yaml", "stats.yaml"):
            archive.writestr(name, given.read(name))
    page = open_packet(buffer.getvalue()).report()
    assert "MISSING" in page
    assert "<h2>Goroutines</h2>" not in page


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (float("nan"), ""), (1234567, "1,234,567"), (0.5, "0.5"), (True, "True"), ("a\nb", "a\\nb")],
)
def test_cells(value, text):
    assert cell(value) == text


def test_long_cells_are_cut_between_words():
    shown = cell("word " * 200 + "x")
    assert len(shown) <= CELL + 2
    assert set(shown.split()) == {"word", "…"}
    assert cell("s" * 1000) == " …"


def test_long_tables_say_how_much_is_left_out():
    made = table([Column("n")], [(i,) for i in range(60)], limit=50, file="all.csv")
    assert (len(made.rows), made.more) == (50, "10")
