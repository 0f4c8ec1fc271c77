"""``metadata.yaml`` (9.11 and later): who made this packet, when (packet-format.md 2.1)."""

# ruff: noqa: RUF009 - timestamp(), epoch_ms() and nested() are dataclasses.field with rules

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analyzer.format.versions import Version
from analyzer.parts.base import Notes, Parsed
from analyzer.parts.fields import bind, dump, epoch_ms, free_map, integer, text, unread
from analyzer.parts.yamlread import load_map
from analyzer.parts.yamlwrite import dialect_for, write_yaml


@dataclass(frozen=True, slots=True)
class Metadata:
    """The packet's own label.

    Attributes:
        version: metadata schema, 1.
        type: ``support-packet`` or ``plugin-packet``.
        generated_at: UTC time of the end of generation.
        server_version: semver text such as ``9.11.0``.
        server_id, license_id, customer_id: 26 characters each, or empty.
        extras: free map that plugins fill (``plugin_id``, ``min``, ``max``).
        extra: unknown keys, and raw values that did not fit.
    """

    version: int | None = integer()
    type: str | None = text()
    generated_at: datetime | None = epoch_ms()
    server_version: str | None = text()
    server_id: str | None = text()
    license_id: str | None = text()
    customer_id: str | None = text()
    extras: Mapping[str, Any] | None = free_map(omit=True)
    extra: Mapping[str, Any] = unread()


def read(data: bytes) -> Parsed[Metadata]:
    """Read ``metadata.yaml``.

    Raises:
        PartError: no YAML map could be read; one line with line and column.
    """
    notes = Notes()
    value = bind(Metadata, load_map(data, notes), "", notes)
    return Parsed(value, notes.result())


def write(value: Metadata, *, target: Version | None = None) -> bytes:
    """Return the file as a server of ``target`` writes it; the newest style without one."""
    return write_yaml(dump(value, target), dialect_for(target))
