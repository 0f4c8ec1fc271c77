"""Keeps the secrets that a scan found out of pages and frames: each is replaced by its kind, length and fingerprint."""

from __future__ import annotations

import html
import re
import string
from collections.abc import Iterable
from typing import TYPE_CHECKING

from analyzer.redact.spellings import spellings

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.secrets import Secret


# a value of the same shape: spellings are made for pairs of one length
_OTHER = str.maketrans(
    string.ascii_letters + string.digits,
    string.ascii_letters[1:26] + "a" + string.ascii_letters[27:] + "A" + string.digits[1:] + "0",
)


class Veil:
    """Replaces known secrets, in every spelling that they may have in a text."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._names: dict[str, str] = {}
        for secret in secrets:
            value = secret.reveal()
            for spelled, _ in spellings(value, value.translate(_OTHER)):
                self._names.setdefault(spelled.decode("utf-8", "replace"), str(secret))
            self._names.setdefault(value, str(secret))
        # the longest spelling first: a secret may begin like another one
        ordered = sorted(filter(None, self._names), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """Return ``text`` without secrets."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: self._names[match.group()], text)

    def html(self, page: str) -> str:
        """Return an HTML page without secrets; what stands for them is escaped."""
        if self._pattern is None:
            return page
        return self._pattern.sub(lambda match: html.escape(self._names[match.group()]), page)

    def frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` with the secrets in its text columns replaced; nested values are not looked into."""
        if self._pattern is None:
            return frame
        import pandas as pd

        out = frame.copy(deep=False)
        for name, series in frame.items():
            if isinstance(series.dtype, pd.CategoricalDtype):
                texts = series.cat.categories
                out[name] = series.cat.rename_categories({text: self._any(text) for text in texts})
            elif series.dtype == object or pd.api.types.is_string_dtype(series.dtype):
                unique = {text: self._any(text) for text in series.dropna().unique()}
                if any(text is not hidden for text, hidden in unique.items()):
                    out[name] = series.map(unique, na_action="ignore").astype(series.dtype)
        return out

    def _any(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        hidden = self.text(value)
        return value if hidden == value else hidden
