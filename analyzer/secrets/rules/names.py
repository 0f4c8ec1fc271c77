"""Which names promise a secret: the key of a setting, a field, a variable, a query parameter."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, TypeAlias

Promise: TypeAlias = Literal["password", "secret", "token", "key", "none"]

_KEY_WORDS: Final = (
    "api",
    "access",
    "auth",
    "account",
    "shared",
    "signing",
    "signature",
    "encryption",
    "encrypt",
    "private",
    "master",
    "service",
    "sdk",
    "developer",
    "storage",
    "subscription",
    "integration",
    "deploy",
    "bot",
    "app",
    "admin",
    "client",
    "speech",
    "secret",
    "license",
    "session",
    "cookie",
    "jwt",
    "hmac",
    "webhook",
    "symmetric",
    "root",
    "server",
    "split",
    "psk",
    "cipher",
    "aes",
    "decryption",
    "unseal",
    "ingest",
    "ingestion",
    "write",
    "merchant",
    "partner",
    "vault",
    "sas",
    "application",
    "licence",
    "crypt",
    "genie",
    "function",
    "functions",
)
KEY_COMPOUNDS: Final = tuple(f"{word}{dash}key" for word in _KEY_WORDS for dash in ("", "_", "-"))
"""``apikey``, ``api_key``, ``api-key``, ...: ``key`` alone promises nothing."""

WORDS: Final = (
    "passw",
    "passphrase",
    "passcode",
    "pass",
    "pwd",
    "secret",
    "token",
    "credential",
    "creds",
    "salt",
    "_pw",
    "bindpw",
    "rootpw",
    "_psk",
    "kennwort",
    "wachtwoord",
    "motdepasse",
    "mot_de_passe",
    *KEY_COMPOUNDS,
)
"""Literals that a promising name contains, in lower case."""
NAMES: Final = "(?:" + "|".join(WORDS[: -len(KEY_COMPOUNDS)]) + "|(?:" + "|".join(_KEY_WORDS) + ")[_-]?key)"
"""The same as an expression, which is smaller."""

_PASSWORD = re.compile(
    r"passw(?:or)?d|passphrase|passcode|pwd|(?:^|[a-z])pass$|^pass$|(?:^|_)pass(?:_|$)"
    r"|(?:^|[_-])psk$|pw$|passwort|kennwort|wachtwoord|motdepasse|^senha|(?:unlock|access)code$"
)
_SALT = re.compile(r"(?<!ba)salts?(?=$|for)|^bearer$|^pat$|otpseed$|(?:recovery|backup)codes?$|communitystring$")
_MANY = re.compile(r"(?:token|secret|password|credential|api_?key|key_?pair)s$|^creds$|^auth$")
_KEY = re.compile("(?:" + "|".join(_KEY_WORDS) + r")key")
_TAIL_NONE = re.compile(
    r"""(?x)(?:
    ids? | file(?:s|names?|path|location)? | path | dir(?:ectory)? | (?:base)?ur[li]s? | link | endpoint |
    location | len(?:gth)?
    | count | size | min(?:imum)? | max(?:imum)? | limit | ttl | expir(?:y|es|ed|ation|ing)\w* | age |
    (?:milli)?seconds | minutes | hours | days
    | policy | type | name | names | field | attribute | enabled? | disabled? | required | header | headername
    | method | provider | reset | resetlink | changed?
    | change | at | status | errors? | prefix | suffix | usage | used | version | format | algo(?:rithm)? |
    hash | salt(?:ed)?hash | digest | checksum | sum
    | fingerprint | hint | help(?:text)? | label | title | description | placeholder | displayname | source |
    scope | scopes | audience | issuer
    | rotation\w* | manager | stores? | storage | encoder | encoding | vault
    | service | handler | validator | validation | verified |
    verification | auth | authentication
    | login | update | updated | updatedat | createat | expiresat | lastused | strength | lowercase |
    uppercase | symbol | number | per\w+ | logging
    | budget | window | cost | index | indexes | idx | pkey | column | table | true | false | set | present | stdin |
    exists | valid | support | settings | options
    | cookiename | env | var | variable | mode | state | action | event | request | response | page | screen |
    form | input | button | text | message | msg | match
    )\Z"""
)
_HEAD_NONE = re.compile(
    r"""(?x)^(?:
    enable | disable | is | has | allow | require | enforce | show | hide | use | num | max | min | total |
    count | invalid | missing | public | forgot
    | reset | change | update | verify | validate | check | generate | create | delete | revoke | get | fetch
    | find | lookup | cleanup | expired? | no | without | failed
    | i18n | input | output | prompt | completion | reasoning | cached
    )(?=passw|pwd|secret|token|cred|api|access|auth)"""
)
_NO_SECRET = re.compile(
    r"""(?x)
    (?:next|prev(?:ious)?|page|paging|pagination|continuation|sync|delta|cursor|skip|start|end|change|sort|resume)_?token
    | tokens$ | publickey | keyboard | hotkey | primarykey | foreignkey | migration_?key | sort_?key |
    cache_?key | partition_?key | key_?id
    | csrf | tokeniz | keyword | passwordless | secretary | stoptoken | special_?token | eos_?token |
    bos_?token | cancell?ationtoken | x-request | etag
    """
)
_DIGIT_EDGE = re.compile(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])")
_CLEAN = re.compile(r"[^a-z0-9]")


@lru_cache(maxsize=8192)
def promise(name: str) -> Promise:
    """Return what a name promises: ``SMTPPassword`` a password, ``TokenEndpoint`` and ``MaxTokens`` nothing.

    Only the last part of a dotted name counts; dashes, underscores and case do not.
    """
    last = re.split(r"[.\[\]\s]+", name.strip(" .[]\"'"))[-1].lower()
    plain = _CLEAN.sub("", last)
    # "pwd" inside a random id is no word
    if (
        len(plain) >= 16
        and sum(c.isdigit() for c in plain) >= 3
        and (("_" not in last and "-" not in last) or len(_DIGIT_EDGE.findall(last)) >= 4)
    ):
        return "none"
    if not plain or _NO_SECRET.search(last) or _HEAD_NONE.search(plain):
        return "none"
    kind, end = _kind(last, plain)
    if kind == "none":
        return "none"
    tail = plain[end:]
    return "none" if tail and (_TAIL_NONE.search(tail) or _TAIL_NONE.search(tail.removeprefix("s"))) else kind


def is_no_secret(name: str) -> bool:
    """Whether a name with a promising word is known to mean something else: page tokens, CSRF, counts."""
    return bool(_NO_SECRET.search(name.lower()))


def _kind(last: str, plain: str) -> tuple[Promise, int]:
    """Return the promise and where, in the plain name, the promising word ends."""
    best: tuple[Promise, int] = ("none", 0)
    found = list(_PASSWORD.finditer(plain)) or list(_PASSWORD.finditer(last))
    if found:
        best = ("password", min(found[-1].end(), len(plain)))
    for kind, word in (("secret", "secret"), ("token", "token"), ("secret", "credential"), ("secret", "creds")):
        at = plain.rfind(word)
        if at >= 0 and at + len(word) > best[1]:
            best = (kind, at + len(word))  # type: ignore[assignment]
    keys = list(_KEY.finditer(plain))
    if keys and keys[-1].end() > best[1]:
        best = ("key", keys[-1].end())
    if best[0] == "none" and _SALT.search(plain):
        best = ("key", len(plain))
    return best


def holds_many(name: str) -> bool:
    """Whether a list or an object under this name holds secrets: ``tokens``, ``credentials``."""
    return bool(_MANY.search(name.lower()))


def is_some_key(name: str) -> bool:
    """Whether a setting is called a key of any sort: only a value that a machine made makes it a secret."""
    last = name.lower()
    return (
        last.endswith("key") and last != "key" and not (_NO_SECRET.search(last) or "public" in last or "verif" in last)
    )
