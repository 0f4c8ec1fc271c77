"""``sanitized_config.json``: the running configuration (packet-format.md 2.7)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from analyzer.format.config_sections import REMOVED_IN_12_0, section_order
from analyzer.format.versions import Version
from analyzer.parts.base import Notes, Parsed, join
from analyzer.parts.jsonread import load_map
from analyzer.parts.jsonwrite import write_json
from analyzer.parts.keypaths import find
from analyzer.parts.scalars import kind_of
from analyzer.schema import Column, FrameSchema
from analyzer.text import count

if TYPE_CHECKING:
    import pandas as pd

SETTINGS: Final = FrameSchema(
    "settings",
    (
        Column("path", "str", "key path as config[...] takes it"),
        Column("section", "str", "top-level section"),
        Column("value", "str", "value as text; lists and maps only where empty"),
        Column("type", "str", "text, number, boolean, null, list, map"),
    ),
)
MAX_JSON_IN_TEXT = 3  # JSON in a string in JSON in a string ...
_TYPES: Final = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "map"}


@dataclass(frozen=True, slots=True, repr=False)
class Config:
    """The configuration. Its repr shows no value, because values may be secret.

    ``config["SqlSettings.MaxOpenConns"]``, ``config['PluginSettings.Plugins["a.b"].x']`` (or ``...Plugins.a.b.x``) and
    ``config["SqlSettings.DataSourceReplicas[0]"]`` give values; iterating gives ``(key_path, value)`` of every leaf.
    """

    tree: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, path: str) -> Any:
        """Return the value at a key path; a section or map is a dict. Raises KeyError where nothing stands."""
        return find(self.tree, path)

    def __contains__(self, path: object) -> bool:
        try:
            self[str(path)]
        except KeyError:
            return False
        return True

    def get(self, path: str, default: Any = None) -> Any:
        """Return the value at a key path, or ``default``; null is None."""
        try:
            return self[path]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return self.leaves()

    def __len__(self) -> int:
        return sum(1 for _ in self.leaves())

    def __bool__(self) -> bool:
        return bool(self.tree)

    def __repr__(self) -> str:
        return f"<Config: {count(len(self.tree), 'section')}, {count(len(self), 'setting')}>"

    @property
    def sections(self) -> tuple[str, ...]:
        """Top-level sections in file order."""
        return tuple(self.tree)

    def leaves(self, *, into_json: bool = False) -> Iterator[tuple[str, Any]]:
        """Yield ``(key_path, value)`` of every leaf in file order; an empty list or map is a leaf.

        Args:
            into_json: descend into strings that hold a JSON object or list; the string itself is then not yielded.
        """
        return _leaves(self.tree, "", MAX_JSON_IN_TEXT if into_json else 0)

    def frame(self) -> pd.DataFrame:
        """Return one row a leaf in file order; columns of :data:`SETTINGS`. Values stand as in the file."""
        rows: dict[str, list[object]] = {name: [] for name in SETTINGS.names}
        for section, block in self.tree.items():
            for path, value in _leaves(block, join("", section), 0):
                rows["path"].append(path)
                rows["section"].append(section)
                rows["value"].append(value if isinstance(value, str) else json.dumps(value))
                rows["type"].append(_TYPES.get(type(value), "null"))
        return SETTINGS.frame(dict(rows))


def _leaves(node: Any, path: str, into_json: int) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping) and node:
        for key, item in node.items():
            yield from _leaves(item, join(path, str(key)), into_json)
    elif isinstance(node, list) and node:
        for index, item in enumerate(node):
            yield from _leaves(item, f"{path}[{index}]", into_json)
    elif into_json and isinstance(node, str) and node.lstrip()[:1] in ("{", "["):
        try:
            inner = json.loads(node)
        except (ValueError, RecursionError):
            inner = None
        if inner:
            yield from _leaves(inner, path, into_json - 1)
        else:
            yield path, node
    else:
        yield path, node


def read(data: bytes) -> Parsed[Config]:
    """Read ``sanitized_config.json``. No key is required and none is unknown.

    Raises:
        PartError: no JSON object could be read; one line with line and column.
    """
    notes = Notes()
    tree = load_map(data, notes)
    for section, block in tree.items():
        if not isinstance(block, Mapping) and block is not None:
            notes.add(section, f"expected a section, found {kind_of(block)}")
    return Parsed(Config(tree), notes.result())


def write(value: Config, *, target: Version | None = None) -> bytes:
    """Return the file: as it stands without a target, else in the section order of ``target``.

    Keys that 12.0 removed are left out for 12.0 and later, as such a server would drop them. Nothing is masked here.
    """
    if target is None:
        return write_json(value.tree)
    rank = {name: position for position, name in enumerate(section_order(target))}
    last = rank["FeatureFlags"] if target.at_least("10.5") else len(rank)
    names = sorted(value.tree, key=lambda name: rank.get(name, last - 0.5))
    removed = set(REMOVED_IN_12_0) if target.at_least("12.0") else set()
    tree: dict[str, Any] = {}
    for name in names:
        block = value.tree[name]
        if removed and isinstance(block, Mapping):
            block = {key: item for key, item in block.items() if f"{name}.{key}" not in removed}
        tree[name] = block
    return write_json(tree)
