"""A packet from outside: collectors, sanitizing, writing; and the download of a server's own packet."""

from analyzer.generate.generator import Generated, finish, generate, prepare
from analyzer.generate.plan import Plan

__all__ = ["Generated", "Plan", "finish", "generate", "prepare"]
