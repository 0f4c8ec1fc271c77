"""Colours of flame graphs: one for each package, the same in every picture; the Go runtime is grey.

The hues keep their distance for people who see no red or no green: neighbours in the table also differ in lightness.
Colours are computed in OKLCH (https://bottosson.github.io/posts/oklab/), where equal lightness looks equally light.
"""

from __future__ import annotations

import math
import zlib

RUNTIME_TINT = 0
_HUES = (250, 75, 165, 320, 215, 100, 40, 285)  # degrees: blue, gold, teal, pink, sky, straw, apricot, violet
_LIGHT = (0.87, 0.80, 0.74)
_DARK = (0.48, 0.41, 0.535)


def package_of(name: str) -> str:
    """Return the package of a function: ``github.com/a/b/store`` of ``github.com/a/b/store.(*S).Get[...]``.

    A C++ name gives its outermost namespace, ``[libc.so.6]`` itself, a name without any package "".
    """
    if name.startswith("["):
        return name
    plain = name.partition("[")[0]
    folder, slash, last = plain.rpartition("/")
    head, dot, _ = last.partition(".")
    if dot:
        return folder + slash + head
    return plain.partition("::")[0] if "::" in plain else ""


def tint_of(package: str) -> int:
    """Return the row of ``PALETTE`` for a package."""
    if package in ("runtime", "") or package.startswith(("runtime/", "internal/runtime/")):
        return RUNTIME_TINT
    return 1 + zlib.crc32(package.encode("utf-8", "surrogatepass")) % (len(PALETTE) - 1)


def _hex(lightness: float, chroma: float, hue: float) -> str:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    channels = (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in (max(c, 0.0) for c in linear))
    return "#" + "".join(f"{round(255 * min(c, 1.0)):02x}" for c in channels)


PALETTE: tuple[tuple[str, str], ...] = (
    (_hex(0.85, 0.008, 250), _hex(0.46, 0.012, 250)),
    *(
        (_hex(light, 0.095, hue), _hex(dark, 0.085, hue))
        for light, dark in zip(_LIGHT, _DARK, strict=True)
        for hue in _HUES
    ),
)
"""Pairs of colours, for dark text on light ground and for light text on dark ground."""
