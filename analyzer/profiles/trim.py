"""A graph cut down to what a report shows.

Rules: ``newTrimmedGraph`` in github.com/google/pprof/internal/report/report.go. Cutoffs come from the sum of flat
values of the graph at hand, not from the total that percentages refer to. Leaving nodes out changes neither flat
nor cumulative values of the others, so only the calls are summed again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzer.profiles.graph import Edges, Totals, Weights, edges, totals
from analyzer.profiles.model import I64, Bools, Columns
from analyzer.profiles.nodes import Nodes
from analyzer.profiles.numbers import means, truncated
from analyzer.profiles.options import Options


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """What a report shows.

    Attributes:
        nodes: every node of the profile.
        totals: their sums.
        order: nodes shown, in order.
        member: nodes that calls may come from or go to.
        flat, cum: int64, values of every node, divided where means are asked for.
        before: nodes left after the cut by share.
        dropped: nodes lost in the cut by share.
    """

    nodes: Nodes
    totals: Totals
    order: I64
    member: Bools | None
    flat: I64
    cum: I64
    before: int
    dropped: int
    edge_cutoff: int
    columns: Columns
    weights: Weights

    def edges(self, targets: Bools | None = None) -> Edges:
        """Sum the calls between nodes, those below the cutoff left out.

        Args:
            targets: nodes whose callers are asked for; None for all.
        """
        found = edges(self.columns, self.nodes, self.weights, self.member, targets)
        shown = np.zeros(len(self.nodes), bool)
        shown[self.order] = True
        # Upstream looks at the callers of nodes that are shown, and at no others.
        return found.where((np.abs(found.weight) >= self.edge_cutoff) | ~shown[found.target])


def trimmed(columns: Columns, nodes: Nodes, weights: Weights, options: Options) -> Graph:
    """Sum a graph, leave out what the options say and order the rest."""
    sums = totals(columns, nodes, weights)
    alive = (sums.flat != 0) | (sums.cum != 0)
    if options.drop_negative:
        alive &= ~((sums.flat < 0) | ((sums.flat == 0) & (sums.cum < 0)))
    whole = int(sums.flat[alive].sum())
    node_cutoff = abs(truncated(float(whole) * options.nodefraction))
    edge_cutoff = abs(truncated(float(whole) * options.edgefraction))
    member: Bools | None = None
    dropped = 0
    kept = alive
    if node_cutoff > 0:
        heavy = alive & (np.abs(sums.cum) >= node_cutoff)
        dropped = int(alive.sum() - heavy.sum())
        if dropped:
            member = kept = heavy
    order = sort_nodes(nodes, sums, np.flatnonzero(kept), options.sort)
    before = len(order)
    if 0 < options.nodecount < len(order):
        order = order[: options.nodecount]
        member = np.zeros(len(nodes), bool)
        member[order] = True
    return Graph(
        nodes=nodes,
        totals=sums,
        order=order,
        member=member,
        flat=means(sums.flat, sums.flat_div),
        cum=means(sums.cum, sums.cum_div),
        before=before,
        dropped=dropped,
        edge_cutoff=edge_cutoff,
        columns=columns,
        weights=weights,
    )


def sort_nodes(nodes: Nodes, sums: Totals, chosen: I64, sort: str) -> I64:
    """Order nodes by flat (or cumulative) weight, then name, then the other weight."""
    first, second = (sums.cum, sums.flat) if sort == "cum" else (sums.flat, sums.cum)
    keys = [
        (-abs(a), nodes.printed(node), -abs(b), node)
        for node, a, b in zip(chosen.tolist(), first[chosen].tolist(), second[chosen].tolist(), strict=True)
    ]
    return np.array([key[3] for key in sorted(keys)], np.int64)
