"""Graphs for pictures: nodes with their labels as boxes, calls, and the call tree as a graph.

Reports made for the eye show at most about a hundred nodes, so this works on plain objects. Rules: ``newGraph``,
``newTree``, ``TrimTree``, ``RemoveRedundantEdges`` and ``entropyScore`` in
github.com/google/pprof/internal/graph/graph.go; ``newTrimmedGraph`` in internal/report/report.go.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzer.profiles.labels import SampleLabels, labels_by_sample
from analyzer.profiles.measure import BASE_KEY
from analyzer.profiles.nodes import Nodes
from analyzer.profiles.numbers import truncated, truncated_quotient, wrap
from analyzer.profiles.report import Report
from analyzer.profiles.units import scaled_label

MAX_TAGS = 4  # boxes for labels at one node
_NO_LABELS = SampleLabels()


@dataclass(slots=True, eq=False)
class Tag:
    """A label at a node: what carried it there."""

    name: str
    unit: str = ""
    value: int = 0
    flat: int = 0
    flat_div: int = 0
    cum: int = 0
    cum_div: int = 0

    @property
    def flat_value(self) -> int:
        """Return the exclusive value, as a mean where asked for."""
        return truncated_quotient(self.flat, self.flat_div) if self.flat_div else self.flat

    @property
    def cum_value(self) -> int:
        """Return the inclusive value, as a mean where asked for."""
        return truncated_quotient(self.cum, self.cum_div) if self.cum_div else self.cum


@dataclass(slots=True, eq=False)
class Node(Tag):
    """One box of the picture; ``key`` is its row in the report's ``Nodes``."""

    key: int = -1
    callers: dict[Node, Edge] = field(default_factory=dict)
    callees: dict[Node, Edge] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    number_tags: dict[str, dict[str, Tag]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Edge:
    """Calls from one box to another."""

    source: Node
    target: Node
    weight: int
    divisor: int
    residual: bool
    inline: bool

    @property
    def value(self) -> int:
        """Return the weight, as a mean where asked for."""
        return truncated_quotient(self.weight, self.divisor) if self.divisor else self.weight


@dataclass(slots=True)
class Picture:
    """Boxes in order, and what was left out."""

    boxes: list[Node]
    before: int
    dropped: int
    dropped_edges: int


@dataclass(slots=True, eq=False)
class _Sample:
    value: int
    divisor: int
    frames: list[tuple[int, bool]]  # (node, inlined into its caller) from the root on
    label: str
    numbers: list[tuple[str, str, int]]  # (text, unit, value)


class Builder:
    """Builds the picture of one report."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.nodes: Nodes = report.nodes()
        self.as_tree = report.options.call_tree
        self.visual = report.command not in ("callgrind", "kcachegrind")
        self._names: dict[int, str] = {}
        self._samples = list(self._read_samples())

    def name(self, node: Node) -> str:
        """Return a box's name as printed."""
        if node.key not in self._names:
            self._names[node.key] = self.nodes.printed(node.key)
        return self._names[node.key]

    def _read_samples(self) -> Iterator[_Sample]:
        report, nodes = self.report, self.nodes
        columns = report.columns
        weights = report.weights
        slots = nodes.slot_offsets.tolist()
        frames = list(zip(nodes.slot_node.tolist(), nodes.slot_inline.tolist(), strict=True))
        labels = labels_by_sample(columns)
        stacks, offsets = columns.samples.locations.tolist(), columns.samples.offsets.tolist()
        rows = zip(weights.value.tolist(), weights.divisor.tolist(), strict=True)
        for sample, (value, divisor) in enumerate(rows):
            if not value and not divisor:
                continue
            stack = stacks[offsets[sample] : offsets[sample + 1]]
            own = [frame for location in stack for frame in frames[slots[location] : slots[location + 1]]]
            own.reverse()
            found = labels.get(sample, _NO_LABELS)
            yield _Sample(value, divisor, own, _joined(found), self._numbers(found))

    def _numbers(self, labels: SampleLabels) -> list[tuple[str, str, int]]:
        # Of the numeric labels only the size of allocations is shown.
        unit = self.report.units.get("bytes", "")
        shown = self.report.output_unit
        return [(scaled_label(value, unit, shown), unit, value) for value, _ in labels.numbers.get("bytes", ())]

    def _graph(self, kept: set[int] | None) -> list[Node]:
        boxes: dict[int, Node] = {}
        for sample in self._samples:
            seen: set[int] = set()
            calls: set[tuple[int, int]] = set()
            parent: Node | None = None
            residual = False
            for key, inline in sample.frames:
                if kept is not None and key not in kept:
                    residual = True
                    continue
                box = boxes.get(key)
                if box is None:
                    box = boxes[key] = Node("", key=key)
                if key not in seen:
                    seen.add(key)
                    _add(box, sample, flat=False)
                if parent is not None and parent is not box and (key, parent.key) not in calls:
                    calls.add((key, parent.key))
                    _connect(parent, box, sample, residual=residual, inline=inline)
                parent = box
                residual = False
            if parent is not None and not residual:
                _add(parent, sample, flat=True)
        return self._alive(list(boxes.values()))

    def _tree(self) -> list[Node]:
        children: dict[Node | None, dict[int, Node]] = {}
        boxes: list[Node] = []
        for sample in self._samples:
            parent: Node | None = None
            for key, inline in sample.frames:
                siblings = children.setdefault(parent, {})
                box = siblings.get(key)
                if box is None:
                    box = siblings[key] = Node("", key=key)
                    boxes.append(box)
                _add(box, sample, flat=False)
                if parent is not None:
                    _connect(parent, box, sample, residual=False, inline=inline)
                parent = box
            if parent is not None:
                _add(parent, sample, flat=True)
        return self._alive(boxes)

    def _alive(self, boxes: list[Node]) -> list[Node]:
        boxes = [box for box in boxes if box.flat or box.cum]
        if self.report.options.drop_negative:
            boxes = [box for box in boxes if not (box.flat < 0 or (box.flat == 0 and box.cum < 0))]
        return boxes

    def picture(self) -> Picture:
        """Build, trim and order the boxes."""
        options = self.report.options
        boxes = self._tree() if self.as_tree else self._graph(None)
        whole = sum(box.flat for box in boxes)
        node_cutoff = abs(truncated(float(whole) * options.nodefraction))
        edge_cutoff = abs(truncated(float(whole) * options.edgefraction))
        dropped = 0
        if node_cutoff > 0:
            heavy = [box for box in boxes if abs(box.cum) >= node_cutoff]
            dropped = len(boxes) - len(heavy)
            if dropped:
                boxes = self._only(boxes, heavy)
        before = len(boxes)
        boxes = self._sorted(boxes)
        if options.nodecount > 0:
            _trim_tags(boxes, node_cutoff)
            _trim_edges(boxes, edge_cutoff)
            top = boxes[: self._limit(boxes, options.nodecount)]
            if len(top) != len(boxes):
                boxes = self._sorted(self._only(boxes, top))
        _trim_tags(boxes, node_cutoff)
        dropped_edges = _trim_edges(boxes, edge_cutoff)
        if self.visual:
            self._drop_redundant(boxes)
        return Picture(boxes, before, dropped, dropped_edges)

    def _only(self, boxes: list[Node], kept: list[Node]) -> list[Node]:
        if self.as_tree:
            return self._trim_tree(boxes, set(kept))
        return self._graph({box.key for box in kept})

    def _limit(self, boxes: list[Node], count: int) -> int:
        """Return how many boxes fit; in pictures label boxes count too."""
        if self.visual:
            used = 0
            for place, box in enumerate(boxes):
                tags = sum(tag.flat != 0 for tag in box.tags.values())
                tags += sum(tag.flat != 0 for group in box.number_tags.values() for tag in group.values())
                used += min(tags, MAX_TAGS) + 1
                if used >= count:
                    return place + 1
        return min(count, len(boxes))

    def _sorted(self, boxes: list[Node]) -> list[Node]:
        by_cum = self.report.options.sort == "cum"

        def order(box: Node) -> tuple[int, str, int]:
            # Ties, as between equal functions in different contexts, keep the order of the sort before.
            if self.visual:
                return -_absolute(_entropy_score(box)), self.name(box), -abs(box.flat)
            if by_cum:
                return -abs(box.cum), self.name(box), -abs(box.flat)
            return -abs(box.flat), self.name(box), -abs(box.cum)

        return sorted(boxes, key=order)

    def sorted_edges(self, edges: list[Edge]) -> list[Edge]:
        """Order calls by weight, then by names."""
        return sorted(edges, key=lambda edge: (-abs(edge.weight), self.name(edge.source), self.name(edge.target)))

    def _trim_tree(self, boxes: list[Node], kept: set[Node]) -> list[Node]:
        left = []
        for box in boxes:
            if box in kept:
                left.append(box)
                continue
            if not box.callers:
                for edge in box.callees.values():
                    edge.target.callers.pop(box, None)
                continue
            parent = next(iter(box.callers.values())).source
            inline = parent.callees.pop(box).inline
            for edge in box.callees.values():
                child = edge.target
                child.callers.pop(box, None)
                child.callers[parent] = parent.callees[child] = edge
                edge.source = parent
                edge.residual = True
                edge.inline = inline and edge.inline
        self._drop_redundant(left)
        return left

    def _drop_redundant(self, boxes: list[Node]) -> None:
        """Remove residual calls whose target is reached on another way, lightest first."""
        for box in reversed(boxes):
            for edge in reversed(self.sorted_edges(list(box.callers.values()))):
                if not edge.residual:
                    break
                if _reached_otherwise(edge):
                    edge.source.callees.pop(edge.target, None)
                    edge.target.callers.pop(edge.source, None)


def _joined(labels: SampleLabels) -> str:
    """Return the text labels of a sample as one text: each pair on a line of the picture."""
    pairs = [f"{key}:{value}" for key, values in labels.texts.items() if key != BASE_KEY for value in values]
    return "\\n".join(sorted(pairs))


def _add(box: Node, sample: _Sample, *, flat: bool) -> None:
    tags: list[Tag] = [box]
    if sample.label:
        tags.append(box.tags.setdefault(sample.label, Tag(sample.label)))
    group = box.number_tags.setdefault(sample.label, {})
    tags.extend(group.setdefault(text, Tag(text, unit, value)) for text, unit, value in sample.numbers)
    for tag in tags:
        if flat:
            tag.flat += sample.value
            tag.flat_div += sample.divisor
        else:
            tag.cum += sample.value
            tag.cum_div += sample.divisor


def _connect(parent: Node, box: Node, sample: _Sample, *, residual: bool, inline: bool) -> None:
    edge = parent.callees.get(box)
    if edge is None:
        edge = Edge(parent, box, sample.value, sample.divisor, residual, inline)
        parent.callees[box] = box.callers[parent] = edge
        return
    edge.weight += sample.value
    edge.divisor += sample.divisor
    edge.residual |= residual
    edge.inline &= inline


def _trim_tags(boxes: list[Node], cutoff: int) -> None:
    def heavy(tags: dict[str, Tag]) -> dict[str, Tag]:
        return {key: tag for key, tag in tags.items() if abs(tag.flat) >= cutoff or abs(tag.cum) >= cutoff}

    for box in boxes:
        box.tags = heavy(box.tags)
        box.number_tags = {key: heavy(group) for key, group in box.number_tags.items()}


def _trim_edges(boxes: list[Node], cutoff: int) -> int:
    dropped = 0
    for box in boxes:
        for source, edge in list(box.callers.items()):
            if abs(edge.weight) < cutoff:
                del box.callers[source]
                source.callees.pop(box, None)
                dropped += 1
    return dropped


def _reached_otherwise(edge: Edge) -> bool:
    seen = {edge.target}
    queue = deque([edge.target])
    while queue:
        for other in queue.popleft().callers.values():
            if other is edge or other.source in seen:
                continue
            if other.source is edge.source:
                return True
            seen.add(other.source)
            queue.append(other.source)
    return False


def _entropy_score(box: Node) -> int:
    """Return how much a box tells: low where everything just passes through."""
    score = _entropy(list(box.callers.values()), 0) if box.callers else 1.0
    score += _entropy(list(box.callees.values()), box.flat) if box.callees else 1.0
    return wrap(truncated(score * float(box.cum)) + box.flat)


def _absolute(value: int) -> int:
    return wrap(-value) if value < 0 else value


def _entropy(edges: list[Edge], own: int) -> float:
    total = own + sum(edge.weight for edge in edges if edge.weight > 0)
    if not total:
        return 0.0
    shares = [abs(edge.weight) / total for edge in edges]
    if own > 0:
        shares.append(own / total)
    # A call without weight makes the score not a number upstream, too; such a box goes to the end.
    return sum(-share * math.log2(share) if share > 0 else math.nan for share in shares)
