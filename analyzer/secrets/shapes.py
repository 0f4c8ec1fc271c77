"""What a value looks like: mask, placeholder, id, hash, path, word, or something that could be a secret."""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

from analyzer.format.dummies import DIGITS, FEWEST, MARK, is_dummy
from analyzer.format.masks import is_mask

_PLACEHOLDER = re.compile(
    r"""(?ix)
    (?: \$\{[^}]*\}? | \$\([^)]*\)? | \{\{.*\}?\}? | <[^<>]*>? | %[-+\#0-9.]*[a-z] | %\(\w+\)\w | \{[\w.-]*\}
        | \[[\w .-]*\]
      | \$[A-Z_][A-Z0-9_]* | @\w*@
      | (?:my|your|the|a|an|some|any|insert|enter|add|put|set|use|fake|dummy|example|sample|placeholder|test|default)
        [-_ .]?(?:own|new|secret|actual|real)?[-_ .]?(?:\w+[-_ .]){0,2}
        (?:passw(?:or)?d|pass|secret|token|key|apikey|value|here|string|credentials?)(?:[-_ ]?(?:here|goes[-_
            ]?here|\d))?
      | change[-_ ]?me(?:[-_ ]?please)? | replace[-_ ]?(?:me|this|with.*) | to[-_ ]?be[-_ ]?(?:set|replaced|filled).*
      | redacted.* | .*\bredacted\b.* | masked | sanitized | hidden | removed | omitted | filtered | censored
      | \(?sensitive.*
      | example | sample | dummy | placeholder | todo | tbd | n/?a | none | null | nil | undefined | unset |
      empty | blank
      | true | false | yes | no | on | off | enabled | disabled | default | required | optional | unknown |
      invalid | missing
      | not[-_ ]?set | set | <nil> | (?:map)?\[\] | \{\} | \([\w -]{2,24}\) | nullptr
      | [^\s.]{0,8}(?:\.\.\.|…)[^\s.]{0,6} | ENC\[.* | !(?:vault|secret|env|ref|sub|include|encrypted)\b.*
    )\Z"""
)
STATUS_WORDS: Final = frozenset(
    """is was are has had not and for the with from when must should cannot can will may that this your you or if
    in at by to of on expired expire expires valid incorrect wrong bad failed failure error ok success mismatch
    length string bool boolean int integer float object array bytes number text password passwords token tokens
    secret secrets key keys bearer basic digest negotiate oauth oauth2 jwt authorization authentication auth
    user username users email id ids name type field value values header cookie session request response refresh
    access required provided found rejected revoked malformed unauthorized forbidden denied expected got new old
    changed reset updated created deleted generated rotated stored cleared skipped ignored supported unsupported
    empty file path url uri config configuration setting settings plugin server client http https post get put
    delete patch authenticator verification policy plain md5 scram-sha-256 map struct interface func nil pointer
    passwort kennwort jeton contraseña wachtwoord senha foo bar baz foobar
    cert certificate public private internal system local remote starting started stopping stopped cleanup""".split()  # noqa: SIM905
)
_MM_ID = re.compile(r"[ybndrfg8ejkmcpqxot1uwisza345h769]{26}\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\Z")
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+\Z")
_POINTER = re.compile(r"(?:\(\*?[\w.*\[\]]+\)\()?0x[0-9a-fA-F]{5,16}\)?\Z")
_FILE = re.compile(
    r"""(?ix) (?: (?:\.{1,2}|~|[a-z]:)? (?:[/\\]{1,2}[\w .@+-]+)+ [/\\]? | [\w .@+/\\-]+
    \.(?:pem|key|crt|cer|cert|der|p12|pfx|jks|keystore|json|ya?ml|txt|conf|cfg|ini|env|log|db|sock|socket|pub|csr|xml|csv|toml|
        go|js|ts|tsx|html?|sh|py|gz|zip|tgz|png|svg|jpe?g|gif|md|so|dll|exe|mattermost-license)) \Z"""
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://\S*\Z")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+\Z")
_HOST = re.compile(
    r"(?:[a-z0-9-]+\.)+[a-z]{2,12}(?::\d{1,5})?\Z|\[?[0-9a-f:.]{2,39}\]?:\d{1,5}\Z|\d{1,3}(?:\.\d{1,3}){3}\Z"
)
_NUMBER = re.compile(r"[-+]?[\d.,:_-]+(?:e[+-]?\d+)?(?:ms|us|ns|s|m|h|d|kb|mb|gb|b|%)?\Z", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?\Z")
_VERSION = re.compile(r"v?\d+\.\d+(?:\.\d+)*(?:[-+.][\w.+-]+)?\Z")
_CALL = re.compile(r"[A-Za-z_][\w.]*\(.*\)?\Z|[&*]?[a-z]\w*\.[A-Z]\w*(?:\.\w+)*\{?\Z|(?:github|golang|gopkg)\.\w+/.*\Z")
_CAMEL = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]+)*\Z")
_SNAKE = re.compile(r"[a-z]+(?:[-_.][a-z]+)+\Z|[A-Z]+(?:_[A-Z]+)+\Z")
_SLUG = re.compile(r"[a-z]+(?:[-_.](?:[a-z]+|\d{1,4}))+\Z")
_PUBLIC = re.compile(
    r"-----BEGIN (?:CERTIFICATE|(?:RSA |EC )?PUBLIC KEY|PGP PUBLIC|X509)|ssh-(?:rsa|ed25519|dss) |ecdsa-sha2|MII[A-Z]"
    r"|APA91b"  # the address of one device at Firebase
)
_PRIVATE = re.compile(r"MII[A-Za-z0-9+/]{1,4}IB(?:ADANBgkq|AAKCA)")
_DUMMY_FRONT = re.compile(
    r"""\s*(?:[A-Za-z_]{2,20}=|-----[A-Z0-9 ]{1,60}-----\s*|gh[pousr]_|github_pat_|glpat-|xox[a-z](?:-\d+)?-|xapp-\d-
    |[sr]k_(?:live|test)_|sk-(?:ant-|proj-)?|AKIA|ASIA|SG\.|npm_|AIza|ya29\.|hf_|dop_v1_|shp(?:at|ss|ca|pa)_|pypi-|eyJ[A-Za-z0-9_-]*\.)""",
    re.VERBOSE,
)
_RUN = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_EDGE = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_THREE_LETTERS = re.compile(r"[^A-Za-z]*([A-Za-z])[^A-Za-z]*([A-Za-z])[^A-Za-z]*([A-Za-z])")
_NO_LETTER = re.compile(r"[^A-Za-z]+")
_BY_HAND = re.compile(r"(?:19|20)\d\d(?!\d)|123")
_DENSE = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}\Z")
_KINDS: Final = str.maketrans(
    string.ascii_lowercase + string.ascii_uppercase + string.digits, "a" * 26 + "A" * 26 + "0" * 10
)


def entropy(value: str) -> float:
    """Return the Shannon entropy in bits a character."""
    size = len(value)
    return math.log2(size) - sum(n * math.log2(n) for n in Counter(value).values() if n > 1) / size if size else 0.0


@lru_cache(maxsize=2048)
def is_clean(value: str) -> bool:
    """Whether ``value`` is a mask, a placeholder, an example string, a template, a Go pointer, or nothing at all."""
    return (
        not value.strip()
        or is_mask(value)
        or bool(_PLACEHOLDER.match(value.strip()))
        or bool(_POINTER.match(value))
        or is_example(value)
    )


@lru_cache(maxsize=2048)
def is_example(value: str) -> bool:
    """Whether ``value`` is an example string as this package writes one in place of a secret.

    Narrower than ``is_dummy``, which also takes what people and servers have: ``example`` anywhere, as in a URL of
    example.com; ``Exam2024!``; ``123456``. Here the letters must begin so, after a token's known prefix; a shorter
    beginning must not stand with a year; and digits alone must go on beyond the ten that people type.
    """
    front = _DUMMY_FRONT.match(value)
    rest = value[front.end() :] if front else value
    first = _THREE_LETTERS.match(rest)
    if first is None:
        return sum(map(str.isdigit, rest)) > len(DIGITS) and is_dummy(rest)
    if "".join(first.groups()).lower() != MARK[:FEWEST] or not is_dummy(rest):
        return False
    letters = _NO_LETTER.sub("", rest).lower()
    return letters.startswith(MARK) or (MARK.startswith(letters) and not _BY_HAND.search(rest))


def is_id(value: str) -> bool:
    """Whether ``value`` is a 26-character Mattermost id or a UUID."""
    return bool(_MM_ID.match(value) or _UUID.match(value))


def is_mattermost_id(value: str) -> bool:
    """Whether ``value`` has the form of ``model.NewId``: 26 characters of its base32, as tokens have."""
    return bool(_MM_ID.match(value))


def is_uuid(value: str) -> bool:
    """Whether ``value`` is a UUID in its usual text form."""
    return bool(_UUID.match(value))


def is_hash(value: str) -> bool:
    """Whether ``value`` has the length and alphabet of an MD5, SHA-1 or SHA-2 sum, with or without its name."""
    plain = value.partition(":")[2] if value.lower().startswith(("sha", "md5:")) else value
    return len(plain) in {32, 40, 56, 64, 96, 128} and bool(_HEX.match(plain))


def is_public(value: str) -> bool:
    """Whether ``value`` is a public key or a certificate."""
    text = value.lstrip()
    return bool(_PUBLIC.match(text)) and not _PRIVATE.match(text)


def is_reference(value: str) -> bool:
    """Whether ``value`` points somewhere instead of being a secret: file, plain URL, host, e-mail address, code."""
    return is_setting_reference(value) or bool(_CALL.match(value))


def is_call(value: str) -> bool:
    """Whether ``value`` is a call or a name in a program's text."""
    return bool(_CALL.match(value))


def is_setting_reference(value: str) -> bool:
    """Whether a setting points somewhere: a file, a plain URL, a host name, an e-mail address."""
    if _FILE.match(value):
        return not is_dense(value)
    return bool(_URL.match(value) or _EMAIL.match(value) or _HOST.match(value))


def is_dense(value: str) -> bool:
    """Whether ``value`` is base64 that changes between small, capital and digit too often for names of files.

    One AWS secret key in 64 begins with ``/``, as a path does.
    """
    if not _DENSE.match(value):
        return False
    kinds = value.replace("/", "").translate(_KINDS)
    changes = sum(a != b for a, b in pairwise(kinds))
    # chance gives a key of the usual length fewer changes; names of folders have no runs of capitals then
    runs = len(value) == 40 and len(re.findall("[A-Z]{2,}", value)) >= 3
    return changes * (5 if runs else 3) >= len(kinds) and {"a", "A"} <= set(kinds)


def changes_case(value: str) -> bool:
    """Whether letters change their case more often than words joined together do."""
    return len(re.findall("[a-z][A-Z]|[A-Z][a-z]", value)) >= max(4, len(value) // 3)


def is_key_material(value: str) -> bool:
    """Whether ``value`` has a long run without words in it, as keys do and names with numbers do not."""
    return any(len(_EDGE.findall(run)) >= 4 for run in _RUN.findall(value))


def is_password(value: str) -> bool:
    """Letters, digits, and capitals or signs: more than ``base64-encoded`` or ``v2`` has."""
    if len(value) >= 10 and value.isalnum() and len(_EDGE.findall(value)) >= 3:
        return True
    lower, upper, digit = (any(map(kind, value)) for kind in (str.islower, str.isupper, str.isdigit))
    signs = any(c in "!@#$%^&*?~=+" for c in value)
    other = any(not (c.isalnum() or c in "-_/.") for c in value)
    return (digit and (lower or upper) and (upper or other)) or (lower and upper and signs)


def is_strong(value: str) -> bool:
    """Whether ``value`` is a password by its signs or its length; ``MM-12345`` is none."""
    signs = any(c in "!@#$%^&*?~=+" for c in value)
    if value.isalnum() and is_password(value) and len(_EDGE.findall(value)) >= 3:
        return len(value) >= 10
    all_kinds = len(value) >= 10 and any(map(str.islower, value)) and any(map(str.isupper, value))
    return is_password(value) and " " not in value and (signs or all_kinds)


def has_mixture(value: str) -> bool:
    """Whether ``value`` mixes letters with digits or other signs, as no word does."""
    return any(c.isalpha() for c in value) and any(not c.isalpha() for c in value)


def unquoted(value: str) -> str:
    """Return ``value`` with percent-encoding taken off."""
    return unquote(value, errors="replace") if "%" in value else value


def is_plain_data(value: str) -> bool:
    """Whether ``value`` is a number, a duration, a time or a version."""
    return bool(_NUMBER.match(value) or _TIME.match(value) or _VERSION.match(value))


def is_word(value: str) -> bool:
    """Whether ``value`` is a name or a word as programs and sentences have them (``camelCase``, ``snake_case``)."""
    return (
        value.lower() in STATUS_WORDS
        or bool(_CAMEL.match(value) or _SNAKE.match(value))
        or (value.isupper() and value.isalpha())
    )


def is_slug(value: str) -> bool:
    """Whether ``value`` is a name of words and numbers: ``ci-runner-03``."""
    return bool(_SLUG.match(value))


def is_random(value: str) -> bool:
    """Whether ``value`` looks made by a machine: digits among letters, or many changes of case, no words.

    Entropy alone does not tell (a 26-character id has more than a password); the mixture of classes does.
    """
    if len(value) < 12 or " " in value:
        return False
    letters = sum(map(str.isalpha, value))
    if letters < 2:
        return False
    if sum(map(str.isdigit, value)) < 2:
        mixed = sum(a.islower() != b.islower() for a, b in pairwise(value) if a.isalpha() and b.isalpha())
        if mixed < max(4, len(value) // 6):
            return False
    return entropy(value) > 2.5
