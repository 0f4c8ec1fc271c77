"""The configuration as it may leave the host: every credential masked, also those that the server leaves in clear.

Rows of ``analyzer/format/credentials.py``, data sources and URLs in part, plugin settings declared secret or not
declared at all, and, failing closed, settings of unknown name that sound secret (packet-format.md 2.7.2-2.7.4, 10.6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

from analyzer.format.credentials import ACCOUNT_NAMES, CREDENTIALS, Credential
from analyzer.format.masks import FAKE_SETTING, SANITIZED_PASSWORD, is_mask
from analyzer.generate.settings import dsn
from analyzer.generate.settings.defaults import names as setting_names

if TYPE_CHECKING:
    from analyzer.format.versions import Version

_ROWS: Final = {row.path.lower(): row for row in CREDENTIALS}
_ACCOUNTS: Final = {path.lower() for path in ACCOUNT_NAMES}
# masked although no table of credentials has them: a private key's place, and a certificate given in full
_ALSO: Final = frozenset({"elasticsearchsettings.clientkey", "experimentalauditsettings.certificate"})
FEWEST_IN_NAME: Final = 6
SOUNDS_SECRET = re.compile(
    r"(?i)passw|passphrase|secret|token|salt|credential|api_?key|(?:private|access|encrypt\w*|signing|shared|auth|bot|client)_?key"
    r"|bearer|dsn\Z|data_?source|webhook_?url|(?:\A|_)key\Z|pwd"
)
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,20}://)(?P<user>[^/?#\s\"'<>]*@)?(?P<rest>[^\s\"'<>]*)")
# what a logging target may say without being a secret (packet-format.md 4.3, 1.5)
_LOG_OPTIONS: Final = frozenset(
    """filename max_size max_age max_backups compress host ip port tls insecure out tag type format hostname
    enable_caller timestamp_format delim line_end min_level_len min_msg_len enable_color disable_timestamp disable_level
    disable_msg disable_fields disable_stacktrace disable_caller id name stacktrace maxqueuesize levels enable_console
    level""".split()  # noqa: SIM905
)


@dataclass(slots=True)
class Sanitized:
    """A configuration without secrets, and the secrets that were in it.

    Attributes:
        tree: the masked configuration.
        masked: dotted paths whose value was masked, wholly or in part.
        secrets: the values in clear, decoded; never written anywhere.
    """

    tree: dict[str, Any] = field(default_factory=dict)
    masked: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<sanitized configuration: {len(self.masked)} settings masked>"


def sanitize(
    tree: Mapping[str, Any], *, target: Version | None = None, manifests: Iterable[Mapping[str, Any]] | None = None
) -> Sanitized:
    """Return ``tree`` with every credential masked.

    Args:
        tree: running configuration in clear.
        target: release whose mask of data sources is written (in part from 10.10, whole before).
        manifests: those of the installed plugins; None when they are not known, and then no plugin setting is trusted.
    """
    out = Sanitized()
    plugins = None if manifests is None else {str(m.get("id")): m for m in manifests}
    walk = _Walk(out, target, plugins)
    out.tree = {key: walk.value(str(key), item) for key, item in tree.items()}
    out.secrets = list(dict.fromkeys(secret for secret in out.secrets if secret and not is_mask(secret)))
    return out


class _Walk:
    def __init__(self, out: Sanitized, target: Version | None, plugins: dict[str, Mapping[str, Any]] | None) -> None:
        self.out = out
        self.partly = target is None or target.at_least("10.10")
        self.plugins = plugins

    def value(self, path: str, item: Any) -> Any:
        lower = path.lower()
        row = _ROWS.get(lower)
        if lower == "pluginsettings.plugins" and isinstance(item, Mapping):
            return self._plugins(path, item)
        if row is not None and row.holds != "options":
            return self._credential(path, row, item)
        if lower in _ACCOUNTS:
            return self._account(path, item)
        if lower in _ALSO:
            return self._whole(path, item)
        if lower.endswith((".advancedloggingjson", ".advancedloggingconfig")):
            return self._options(path, item)
        if isinstance(item, Mapping):
            return {key: self.value(f"{path}.{key}", below) for key, below in item.items()}
        if isinstance(item, list):
            return [self.value(f"{path}[]", below) for below in item]
        if isinstance(item, str) and item:
            if SOUNDS_SECRET.search(path.rpartition(".")[2]) and lower not in setting_names():
                return self._whole(path, item)
            return self._text(path, item)
        return item

    def _credential(self, path: str, row: Credential, item: Any) -> Any:
        if isinstance(item, list):
            return [self._credential(path, _ROWS.get(f"{row.path.lower()}[]", row), below) for below in item]
        if row.holds == "data-source":
            return self._data_source(path, item)
        if row.holds == "url":
            return self._text(path, item) if isinstance(item, str) else item
        if row.masked == "always" and not item:
            return FAKE_SETTING
        return self._account(path, item) if row.holds == "identifier" else self._whole(path, item)

    def _account(self, path: str, item: Any) -> Any:
        """Mask a user name or key id; short and common ones are not looked for in logs."""
        if not isinstance(item, str) or not item or item == FAKE_SETTING:
            return self._whole(path, item)
        self.out.masked.append(path)
        self._learn_account(item)
        return FAKE_SETTING

    def _learn_account(self, name: str, but: str = "") -> None:
        if len(name) >= FEWEST_IN_NAME and name not in but:
            self.out.secrets.append(name)

    def _whole(self, path: str, item: Any) -> Any:
        """Mask a value of whatever type; an empty text stays, so that a reader can tell set from unset."""
        if item is None or item == "":
            return item
        if item != FAKE_SETTING:
            self.out.masked.append(path)
            self._learn(item)
        return FAKE_SETTING

    def _learn(self, item: Any) -> None:
        if isinstance(item, Mapping):
            for below in item.values():
                self._learn(below)
        elif isinstance(item, list):
            for below in item:
                self._learn(below)
        elif isinstance(item, str):
            self.out.secrets.append(item)
            self.out.secrets += url_secrets(item)
        elif not isinstance(item, bool) and isinstance(item, int) and item > 9999:
            self.out.secrets.append(str(item))

    def _data_source(self, path: str, item: Any) -> Any:
        if not isinstance(item, str):
            return self._whole(path, item)
        if not item.strip() or is_mask(item):
            return item
        self.out.masked.append(path)
        passwords, accounts = dsn.credentials(item)
        self.out.secrets += passwords
        if dsn.sanitized(item) == FAKE_SETTING:
            # nobody knows which part of it is the password
            self.out.secrets.append(item)
        for account in accounts:
            # a database is often named after its user, and its name is no secret
            self._learn_account(account, but=dsn.place(item))
        return dsn.sanitized(item) if self.partly else FAKE_SETTING

    def _text(self, path: str, text: str) -> str:
        shown = without_credentials(text)
        if shown != text:
            self.out.masked.append(path)
            self.out.secrets += url_secrets(text)
        return shown

    def _options(self, path: str, item: Any) -> Any:
        """Mask what a logging target's options hold besides names, places and levels."""
        if isinstance(item, str):
            if not item.strip():
                return item
            try:
                tree = json.loads(item)
            except (ValueError, RecursionError):
                # older releases take the name of a file with the targets
                return item if re.fullmatch(r"[\w./ -]+\.json", item) else self._whole(path, item)
            # JSON in a text stays JSON in a text
            return json.dumps(self._options(path, tree), separators=(",", ":"))
        if isinstance(item, Mapping):
            return {key: self._option(f"{path}.{key}", str(key), below) for key, below in item.items()}
        if isinstance(item, list):
            return [self._options(path, below) for below in item]
        return item

    def _option(self, path: str, key: str, item: Any) -> Any:
        if isinstance(item, Mapping | list):
            return self._options(path, item)
        secret = bool(SOUNDS_SECRET.search(key))
        if item is None or isinstance(item, bool) or item == "" or (isinstance(item, int | float) and not secret):
            return item
        if key.lower() in _LOG_OPTIONS and isinstance(item, str):
            return self._text(path, item)
        return self._whole(path, item)

    def _plugins(self, path: str, item: Mapping[str, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for plugin, settings in item.items():
            where = f'{path}["{plugin}"]' if "." in plugin else f"{path}.{plugin}"
            manifest = None if self.plugins is None else self.plugins.get(plugin)
            if self.plugins is not None and manifest is None:
                # not installed: the server removes the settings and leaves the empty map (10.1 and later)
                if settings:
                    self.out.masked.append(where)
                    self._learn_likely(settings)
                out[plugin] = {}
                continue
            declared = _declared(manifest)
            out[plugin] = (
                {key: self._plugin_setting(f"{where}.{key}", key, below, declared) for key, below in settings.items()}
                if isinstance(settings, Mapping)
                else self._whole(where, settings)
            )
        return out

    def _plugin_setting(self, path: str, key: str, item: Any, declared: dict[str, bool]) -> Any:
        secret = declared.get(key.lower())
        if secret or (secret is not False and SOUNDS_SECRET.search(key)):
            if secret and not item:
                return FAKE_SETTING if item is not None else item
            return self._whole(path, item)
        if secret is None:
            return self._undeclared(path, item)
        return self._declared_value(path, item)

    def _declared_value(self, path: str, item: Any) -> Any:
        """Show a setting that the manifest declares and does not call secret, but not what in it sounds secret."""
        if isinstance(item, Mapping):
            return {
                key: self._whole(f"{path}.{key}", below)
                if SOUNDS_SECRET.search(str(key)) and not isinstance(below, bool | Mapping)
                else self._declared_value(f"{path}.{key}", below)
                for key, below in item.items()
            }
        if isinstance(item, list):
            return [self._declared_value(path, below) for below in item]
        if isinstance(item, str):
            return self._text(path, item)
        return item

    def _undeclared(self, path: str, item: Any) -> Any:
        """Nobody says what this is: switches and numbers stay, texts go."""
        if isinstance(item, Mapping):
            return {key: self._undeclared(f"{path}.{key}", below) for key, below in item.items()}
        if isinstance(item, list):
            return [self._undeclared(path, below) for below in item]
        if not isinstance(item, str) or not item:
            return item
        self.out.masked.append(path)
        self._learn_likely(item)
        return FAKE_SETTING

    def _learn_likely(self, item: Any) -> None:
        """Remember a masked value as a secret to be removed from logs, unless it is plainly something else."""
        from analyzer.secrets import shapes

        if isinstance(item, Mapping):
            for key, below in item.items():
                if isinstance(below, str) and SOUNDS_SECRET.search(str(key)):
                    self._learn(below)
                else:
                    self._learn_likely(below)
        elif isinstance(item, list):
            for below in item:
                self._learn_likely(below)
        elif isinstance(item, str) and len(item) >= 6:
            self.out.secrets += url_secrets(item)
            plain = shapes.is_reference(item) or shapes.is_word(item) or shapes.is_plain_data(item) or " " in item
            if not plain:
                self.out.secrets.append(item)


def _declared(manifest: Mapping[str, Any] | None) -> dict[str, bool]:
    """Return lower-cased key to whether the manifest calls it secret; sections included."""
    schema = manifest.get("settings_schema") if manifest else None
    blocks = [schema] if isinstance(schema, Mapping) else []
    for block in list(blocks):
        sections = block.get("sections")
        blocks += [row for row in sections if isinstance(row, Mapping)] if isinstance(sections, list) else []
    found: dict[str, bool] = {}
    for block in blocks:
        rows = block.get("settings")
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, Mapping) and isinstance(row.get("key"), str):
                key = row["key"].lower()
                found[key] = found.get(key, False) or row.get("secret") is True
    return found


def without_credentials(text: str) -> str:
    """Return a text whose URLs have no password and no secret parameters."""

    def clean(match: re.Match[str]) -> str:
        user = match["user"]
        shown = match["scheme"] + (
            f"{SANITIZED_PASSWORD}:{SANITIZED_PASSWORD}@" if user and user != "@" else user or ""
        )
        address, mark, query = match["rest"].partition("?")
        pairs = [pair.partition("=") for pair in query.split("&")] if query else []
        shown_pairs = [
            f"{key}{equals}{SANITIZED_PASSWORD}"
            if equals and value and SOUNDS_SECRET.search(unquote(key))
            else key + equals + value
            for key, equals, value in pairs
        ]
        return shown + address + mark + "&".join(shown_pairs)

    return _URL.sub(clean, text)


def url_secrets(text: str) -> list[str]:
    """Return passwords, user names and secret parameters of the URLs in a text, as they stand and decoded."""
    found: list[str] = []
    for match in _URL.finditer(text):
        user, _, password = (match["user"] or "")[:-1].partition(":")
        # a user name alone is a token, as in https://token@host
        found += [password, unquote(password)] if password else [user, unquote(user)]
        if password:
            found += [user, unquote(user)]
        for key, value in parse_qsl(match["rest"].partition("?")[2]):
            if SOUNDS_SECRET.search(key):
                found.append(value)
    return [item for item in dict.fromkeys(found) if item]


def environment_secrets(environment: Mapping[str, str]) -> list[str]:
    """Return secrets in the server's variables, also in those that no setting is named after."""
    found: list[str] = []
    for name, value in environment.items():
        upper = name.upper()
        if not upper.startswith("MM") or not value:
            continue
        if dsn.is_data_source(value):
            found += [*dsn.credentials(value)[0], *dsn.credentials(value)[1]]
        elif SOUNDS_SECRET.search(name) or upper == "MM_LICENSE":
            found.append(value)
        found += url_secrets(value)
    return found
