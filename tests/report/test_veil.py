"""The veil: secrets that a scan found leave pages and frames in no spelling."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pandas as pd
import pytest

from analyzer.report.veil import Veil
from analyzer.secrets import Secret

VALUE = "pA$s/w0rd" + '"&<x>'


@pytest.fixture
def veil():
    return Veil([Secret(VALUE, "password", "hmac-0123456789abcdef")])


@pytest.mark.parametrize(
    "spelled",
    [
        VALUE,
        json.dumps(VALUE)[1:-1],
        quote(VALUE, safe=""),
        base64.b64encode(VALUE.encode()).decode(),
        VALUE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;"),
        VALUE.encode().hex(),
    ],
)
def test_every_spelling_is_replaced(veil, spelled):
    hidden = veil.text(f"before {spelled} after")
    assert spelled not in hidden
    assert hidden.startswith("before <password, 14 characters, hmac-")
    assert hidden.endswith("> after")
    assert "<password" not in veil.html(f"<td>{spelled}</td>")


def test_frames_lose_it_in_text_and_categories_and_keep_the_rest(veil):
    frame = pd.DataFrame(
        {
            "path": ["a", "b", None],
            "value": [VALUE, "plain", None],
            "kind": pd.Categorical([f"x {VALUE}", "y", "y"]),
            "count": [1, 2, 3],
        }
    )
    hidden = veil.frame(frame)
    assert VALUE not in hidden.to_csv()
    assert hidden["path"].equals(frame["path"])
    assert hidden["count"].equals(frame["count"])
    assert hidden.dtypes.equals(frame.dtypes) or str(hidden["kind"].dtype) == "category"
    assert frame.loc[0, "value"] == VALUE


def test_no_secret_means_no_work():
    frame = pd.DataFrame({"a": ["b"]})
    veil = Veil([])
    assert veil.frame(frame) is frame
    assert veil.text("x") == "x"
