"""``<plugin id>/diagnostics.yaml``: what a plugin says about itself (packet-format.md 1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from analyzer.format.versions import Version
from analyzer.parts.base import Notes, Parsed
from analyzer.parts.fields import bind, dump, text, unread
from analyzer.parts.yamlread import load_map
from analyzer.parts.yamlwrite import write_yaml
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

PLUGIN_FACTS: Final = FrameSchema(
    "plugin_facts",
    (
        Column("key", "str", "key as the plugin writes it"),
        Column("value", "str", "value as text"),
    ),
)


@dataclass(frozen=True, slots=True)
class PluginDiagnostics:
    """Every plugin has its own keys, so all but ``version`` are in ``extra``, in file order."""

    version: str | None = text()
    extra: Mapping[str, Any] = unread()

    def __getitem__(self, key: str) -> Any:
        """Return the value of a key, ``version`` included. Raises KeyError where the file does not have it."""
        if key == "version" and self.version is not None:
            return self.version
        return self.extra[key]

    @property
    def facts(self) -> dict[str, Any]:
        """Every key and value, ``version`` first."""
        return ({} if self.version is None else {"version": self.version}) | dict(self.extra)

    def frame(self) -> pd.DataFrame:
        """Return one row a key; columns of :data:`PLUGIN_FACTS`."""
        facts = self.facts
        return PLUGIN_FACTS.frame({"key": list(facts), "value": [str(value) for value in facts.values()]})


def read(data: bytes) -> Parsed[PluginDiagnostics]:
    """Read a plugin's ``diagnostics.yaml``.

    Raises:
        PartError: no YAML map could be read; one line with line and column.
    """
    notes = Notes()
    value = bind(PluginDiagnostics, load_map(data, notes), "", notes)
    return Parsed(value, notes.result())


def write(value: PluginDiagnostics, *, target: Version | None = None) -> bytes:
    """Return the file in the dialect of yaml.v3, which plugins use whatever the server's version."""
    return write_yaml(dump(value, target), "v3")
