"""``plugins.json``: the manifests of running and other plugins (packet-format.md 2.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from analyzer.format.spelling import variants
from analyzer.format.versions import Version
from analyzer.parts.base import Notes, Parsed, join
from analyzer.parts.fields import bind, dump, free_map, text, unread
from analyzer.parts.jsonread import load_map
from analyzer.parts.jsonwrite import write_json
from analyzer.parts.scalars import kind_of
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

Form: TypeAlias = Literal["active", "enabled"]

PLUGINS: Final = FrameSchema(
    "plugins",
    (
        Column("id", "str", "plugin id"),
        Column("running", "boolean", "True under enabled/active, False under disabled/inactive"),
        Column("name", "str", "name for people"),
        Column("version", "str", "plugin version"),
        Column("min_server_version", "str", "oldest server that it supports"),
        Column("homepage_url", "str", "home page"),
        Column("settings", "Int64", "settings that its schema declares, sections included"),
        Column("secret_settings", "Int64", "of these, declared secret"),
    ),
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One plugin's manifest; nested blocks are kept as they stand."""

    id: str | None = text()
    name: str | None = text(omit=True)
    description: str | None = text(omit=True)
    homepage_url: str | None = text(omit=True)
    support_url: str | None = text(omit=True)
    release_notes_url: str | None = text(omit=True)
    icon_path: str | None = text(omit=True)
    version: str | None = text()
    min_server_version: str | None = text(omit=True)
    server: Mapping[str, Any] | None = free_map(omit=True)
    webapp: Mapping[str, Any] | None = free_map(omit=True)
    settings_schema: Mapping[str, Any] | None = free_map(omit=True)
    props: Mapping[str, Any] | None = free_map(omit=True)
    extra: Mapping[str, Any] = unread()

    def settings(self) -> Iterator[Mapping[str, Any]]:
        """Yield every declared setting, those inside sections too."""
        schema = self.settings_schema or {}
        for block in (schema, *_maps(schema.get("sections"))):
            yield from _maps(block.get("settings"))

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """Keys that the schema declares secret."""
        return tuple(str(row.get("key")) for row in self.settings() if row.get("secret") is True)


def _maps(raw: object) -> list[Mapping[str, Any]]:
    return [item for item in raw if isinstance(item, Mapping)] if isinstance(raw, list) else []


@dataclass(frozen=True, slots=True)
class Plugins:
    """The file's two lists; None where a list is missing, ``()`` where it is empty or null.

    Attributes:
        enabled: RUNNING plugins (``active`` in V1). One enabled in the configuration but not here has failed.
        disabled: all others (``inactive`` in V1).
        form: which pair of keys the file has; V1 writes empty lists as ``[]``, V2 as null.
        extra: unknown keys, and raw values that did not fit.
    """

    enabled: tuple[Manifest, ...] | None = None
    disabled: tuple[Manifest, ...] | None = None
    form: Form = "enabled"
    extra: Mapping[str, Any] = unread()

    def frame(self) -> pd.DataFrame:
        """Return one row a plugin, running ones first; columns of :data:`PLUGINS`."""
        rows: dict[str, list[object]] = {name: [] for name in PLUGINS.names}
        for running, manifests in ((True, self.enabled), (False, self.disabled)):
            for manifest in manifests or ():
                rows["running"].append(running)
                rows["settings"].append(sum(1 for _ in manifest.settings()))
                rows["secret_settings"].append(len(manifest.secret_keys))
                for name in ("id", "name", "version", "min_server_version", "homepage_url"):
                    rows[name].append(getattr(manifest, name))
        return PLUGINS.frame(dict(rows))


def read(data: bytes) -> Parsed[Plugins]:
    """Read ``plugins.json`` in either form.

    Raises:
        PartError: no JSON object could be read; one line with line and column.
    """
    notes = Notes()
    tree = load_map(data, notes)
    lists: dict[str, tuple[Manifest, ...] | None] = {}
    extra = dict(tree)
    form: Form = "active" if "active" in tree or "inactive" in tree else "enabled"
    for name in ("enabled", "disabled"):
        given = [key for key in variants(name) if key in tree]
        manifests: list[Manifest] = []
        for key in given:
            raw = tree[key]
            if raw is None or isinstance(raw, list):
                del extra[key]
                manifests += _manifests(raw or [], key, notes)
            else:
                notes.add(key, f"expected a list, found {kind_of(raw)}", "error")
        lists[name] = tuple(manifests) if any(key not in extra for key in given) else None
    if len({"active", "inactive"} & tree.keys()) and len({"enabled", "disabled"} & tree.keys()):
        notes.add("", "both active/inactive and enabled/disabled are given; their lists are joined")
    return Parsed(Plugins(lists["enabled"], lists["disabled"], form, extra), notes.result())


def _manifests(rows: list[Any], key: str, notes: Notes) -> list[Manifest]:
    out = []
    for index, row in enumerate(rows):
        where = f"{join('', key)}[{index}]"
        if isinstance(row, Mapping):
            out.append(bind(Manifest, row, where, notes))
        else:
            notes.add(where, f"expected a manifest, found {kind_of(row)}", "error")
    return out


def write(value: Plugins, *, target: Version | None = None) -> bytes:
    """Return the file as a server of ``target`` writes it; in the value's own form without one."""
    form = value.form if target is None else ("active" if target.before("10.5") else "enabled")
    tree: dict[str, Any] = {}
    for name, manifests in (("enabled", value.enabled), ("disabled", value.disabled)):
        if manifests is None:
            continue
        rows = [dump(manifest, target) for manifest in manifests]
        key = variants(name)[1 if form == "active" else 0]
        tree[key] = rows or ([] if form == "active" else None)
    for key, raw in value.extra.items():
        tree.setdefault(key, raw)
    return write_json(tree)
