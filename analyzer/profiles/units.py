"""Numbers with units, as reports print them.

Families, factors, spellings and number formats are those of
github.com/google/pprof/internal/measurement/measurement.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Unit(NamedTuple):
    """One unit: the name that is printed and its size in the family's smallest unit."""

    name: str
    factor: float


@dataclass(frozen=True, slots=True)
class Family:
    """Units that convert into each other, smallest first, and the one that others are turned into."""

    units: tuple[Unit, ...]
    default: Unit
    spellings: dict[str, Unit] = field(repr=False)

    def find(self, text: str) -> Unit | None:
        """Return the unit of a spelling: any case, one trailing s ignored in longer words."""
        lowered = text.lower()
        if len(lowered.encode()) > 2:
            lowered = lowered.removesuffix("s")
        return self.spellings.get(lowered)

    def fitting(self, amount: float) -> Unit | None:
        """Return the largest unit in which an amount is at least 1."""
        fits = [unit for unit in self.units if amount / unit.factor >= 1.0]
        return max(fits, key=lambda unit: unit.factor, default=None)


def _family(default: Unit, *rows: tuple[str, float, str]) -> Family:
    units = tuple(Unit(name, factor) for name, factor, _ in rows)
    spellings = {word: unit for unit, (_, _, words) in zip(units, rows, strict=True) for word in words.split()}
    return Family(units, default, spellings)


FAMILIES = (
    _family(
        Unit("B", 1.0),
        ("B", 1.0, "b byte"),
        ("kB", 2.0**10, "kb kbyte kilobyte"),
        ("MB", 2.0**20, "mb mbyte megabyte"),
        ("GB", 2.0**30, "gb gbyte gigabyte"),
        ("TB", 2.0**40, "tb tbyte terabyte"),
        ("PB", 2.0**50, "pb pbyte petabyte"),
    ),
    _family(
        Unit("s", 1e9),
        ("ns", 1.0, "ns nanosecond"),
        ("us", 1e3, "μs us microsecond"),
        ("ms", 1e6, "ms millisecond"),
        ("s", 1e9, "s sec second"),
        ("hrs", 3.6e12, "hour hr"),
    ),
    _family(
        Unit("GCU", 1.0),
        ("n*GCU", 1e-9, "nanogcu"),
        ("u*GCU", 1e-6, "microgcu"),
        ("m*GCU", 1e-3, "milligcu"),
        ("GCU", 1.0, "gcu"),
        ("k*GCU", 1e3, "kilogcu"),
        ("M*GCU", 1e6, "megagcu"),
        ("G*GCU", 1e9, "gigagcu"),
        ("T*GCU", 1e12, "teragcu"),
        ("P*GCU", 1e15, "petagcu"),
    ),
)
_SILENT = ("count", "sample", "unit", "minimum", "auto")  # units that are not printed
_SMALLEST = -(1 << 63)


def scale(value: int, source: str, target: str) -> tuple[float, str]:
    """Convert a value; return it with the unit to print, "" for none.

    ``target`` is a unit, or ``auto`` or ``minimum`` for the one that fits. A unit of another family stands for
    this family's default; a source unit of no family is only renamed.
    """
    if value < 0 and value != _SMALLEST:
        amount, unit = scale(-value, source, target)
        return -amount, unit
    for family in FAMILIES:
        known = family.find(source)
        if known is None:
            continue
        amount = float(value) * known.factor
        wanted = family.fitting(amount) if target in ("minimum", "auto") else family.find(target)
        wanted = wanted or family.default
        return amount / wanted.factor, wanted.name
    return float(value), "" if target in _SILENT else target


def scaled_label(value: int, source: str, target: str) -> str:
    """Return a value with its unit as text; anything that rounds to nothing is a bare ``0``."""
    amount, unit = scale(value, source, target)
    text = f"{amount:.2f}".removesuffix(".00")
    return "0" if text in ("0", "-0") else text + unit


def label(value: int, unit: str) -> str:
    """Return a value in the unit that fits it best."""
    return scaled_label(value, unit, "auto")


def percentage(value: int, total: int) -> str:
    """Return a share in at least six characters, without its sign."""
    ratio = abs(float(value) / float(total)) * 100 if total else 0.0
    if 99.95 <= ratio <= 100.05:
        return "  100%"
    return f"{ratio:5.2f}%" if ratio >= 1.0 else f"{ratio:5.2g}%"


def compatible(first: str, second: str) -> bool:
    """Tell whether two units are the same or of one family."""
    return first == second or any(family.find(first) and family.find(second) for family in FAMILIES)
