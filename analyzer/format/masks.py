"""The strings that stand where a secret was: written by the server, by Go, and by hand.

Sources: ``model.FakeSetting`` and ``model.SanitizedPassword`` (packet-format.md 2.7.1), ``net/url``'s
    ``Redacted`` and the
URL errors of ``net/http`` (``***@``), log lines that print a masked data source percent-encoded (2.7.3, quirk 5).
"""

from __future__ import annotations

import re
from typing import Final

FAKE_SETTING: Final = "*" * 32
"""``model.FakeSetting``: a whole setting."""

SANITIZED_PASSWORD: Final = "*" * 4
"""``model.SanitizedPassword``: one half of the user info of a data source."""

DATA_SOURCE_USER_INFO: Final = f"{SANITIZED_PASSWORD}:{SANITIZED_PASSWORD}"
"""What a partially masked data source has before its ``@`` (packets from 10.10)."""

_STARS = re.compile(r"\*{3}|%2[aA]%2[aA]%2[aA]|\u2022{3}")
_SAME = re.compile(r"(?:[xX]{3,}|[.\-_#]{3,}|0{6,})\Z")


def is_mask(value: str) -> bool:
    """Whether ``value`` shows that a secret was removed: asterisks (also percent-encoded), Go's ``xxxxx``, dots.

    Three asterisks in a row anywhere count, because tools also mask the middle of a value.
    """
    return bool(_STARS.search(value) or _SAME.match(value)) or value in {"*", "**"}
