"""Reading the configuration from where the server keeps it (packet-format.md 6.3, 6.4)."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from analyzer.errors import UsageError
from analyzer.format.credentials import ACCOUNT_NAMES, CREDENTIALS
from analyzer.generate.scrub import database_reason, not_installed, reason
from analyzer.generate.settings import dsn
from analyzer.generate.settings.defaults import completed, spelled
from analyzer.generate.settings.environment import apply, flat, overrides
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.format.versions import Version

MAX_BYTES: Final = 64 << 20
CONNECT_SECONDS: Final = 5
# a deadline for the statement too: a hung database accepts and never answers
QUERY_MS: Final = 5000


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration in clear; never printed.

    Attributes:
        stored: as it is kept, keys spelled as the server does.
        given: with environment overrides.
        running: with the defaults of the release too, in struct order.
        origin: ``file:///…`` or the sanitized data source, as ``config.store_type`` has it.
        folder: where relative names of the configuration start; None for a database store.
        overridden: dotted paths that the environment overrides.
        loose: secrets found in a configuration that could not be parsed.
        fault: why the configuration is not there, or None.
    """

    stored: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    running: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""
    folder: Path | None = None
    overridden: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    fault: str | None = None

    def __repr__(self) -> str:
        return f"<configuration from {self.origin}: {len(self.stored)} sections>"

    def get(self, path: str, default: Any = None) -> Any:
        """Return the running value of a dotted path, or ``default`` where it is missing or null."""
        value: Any = self.running
        for key in path.split("."):
            if not isinstance(value, Mapping) or key not in value:
                return default
            value = value[key]
        return default if value is None else value

    def text(self, path: str) -> str:
        """Return a text setting, ``""`` where it is missing or no text."""
        value = self.get(path, "")
        return value if isinstance(value, str) else ""

    def on(self, path: str) -> bool:
        """Whether a switch is on."""
        return self.get(path) is True

    def path(self, name: str) -> Path:
        """Return a file name of the configuration as a path: relative names start at the server's folder."""
        path = Path(name)
        return path if path.is_absolute() or self.folder is None else self.folder / path


def load(source: str, environment: Mapping[str, str], *, folder: Path | None = None) -> Settings:
    """Read the configuration from a file or a database.

    Args:
        source: path of ``config.json``, or a ``postgres://`` data source.
        environment: the server's variables; ``MM_*`` override settings.
        folder: the server's own folder; guessed from a file's place without one.

    Returns:
        Settings without defaults (see :func:`with_defaults`). A configuration that exists but cannot be read, parsed or
        reached is in ``fault``: everything else is still collected.

    Raises:
        UsageError: there is no such file, or the data source is none of PostgreSQL.
    """
    if dsn.is_data_source(source):
        return _from_database(source, environment, folder)
    path = Path(source).expanduser()
    if not path.exists():
        raise UsageError(f"{printable(source)}: no such configuration")
    path = path.absolute()
    if folder is None:
        folder = path.parent.parent if path.parent.name == "config" else path.parent
    origin = f"file://{path}"
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return Settings(origin=origin, folder=folder, fault=f"failed to read {origin}: {error.strerror}")
    if len(data) > MAX_BYTES:
        return Settings(origin=origin, folder=folder, fault=f"{origin} is no configuration: more than 64 MB")
    return _parsed(data.decode("utf-8-sig", "replace"), origin, environment, folder)


def _parsed(text: str, origin: str, environment: Mapping[str, str], folder: Path | None) -> Settings:
    try:
        tree = json.loads(text)
        if not isinstance(tree, dict):
            raise ValueError("no JSON object")  # noqa: TRY004
        stored = spelled(tree)
        found = overrides(environment, dict(flat(stored)))
        given = apply(stored, found)
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        fault = f"failed to load the configuration from {origin}: it is no JSON object{where}"
        found = apply({}, overrides(environment, {}))
        return Settings({}, found, found, origin, folder, tuple(dict(flat(found))), _loose_secrets(text), fault)
    return Settings(stored, given, given, origin, folder, tuple(found))


def _from_database(source: str, environment: Mapping[str, str], folder: Path | None) -> Settings:
    try:
        import psycopg
    except ModuleNotFoundError as error:
        raise UsageError(not_installed(error)) from None
    origin = dsn.sanitized(source)
    if source.strip().lower().startswith("mysql:"):
        raise UsageError("a configuration in MySQL cannot be read, only PostgreSQL")
    text, why = _active_row(psycopg, source)
    fault = f"failed to load the configuration from the database at {dsn.place(source)}: {why}" if why else None
    if text is None:
        found = apply({}, overrides(environment, {}))
        return Settings({}, found, found, origin, folder, tuple(dict(flat(found))), fault=fault)
    return _parsed(str(text), origin, environment, folder)


def _active_row(psycopg: Any, source: str) -> tuple[str | None, str | None]:
    """Return the stored configuration, or why there is none; in a thread, since a dead network never answers."""
    found: list[tuple[str | None, str | None]] = []

    def ask() -> None:
        try:
            with psycopg.connect(
                dsn.for_psycopg(source), connect_timeout=CONNECT_SECONDS, application_name="supportpacket"
            ) as connection:
                connection.read_only = True
                connection.execute(f"SET LOCAL statement_timeout = {QUERY_MS}")
                row = connection.execute("SELECT Value FROM Configurations WHERE Active").fetchone()
                found.append((str(row[0]), None) if row else (None, "no active row"))
        except (psycopg.Error, UnicodeError, ValueError) as error:
            known = dsn.credentials(source)[0]
            why = database_reason(error, known) if isinstance(error, psycopg.Error) else reason(error, known)
            found.append((None, why))

    thread = threading.Thread(target=ask, name="load configuration", daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS + QUERY_MS / 1000 - 2)
    return found[0] if found else (None, "no answer")


def with_defaults(settings: Settings, target: Version | None) -> Settings:
    """Return the settings as a server of ``target`` runs with them."""
    if settings.fault:
        return settings
    return replace(settings, running=completed(settings.given, target))


def _loose_secrets(text: str) -> tuple[str, ...]:
    """Return what stands behind the names of credential settings in a configuration that is no JSON any more."""
    wanted = {row.path.replace("[]", "").rpartition(".")[2] for row in CREDENTIALS}
    wanted |= {path.rpartition(".")[2] for path in ACCOUNT_NAMES} - {"Id"}
    found = []
    for match in re.finditer(r'"(\w{1,64})"\s*:\s*"((?:[^"\\\n]|\\.){4,4096})', text):
        if match[1] in wanted or re.search(r"(?i)secret|passw|token|salt|key\Z", match[1]):
            try:
                found.append(json.loads(f'"{match[2]}"'))
            except ValueError:
                found.append(match[2])
    return tuple(dict.fromkeys(found))


def server_environment() -> dict[str, str]:
    """Return this process's environment, where an administrator has the server's own variables."""
    return dict(os.environ)
