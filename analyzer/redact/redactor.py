"""Removing secrets from a set of members: learn them all first, then rewrite each member, then look again.

Three passes, because one secret may stand in ten files and be recognisable in one only::

    redactor = Redactor()
    redactor.learn("hunter2!")                         # known from elsewhere
    places = redactor.survey("mattermost.log", chunks)   # found by the scanner
    redactor.ready()
    for block in redactor.rewrite(chunks, places): ...
    left = redactor.leftovers(chunks_of_the_result)      # must be empty
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from analyzer.format.masks import is_mask
from analyzer.redact.dummy import Dummies
from analyzer.redact.literal import Literals
from analyzer.redact.spellings import spellings

if TYPE_CHECKING:
    from analyzer.secrets.matching import Match

FEWEST: Final = 4
# as passwords these are secret, as words they stand in every line: removed only where they are used as passwords
_WORDS: Final = frozenset(
    """mattermost postgres postgresql mmuser mysql admin administrator root user users username password passwd secret
    token test tests testing default localhost local server client elastic elasticsearch opensearch minio minioadmin
    redis ldap system example dummy true false none null info warn error debug http https smtp mail email name value
    plugin plugins config file files team teams channel channels post posts guest data database public private master
    replica 0000 1111 1234 12345 123456 1234567 12345678 123456789 1234567890 changeme""".split()  # noqa: SIM905
)


@dataclass(slots=True)
class Places:
    """Where the scanner found something in one member: (offset, length, value, in clear)."""

    found: list[tuple[int, int, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.found)


@dataclass(frozen=True, slots=True)
class Left:
    """Something that is still found in a rewritten member: its kind, and its value, which is never shown."""

    kind: str
    value: str = field(default="", repr=False)


@dataclass(slots=True)
class Count:
    """What was replaced in one member."""

    replaced: int = 0


def too_common(value: str) -> bool:
    """Whether a value is too short or too common a word to be replaced wherever it stands."""
    return len(value) < FEWEST or value.lower() in _WORDS


class Redactor:
    """Removes secrets from members; one object a packet.

    Args:
        dummies: gives the example strings.
    """

    def __init__(self, dummies: Dummies | None = None) -> None:
        self.dummies = dummies or Dummies()
        self._secrets: dict[str, None] = {}
        self._spared: dict[str, None] = {}
        self._literals: Literals | None = None
        self._after: list[Literals] = []

    def __repr__(self) -> str:
        return f"<redactor of {len(self._secrets)} secrets>"

    @property
    def known(self) -> int:
        """How many different secrets are known."""
        return len(self._secrets)

    def learn(self, *values: str) -> None:
        """Remember secrets, decoded; masks, example strings and empty values are none."""
        for value in values:
            if not value or is_mask(value) or value in self.dummies:
                continue
            (self._spared if too_common(value) else self._secrets)[value] = None
            # a PEM block also stands line by line
            if "\n" in value:
                self.learn(*(line for line in value.splitlines() if len(line) >= 16 and not line.startswith("-----")))

    def survey(self, chunks: Iterable[bytes]) -> Places:
        """Scan a member and learn what is found; return the places of what is too common to be replaced everywhere."""
        places = Places()
        for match in _matches(chunks):
            if not match.value or is_mask(match.value):
                continue
            self.learn(match.value)
            if too_common(match.value):
                places.found.append((match.start, match.end - match.start, match.value))
        return places

    def ready(self) -> None:
        """Make the literals of all that was learnt; nothing is learnt after that."""
        self._literals = self._made(self._secrets)

    def again(self, values: Iterable[str]) -> None:
        """Replace ``values`` too, in what the passes before leave: a finding at the seam of two encodings, say."""
        self._after.append(self._made([value for value in values if len(value) >= FEWEST]))

    def _made(self, secrets: Iterable[str]) -> Literals:
        pairs: dict[bytes, bytes] = {}
        # a secret that is another one's percent-encoding goes last, so that its example string is encoded too; and
        # longer ones before shorter ones, whose spellings may be a part of theirs
        for secret in sorted(secrets, key=lambda text: (_encoded(text), -len(text))):
            if secret.encode("utf-8", "replace") not in pairs:
                for old, new in spellings(secret, self.dummies.of(secret)):
                    pairs.setdefault(old, new)
        return Literals(pairs)

    def rewrite(
        self, chunks: Iterable[bytes], places: Places | None = None, count: Count | None = None
    ) -> Iterator[bytes]:
        """Yield a member with every known secret replaced; its length stays."""
        assert self._literals is not None, "call ready() first"
        counted = [0]
        also = []
        for offset, length, value in places.found if places else ():
            dummy = self.dummies.of(value).encode("utf-8", "replace")
            if len(dummy) == length:
                also.append((offset, dummy))
        blocks = self._literals.rewrite(chunks, sorted(also), counted)
        for more in self._after:
            blocks = more.rewrite(blocks, counted=counted)
        yield from blocks
        if count is not None:
            count.replaced += counted[0]

    def leftovers(self, chunks: Iterable[bytes]) -> list[Left]:
        """Return what is still found in a rewritten member; empty means clean."""
        assert self._literals is not None, "call ready() first"
        left: list[Left] = []
        found = _matches(self._watched(chunks, left))
        return left + [Left(match.rule.kind, match.value) for match in found if not self._is_ours(match.value)]

    def _watched(self, chunks: Iterable[bytes], left: list[Left]) -> Iterator[bytes]:
        """Pass a stream on, noting literals that should not be there any more."""
        assert self._literals is not None
        tail = b""
        for chunk in chunks:
            block = tail + chunk
            left += [Left("known secret")] * len(self._literals.places(block, 0, len(block)))
            tail = block[-max(self._literals.longest - 1, 0) :] if self._literals.longest > 1 else b""
            # what was seen whole in this block is not to be seen again in the next
            yield chunk

    def _is_ours(self, value: str) -> bool:
        if not value or is_mask(value) or value in self.dummies:
            return True
        # a finding may hold more than the secret, a URL or a line of a PEM block, or less, where a line was cut; and in
        # base64 the first and the last character share theirs with what stands beside them
        return any(
            (dummy[1:-1] if len(dummy) >= 2 * FEWEST else dummy) in value
            for dummy in self.dummies.given
            if len(dummy) >= FEWEST
        ) or (len(value) >= 2 * FEWEST and any(value in dummy for dummy in self.dummies.given))


def warm() -> None:
    """Load the scanner's patterns, so that the first survey need not."""
    from analyzer.secrets.engine import matcher

    matcher()


def _encoded(text: str) -> int:
    """Return how many times a text can be percent-decoded."""
    for times in range(3):
        decoded = unquote(text)
        if decoded == text:
            return times
        text = decoded
    return 3


def _matches(chunks: Iterable[bytes]) -> Iterator[Match]:
    from analyzer.secrets.engine import matcher
    from analyzer.secrets.stream import MemberScan, placed_matches

    for placed in placed_matches(chunks, matcher(), MemberScan()):
        yield placed.match
