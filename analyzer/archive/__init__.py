"""A source (path, URL, bytes) and its members, read safely and never extracted to disk; a zip writer."""

from analyzer.archive.base import Archive, MemberStream
from analyzer.archive.limits import Limits
from analyzer.archive.member import Member, MemberError, common_top
from analyzer.archive.opening import open_archive
from analyzer.archive.zipwriter import ZipWriter

__all__ = ["Archive", "Limits", "Member", "MemberError", "MemberStream", "ZipWriter", "common_top", "open_archive"]
