"""What every kind of archive offers; limits and failures are handled here once."""

from __future__ import annotations

import io
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from analyzer.archive.inflate import INFLATE_ERRORS, Damage
from analyzer.archive.limits import ceiling
from analyzer.archive.member import Member, MemberError
from analyzer.errors import Problem, Severity, SourceError, Stage, UsageError
from analyzer.text import human_bytes, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from _typeshed import WriteableBuffer

    from analyzer.archive.limits import Context

Kind: TypeAlias = Literal["zip", "tar", "folder", "gzip", "file"]
CHUNK = 1 << 20


class Archive(ABC):
    """Members of one source, read lazily and never written to disk.

    Made by ``open_archive``; a context manager. Reading one member never disturbs another, and a member that
    fails costs no other member.

    Attributes:
        name: what to call it, safe to show.
        kind: ``zip``, ``tar`` (packed or not), ``folder``, ``gzip`` (one packed file) or ``file`` (a bare file).
        members: members that may be read, in the container's order.
        refused: members that may not, each with its reason, and what is unusual about the container.
        refused_members: the refused members themselves, for whoever must look at their names.
        leftovers: bytes of the container that belong to no member (before, between, behind), readable like members.
        comment: the container's comment.
        size: size of the source in bytes; 0 for a folder.
        depth: 0 for the source, 1 for an archive inside it, ...
    """

    kind: ClassVar[Kind]

    def __init__(self, context: Context) -> None:
        self.name = context.name
        self.limits = context.limits
        self.depth = context.depth
        self.size = 0
        self.comment = b""
        self.members: tuple[Member, ...] = ()
        self.refused_members: tuple[Member, ...] = ()
        self.leftovers: tuple[Member, ...] = ()
        self._problems: list[Problem] = []
        self._known: dict[int, Member] | None = None
        self._context = context
        self._account = context.account

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}: {len(self.members)} members, {len(self._problems)} problems>"

    @property
    def refused(self) -> tuple[Problem, ...]:
        """Refused members and container flags; stage ``open``, or ``limit`` where a limit is the reason."""
        return tuple(self._problems)

    @abstractmethod
    def close(self) -> None:
        """Close what was opened; members cannot be read afterwards."""

    def chunks(self, member: Member, size: int = CHUNK) -> Iterator[bytes]:
        """Yield a member's unpacked bytes in pieces of at most ``size`` bytes.

        Sizes and checksum are checked at the end, limits all along.

        Raises:
            MemberError: the member is damaged, cut, lies about itself or breaks a limit. All that could be read
                has been yielded before.
            UsageError: the member is of another archive, or refused.
        """
        self._check(member)
        limits = self.limits
        key = (self.name, member.index)
        packed = self._packed(member)
        most, too_much = ceiling(limits, self._account.left_for(key), packed)
        pieces = self._pieces(member, size)
        received, spent = 0, 0.0
        try:
            while True:
                started = time.perf_counter()
                piece = next(pieces, None)
                spent += time.perf_counter() - started
                if piece is None:
                    return
                over = received + len(piece) > most
                piece = piece[: most - received] if over else piece
                received += len(piece)
                self._account.book(key, received)
                if piece:
                    yield piece
                if over:
                    raise Damage(too_much, "limit")
                if spent > limits.seconds:
                    raise Damage(f"not read within {limits.seconds:g} s", "limit")
        except Damage as damage:
            raise self._failed(member, damage.reason, received, damage.stage) from None
        except MemberError:
            raise
        except SourceError as error:
            raise self._failed(member, str(error).removeprefix(f"{self.name}: "), received) from None
        except INFLATE_ERRORS:
            raise self._failed(member, "its packed data is damaged", received) from None
        except MemoryError:
            raise self._failed(member, "not enough memory", received, "limit") from None

    def read(self, member: Member, limit: int | None = None) -> bytes:
        """Return a member's bytes.

        Args:
            member: one of ``members`` or ``leftovers``.
            limit: most bytes wanted in memory; a larger member is an error.

        Raises:
            MemberError: as ``chunks``; its ``data`` holds what was read up to the failure.
        """
        data = bytearray()
        try:
            for piece in self.chunks(member):
                data += piece
                if limit is not None and len(data) > limit:
                    del data[limit:]
                    reason = f"larger than the {human_bytes(limit)} that are read of it"
                    raise self._failed(member, reason, len(data), "limit")
        except MemberError as error:
            error.data = bytes(data)
            raise
        return bytes(data)

    def salvage(self, member: Member, limit: int | None = None) -> tuple[bytes, MemberError | None]:
        """Return what can be read of a member, and why it is not all (None when it is)."""
        try:
            return self.read(member, limit), None
        except MemberError as error:
            return error.data, error

    def stream(self, member: Member, *, partial: bool = False) -> MemberStream:
        """Return a buffered binary file object, for reading lines.

        Args:
            member: one of ``members`` or ``leftovers``.
            partial: end quietly at a failure, which ``stream.error`` then names, instead of raising MemberError.
        """
        return MemberStream(_Pieces(self.chunks(member), partial=partial))

    def nested(self, member: Member) -> Archive:
        """Open a member that is itself a zip, tar or gzip file; it is held in memory.

        Of a cut or damaged member, what can be read is opened, and ``refused`` says so.

        Raises:
            MemberError: nested deeper than ``limits.depth``, or larger than ``limits.nested_bytes``.
            UnsafeArchive: the inner archive as a whole is refused.
        """
        from analyzer.archive.opening import open_inner

        if self.depth + 1 > self.limits.depth:
            reason = f"archives inside one another deeper than the limit of {self.limits.depth}"
            raise self._failed(member, reason, 0, "limit")
        data, error = self.salvage(member, self.limits.nested_bytes)
        if error is not None and (error.stage == "limit" or not data):
            error.data = b""
            raise error
        inner = open_inner(data, member.path, self._context.inside(member.shown))
        if error is not None:
            inner.note(error.reason, severity="error", stage=error.stage)
        return inner

    @abstractmethod
    def _pieces(self, member: Member, size: int) -> Iterator[bytes]:
        """Yield a member's bytes; raise Damage where they end too early or prove wrong."""

    @abstractmethod
    def _packed(self, member: Member) -> int | None:
        """Return the actual packed size that the ratio is counted against, or None where nothing is packed."""

    def _check(self, member: Member) -> None:
        if self._known is None:
            self._known = {known.index: known for known in (*self.members, *self.leftovers)}
        if self._known.get(member.index) != member:
            raise UsageError(f"{self.name}: {member.shown} is no member that can be read here")

    def _failed(self, member: Member, reason: str, received: int, stage: Stage = "read") -> MemberError:
        return MemberError(self.name, member.shown, reason, stage=stage, received=received)

    def note(
        self, message: str, part: str | None = None, *, severity: Severity = "warning", stage: Stage = "open"
    ) -> None:
        """Add a line to ``refused``: about the container, or about ``part``."""
        shown = self.name if part is None else part
        self._problems.append(Problem(None, shown, stage, severity, printable(message)))


class _Pieces(io.RawIOBase):
    """Pieces of a member as a raw file."""

    def __init__(self, pieces: Iterator[bytes], *, partial: bool) -> None:
        self._pieces = pieces
        self._partial = partial
        self._piece = memoryview(b"")
        self.error: MemberError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if not self._piece:
            try:
                self._piece = memoryview(next(self._pieces, b""))
            except MemberError as error:
                self.error = error
                if not self._partial:
                    raise
                return 0
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self._piece))
        view[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count


class MemberStream(io.BufferedReader):
    """A member as a buffered file object."""

    def __init__(self, raw: _Pieces) -> None:
        super().__init__(raw, CHUNK)
        self._pieces = raw

    @property
    def error(self) -> MemberError | None:
        """Why the member could not be read to its end; None so far, or when it could."""
        return self._pieces.error
