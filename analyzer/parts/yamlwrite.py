"""A tree of dicts, lists and scalars to YAML, as the server's libraries write it.

Three dialects (packet-format.md 2.2, 2.3): yaml.v2 for ``support_packet.yaml``, yaml.v3 with four spaces in 10.5 to
11.1, goccy/go-yaml with two spaces later. Where a library would write text that no YAML reader takes back (goccy leaves
some control characters unquoted), the text is quoted instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from analyzer.format.versions import Version
from analyzer.parts.scalars import Plain
from analyzer.parts.yamlquote import analyze, go_quote, goccy_quotes, libyaml_quote, v2_resolves

Dialect: TypeAlias = Literal["v2", "v3", "goccy"]
Comments: TypeAlias = Callable[[str], tuple[str | None, str | None]]
"""Key path to (head comment line, line comment)."""
_FOLD_AT = 80  # yaml.v2's best width; v3 and goccy do not fold


def dialect_for(version: Version | None) -> Dialect:
    """Return the dialect of V2 files: yaml.v3 in 10.5 to 11.1, goccy from 11.2 ("about", packet-format.md 2.3)."""
    return "v3" if version is not None and version.before("11.2") else "goccy"


def write_yaml(tree: Mapping[str, Any], dialect: Dialect, comments: Comments | None = None) -> bytes:
    """Return a map as YAML bytes in the given dialect, keys in the map's order."""
    writer = _Writer(dialect, comments)
    if not tree:
        return b"{}\n"
    return ("\n".join(writer.map_lines(tree, 0, "")) + "\n").encode()


class _Writer:
    def __init__(self, dialect: Dialect, comments: Comments | None) -> None:
        self.dialect = dialect
        self.comments = comments

    def map_lines(self, tree: Mapping[str, Any], indent: int, path: str) -> Iterator[str]:
        pad = " " * indent
        for key, value in tree.items():
            where = f"{path}.{key}" if path else str(key)
            head, tail = self.comments(where) if self.comments else (None, None)
            if head:
                yield f"{pad}# {head}"
            shown = self.key(str(key))
            tail = f" # {tail}" if tail else ""
            if isinstance(value, Mapping) and value:
                yield f"{pad}{shown}:{tail}"
                yield from self.map_lines(value, self._deeper(indent), where)
            elif isinstance(value, list | tuple) and value:
                yield f"{pad}{shown}:{tail}"
                yield from self.list_lines(value, self._deeper(indent) if self.dialect == "v3" else indent, where)
            else:
                first, *rest = self.scalar(value, self._deeper(indent), indent + len(shown) + 2)
                yield f"{pad}{shown}: {first}{tail}"
                yield from rest

    def _deeper(self, indent: int) -> int:
        return 4 * ((indent + 4) // 4) if self.dialect == "v3" else indent + 2

    def list_lines(self, items: list[Any] | tuple[Any, ...], indent: int, path: str) -> Iterator[str]:
        pad = " " * indent
        for item in items:
            if isinstance(item, Mapping | list | tuple) and item:
                lines = (
                    self.map_lines(item, indent + 2, path + "[]")
                    if isinstance(item, Mapping)
                    else self.list_lines(item, indent + 2, path + "[]")
                )
                first = next(lines)
                yield f"{pad}- {first[indent + 2 :]}"
                yield from lines
            else:
                first, *rest = self.scalar(item, indent + 2, indent + 2)
                yield f"{pad}- {first}"
                yield from rest

    def key(self, key: str) -> str:
        """Return a key as text on one line."""
        if isinstance(key, Plain):
            return str(key)
        if self.dialect == "goccy":
            return self._goccy(key, 0)[0] if "\n" not in key else go_quote(key)
        plain = not v2_resolves(key) and "\n" not in key and analyze(key).allow_block_plain
        return key if plain else self._quoted(key)

    def scalar(self, value: Any, indent: int, column: int) -> list[str]:
        """Return a scalar as its first line (after ``key: ``) and further full lines."""
        if value is None:
            return ["null"]
        if isinstance(value, bool):
            return ["true" if value else "false"]
        if isinstance(value, float):
            return [self._float(value)]
        if isinstance(value, int):
            return [str(value)]
        if isinstance(value, Mapping):
            return ["{}"]
        if isinstance(value, list | tuple):
            return ["[]"]
        text = str(value)
        if isinstance(value, Plain) and "\n" not in text and analyze(text).allow_block_plain:
            return [text]
        return self._goccy(text, indent) if self.dialect == "goccy" else self._goyaml(text, indent, column)

    def _float(self, value: float) -> str:
        text = go_float(value)
        return text + ".0" if self.dialect == "goccy" and not set(text) & set(".en") else text

    def _goccy(self, text: str, indent: int) -> list[str]:
        if goccy_quotes(text):
            return [go_quote(text)]
        if "\n" in text:
            return _literal(text, indent) or [go_quote(text)]
        known = analyze(text)
        safe = known.allow_block_plain and "\t" not in (text[:1], text[-1:])
        return [text] if safe else [go_quote(text)]

    def _goyaml(self, text: str, indent: int, column: int) -> list[str]:
        known = analyze(text)
        if "\n" in text and known.allow_block:
            block = _literal(text, indent)
            if block:
                return block
        fold = self.dialect == "v2"
        if "\n" not in text and not v2_resolves(text):
            if known.allow_block_plain:
                return _fold(text, indent, column) if fold else [text]
            if known.allow_single_quoted:
                return (
                    _fold(f"'{text.replace(chr(39), chr(39) * 2)}'", indent, column, quoted=True)
                    if fold
                    else [_single(text)]
                )
        return [libyaml_quote(text)]

    def _quoted(self, key: str) -> str:
        known = analyze(key)
        if "\n" not in key and not v2_resolves(key) and known.allow_single_quoted:
            return _single(key)
        return libyaml_quote(key)


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def go_float(value: float) -> str:
    """Return a float as Go's ``FormatFloat(v, 'g', -1, 64)``; infinities and NaN as YAML has them."""
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else (".inf" if value > 0 else "-.inf")
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    digits = mantissa.replace("-", "").replace(".", "").strip("0")
    if value and not -4 <= (power := math.floor(math.log10(abs(value)))) < 21:
        if not exponent:
            shown = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
            return f"{'-' if value < 0 else ''}{shown}e{power:+03d}"
        return f"{mantissa.removesuffix('.0')}e{int(exponent):+03d}"
    if exponent:
        return f"{value:f}".rstrip("0").rstrip(".") if int(exponent) < 0 else str(int(value))
    return text.removesuffix(".0")


def _literal(text: str, indent: int) -> list[str] | None:
    """Return a literal block, or None where one would not read back as the same text."""
    body = text.rstrip("\n")
    if not body or text[0] in " \n\t" or not analyze(text).allow_block or "\r" in text or "\t" in text:
        return None
    if any(line != line.rstrip(" ") for line in text.split("\n")):
        return None
    ending = len(text) - len(body)
    header = ("|-", "|", "|+")[min(ending, 2)]
    lines = body.split("\n") + [""] * (ending - 1 if ending > 1 else 0)
    pad = " " * indent
    return [header, *(pad + line if line else "" for line in lines)]


def _fold(text: str, indent: int, column: int, *, quoted: bool = False) -> list[str]:
    """Break a one-line text at single spaces beyond column 80, as libyaml does."""
    lines, current, spaces = [], "", False
    last = len(text) - (2 if quoted else 1)
    for position, char in enumerate(text):
        if char == " ":
            near = text[position + 1 : position + 2] == " "
            inside = (1 if quoted else 0) < position < last if quoted else position > 0
            if not spaces and inside and column > _FOLD_AT and not near:
                lines.append(current)
                current, column = " " * indent, indent
            else:
                current += char
                column += 1
            spaces = True
        else:
            current += char
            column += 1
            spaces = False
    return [*lines, current]
