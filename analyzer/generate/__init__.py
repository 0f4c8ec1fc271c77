"""A packet from outside: collectors, sanitizing, writing; and the download of a server's own packet.

The room has the name of its main function (``analyzer.generate(plan)``, interface.md), and Python puts an imported room
in the place of that name. So the room itself can be called.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from analyzer.generate.generator import Generated, finish, generate, prepare
from analyzer.generate.plan import Plan

if TYPE_CHECKING:
    from analyzer.errors import Progress
    from analyzer.generate.run import Watch

__all__ = ["Generated", "Plan", "finish", "generate", "prepare"]


class _Room(ModuleType):
    def __call__(self, plan: Plan, *, watch: Watch | None = None, progress: Progress | None = None) -> Generated:
        return generate(plan, watch=watch, progress=progress)


sys.modules[__name__].__class__ = _Room
