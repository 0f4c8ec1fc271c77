"""Settings whose name stands beside them: ``{"name": "api_token", "value": "..."}``, in either order."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from analyzer.secrets.leaves import NoJson
from analyzer.secrets.rules.names import promise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.secrets.leaves import Leaf

_NAMES: Final = frozenset({"name", "key", "header", "field", "id", "title", "type"})
_VALUES: Final = frozenset({"value", "content", "data", "val"})
_HALVES: Final = frozenset({"accesskey", "access_key", "accesskeyid"})
_SECRET_HALF: Final = re.compile("secret_?(?:access_?)?key")


def named_by_neighbours(found: Iterator[Leaf]) -> Iterator[Leaf]:
    """Yield the leaves; a value gets the promising name beside it as its key, an access key that of an identifier.

    Raises:
        NoJson: ``found`` broke off; what stands before has been yielded.
    """
    name = value = None
    try:
        for leaf in found:
            key = leaf.key.lower()
            if value is not None and not _same_place(value, leaf):
                yield value
                value = None
            if value is not None and value.key.lower() in _HALVES and _SECRET_HALF.search(key):
                yield replace(value, key="access key id")
                value = None
            if key in _HALVES and value is None:
                value = leaf
                continue
            if key in _NAMES and leaf.is_text and promise(leaf.value) != "none":
                name = leaf
                if value is not None:
                    yield replace(value, key=leaf.value)
                    value = None
            elif key in _VALUES and value is None:
                if name is None or not _same_place(name, leaf):
                    value = leaf
                    continue
                leaf = replace(leaf, key=name.value)
            yield leaf
    except NoJson:
        if value is not None:
            yield value
        raise
    if value is not None:
        yield value


def _same_place(one: Leaf, other: Leaf) -> bool:
    return one.path.rpartition(".")[0] == other.path.rpartition(".")[0]
