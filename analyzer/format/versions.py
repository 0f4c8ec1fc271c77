"""Server versions: read tolerantly, compared by release.

Sources: ``model.CurrentVersion`` is semver such as ``9.11.0``; builds from a branch say ``11.6.0-dev`` or just ``dev``
(packet-format.md 1.1, 2.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Final

_TEXT = re.compile(
    r"[vV]?(?P<major>\d{1,4})\.(?P<minor>\d{1,4})(?:\.(?P<patch>\d{1,6}))?(?:\.\d{1,9})*"
    r"(?:[-.~]?(?P<pre>[A-Za-z][0-9A-Za-z.-]{0,60}))?(?:\+(?P<build>[0-9A-Za-z.-]{1,80}))?\Z",
    re.ASCII,
)
_BRANCH: Final = frozenset({"dev", "master", "main", "nightly"})
_NEWEST: Final = 9999


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A server version; ordered as semver orders, ``dev`` after every release.

    ``at_least`` and ``before`` compare release numbers only, because ``11.6.0-dev`` has the files of 11.6.
    """

    major: int
    minor: int
    patch: int = 0
    pre: str = ""
    build: str = ""
    text: str = ""

    def __str__(self) -> str:
        if self.text:
            return self.text
        return f"{self.release}.{self.patch}" + (f"-{self.pre}" if self.pre else "")

    @property
    def release(self) -> str:
        """The release without patch level: ``11.6``; ``dev`` for a branch build without numbers."""
        return "dev" if self.major == _NEWEST else f"{self.major}.{self.minor}"

    @property
    def _order(self) -> tuple[int, int, int, int, str]:
        return (self.major, self.minor, self.patch, 0 if self.pre else 1, self.pre)

    def __eq__(self, other: object) -> bool:
        return self._order == other._order if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._order < other._order if isinstance(other, Version) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._order)

    def at_least(self, release: str) -> bool:
        """Whether this is ``release`` (``10.11`` or ``9.5.2``) or a later one."""
        return (self.major, self.minor, self.patch) >= _numbers(release)

    def before(self, release: str) -> bool:
        """Whether this is earlier than ``release``."""
        return not self.at_least(release)

    def within(self, since: str | None, until: str | None) -> bool:
        """Whether this lies in ``since`` (inclusive) to ``until`` (the first release without); None is open."""
        return (since is None or self.at_least(since)) and (until is None or self.before(until))


def _numbers(release: str) -> tuple[int, int, int]:
    parts = [int(p) for p in release.split(".")]
    return (parts[0], parts[1] if len(parts) > 1 else 0, parts[2] if len(parts) > 2 else 0)


def parse_version(text: str | Version | None) -> Version | None:
    """Return the version that a text names, or None if it names none.

    Accepts a leading ``v``, two to four numbers, pre-release and build parts, and the branch words ``dev``, ``master``.
    """
    if text is None or isinstance(text, Version):
        return text
    plain = text.strip()
    if plain.lower() in _BRANCH:
        return Version(_NEWEST, 0, 0, "dev", "", plain)
    match = _TEXT.match(plain)
    if not match:
        return None
    return Version(
        int(match["major"]),
        int(match["minor"]),
        int(match["patch"] or 0),
        match["pre"] or "",
        match["build"] or "",
        plain,
    )


def within(version: Version | None, since: str | None, until: str | None) -> bool:
    """Whether ``version`` lies in [since, until); an unknown version lies in every range."""
    return version is None or version.within(since, until)
