"""The text rules, room by room; the order is part of no result."""

from __future__ import annotations

from typing import Final

from analyzer.secrets.rules.assigned import ASSIGNED
from analyzer.secrets.rules.cloud import CLOUD
from analyzer.secrets.rules.code import CODE
from analyzer.secrets.rules.packet import PACKET
from analyzer.secrets.rules.rule import Hit, Rule, Verdict
from analyzer.secrets.rules.services import SERVICES
from analyzer.secrets.rules.statements import STATEMENTS
from analyzer.secrets.rules.tools import TOOLS
from analyzer.secrets.rules.urls import URLS
from analyzer.secrets.rules.web import WEB

RULES: Final[tuple[Rule, ...]] = (*PACKET, *URLS, *WEB, *ASSIGNED, *CLOUD, *CODE, *SERVICES, *TOOLS, *STATEMENTS)
"""Every text rule."""

__all__ = ["RULES", "Hit", "Rule", "Verdict"]
