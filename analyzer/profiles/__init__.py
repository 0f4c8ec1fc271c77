"""pprof profiles: decode, validity, units, selection, tables, call tree, difference, text reports."""

from analyzer.profiles.model import Columns, ValueType
from analyzer.profiles.profile import Profile
from analyzer.profiles.read import read_profile

__all__ = ["Columns", "Profile", "ValueType", "read_profile"]
