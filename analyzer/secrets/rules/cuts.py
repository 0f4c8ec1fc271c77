"""Where a secret really ends: at the closing quote of the same depth, at a separator, at the end of a URL part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from analyzer.secrets import shapes
from analyzer.secrets.rules.names import promise
from analyzer.secrets.rules.values import INVITE_TOKEN, judge

if TYPE_CHECKING:
    from analyzer.secrets.rules.rule import Hit, Verdict

_NAME_CHARS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."
_NAME_REACH: Final = 60
_VALUE_REACH: Final = 1024
# a bare value ends at white space, quotes, separators of lists, queries and tags, and at an escape
_BARE_END = re.compile(rb"""[\s"'`&;<>|\\\x00]|,(?=\s|$|["'}\]]|[A-Za-z_][\w.-]{0,40}[=:])""")
_CLOSERS: Final = {ord(")"): ord("("), ord("]"): ord("["), ord("}"): ord("{")}
_HTML_ESCAPE = re.compile(rb"\\u00(?:26|3[ce]|22|27)", re.IGNORECASE)
_ESCAPE = re.compile(rb"\\u00[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\[nrtbf]|%[0-9A-Fa-f]{2}")
_ESCAPE_BEFORE = re.compile(rb"(?:\\[nrtbf]|%[0-9A-Fa-f]{2}|\\u00[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2})\Z")


def _escape_at(block: bytes, start: int) -> int:
    found = _ESCAPE.match(block, start)
    return found.end() - found.start() if found else 0


def escape_before(block: bytes, start: int) -> int:
    r"""Return the length of the escape sequence that ends at ``start``, or 0: ``\n`` is no letter of the next word."""
    found = _ESCAPE_BEFORE.search(block, max(0, start - 6), start)
    return found.end() - found.start() if found else 0


def name_before(block: bytes, end: int) -> str:
    r"""Return the part of a name that stands before ``end``; an escape such as ``\n`` is no part of it."""
    window = block[max(0, end - _NAME_REACH) : end]
    kept = len(window.rstrip(_NAME_CHARS))
    start = end - len(window) + kept
    if kept and window[kept - 1] in b"\\%":
        start += max(_escape_at(block, start - 1) - 1, 0)
    return block[start:end].decode("latin-1") if start < end else ""


def name_around(block: bytes, match: re.Match[bytes]) -> str:
    """Return the whole name whose keyword matched: what stands before it, and its tail."""
    start = match.start()
    return name_before(block, start) + block[start : match.end("name")].decode("latin-1")


def promising(block: bytes, match: re.Match[bytes]) -> bool:
    """Whether the whole name promises a secret at all: most names with such a word in them do not."""
    name = name_around(block, match)
    return promise(name) != "none" or name.lower().endswith("token_id")


def closing(block: bytes, start: int, quote: bytes) -> int | None:
    """Return where the value that ``quote`` opens before ``start`` closes, or None within reach.

    ``quote`` is the quote character after the backslashes that its depth of escaping gives it (0, 1, 3, 7): a
    quote inside the
    value stands one level deeper and has more of them.
    """
    sign = quote[-1:]
    depth = len(quote) - 1
    low, high = start, min(len(block), start + _VALUE_REACH)
    while (at := block.find(sign, low, high)) >= 0:
        run = 0
        while at - run > start and block[at - run - 1] == 0x5C:
            run += 1
        if run % (2 * (depth + 1)) == depth:
            return at - depth
        low = at + 1
    return None


def bare_end(block: bytes, start: int) -> int:
    """Return where an unquoted value ends: at a separator, before brackets and punctuation not its own."""
    found = _BARE_END.search(block, start, start + _VALUE_REACH)
    end = found.start() if found else min(len(block), start + _VALUE_REACH)
    while end > start:
        last = block[end - 1]
        if (
            (
                last in _CLOSERS
                and block.count(bytes([last]), start, end) > block.count(bytes([_CLOSERS[last]]), start, end)
            )
            or last in b",:"
            or last == 0x2E
        ):
            end -= 1
        else:
            break
    return end


def assignment(hit: Hit) -> bool:
    """Cut the value of ``name = value`` in JSON, YAML, shell, Go's ``%+v`` and all their escaped forms."""
    block = hit.block
    opened = hit.match.group("open").lstrip(b"[{( ")
    if opened:
        end = closing(block, hit.start, opened)
        if end is None:
            line_end = block.find(b"\n", hit.start, hit.start + _VALUE_REACH)
            end = bare_end(block, hit.start) if line_end < 0 else min(line_end, bare_end(block, hit.start))
        # the plain formatter does not escape quotes inside a quoted value: an empty cut means a nested quote
        hit.end = end
        if b"\n" in block[hit.start : end]:
            return False  # that quote closed a text, and the next one opens another
    else:
        hit.end = bare_end(block, hit.start)
        if _HTML_ESCAPE.match(block, hit.end):
            hit.end = _extend_over_escapes(block, hit.end)
    return hit.end > hit.start


def _extend_over_escapes(block: bytes, end: int) -> int:
    r"""A bare value goes on over ``\u003c`` and ``\u003e``, but ends at an escaped quote or ``&``."""
    while (found := _HTML_ESCAPE.match(block, end)) and found.group()[-2:].lower() in {b"3c", b"3e"}:
        end = bare_end(block, found.end())
    return end


_ARN = re.compile(rb"arn:aws[\w:/-]*:\Z")
_NEXT_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+=")


def assigned(hit: Hit) -> Verdict:
    """Judge the value of an assignment by its name and shape."""
    name = name_around(hit.block, hit.match)
    separator = hit.group("sep").strip()
    quoted_name = bool(hit.group("close").strip("\\"))
    opened = bool(hit.group("open").lstrip("[{( \\"))
    spaced = hit.group("sep").endswith((" ", "\t"))
    found = promise(name)
    if spaced and not opened and _NEXT_VARIABLE.match(hit.value):
        return "drop"
    if _ARN.search(hit.block, max(0, hit.match.start() - 80), hit.match.start()):
        return "drop"  # "arn:aws:secretsmanager:...:secret:prod" is a name
    if found == "none" and name.lower().endswith("token_id") and len(hit.value) == INVITE_TOKEN and hit.value.isalnum():
        return "ok"
    loose = separator in {":", ""} and spaced and not quoted_name
    if loose and not opened and name.lower() == "pass" and not shapes.is_password(hit.value):
        return "drop"  # "Pass: phase1" counts tests
    return judge(found, hit.value, quoted=opened, loose=loose)


def flag_value(hit: Hit) -> Verdict:
    """``--password value``: only after the dashes of a command line flag."""
    name = name_around(hit.block, hit.match)
    if not name.startswith("--"):
        return "drop"
    return judge(promise(name.lstrip("-")), hit.value, quoted=False, loose=False)


def bare(hit: Hit) -> bool:
    """Cut at the end of an unquoted value."""
    hit.end = min(hit.end, bare_end(hit.block, hit.start))
    return hit.end > hit.start


def grow_digits(hit: Hit) -> bool:
    """Take in the digits before the match: the length of a numeric id varies."""
    while hit.start > 0 and 0x30 <= hit.block[hit.start - 1] <= 0x39 and hit.end - hit.start < 80:
        hit.start -= 1
    return True


def quoted_value(hit: Hit) -> bool:
    """Cut at the closing quote, or at the end of a bare value."""
    if not hit.match.group("open").strip():
        return bare_value(hit)
    end = closing(hit.block, hit.start, hit.match.group("open"))
    hit.end = end if end is not None else bare_end(hit.block, hit.start)
    return hit.end > hit.start


def bare_value(hit: Hit) -> bool:
    """Take the value up to where a bare one ends."""
    hit.end = bare_end(hit.block, hit.start)
    return hit.end > hit.start


def paired(hit: Hit) -> Verdict:
    """``"name": "DB_PASSWORD", "value": "..."``: the name is itself a value."""
    opened = "open" not in hit.match.re.groupindex or bool(hit.match.group("open"))
    return judge(promise(name_around(hit.block, hit.match)), hit.value, quoted=opened, loose=False)


def named_value(hit: Hit) -> Verdict:
    """``config set NAME VALUE``: judged by the name, as in an assignment."""
    return judge(promise(hit.group("name")), hit.value, quoted=True, loose=False)


def spoken_value(hit: Hit) -> bool:
    """Cut at the closing quote, or at the end of the word."""
    if hit.match.group("open"):
        return quoted_value(hit) and hit.end - hit.start <= 200 and b"\n" not in hit.block[hit.start : hit.end]
    found = _WORD_END.search(hit.block, hit.start, hit.end)
    end = found.start() if found else hit.end
    hit.end = hit.start + len(hit.block[hit.start : end].rstrip(b".,:;)]}"))
    return hit.end > hit.start


_WORD_END = re.compile(rb"""[\s"'`<>|\\\x00]""")


_REFUSED = re.compile(
    rb"[,:]? (?:is |was )?(?:not |in)valid| (?:is|was) (?:not|un|re|expired)| (?:rejected|expired|unknown)"
)


def spoken(hit: Hit) -> Verdict:
    """``API key ... is not valid``: in a sentence only what a machine made can be meant, or what stands in quotes."""
    value, name = hit.value, hit.group("name").lower()
    if shapes.is_clean(value) or shapes.is_reference(value) or shapes.is_plain_data(value) or shapes.is_word(value):
        return "drop"
    if len(value) > 200 or _FIELD.match(value) or shapes.is_slug(value):
        return "drop"
    link = hit.group("link").strip()
    told = link != ""
    if link.startswith("for ") and shapes.is_id(value):
        return "drop"  # whom it is for
    if name.endswith(" key") and told and len(value) >= 16 and (shapes.is_hash(value) or shapes.is_uuid(value)):
        return "ok"
    if shapes.is_uuid(value) or shapes.is_hash(value):
        return "drop"
    if name.startswith("pass"):
        if hit.match.group("open"):
            return "ok" if shapes.has_mixture(value) and " " not in value else "drop"
        if not shapes.is_password(value):
            return "drop"
        if told and len(value) >= 6:
            return "ok"
    if len(value) < 8:
        return "drop"
    if told and name.endswith(" key") and shapes.is_password(value):
        return "ok"
    if shapes.is_mattermost_id(value) and not hit.match.group("open") and not told:
        # "access token ID revoked" names the token by its id; "token TOKEN is invalid" shows it
        return "ok" if _REFUSED.match(hit.block, hit.end) else "weak"
    return "ok" if shapes.is_random(value) and value.replace("-", "").replace("_", "").isprintable() else "drop"


_FIELD = re.compile(r"[A-Za-z_][\w.-]*[=:]")


def command_argument(hit: Hit) -> bool:
    """Cut an argument at its closing quote, or at the end of the word."""
    return quoted_value(hit) if hit.match.group("open") else bare(hit)


def command_value(hit: Hit) -> Verdict:
    """A password on a command line mixes letters with digits or signs; words are names of databases."""
    attached = hit.block[hit.start - 1 : hit.start] == b"p" and hit.match.group().startswith(b"mysql")
    if attached and len(hit.value) >= 6 and not shapes.is_clean(hit.value):
        return "ok"  # what follows mysql's -p without a space is a password, whatever it looks like
    clean = shapes.is_clean(hit.value) or shapes.is_reference(hit.value) or shapes.is_plain_data(hit.value)
    mixed = shapes.has_mixture(hit.value) or shapes.changes_case(hit.value)
    return "drop" if clean or not mixed or (shapes.is_word(hit.value) and not shapes.changes_case(hit.value)) else "ok"
