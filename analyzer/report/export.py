"""Every frame of a packet as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.files import refuse_overwrite, replace_when_done
from analyzer.packet.frames import frame_names
from analyzer.text import without_controls

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.errors import Progress
    from analyzer.packet import Packet
    from analyzer.report.veil import Veil


def export_frames(
    packet: Packet,
    folder: Path,
    form: str,
    *,
    force: bool = False,
    progress: Progress | None = None,
    only: frozenset[str] | None = None,
    veil: Veil | None = None,
) -> list[Path]:
    """Write each frame of ``packet`` as ``folder/NAME.parquet`` or ``.csv`` and return the paths.

    A frame that cannot be made is a problem of the packet and left out.

    Args:
        packet: the opened packet.
        folder: made if it does not exist.
        form: ``parquet`` or ``csv`` (times as ISO 8601 with offset, nested values as JSON).
        force: overwrite existing files, and remove those of frames that this packet does not have.
        progress: called with (frames done, frames in all, name).
        only: names of the frames wanted; all without it.
        veil: replaces secrets that a scan found.

    Raises:
        UsageError: a file exists and ``force`` is false, or the folder cannot be written.
    """
    makers = {name: make for name, make in packet.frames().items() if only is None or name in only}
    paths = {name: folder / f"{name}.{form}" for name in makers}
    for path in paths.values():
        refuse_overwrite(path, force=force)
    # what an earlier packet left here must not be taken for this one's
    for name in frame_names() if only is None else only:
        if force and name not in makers:
            (folder / f"{name}.{form}").unlink(missing_ok=True)
    written: list[Path] = []
    for done, (name, make) in enumerate(makers.items()):
        if progress is not None:
            progress(done, len(makers), name)
        frame = packet.attempt(name, make)
        if frame is None:
            continue
        written.append(paths[name])
        with replace_when_done(paths[name], force=force) as partial:
            flat = as_text(frame)
            write_file(flat if veil is None else veil.frame(flat), partial, form)
    if progress is not None:
        progress(len(makers), len(makers), "")
    return written


def write_file(frame: pd.DataFrame, path: Path, form: str) -> None:
    """Write one frame without nested values; a CSV has no control characters that a terminal would obey."""
    import pandas as pd

    if form == "parquet":
        frame.to_parquet(path, index=False)
    else:
        shown = frame.copy(deep=False)
        for name, series in frame.items():
            if pd.api.types.is_string_dtype(series.dtype) or isinstance(series.dtype, pd.CategoricalDtype):
                shown[name] = series.astype("str").map(without_controls, na_action="ignore")
        shown.to_csv(
            path, index=False, lineterminator="\n", encoding="utf-8", errors="backslashreplace", date_format=ISO
        )


ISO = "%Y-%m-%dT%H:%M:%S.%f%z"


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with nested values as JSON text; plain columns stay as they are."""
    import orjson
    import pandas as pd

    columns = {}
    for name, series in frame.items():
        if series.dtype == object:
            texts = [
                value if value is None or isinstance(value, str) else orjson.dumps(value, default=str).decode()
                for value in series
            ]
            columns[name] = pd.Series(texts, index=series.index, dtype="str")
        else:
            columns[name] = series
    return pd.DataFrame(columns)
