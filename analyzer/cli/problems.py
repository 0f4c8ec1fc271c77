"""What could not be read, each cause told once: an archive that just ends shows in several places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from analyzer.errors import Problem

# the words of analyzer/archive/ziparchive.py
_NO_DIRECTORY: Final = "no central directory; members are found by their local headers"
_ENDS: Final = "the archive ends inside its data"


def told_once(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems in their order without those that only follow from the archive's end.

    A cut zip has no directory, and the member that it ends in is itself cut: one cause, one line.
    """
    listed = list(dict.fromkeys(problems))
    ends = {_member(problem) for problem in listed if problem.message == _ENDS}
    if not ends:
        return listed
    told = []
    for problem in listed:
        if problem.message == _ENDS:
            told.append(replace(problem, message=f"{_ENDS}; what stood behind it is lost"))
        elif problem.message != _NO_DIRECTORY and not (_member(problem) in ends and "cut" in problem.message):
            told.append(problem)
    return told


def _member(problem: Problem) -> str:
    return problem.part.rpartition("/")[2]
