"""How a rule for a token with a form of its own is written: one call a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analyzer.secrets.rules import checks
from analyzer.secrets.rules.rule import Check, Cut, Rule

if TYPE_CHECKING:
    from analyzer.secrets.finding import Confidence

BODY: Final = "A-Za-z0-9_-"


def token(  # noqa: D417 -- the rest as in Rule
    name: str,
    keywords: str,
    pattern: str,
    example: str,
    where: str,
    source: str,
    *,
    kind: str | None = None,
    confidence: Confidence = "high",
    extra: tuple[Check, ...] = (),
    right: str = BODY,
    left: str = "A-Za-z0-9_",
    false: tuple[str, ...] = (),
    lead: int = 0,
    nocase: bool = False,
    cut: Cut | None = None,
    trigger: str = "",
    remedy: str = "",
    more: tuple[str, ...] = (),
) -> Rule:
    """Return the rule for one vendor's token.

    Args:
        name: id of the rule, and its kind unless ``kind`` is given.
        keywords: the literals a token begins with, separated by spaces.
        pattern: the whole token, or a pattern with a ``secret`` group of its own.
        example: one true example, secret marked; used bare and inside a JSON log line.
        where: where it is revoked.
        source: where the form is documented.
        more: further true examples, of a rule for several tokens.
        kind, confidence, extra, right, left, false, lead, nocase, cut, trigger, remedy: see :class:`Rule`.
    """
    words = tuple(keywords.split())
    return Rule(
        id=name,
        kind=kind or name,
        pattern=pattern if "(?P<secret>" in pattern else f"(?P<secret>{pattern})",
        keywords=words,
        true=(example, f'{{"level":"error","msg":"call with {example} failed"}}', f"x=1\\n{example}\\t", *more),
        false=(*false, f"the prefix {words[0]} alone", f"{words[0]} {words[0]}"),
        remedy=remedy or f"revoke it {where} and make a new one",
        source=source,
        confidence=confidence,
        right=right,
        left=left,
        lead=lead,
        nocase=nocase,
        cut=cut,
        checks=(checks.not_clean, checks.varied, checks.no_example, *extra),
        priority=2,
        trigger=trigger,
    )
