"""Function names cut for pictures.

Rules: ``ShortenFunctionName`` in github.com/google/pprof/internal/graph/graph.go. All of it is plain ASCII pattern
matching that Python's ``re`` does alike.
"""

from __future__ import annotations

import re

_ANONYMOUS = re.compile(r"^\(anonymous namespace\)::")
_VERSION = re.compile(r"^(.*?)/v(?:[2-9]|[1-9][0-9]+)([./].*)$", re.ASCII)
_GO = re.compile(r"^(?:[\w\-\.]+\/)+([^.]+\..+)", re.ASCII)
_JAVA = re.compile(r"^(?:[a-z]\w*\.)*([A-Z][\w\$]*\.(?:<init>|[a-z][\w\$]*(?:\$\d+)?))(?:(?:\()|\Z)", re.ASCII)
_CPP = re.compile(r"^(?:[_a-zA-Z]\w*::)+(_*[A-Z]\w*::~?[_a-zA-Z]\w*(?:<.*>)?)", re.ASCII)


def shortened(name: str) -> str:
    """Return a function name without the path of its package."""
    name = _ANONYMOUS.sub("", name)
    name = _VERSION.sub(r"\1\2", name)
    for pattern in (_GO, _JAVA, _CPP):
        if match := pattern.search(name):
            return match[1]
    return name
