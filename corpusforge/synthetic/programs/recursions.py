"""Programs about nested structures, graphs and combinations."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.card import Card, form
from corpusforge.synthetic.programs.vocabulary import quoted

_NESTED = ("$tree", "list", "a nested list of integers")
_TREE = ("tree x", (("nested", "item"), ("tree", "child"), ("data", "element"), ("items", "item")))
_RESULT = ("result", ("result", "output", "collected"))
_ALL = ("O(n)", "n is the number of elements at all levels, and each is visited once")
_GRAPH = (
    "$graph",
    "dict[str, list[str]]",
    "a graph (a dictionary from nodes to lists of neighbours)",
)
_EDGES = (
    "O(n + m)",
    "n and m are the numbers of nodes and edges: every node is expanded once "
    "and every edge looked at once",
)


def _nested(draw: Draw) -> list[str]:
    a, b, c, d, e = draw.integers(5, -4, 12)
    return [f"[{a}, [{b}, [{c}]], {d}]", f"[[[{e}]], {a}]", "[]"]


def _graphs(draw: Draw) -> list[str]:
    """Graphs without cycles whose edges go from earlier nodes to later ones, and start nodes."""
    graphs = []
    for size in (5, 4):
        nodes = draw.sample("ABCDEFGH", size)
        edges: dict[str, list[str]] = {node: [] for node in nodes}
        for index, node in enumerate(nodes[1:], 1):
            edges[nodes[draw.integer(0, index - 1)]].append(node)
        edges[nodes[0]] += [nodes[-1]] if nodes[-1] not in edges[nodes[0]] else []
        graphs.append(f"{edges}".replace("'", '"') + f", {quoted(nodes[0])}")
    return [*graphs, '{"A": [], "B": ["A"]}, "A"']


CARDS = (
    Card(
        "recursion",
        "$name",
        "$does `$tree` at all levels",
        (
            form(
                "recursion",
                "$total = 0\nfor $x in $tree:\n    if isinstance($x, list):\n"
                "        $total += $name($x)\n    else:\n        $total += $one\nreturn $total",
                "An element that is a list itself is handed to the same function.",
                "Any other element adds $adds.",
                time=_ALL,
                mutants=(
                    (
                        "$total += $name($x)",
                        "$total += len($x)",
                        "The length of an inner list is added instead of the result for it.",
                    ),
                    (
                        "$total += $name($x)",
                        "$name($x)",
                        "The result for the inner list is computed and thrown away.",
                    ),
                ),
            ),
            form(
                "a stack",
                "$total = 0\nstack = list($tree)\nwhile stack:\n    $x = stack.pop()\n"
                "    if isinstance($x, list):\n        stack.extend($x)\n    else:\n"
                "        $total += $one\nreturn $total",
                "The stack holds what still has to be looked at.",
                "The elements of an inner list are put on the stack, and any other element adds "
                "$adds.",
                time=_ALL,
                mutants=(
                    (
                        "        stack.extend($x)\n",
                        "        $total += len($x)\n",
                        "An inner list is not opened; only its length is counted.",
                    ),
                ),
            ),
        ),
        (_NESTED,),
        "int",
        (
            _TREE,
            ("total", ("total", "result")),
            (
                "does one adds name",
                (
                    ("adds up the integers in", "$x", "its own value", "nested_sum"),
                    ("counts the integers in", "1", "1", "count_leaves"),
                    (
                        "adds up the absolute values of the integers in",
                        "abs($x)",
                        "its absolute value",
                        "absolute_sum",
                    ),
                    (
                        "adds up the squares of the integers in",
                        "$x * $x",
                        "its square",
                        "sum_of_squares",
                    ),
                    (
                        "counts the even integers in",
                        "$x % 2 == 0",
                        "`True`, which counts as 1, if it is "
                        "even, and `False`, which counts as 0, if not",
                        "count_even",
                    ),
                ),
            ),
        ),
        _nested,
    ),
    Card(
        "recursion",
        "$name",
        "flattens `$tree` into a single list of its integers, in order",
        (
            form(
                "recursion",
                "$result = []\nfor $x in $tree:\n    if isinstance($x, list):\n"
                "        $result.extend($name($x))\n    else:\n        $result.append($x)\n"
                "return $result",
                "An inner list is flattened by the function itself, and its elements are added.",
                "Any other element is appended as it is.",
                time=_ALL,
                mutants=(
                    (
                        "$result.extend($name($x))",
                        "$result.append($name($x))",
                        "`append` adds the flattened list as one element; `extend` adds its "
                        "elements.",
                    ),
                    (
                        "$result.extend($name($x))",
                        "$result.extend($x)",
                        "An inner list is opened by one level only.",
                    ),
                ),
            ),
            form(
                "a generator",
                "def walk(part):\n    for $x in part:\n        if isinstance($x, list):\n"
                "            yield from walk($x)\n        else:\n            yield $x\n\n"
                "return list(walk($tree))",
                "The inner generator yields the elements of a list, and `yield from` those of a "
                "list inside it.",
                "`list` collects what it yields.",
                time=_ALL,
                mutants=(
                    (
                        "yield from walk($x)",
                        "yield from $x",
                        "An inner list is opened by one level only.",
                    ),
                ),
            ),
        ),
        (_NESTED,),
        "list[int]",
        (_TREE, _RESULT, ("name", ("flatten", "flattened", "unnest"))),
        _nested,
    ),
    Card(
        "recursion",
        "$name",
        "returns the depth of `$tree`: 1 for a list without lists in it, and 1 more for each level",
        (
            form(
                "recursion",
                "inner = [$name($x) for $x in $tree if isinstance($x, list)]\n"
                "return 1 + max(inner, default=0)",
                "The comprehension computes the depths of the lists inside.",
                "The list itself adds one level to the deepest of them; `default` stands in when "
                "there are none.",
                time=_ALL,
                mutants=(
                    (
                        "1 + max(inner, default=0)",
                        "max(inner, default=0)",
                        "The level of the list itself is not counted.",
                    ),
                    (
                        "1 + max(inner, default=0)",
                        "1 + sum(inner)",
                        "The depths of neighbours are added up, but only the deepest counts.",
                    ),
                ),
            ),
            form(
                "a loop",
                "depth = 0\nlevel = [$tree]\nwhile level:\n    depth += 1\n"
                "    level = [$x for part in level for $x in part if isinstance($x, list)]\n"
                "return depth",
                "`level` holds all lists of one level, at first only the outermost.",
                "Each round replaces them by the lists inside them, until there are none.",
                time=_ALL,
                mutants=(("depth = 0", "depth = 1", "The count starts one too high."),),
            ),
        ),
        (_NESTED,),
        "int",
        (_TREE, ("name", ("depth", "nesting_depth", "count_levels"))),
        lambda draw: [*_nested(draw)[:2], "[[], [[]]]", "[1, 2]"],
    ),
    Card(
        "recursion",
        "$name",
        "returns all $what of `$values`$order",
        (
            form(
                "recursion",
                "if not $values:\n    return [[]]\n$first, *$rest = $values\n"
                "without = $name($rest)\n"
                "return without + [[$first, *$part] for $part in without]",
                "The empty list has one sublist, the empty one: that is the base case.",
                "Every other list has the sublists of its rest, and each of them once more with "
                "the first element in front.",
                time=("O(n·2ⁿ)", "there are 2ⁿ results of up to n elements"),
                mutants=(
                    (
                        "return [[]]",
                        "return []",
                        "The empty list has one sublist, itself; with none to start from, "
                        "nothing is ever found.",
                    ),
                    (
                        "without + [[$first",
                        "[[$first",
                        "The sublists that leave the first element out are missing.",
                    ),
                ),
            ),
            form(
                "a loop",
                "$result = [[]]\nfor $x in reversed($values):\n"
                "    $result += [[$x, *$part] for $part in $result]\nreturn $result",
                "The result starts with the empty sublist.",
                "Each element doubles it: every sublist so far is kept, and a copy with the "
                "element in front is added.",
                time=("O(n·2ⁿ)", "there are 2ⁿ results of up to n elements"),
                mutants=(
                    (
                        "$result += ",
                        "$result = ",
                        "The sublists without the element are thrown away.",
                    ),
                ),
            ),
        ),
        (("$values", "list[int]", "a list of integers"),),
        "list[list[int]]",
        (
            ("values x", (("values", "value"), ("items", "item"), ("numbers", "number"))),
            ("first rest part", (("first", "rest", "part"), ("head", "tail", "sublist"))),
            _RESULT,
            (
                "what order name",
                (
                    ("sublists", " that keep its order", "sublists"),
                    ("subsets", ", as lists in its order", "subsets"),
                    ("selections", ", as lists in its order", "selections"),
                ),
            ),
        ),
        lambda draw: [str(draw.sample(range(1, 9), 2)), str(draw.sample(range(1, 9), 3)), "[]"],
    ),
    Card(
        "recursion",
        "$name",
        "returns all orders of the elements of `$values`",
        (
            form(
                "recursion",
                "if not $values:\n    return [[]]\n$result = []\n"
                "for i, $x in enumerate($values):\n    $rest = $values[:i] + $values[i + 1 :]\n"
                "    for order in $name($rest):\n        $result.append([$x, *order])\n"
                "return $result",
                "No elements have one order, the empty one: that is the base case.",
                "Otherwise each element comes first once, followed by every order of the others.",
                time=("O(n·n!)", "there are n! orders of n elements"),
                mutants=(
                    (
                        "return [[]]",
                        "return []",
                        "No elements have one order, the empty "
                        "one; without it nothing is ever found.",
                    ),
                ),
            ),
            form(
                "`itertools.permutations`",
                "return [list(order) for order in permutations($values)]",
                "`permutations` yields the orders as tuples, which are turned into lists.",
                time=("O(n·n!)", "there are n! orders of n elements"),
                imports=("from itertools import permutations",),
                mutants=(
                    (
                        "permutations($values)",
                        "permutations($values, 2)",
                        "The second argument limits the orders to two elements.",
                    ),
                ),
            ),
        ),
        (("$values", "list[int]", "a list of integers"),),
        "list[list[int]]",
        (
            ("values x", (("values", "value"), ("items", "item"))),
            _RESULT,
            ("rest", ("rest", "others")),
            ("name", ("permute", "all_orders", "orderings")),
        ),
        lambda draw: [str(draw.sample(range(1, 9), 2)), str(draw.sample(range(1, 9), 3)), "[]"],
    ),
    Card(
        "recursion",
        "$name",
        "counts the ways to climb `$n` stairs when each step takes $choices",
        (
            form(
                "a loop",
                "$ways = [1]\nfor i in range(1, $n + 1):\n"
                "    $ways.append(sum($ways[i - step] for step in $steps if step <= i))\n"
                "return $ways[$n]",
                "`$ways[i]` is the number of ways to climb `i` stairs; there is one way to climb "
                "none.",
                "The last step is one of those allowed, so the ways to what was below it are "
                "added up.",
                time=("O(n)", "each of the n numbers is a sum of a fixed number of earlier ones"),
                mutants=(
                    (
                        " if step <= i",
                        "",
                        "A step longer than the stairs so far gives a negative index, which "
                        "counts from the end of the list.",
                    ),
                    (
                        "$ways = [1]",
                        "$ways = [0]",
                        "There is one way to climb no stairs; starting from 0, every sum stays 0.",
                    ),
                ),
            ),
            form(
                "memoised recursion",
                "@cache\ndef ways(stairs):\n    if stairs == 0:\n        return 1\n"
                "    return sum(ways(stairs - step) for step in $steps if step <= stairs)\n\n"
                "return ways($n)",
                "The inner function calls itself for what is left after each possible step.",
                "`cache` remembers its results, so each number of stairs is computed once.",
                time=("O(n)", "thanks to the cache, each number of stairs is computed once"),
                imports=("from functools import cache",),
                mutants=(
                    (
                        "return 1",
                        "return 0",
                        "There is one way to climb no stairs; starting from 0, every sum stays 0.",
                    ),
                ),
            ),
        ),
        (("$n", "int", "a given number of"),),
        "int",
        (
            ("n", ("n", "stairs", "height")),
            ("ways", ("ways", "counts")),
            (
                "choices steps name",
                (
                    ("1 or 2 of them", "(1, 2)", "count_climbs"),
                    ("1, 2 or 3 of them", "(1, 2, 3)", "climb_ways"),
                    ("1 or 3 of them", "(1, 3)", "stair_ways"),
                    ("2 or 3 of them", "(2, 3)", "ways_to_climb"),
                ),
            ),
        ),
        lambda draw: [str(draw.integer(3, 7)), str(draw.integer(8, 12)), "0"],
    ),
    Card(
        "recursion",
        "$name",
        "returns the smallest number of coins from `$coins` that add up to `$amount`, or `None` "
        "if it cannot be done",
        (
            form(
                "a table",
                "$best = [0] + [None] * $amount\nfor total in range(1, $amount + 1):\n"
                "    for coin in $coins:\n"
                "        if coin <= total and $best[total - coin] is not None:\n"
                "            $count = $best[total - coin] + 1\n"
                "            if $best[total] is None or $count < $best[total]:\n"
                "                $best[total] = $count\nreturn $best[$amount]",
                "`$best[total]` is the smallest number of coins for a total, and `None` where "
                "there is no way.",
                "Each total is reached by a last coin from a smaller total, which is already "
                "known.",
                time=(
                    "O(n·k)",
                    "n is the amount and k the number of coins; each total tries every coin",
                ),
                mutants=(
                    (
                        "$best[total - coin] + 1",
                        "$best[total - coin]",
                        "The last coin is not counted.",
                    ),
                ),
            ),
        ),
        (("$coins", "list[int]", "a list of coins"), ("$amount", "int", "an amount")),
        "int | None",
        (
            ("coins", ("coins", "denominations")),
            ("amount", ("amount", "target")),
            ("best", ("best", "fewest")),
            ("count", ("count", "number")),
            ("name", ("min_coins", "fewest_coins", "coin_change")),
        ),
        lambda draw: [
            f"[1, 2, 5], {draw.integer(8, 14)}",
            f"[1, 3, 4], {draw.integer(6, 10)}",
            "[4, 6], 7",
            "[3], 0",
        ],
    ),
    Card(
        "graphs",
        "$name",
        "returns the distances, in edges, from `$start` to all nodes of `$graph` that can be "
        "reached",
        (
            form(
                "a breadth-first search",
                "$distances = {$start: 0}\nqueue = deque([$start])\nwhile queue:\n"
                "    $node = queue.popleft()\n    for neighbour in $graph[$node]:\n"
                "        if neighbour not in $distances:\n"
                "            $distances[neighbour] = $distances[$node] + 1\n"
                "            queue.append(neighbour)\nreturn $distances",
                "The queue gives the nodes in order of their distance, because it is first in, "
                "first out.",
                "A node that is met for the first time is one edge further than the one it was "
                "met from.",
                time=_EDGES,
                imports=("from collections import deque",),
                mutants=(
                    (
                        "$distances[$node] + 1",
                        "$distances[$node]",
                        "The edge to the neighbour is not counted, so every distance is 0.",
                    ),
                ),
            ),
        ),
        (_GRAPH, ("$start", "str", "a start node")),
        "dict[str, int]",
        (
            ("graph", ("graph", "links", "edges")),
            ("start", ("start", "source", "origin")),
            ("node", ("node", "current")),
            ("distances", ("distances", "distance", "steps")),
            ("name", ("distances_from", "bfs", "shortest_distances")),
        ),
        _graphs,
    ),
    Card(
        "graphs",
        "$name",
        "returns the nodes of `$graph` that can be reached from `$start`, itself included, in "
        "alphabetical order",
        (
            form(
                "a stack",
                "$seen = {$start}\nstack = [$start]\nwhile stack:\n"
                "    for neighbour in $graph[stack.pop()]:\n"
                "        if neighbour not in $seen:\n            $seen.add(neighbour)\n"
                "            stack.append(neighbour)\nreturn sorted($seen)",
                "The stack holds nodes whose neighbours have not been looked at.",
                "`$seen` keeps every node from being visited twice, so cycles do no harm.",
                mutants=(
                    (
                        "$seen = {$start}",
                        "$seen = set()",
                        "The start itself is never added, unless a way leads back to it.",
                    ),
                    (
                        "            stack.append(neighbour)\n",
                        "",
                        "Neighbours are noted but never expanded, so only the direct ones are "
                        "found.",
                    ),
                ),
            ),
            form(
                "recursion",
                "$seen = set()\n\ndef visit(node):\n    if node in $seen:\n        return\n"
                "    $seen.add(node)\n    for neighbour in $graph[node]:\n"
                "        visit(neighbour)\n\nvisit($start)\nreturn sorted($seen)",
                "`visit` notes a node and then visits its neighbours.",
                "A node that was seen before is left at once, so cycles do no harm.",
                mutants=(
                    (
                        "        visit(neighbour)\n",
                        "        $seen.add(neighbour)\n",
                        "Neighbours are noted but never visited, so only the direct ones are "
                        "found.",
                    ),
                ),
            ),
        ),
        (_GRAPH, ("$start", "str", "a start node")),
        "list[str]",
        (
            ("graph", ("graph", "links", "edges")),
            ("start", ("start", "source", "origin")),
            ("seen", ("seen", "visited", "reached")),
            ("name", ("reachable", "reachable_from", "connected_nodes")),
        ),
        _graphs,
    ),
)
