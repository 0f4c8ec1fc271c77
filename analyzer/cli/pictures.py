"""Call graphs as pictures: drawn by graphviz where it is installed, shown in the program that fits."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.cli.common import notice
from analyzer.errors import UsageError

if TYPE_CHECKING:
    from analyzer.profiles.model import Columns
    from analyzer.profiles.options import Options

_FORMATS = {"eog": "svg", "evince": "pdf", "gv": "ps", "web": "svg"}
_VIEWERS = {"eog": "eog", "evince": "evince", "gv": "gv", "kcachegrind": "kcachegrind"}
_SUFFIXES = {"callgrind": "callgraph.out", "kcachegrind": "grind", "proto": "pb.gz", "topproto": "pb.gz"}
BINARY = frozenset({"callgrind", "proto", "topproto", "gif", "pdf", "png", "ps", "svg"})
_SECONDS = 300


def can_draw() -> bool:
    """Tell whether graphviz is installed."""
    return shutil.which("dot") is not None


def show_flame_page(columns: Columns, options: Options) -> None:
    """Open the flame graph of what the filters leave in a browser: a picture that needs no graphviz.

    Raises:
        UsageError: a bad pattern, or no such measure.
    """
    from analyzer.profiles.flame import flame_tree
    from analyzer.profiles.report import prepare

    report = prepare(columns, "web", options, notice)
    notice("dot is not installed; opening a flame graph instead")
    tree = flame_tree(report.columns, sample_index=report.measure.index)
    open_viewer("web", "html", tree.to_html())


def finished(command: str, data: str | bytes) -> tuple[str, str | bytes]:
    """Return the file suffix of a report and its final form: pictures are drawn here.

    Raises:
        UsageError: graphviz is missing or fails.
    """
    form = _FORMATS.get(command, command)
    if form in ("gif", "pdf", "png", "ps", "svg") and isinstance(data, str):
        return form, _draw(form, data)
    return _SUFFIXES.get(command, "txt"), data


def _draw(form: str, text: str) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise UsageError(
            'failed to execute dot. Is Graphviz installed? Error: exec: "dot": executable file not found in $PATH'
        )
    try:
        done = subprocess.run(
            [program, f"-T{form}"],
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"dot did not finish in {_SECONDS} seconds") from None
    if done.returncode:
        raise UsageError(f"failed to execute dot. Is Graphviz installed? Error: exit status {done.returncode}")
    return done.stdout


def open_viewer(command: str, suffix: str, data: str | bytes) -> bool:
    """Show a report in its program; False if the report has none."""
    if command != "web" and command not in _VIEWERS:
        return False
    program = None if command == "web" else shutil.which(_VIEWERS[command])
    if command != "web" and program is None:
        raise UsageError(f'exec: "{_VIEWERS[command]}": executable file not found in $PATH')
    handle, name = tempfile.mkstemp(prefix="pprof", suffix=f".{suffix}")
    with os.fdopen(handle, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode("utf-8", "replace"))
    if program is None:
        # a browser reads it when it likes, so it stays
        opened = webbrowser.open(Path(name).as_uri())
        notice(f"{'Opening' if opened else 'no browser could be started; open it yourself:'} {name}")
        return True
    subprocess.run([program, name], check=False)
    Path(name).unlink(missing_ok=True)
    return True
