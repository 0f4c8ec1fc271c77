"""Columns of text padded to equal width, as Go's ``text/tabwriter`` with right alignment and one space between."""

from __future__ import annotations


def align_right(text: str) -> str:
    """Pad every cell that ends in a tab on its left, to the widest of the cells above and below it."""
    lines = [line.split("\t") for line in text.split("\n")]
    widths: list[list[int]] = [[0] * len(line) for line in lines]
    _column(lines, widths, 0, len(lines), 0)
    return "\n".join(
        "".join(cell.rjust(width) for cell, width in zip(cells, sizes, strict=True))
        for cells, sizes in zip(lines, widths, strict=True)
    )


def _column(lines: list[list[str]], widths: list[list[int]], first: int, last: int, column: int) -> None:
    """Settle one column inside a run of lines; a run ends where a line has no such cell."""
    at = first
    while at < last:
        if column >= len(lines[at]) - 1:  # the last cell of a line belongs to no column
            at += 1
            continue
        end = at
        while end < last and column < len(lines[end]) - 1:
            end += 1
        width = max(len(line[column]) for line in lines[at:end]) + 1
        for row in range(at, end):
            widths[row][column] = width
        _column(lines, widths, at, end, column + 1)
        at = end
