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
from analyzer.parts.gofloat import general
from analyzer.parts.scalars import Plain
from analyzer.parts.yamlquote import (
    analyze,
    go_quote,
    goccy_quotes,
    libyaml_quote,
    needs_double_quotes,
    v2_resolves,
)

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
                first, *rest = self.scalar(item, indent + 2, indent + 2, item=True)
                yield f"{pad}- {first}"
                yield from rest

    def key(self, key: str) -> str:
        """Return a key as text on one line."""
        if isinstance(key, Plain):
            return str(key)
        if self.dialect == "goccy":
            return self._goccy(key, 0)[0] if "\n" not in key else go_quote(key)
        if "\n" in key or needs_double_quotes(key) or v2_resolves(key):
            return libyaml_quote(key)
        known = analyze(key)
        if known.allow_block_plain:
            return key
        return _single(key) if known.allow_single_quoted else libyaml_quote(key)

    def scalar(self, value: Any, indent: int, column: int, *, item: bool = False) -> list[str]:
        """Return a scalar as its first line (after ``key: `` or ``- ``) and further full lines."""
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
        if self.dialect == "goccy":
            return self._goccy(text, indent, item=item)
        return self._goyaml(text, indent, column)

    def _float(self, value: float) -> str:
        if not math.isfinite(value):
            return ".nan" if math.isnan(value) else (".inf" if value > 0 else "-.inf")
        text = general(value)
        return text + ".0" if self.dialect == "goccy" and not set(text) & set(".e") else text

    def _goccy(self, text: str, indent: int, *, item: bool = False) -> list[str]:
        if goccy_quotes(text):
            return [go_quote(text)]
        if "\n" in text:
            spaced = analyze(text.replace("\t", "x").replace(" \n", "x\n")).allow_block
            readable = spaced and text.lstrip("\n")[:1] not in (" ", "\t", "")
            return _literal(text, indent, padded=not item) if readable else [go_quote(text)]
        safe = analyze(text.replace("\t", " ")).allow_block_plain  # a tab inside is no fault for a YAML reader
        return [text] if safe else [go_quote(text)]

    def _goyaml(self, text: str, indent: int, column: int) -> list[str]:
        v2 = self.dialect == "v2"
        tested = text if v2 or "\n" not in text else text.replace("\t", "x")
        if needs_double_quotes(tested):
            return [libyaml_quote(text)]
        known = analyze(tested)
        if "\n" in text:
            hint = "2" if v2 and text[0] in " \n" else ""
            readable = known.allow_block and text.strip("\n") and (hint or text[0] not in " \t\n")
            return _literal(text, indent, hint=hint) if readable else [libyaml_quote(text)]
        if v2_resolves(text) or not (known.allow_block_plain or known.allow_single_quoted):
            return [libyaml_quote(text)]
        quoted = not known.allow_block_plain
        shown = _single(text) if quoted else text
        return _fold(shown, indent, column, quoted=quoted) if v2 else [shown]


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _literal(text: str, indent: int, *, hint: str = "", padded: bool = False) -> list[str]:
    """Return a literal block; ``padded`` indents blank lines too, as goccy does in maps."""
    body = text.rstrip("\n")
    ending = len(text) - len(body)
    pad = " " * indent
    lines = [pad + line if line or padded else "" for line in body.split("\n")]
    return ["|" + hint + ("-", "", "+")[min(ending, 2)], *lines, *[""] * (ending - 1)]


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
