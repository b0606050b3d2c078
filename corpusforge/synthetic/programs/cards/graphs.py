"""Cards about graphs, given as adjacency lists."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of
from corpusforge.synthetic.vocabulary import quoted

_GRAPH = Parameter(
    name="$graph",
    annotation="dict[str, list[str]]",
    noun="a graph (a dictionary from nodes to lists of neighbours)",
)
_EDGES = Cost(
    time="O(n + m)",
    reason="n and m are the numbers of nodes and edges: every node is expanded once and every "
    "edge looked at once",
)


def _graphs(draw: Draw) -> list[str]:
    """Draw acyclic graphs, each with a start node."""
    graphs = []
    for size in (5, 4):
        nodes = draw.sample("ABCDEFGH", size)
        edges: dict[str, list[str]] = {node: [] for node in nodes}
        for index, node in enumerate(nodes[1:], 1):
            edges[nodes[draw.integer(0, index - 1)]].append(node)
        edges[nodes[0]] += [nodes[-1]] if nodes[-1] not in edges[nodes[0]] else []
        graphs.append(f"{edges}".replace("'", '"') + f", {quoted(nodes[0])}")
    return [*graphs, '{"A": [], "B": ["A"]}, "A"']


GRAPH_DISTANCES = Card(
    topic="graphs",
    name="$name",
    does="returns the distances, in edges, from `$start` to all nodes of `$graph` that can be "
    "reached",
    parameters=(_GRAPH, Parameter(name="$start", annotation="str", noun="a start node")),
    returns="dict[str, int]",
    choices=(
        one_of(graph=("graph", "links", "edges")),
        one_of(start=("start", "source", "origin")),
        one_of(node=("node", "current")),
        one_of(distances=("distances", "distance", "steps")),
        one_of(name=("distances_from", "bfs", "shortest_distances")),
    ),
    arguments=_graphs,
    forms=(
        Form(
            kind="a breadth-first search",
            body=code("""
                $distances = {$start: 0}
                queue = deque([$start])
                while queue:
                    $node = queue.popleft()
                    for neighbour in $graph[$node]:
                        if neighbour not in $distances:
                            $distances[neighbour] = $distances[$node] + 1
                            queue.append(neighbour)
                return $distances
            """),
            steps=(
                "The queue gives the nodes in order of their distance, because it is first in, "
                "first out.",
                "A node that is met for the first time is one edge further than the one it was "
                "met from.",
            ),
            cost=_EDGES,
            imports=("from collections import deque",),
            mutants=(
                Mutant(
                    right="$distances[$node] + 1",
                    wrong="$distances[$node]",
                    fault="The edge to the neighbour is not counted, so every distance is 0.",
                ),
            ),
        ),
    ),
)

REACHABLE_NODES = Card(
    topic="graphs",
    name="$name",
    does="returns the nodes of `$graph` that can be reached from `$start`, itself included, in "
    "alphabetical order",
    parameters=(_GRAPH, Parameter(name="$start", annotation="str", noun="a start node")),
    returns="list[str]",
    choices=(
        one_of(graph=("graph", "links", "edges")),
        one_of(start=("start", "source", "origin")),
        one_of(seen=("seen", "visited", "reached")),
        one_of(name=("reachable", "reachable_from", "connected_nodes")),
    ),
    arguments=_graphs,
    forms=(
        Form(
            kind="a stack",
            body=code("""
                $seen = {$start}
                stack = [$start]
                while stack:
                    for neighbour in $graph[stack.pop()]:
                        if neighbour not in $seen:
                            $seen.add(neighbour)
                            stack.append(neighbour)
                return sorted($seen)
            """),
            steps=(
                "The stack holds nodes whose neighbours have not been looked at.",
                "`$seen` keeps every node from being visited twice, so cycles do no harm.",
            ),
            mutants=(
                Mutant(
                    right="$seen = {$start}",
                    wrong="$seen = set()",
                    fault="The start itself is never added, unless a way leads back to it.",
                ),
                Mutant(
                    right="            stack.append(neighbour)\n",
                    wrong="",
                    fault="Neighbours are noted but never expanded, so only the direct ones are "
                    "found.",
                ),
            ),
        ),
        Form(
            kind="recursion",
            body=code("""
                $seen = set()

                def visit(node):
                    if node in $seen:
                        return
                    $seen.add(node)
                    for neighbour in $graph[node]:
                        visit(neighbour)

                visit($start)
                return sorted($seen)
            """),
            steps=(
                "`visit` notes a node and then visits its neighbours.",
                "A node that was seen before is left at once, so cycles do no harm.",
            ),
            mutants=(
                Mutant(
                    right="        visit(neighbour)\n",
                    wrong="        $seen.add(neighbour)\n",
                    fault="Neighbours are noted but never visited, so only the direct ones are "
                    "found.",
                ),
            ),
        ),
    ),
)
