"""What to collect and from where: everything that the user says, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

Layout: TypeAlias = Literal["v1", "v2"]
MAX_CPU_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """A packet to generate.

    Attributes:
        config: ``config.json`` or a ``postgres://`` data source.
        output: folder for the packet.
        logs: folder with the log files; without one, where the configuration says.
        plugins: folder with the installed plugins; without one, where the configuration says.
        folder: the server's own folder, where relative names start; guessed from ``config`` without one.
        pprof_url: the server's profiling listener; without one, where ``MetricsSettings`` says.
        layout: file set; without one, that of the server's version (``v1`` up to 10.4).
        target_version: release whose layout, keys and quoting are written; without one, the server's own.
        with_logs: collect log files.
        cpu_seconds: length of the CPU profile; 0 leaves it out.
        probe_file_store: write, read and delete a test file in the file store, as the server does.
        mask: asterisks instead of example strings for what the scanner finds.
        server: base URL of a running server, asked for what only it knows.
        token: access token for ``server``.
        local: its local-mode socket instead.
        environment: variables of the server; None takes this process's.
        force: overwrite a packet of the same name.
    """

    config: str
    output: Path = Path()
    logs: Path | None = None
    plugins: Path | None = None
    folder: Path | None = None
    pprof_url: str | None = None
    layout: Layout | None = None
    target_version: str | None = None
    with_logs: bool = True
    cpu_seconds: int = 5
    probe_file_store: bool = True
    mask: bool = False
    server: str | None = None
    token: str | None = None
    local: Path | None = None
    environment: tuple[tuple[str, str], ...] | None = None
    force: bool = False

    def __repr__(self) -> str:
        """Name the output only: a data source or a token may hold a password."""
        return f"<plan for a packet in {self.output}>"
