"""What a scan is asked to do: engine, limits, fingerprint key, what is already known."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from analyzer.archive import Limits
from analyzer.secrets.secret import FingerprintKey, own_key

if TYPE_CHECKING:
    from analyzer.secrets.baseline import Known

Engine: TypeAlias = Literal["auto", "hyperscan", "literal", "kingfisher"]


@dataclass(frozen=True)
class Policy:
    """Settings of a scan; the default is right for most.

    Attributes:
        engine: ``auto`` (hyperscan, else ``literal``); ``kingfisher`` adds the rules of its SDK as another source.
        limits: what may be read of each packet.
        key: of the fingerprints; None takes the user's own, made once.
        known: findings of a baseline and an allow list, which are counted but not reported.
        node: scan only this node's members and those of the packet as a whole.
        values_per_rule: distinct values of one rule in one member; what is beyond is counted and said.
        held_bytes: unpacked bytes of one packet kept to search for confirmed values; a larger packet is read twice.
    """

    engine: Engine = "auto"
    limits: Limits = field(default_factory=Limits)
    key: FingerprintKey | None = None
    known: tuple[Known, ...] = ()
    node: str | None = None
    values_per_rule: int = 1_000
    held_bytes: int = 32 << 20

    @cached_property
    def fingerprints(self) -> FingerprintKey:
        """The key in force."""
        return self.key if self.key is not None else own_key()
