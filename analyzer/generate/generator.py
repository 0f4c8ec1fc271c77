"""Generating a packet: configuration, collectors, sanitizing, zip."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from analyzer.errors import Progress, UsageError
from analyzer.format.lineage import zip_name
from analyzer.format.versions import Version, parse_version
from analyzer.generate import assemble, pack, run, sanitize
from analyzer.generate import settings as settings_room
from analyzer.generate.base import Collected, Context
from analyzer.generate.collectors import COLLECTORS, host, logs
from analyzer.generate.plan import MAX_CPU_SECONDS, Plan
from analyzer.generate.settings import Settings, dsn
from analyzer.parts import warnings
from analyzer.parts.warnings import Message, Warnings
from analyzer.redact.dummy import Dummies
from analyzer.redact.redactor import Redactor, warm
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.generate.run import Step, Watch

_NO_FRACTION: Final = "9.3"


@dataclass(slots=True)
class Prepared:
    """Everything that is known before anything is collected."""

    plan: Plan
    context: Context
    steps: list[Step]
    identity: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<prepared: {len(self.steps)} collectors>"


@dataclass(frozen=True, slots=True)
class Generated:
    """A packet that was written.

    Attributes:
        path: the zip.
        size: its bytes.
        version: server version that it is of, or None.
        layout: ``v1`` or ``v2``.
        steps: every collector and how it went.
        members: member name to unpacked bytes, in order.
        sanitized: setting or member name to how many values were replaced there.
        left_out: member name to why it is missing.
        warnings: the lines of ``warning.txt``.
        seconds: how long it took.
    """

    path: Path
    size: int
    version: str | None
    layout: str
    steps: tuple[Step, ...]
    members: Mapping[str, int]
    sanitized: Mapping[str, int]
    left_out: Mapping[str, str]
    warnings: tuple[str, ...]
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether everything that was looked for is in the packet."""
        return not self.warnings


def prepare(plan: Plan) -> Prepared:
    """Read the configuration and find out what there is to collect; connects to nothing but a configuration's database.

    Raises:
        UsageError: there is no such configuration, or the plan contradicts itself.
    """
    if not 0 <= plan.cpu_seconds <= MAX_CPU_SECONDS:
        raise UsageError(f"a CPU profile takes 0 to {MAX_CPU_SECONDS} seconds")
    target = parse_version(plan.target_version)
    if plan.target_version and target is None:
        raise UsageError(f"{printable(plan.target_version)}: no server version")
    for name, folder in (("log", plan.logs), ("plugin", plan.plugins)):
        if folder is not None and not folder.is_dir():
            raise UsageError(f"{printable(str(folder))}: no such {name} folder")
    environment = dict(plan.environment) if plan.environment is not None else settings_room.server_environment()
    guessed = plan.folder or (None if dsn.is_data_source(plan.config) else _guessed_folder(plan.config))
    process = host.find_server(guessed)
    if process:
        environment = {**host.server_variables(process), **environment}
    settings = settings_room.load(plan.config, environment, folder=plan.folder)
    context = Context(plan, settings_room.with_defaults(settings, target), environment, target, process)
    identity = logs.identity(logs.log_folder(context) / "mattermost.log") if plan.with_logs else {}
    version = target or parse_version(identity.get("version"))
    context = replace(
        context,
        settings=settings_room.with_defaults(settings, version),
        version=version,
        secrets=tuple(_known_secrets(settings, environment, plan)),
    )
    return Prepared(plan, context, run.prepare(COLLECTORS, context), identity)


def _guessed_folder(config: str) -> Path:
    path = Path(config).expanduser().absolute()
    return path.parent.parent if path.parent.name == "config" else path.parent


def _known_secrets(settings: Settings, environment: Mapping[str, str], plan: Plan) -> list[str]:
    """Return every secret of the configuration, as stored and as overridden, and of what the user gave."""
    found = [*settings.loose, *sanitize.environment_secrets(environment)]
    for text in settings.loose:
        found += [*sanitize.url_secrets(text), *(dsn.credentials(text)[0] if "=" in text or "@" in text else ())]
    for tree in (settings.stored, settings.running):
        with contextlib.suppress(RecursionError, TypeError, ValueError, AttributeError):
            found += sanitize.sanitize(tree).secrets
    if dsn.is_data_source(plan.config):
        found += dsn.credentials(plan.config)[0]
    found += [plan.token or "", *sanitize.url_secrets(plan.pprof_url or ""), *sanitize.url_secrets(plan.server or "")]
    return list(dict.fromkeys(item for item in found if item))


def generate(plan: Plan, *, watch: Watch | None = None, progress: Progress | None = None) -> Generated:
    """Collect everything that ``plan`` names and write the packet.

    Args:
        plan: what to collect, from where, and where to put it.
        watch: called whenever a collector starts or ends.
        progress: called while members are scanned and written.

    Raises:
        UsageError: there is no such configuration, or the plan contradicts itself.
        SourceError: the packet cannot be written.
    """
    return finish(prepare(plan), watch=watch, progress=progress)


def finish(prepared: Prepared, *, watch: Watch | None = None, progress: Progress | None = None) -> Generated:
    """Run the collectors of a prepared plan and write the packet; see :func:`generate`."""
    started = time.monotonic()
    plan, context = prepared.plan, prepared.context
    _output_folder(plan.output)
    # meanwhile, so that nothing has to be loaded when the last collector is done
    threading.Thread(target=warm, name="load patterns", daemon=True).start()
    run.run(prepared.steps, context, watch)
    found = assemble.merged([*(s.collected for s in prepared.steps if s.collected), _from_start(prepared)])
    version = parse_version(plan.target_version) or parse_version(found.facts.get("_version")) or context.version
    shape = assemble.shape_of(plan.layout, version, _node(context.settings))
    settings = settings_room.with_defaults(context.settings, version or shape.target)
    config = assemble.running_config(found, settings)
    clean = _sanitized(config, found, shape.target)
    items = assemble.members(found, shape, clean.tree if clean else None, settings)
    if shape.target.before(_NO_FRACTION):
        items = [replace(item, modified=None) for item in items]
    redactor = Redactor(Dummies(mask=plan.mask))
    redactor.learn(*context.secrets, *(clean.secrets if clean else ()))
    path = _free_name(plan, shape.target, str(found.facts.get("license.company") or ""))

    def warning_text(left_out: Mapping[str, str]) -> bytes:
        lines = [*found.warnings, *(f"{name} is left out: {why}" for name, why in left_out.items())]
        return warnings.write(Warnings(tuple(Message(line) for line in lines)), target=shape.target)

    try:
        surveyed = pack.survey(items, redactor, progress)
        packed = pack.write(path, items, redactor, surveyed, warning_text, overwrite=plan.force, progress=progress)
    finally:
        _close(found.files)
    lines = (*found.warnings, *(f"{name} is left out: {why}" for name, why in packed.left_out.items()))
    return Generated(
        path=path,
        size=path.stat().st_size,
        version=str(version) if version else None,
        layout=shape.layout,
        steps=tuple(prepared.steps),
        members=packed.sizes,
        sanitized=_places(clean, packed),
        left_out=packed.left_out,
        warnings=lines,
        seconds=time.monotonic() - started,
    )


def _from_start(prepared: Prepared) -> Collected:
    """Return what was known before the collectors ran: the log's start-up lines, and a configuration's fault."""
    out = Collected()
    out.fact("server.build_hash", prepared.identity.get("build_hash"))
    if not prepared.context.process:
        out.fact("server.go_version", prepared.identity.get("go_version"))
    if prepared.context.settings.fault:
        out.warn(f"failed to sanitized config into json: {prepared.context.settings.fault}")
    return out


def _sanitized(
    config: Mapping[str, Any] | None, found: assemble.Findings, target: Version
) -> sanitize.Sanitized | None:
    if config is None:
        return None
    manifests = found.facts.get("_server_manifests", found.facts.get("_manifests"))
    try:
        return sanitize.sanitize(config, target=target, manifests=manifests)
    except (RecursionError, TypeError, ValueError, AttributeError) as error:
        found.warnings.append(f"failed to sanitized config into json: it cannot be sanitized ({type(error).__name__})")
        return None


def _node(settings: Settings) -> str:
    """Return the node's folder: its host name in a cluster, else nothing."""
    if not settings.on("ClusterSettings.Enable"):
        return ""
    name = settings.text("ClusterSettings.OverrideHostname") or socket.gethostname()
    return name.replace("/", "_").replace("\\", "_").strip(".") or "node"


def _output_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{printable(str(folder))}: cannot be written to: {error.strerror}") from None
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"{printable(str(folder))}: cannot be written to")
    pack.remove_stale(folder)


def _free_name(plan: Plan, target: Version, company: str) -> Path:
    """Return the packet's path; a name that is taken gets a number, as browsers do."""
    path = plan.output / zip_name(target, company, datetime.now().astimezone())
    for number in range(1, 100):
        if plan.force or not os.path.lexists(path):
            return path
        path = path.with_name(f"{path.name.removesuffix('.zip').partition('(')[0]}({number}).zip")
    return path


def _places(clean: sanitize.Sanitized | None, packed: pack.Packed) -> dict[str, int]:
    places: dict[str, int] = {}
    for path in clean.masked if clean else ():
        section = path.partition(".")[0]
        places[section] = places.get(section, 0) + 1
    return {**{f"{name} (settings)": number for name, number in places.items()}, **packed.replaced}


def _close(items: list[Any]) -> None:
    for item in items:
        if item.stream is not None:
            item.stream.close()
