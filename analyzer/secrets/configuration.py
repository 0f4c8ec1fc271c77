"""The policy over a configuration: every setting looked at by its path, its name and its value, by server version.

Sources: packet-format.md 2.7.2 (table), 2.7.3 (data sources), 2.7.4 (plugins), 7 and 8.1 (what servers were
    seen to leave).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from analyzer.format.credentials import (
    PLUGIN_SECTIONS_MASKED_SINCE,
    PLUGIN_SETTINGS,
    PLUGINS_MASKED_SINCE,
    Credential,
    credential_at,
)
from analyzer.secrets import shapes
from analyzer.secrets.datasource import passwords
from analyzer.secrets.leaves import Leaf, NoJson, leaves
from analyzer.secrets.matching import Match, Tally, search
from analyzer.secrets.neighbours import named_by_neighbours
from analyzer.secrets.rules.names import Promise, holds_many, is_some_key, promise
from analyzer.secrets.rules.values import judge_setting

if TYPE_CHECKING:
    from analyzer.format.versions import Version
    from analyzer.parts.keypaths import Step
    from analyzer.secrets.context import Context, Declared
    from analyzer.secrets.engine import Matcher
    from analyzer.secrets.finding import Confidence

MAX_CONFIG: Final = 16 << 20
REMEMBERED: Final = 1 << 18
"""Larger configurations are judged anew each time."""
_PARTLY_MASKED_SINCE: Final = "10.10"
_OVERMASKED: Final = "11.0.0"
PUBLIC_DEFAULTS: Final = frozenset({"2_KtH_W5"})
"""Values that every installation had by default (Gfycat's API key until 9.0): known to all, no secret."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One secret in a configuration, with why it is one."""

    rule: str
    kind: str
    confidence: Confidence
    start: int
    end: int
    value: str
    encodings: tuple[str, ...]
    key_path: str
    reason: str
    remedy: str
    leaves_clear: bool


def settings(text: bytes, context: Context, matcher: Matcher) -> Iterator[Setting]:
    """Yield the secrets of a configuration in order.

    The nodes of a cluster have the same configuration, and so do packets of one server: the last ones are remembered.

    Raises:
        NoJson: the text is no JSON from some place on; what stands before has been yielded.
    """
    if len(text) > REMEMBERED:
        yield from _judged(text, context, matcher)
        return
    found, whole = _remembered(text, context.version, tuple(sorted(context.plugins.items())), matcher)
    yield from found
    if not whole:
        raise NoJson("no whole JSON")


@lru_cache(maxsize=8)
def _remembered(
    text: bytes, version: Version | None, plugins: tuple[tuple[str, Declared], ...], matcher: Matcher
) -> tuple[tuple[Setting, ...], bool]:
    """Return all the secrets of a configuration, and whether it is whole."""
    from analyzer.secrets.context import Context

    found: list[Setting] = []
    try:
        found.extend(_judged(text, Context(None, version, plugins=dict(plugins)), matcher))
    except NoJson:
        return tuple(found), False
    return tuple(found), True


def _judged(text: bytes, context: Context, matcher: Matcher) -> Iterator[Setting]:
    # one pass tells which values any text rule may match, so that only those are looked at one by one
    starts = [start for start, _ in matcher.candidates(text, 0, len(text))[0]]
    for leaf in named_by_neighbours(leaves(text)):
        if leaf.value and leaf.value not in PUBLIC_DEFAULTS:
            yield from _of_leaf(leaf, context, matcher if _touched(leaf, starts) else None)


def _touched(leaf: Leaf, starts: list[int]) -> bool:
    raw = leaf.raw
    if raw is None:
        return True
    first = bisect_left(starts, raw[0])
    return first < len(starts) and starts[first] < raw[1]


def _of_leaf(leaf: Leaf, context: Context, matcher: Matcher | None) -> Iterator[Setting]:
    row = credential_at(_base_path(leaf.path))
    version = context.version
    if row is not None and leaf.is_text and row.holds == "secret":
        if not shapes.is_clean(leaf.value):
            yield _whole(leaf, row.kind, row, _why(row, version), _known(row, version))
        return
    if row is not None and leaf.is_text and row.holds == "identifier":
        if not shapes.is_clean(leaf.value):
            reason = f"{row.path} names an access key; no release masks it"
            yield _whole(leaf, row.kind, row, reason, leaves_clear=True, confidence="low")
        return
    if row is not None and leaf.is_text and row.holds == "data-source":
        yield from _data_source(leaf, row, version)
        return
    found = _in_text(leaf, matcher)
    if found:
        for match in found:
            yield _from_rule(leaf, match, row, context)
        return
    yield from _by_name(leaf, row, context)


def _base_path(path: str) -> str:
    """``LogSettings.AdvancedLoggingJSON.x.y`` belongs to the row of ``LogSettings.AdvancedLoggingJSON``."""
    head, found, _ = path.partition(".AdvancedLoggingJSON")
    return head + found if found else path


def _whole(
    leaf: Leaf, kind: str, row: Credential, reason: str, leaves_clear: bool, confidence: Confidence = "high"
) -> Setting:
    start, end = leaf.place(0, len(leaf.value.encode()))
    return Setting(
        "config-setting",
        kind,
        confidence,
        start,
        end,
        leaf.value,
        leaf.encodings,
        leaf.path,
        reason,
        _remedy(row),
        leaves_clear,
    )


def _remedy(row: Credential) -> str:
    text = row.rotate
    if row.since is not None and row.since != "3.0":
        fixed = ", ".join((*row.backports, row.since)) if row.backports else row.since
        text += f"; releases from {fixed} mask it"
        if row.cve:
            text += f" ({row.cve})"
    return text


def _known(row: Credential, version: Version | None) -> bool:
    return row.masked_in(version) is False


def _why(row: Credential, version: Version | None) -> str:
    masked = row.masked_in(version)
    told = f"server {version}" if version else "a server of unknown version"
    if row.masked == "never":
        return f"{row.path} is in clear: no release masks it"
    if masked is False:
        return f"{row.path} is in clear: {told} does not mask it yet"
    if masked is None:
        return f"{row.path} is in clear: masked only from {row.since}, and the server's version is unknown"
    return f"{row.path} is in clear although {told} should mask it: it was changed afterwards, or masking failed"


# --- data sources
# -------------------------------------------------------------------------------------------------------------

_FORMS: Final = {
    "url": "the user info of the URL is not masked",
    "keyword": "a keyword data source is taken for a URL path, so masking leaves its password",
    "opaque": "the data source parses as an opaque URL, so masking leaves it as it is",
    "parameter": "only the lower-case parameters user and password are removed by masking",
}


def _data_source(leaf: Leaf, row: Credential, version: Version | None) -> Iterator[Setting]:
    for found in passwords(leaf.value):
        value = leaf.value[found.start : found.end]
        start, end = leaf.place(len(leaf.value[: found.start].encode()), len(leaf.value[: found.end].encode()))
        encodings = leaf.encodings
        plain = shapes.unquoted(value) if found.form in {"url", "parameter"} else value
        if shapes.is_example(plain):
            continue
        if plain != value:
            encodings += ("percent",)
        partly = version is not None and version.at_least(_PARTLY_MASKED_SINCE)
        known = _known(row, version) or (partly and found.form != "url")
        reason = (
            f"{row.path} holds a password: {_FORMS[found.form]}" if partly or version is None else _why(row, version)
        )
        yield Setting(
            "config-data-source",
            row.kind,
            "high",
            start,
            end,
            plain,
            encodings,
            leaf.path,
            reason,
            _dsn_remedy(row, found.form),
            known,
        )


def _dsn_remedy(row: Credential, form: str) -> str:
    if form in {"keyword", "opaque"}:
        return f"{row.rotate}; write it as a URL (postgres://user:password@host/db), which is masked"
    return row.rotate


# --- by text rules and by name
# ------------------------------------------------------------------------------------------------


def _in_text(leaf: Leaf, matcher: Matcher | None) -> list[Match]:
    if matcher is None or not leaf.is_text or len(leaf.value) < 6:
        return []
    data = leaf.value.encode()
    return [m for m in search(data, 0, len(data), matcher, Tally()) if m.value not in PUBLIC_DEFAULTS]


def _from_rule(leaf: Leaf, match: Match, row: Credential | None, context: Context) -> Setting:
    start, end = leaf.place(match.start, match.end)
    if row is not None:
        reason, remedy, known = (
            f"{_why(row, context.version)}; it holds {_a(match.rule.kind)}",
            _remedy(row),
            _known(row, context.version),
        )
    else:
        reason, known = _clear_because(leaf, context, f"holds {_a(match.rule.kind)}")
        remedy = match.rule.remedy
    return Setting(
        f"config-{match.rule.id}",
        match.rule.kind,
        match.confidence,
        start,
        end,
        match.value,
        leaf.encodings + match.encodings,
        leaf.path,
        reason,
        remedy,
        known,
    )


_PAIR = re.compile(r"[\w.@\\\\-]{1,64}:(?=[^\s:/]{4,}\Z)")
_PAIR_NAMES: Final = frozenset({"basicauth", "httpauth", "proxyauth", "proxycredentials", "credentials", "userinfo"})


def _by_surroundings(leaf: Leaf) -> Promise:
    """Judge a value whose own name promises nothing: any key, an item of ``tokens``, an entry of ``credentials``."""
    value = leaf.value
    if leaf.key.lower() in {"secretid", "secret_id"} and shapes.is_uuid(value) and _VAULT.search(leaf.path):
        return "token"  # the half of an AppRole that is secret
    if not leaf.is_text or shapes.is_id(value) or shapes.is_setting_reference(value):
        return "none"
    if leaf.key == "d" and _NUMBER_OF_KEY.match(value):
        return "key"  # the private number of a JSON web key
    if leaf.key.lower() == "key":
        return "key" if shapes.is_key_material(value) else "none"
    if is_some_key(leaf.key):
        return "key" if shapes.is_key_material(value) or shapes.is_strong(value) else "none"
    if holds_many(leaf.key):
        return "token" if shapes.is_key_material(value) else "none"
    holder = _INDEX.sub("", leaf.path.rpartition(".")[0]).rpartition(".")[2]
    if leaf.key.lower() in _PLAIN_KEYS or not holds_many(holder):
        return "none"
    if value.startswith("#") or not holder.lower().startswith(("pass", "cred")):
        return "token" if shapes.is_key_material(value) else "none"
    return "password" if shapes.is_key_material(value) or shapes.is_strong(value) else "none"


_VAULT = re.compile("vault|approle", re.IGNORECASE)
_NUMBER_OF_KEY = re.compile(r"[A-Za-z0-9_-]{40,1400}\Z")
_INDEX = re.compile(r"\[\d+\]\Z")
_PLAIN_KEYS: Final = frozenset(
    """user username name id type kind role email login host url server domain account tenant scope issuer realm
    policy mode""".split()  # noqa: SIM905
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,20} +(?=[^\s=,]{8,}\Z)")


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeio' else 'a'} {kind}"


def _by_name(leaf: Leaf, row: Credential | None, context: Context) -> Iterator[Setting]:
    found, value = promise(leaf.key), leaf.value
    if leaf.key.lower() in {"authorization", "proxy-authorization"}:
        found, scheme = "token", _SCHEME.match(value)
        value = value[scheme.end() :] if scheme else value
    elif leaf.key.lower().replace("_", "").replace("-", "") in _PAIR_NAMES and (pair := _PAIR.match(value)):
        found, value = "password", value[pair.end() :]
    elif found == "none":
        found = _by_surroundings(leaf)
    if found == "none" or judge_setting(found, value, is_text=leaf.is_text) == "drop":
        return
    start, end = leaf.place(len(leaf.value.encode()) - len(value.encode()), len(leaf.value.encode()))
    if row is not None:
        reason, known = f"{leaf.path} is in clear, its name promises a {found}; no release masks options", True
    else:
        reason, known = _clear_because(leaf, context, f"its name promises a {found}")
    kind = "plugin-secret" if leaf.path.startswith(PLUGIN_SETTINGS) else f"config-{found}"
    remedy = "change that credential where it is valid, and enter the new one"
    yield Setting("config-name", kind, "medium", start, end, value, leaf.encodings, leaf.path, reason, remedy, known)


def _clear_because(leaf: Leaf, context: Context, what: str) -> tuple[str, bool]:
    """Return the reason for a setting without a row of its own, and whether this version is known to leave it."""
    version = context.version
    steps = _plugin_steps(leaf.path)
    if steps is None:
        return f"{leaf.path} {what}; the server masks only settings it knows", True
    plugin, key = steps
    declared = context.plugins.get(plugin.lower())
    where = f"plugin {plugin}"
    if version is not None and version.before(PLUGINS_MASKED_SINCE):
        return f"{where}: {key} {what}; settings of plugins are printed in clear up to 10.0", True
    if declared is None or key.lower() not in declared.keys:
        return (
            f"{where}: {key} {what}; keys that the manifest does not declare are never masked",
            version is None or str(version) != _OVERMASKED,
        )
    if key.lower() not in declared.secret:
        return f"{where}: {key} {what}; the manifest does not declare it secret", True
    if key.lower() in declared.in_sections and (version is None or version.before(PLUGIN_SECTIONS_MASKED_SINCE)):
        return (
            f"{where}: {key} {what}; secrets in schema sections are masked only from {PLUGIN_SECTIONS_MASKED_SINCE}",
            True,
        )
    return f"{where}: {key} {what}, although it is declared secret", False


def _plugin_steps(path: str) -> tuple[str, str] | None:
    from analyzer.parts.keypaths import parse_path

    if not path.startswith(PLUGIN_SETTINGS):
        return None
    steps: tuple[Step, ...] = parse_path(path) or ()
    return (str(steps[2]), str(steps[3])) if len(steps) > 3 else None


__all__ = ["MAX_CONFIG", "NoJson", "Setting", "settings"]
