"""Many sources at once: what to scan, workers that may die, results as they come.

``queue`` and ``pool`` know sources and processes, ``many`` puts the scan of one packet into them. Nothing is
imported here, so that a command that finds nothing to do ends at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.batch.many import Source
    from analyzer.errors import Progress
    from analyzer.secrets import Policy, ScanResult


def begin() -> None:
    """Load what workers need in a process of its own, from which they are forked; ``end`` ends it.

    For a command that will scan and still has its arguments to read.
    """
    import analyzer.secrets  # noqa: F401 -- both need it
    from analyzer.batch import nursery

    nursery.begin(_load)


def end() -> None:
    """End what ``begin`` began."""
    from analyzer.batch import nursery

    nursery.end()


def _load() -> None:
    import analyzer.batch.many
    import analyzer.batch.worker
    import analyzer.secrets.scan  # noqa: F401
    from analyzer.secrets.engine import matcher

    matcher()


def scan(
    sources: Iterable[Source] | Source,
    *,
    jobs: int | None = None,
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> ScanResult:
    """Scan packets, folders of packets, globs and URLs for secrets; see ``analyzer.batch.many.scan_sources``."""
    from analyzer.batch.many import scan_sources

    return scan_sources(sources, jobs=jobs, policy=policy, progress=progress)
