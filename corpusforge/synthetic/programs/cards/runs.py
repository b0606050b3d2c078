"""Cards about runs of consecutive list elements."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Form, Mutant
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.programs.cards.parameters import (
    LINEAR_IN_LIST,
    LIST,
    LIST_NAMES,
    RESULT_NAMES,
    integer_list,
)


def _repetitive(draw: Draw) -> list[str]:
    runs = [[draw.integer(0, 3)] * draw.integer(1, 3) for _ in range(5)]
    return [str([x for run in runs for x in run]), integer_list(draw, 6, 0, 2), "[]"]


RUN_LENGTHS = Card(
    topic="lists",
    name="$name",
    does="groups `$values` into runs of equal neighbours and returns them as pairs of an element "
    "and its number",
    parameters=(LIST,),
    returns="list[tuple[int, int]]",
    choices=(LIST_NAMES, RESULT_NAMES, one_of(name=("run_lengths", "encode_runs", "count_runs"))),
    arguments=_repetitive,
    forms=(
        Form(
            kind="`itertools.groupby`",
            body="return [($x, len(list(run))) for $x, run in groupby($values)]",
            steps=(
                "`groupby` starts a new group whenever the element changes.",
                "The length of a group is that of the list made of it.",
            ),
            cost=LINEAR_IN_LIST,
            imports=("from itertools import groupby",),
            mutants=(
                Mutant(
                    right="groupby($values)",
                    wrong="groupby(sorted($values))",
                    fault="Sorting brings equal elements together that were not neighbours.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = []
                for $x in $values:
                    if $result and $result[-1][0] == $x:
                        $result[-1] = ($x, $result[-1][1] + 1)
                    else:
                        $result.append(($x, 1))
                return $result
            """),
            steps=(
                "An element that equals the one of the last pair makes its number larger by 1.",
                "Any other element starts a new pair with the number 1.",
            ),
            cost=LINEAR_IN_LIST,
            mutants=(
                Mutant(
                    right="$result.append(($x, 1))",
                    wrong="$result.append(($x, 0))",
                    fault="A new run is counted from 0, although its first element is already "
                    "there.",
                ),
                Mutant(
                    right="if $result and $result[-1][0] == $x:",
                    wrong="if $result[-1][0] == $x:",
                    fault="At the first element the list is still empty and has no last pair.",
                ),
            ),
        ),
    ),
)

LONGEST_RUN = Card(
    topic="lists",
    name="$name",
    does="returns the length of the longest run of $what in `$values`",
    parameters=(LIST,),
    returns="int",
    choices=(
        LIST_NAMES,
        one_of(i=("i", "index")),
        variants(
            {"best": "best", "current": "current"},
            {"best": "longest", "current": "length"},
            {"best": "record", "current": "run"},
        ),
        variants(
            {"what": "equal elements", "cmp": "==", "name": "longest_run"},
            {"what": "strictly ascending elements", "cmp": ">", "name": "longest_ascent"},
            {"what": "strictly descending elements", "cmp": "<", "name": "longest_descent"},
            {"what": "elements that never descend", "cmp": ">=", "name": "longest_climb"},
        ),
    ),
    arguments=_repetitive,
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $best = $current = 0
                for $i, $x in enumerate($values):
                    if $i > 0 and $x $cmp $values[$i - 1]:
                        $current += 1
                    else:
                        $current = 1
                    $best = max($best, $current)
                return $best
            """),
            steps=(
                "`$current` is the length of the run that ends at the element the loop is at.",
                "An element that does not continue the run starts a new one of length 1.",
                "`$best` keeps the largest length; for an empty list it stays 0.",
            ),
            cost=LINEAR_IN_LIST,
            mutants=(
                Mutant(
                    right="$current = 1",
                    wrong="$current = 0",
                    fault="A new run is counted from 0, although its first element belongs to it.",
                ),
                Mutant(
                    right="$best = max($best, $current)\nreturn $best",
                    wrong="$best = $current\nreturn $best",
                    fault="`$best` follows the current run instead of keeping the longest one.",
                ),
            ),
        ),
    ),
)

MAX_SUBARRAY_SUM = Card(
    topic="lists",
    name="$name",
    does="returns the largest sum of a run of consecutive elements of `$values`, or 0 if the list "
    "is empty",
    parameters=(LIST,),
    returns="int",
    choices=(
        LIST_NAMES,
        variants(
            {"best": "best", "current": "current"},
            {"best": "largest", "current": "running"},
        ),
        one_of(name=("max_subarray_sum", "largest_run_sum", "best_streak")),
    ),
    arguments=lambda draw: [
        str([-3, *draw.integers(5, -6, 9), 4]),
        str(draw.integers(4, -9, -1)),
        "[]",
    ],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                if not $values:
                    return 0
                $best = $current = $values[0]
                for $x in $values[1:]:
                    $current = max($x, $current + $x)
                    $best = max($best, $current)
                return $best
            """),
            steps=(
                "This is Kadane's algorithm: `$current` is the largest sum of a run that ends "
                "here.",
                "A run is continued only if what came before it is worth keeping.",
            ),
            cost=LINEAR_IN_LIST,
            mutants=(
                Mutant(
                    right="$current = max($x, $current + $x)",
                    wrong="$current = $current + $x",
                    fault="A run can never start anew, so negative elements at the front are "
                    "dragged along.",
                ),
                Mutant(
                    right="$best = $current = $values[0]",
                    wrong="$best = $current = 0",
                    fault="Starting at 0 allows the empty run, which gives 0 for a list of "
                    "negative numbers.",
                ),
            ),
        ),
        Form(
            kind="`itertools.accumulate`",
            body=code("""
                if not $values:
                    return 0
                return max(accumulate($values, lambda run, x: max(x, run + x)))
            """),
            steps=(
                "`accumulate` carries the largest sum of a run that ends at each element.",
                "The largest of them is the answer.",
            ),
            cost=LINEAR_IN_LIST,
            imports=("from itertools import accumulate",),
            mutants=(
                Mutant(
                    right="max(x, run + x)",
                    wrong="run + x",
                    fault="A run can never start anew, so these are plain running totals.",
                ),
            ),
        ),
    ),
)
