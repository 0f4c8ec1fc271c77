"""Whether a value under a promising name is a secret, judged by its shape and by how it is written."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from analyzer.secrets import shapes

if TYPE_CHECKING:
    from analyzer.secrets.rules.names import Promise
    from analyzer.secrets.rules.rule import Verdict

_WORD = r"(?:[A-Za-z][a-z']*|[A-Z]{2,})"
_PROSE = re.compile(rf"{_WORD}(?:[ ,;:]+{_WORD})+[.!?]?\Z")
_NEXT_FIELD = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*:")
_REFERENCE = re.compile(
    r"""(?x) !(?:vault|secret|env|ref|sub|include|encrypted)\b | ENC\[
    | (?:var|data|local|module|each|self|this|params|request|req|config|cfg|env|os|process|props
    |settings|secrets|vault)\.[A-Za-z_] | (?:[a-z_]+(?:,[a-z_]+)+)\Z
    | [*&]?[A-Za-z_]\w*(?:\.\w+)*\[(?:\w*\]|\Z)
    | [*&][A-Za-z_]\w*(?:\(\))?\.[A-Za-z_] | (?:Optional|Union|Callable|List|Dict|list|dict)\["""
)
_STORED_ELSEWHERE = re.compile(
    r"arn:aws|projects/[^/]+/secrets/|[\w.-]+(?:/[\w.-]+)+\#\w+\Z|op://|(?:vault|ssm|awssm|gcpsm):"
)
_SCHEME = re.compile(r"(?:bearer|basic|token|digest|apikey|negotiate|ssws|geniekey)\s+", re.IGNORECASE)
MAX_VALUE: Final = 600
"""Longer values are documents; keys and tokens of that length have rules of their own."""
INVITE_TOKEN: Final = 64
"""Length of ``model.TokenSize``: invitations, password resets, e-mail verification."""


@lru_cache(maxsize=2048)
def judge(promise: Promise, value: str, *, quoted: bool, loose: bool) -> Verdict:
    """Return ``ok``, ``weak`` or ``drop`` for a value under a name with ``promise``.

    Args:
        promise: what the name promises.
        value: decoded.
        quoted: written in quotes, as JSON and YAML do.
        loose: written like a sentence (``password: x``), where the next word is often no value.
    """
    if len(value) > MAX_VALUE:
        return "drop"
    text = value.strip()
    if "aws4_request" in text or "EXAMPLE" in text or _STORED_ELSEWHERE.match(text):
        return "drop"
    if promise == "none" or len(text) < 3 or shapes.is_clean(text) or shapes.is_public(text) or _SCHEME.match(text):
        return "drop"
    if not quoted and _REFERENCE.match(text):
        return "drop"
    # "Password: UseTLS:true" is an empty field of a Go struct and the next one
    if loose and not quoted and _NEXT_FIELD.match(text):
        return "drop"
    if promise == "password":
        return _password(text, quoted=quoted, loose=loose)
    return _machine_made(text)


def _password(text: str, *, quoted: bool, loose: bool) -> Verdict:
    if " " in text and (not quoted or _PROSE.match(text) or len(text) > 120):
        return "drop"
    if loose and not quoted and (shapes.is_word(text) or _PROSE.match(text) or not _has_weight(text)):
        return "drop"
    if not quoted and shapes.is_call(text) and not (shapes.is_random(text) and "(" not in text):
        return "drop"
    if shapes.is_plain_data(text) and len(text) < 4:
        return "drop"
    if text.startswith("/") and shapes.is_reference(text):
        return "drop"
    if text.startswith(("http://", "https://", "file://")) or (
        shapes.is_reference(text) and "/" in text and len(text) > 8
    ):
        return "drop"
    if text.lower() in shapes.STATUS_WORDS:
        return "drop"
    return "ok"


def _has_weight(text: str) -> bool:
    return (
        any(c.isdigit() for c in text)
        or any(not c.isalnum() for c in text[:-1])
        or not (text.islower() or text.istitle())
    )


def _machine_made(text: str) -> Verdict:
    """Tokens, keys and client secrets are made by machines; words, files, URLs and numbers are not meant."""
    if " " in text or len(text) < 8 or shapes.is_plain_data(text) or shapes.is_setting_reference(text):
        return "drop"
    # a token with a dot in it may read like a Go name
    if shapes.is_call(text) and ("(" in text or "/" in text or not shapes.is_random(text)):
        return "drop"
    if shapes.is_word(text) or shapes.is_slug(text):
        return "drop"
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    if len(text) < 12 and not (mixed or shapes.changes_case(text)):
        return "drop"
    if len(set(text)) < 5:
        return "drop"
    letters_only = text.replace("-", "").replace("_", "").replace(".", "")
    if letters_only.isalpha() and not (shapes.is_random(text) or shapes.changes_case(text)):
        return "drop"
    return "ok"


def judge_setting(promise: Promise, value: str, *, is_text: bool) -> Verdict:
    """Return the verdict on a setting: written on purpose, so nearly everything under such a name counts."""
    text = value.strip()
    if not is_text:
        return "ok" if promise == "password" and text.isdigit() and len(text) >= 4 else "drop"
    if len(text) < 4 or shapes.is_clean(text) or shapes.is_public(text):
        return "drop"
    if shapes.is_setting_reference(text) or text.lower() in shapes.STATUS_WORDS or _STORED_ELSEWHERE.match(text):
        return "drop"
    if promise == "password":
        return "drop" if " " in text and _PROSE.match(text) and not _is_pass_phrase(text) else "ok"
    if shapes.is_plain_data(text) and len(text) < 8:
        return "drop"
    if " " in text:
        return _phrase(text)
    return "ok" if len(text) >= 8 or shapes.has_mixture(text) else "drop"


def _is_pass_phrase(text: str) -> bool:
    """Three words or more without any that sentences about passwords are made of."""
    words = text.lower().split()
    return 3 <= len(words) <= 8 and all(word.isalpha() and word not in shapes.STATUS_WORDS for word in words)


def _phrase(text: str) -> Verdict:
    """A pass phrase of a few words and a number stands where a key is asked for; a sentence is an explanation."""
    return "ok" if 12 <= len(text) <= 64 and shapes.has_mixture(text.replace(" ", "")) and "." not in text else "drop"
