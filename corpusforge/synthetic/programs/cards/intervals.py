"""Cards about intervals: pairs of a start and an end."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of, variants

_SPANS = Parameter(
    name="$spans", annotation="list[tuple[int, int]]", noun="a list of pairs (start, end)"
)
_SPAN_NAMES = variants(
    {"spans": "intervals", "start": "start", "end": "end"},
    {"spans": "spans", "start": "low", "end": "high"},
    {"spans": "bookings", "start": "begin", "end": "finish"},
    {"spans": "ranges", "start": "first", "end": "last"},
)
_BY_SORTING = Cost(time="O(n log n)", reason="n is the number of pairs, and sorting them dominates")


def _spans(draw: Draw) -> list[str]:
    def spans(count: int, top: int) -> str:
        starts = draw.integers(count, 0, top)
        return str([(start, start + draw.integer(1, 5)) for start in starts])

    return [spans(4, 9), spans(3, 15), spans(2, 4), "[]"]


MERGE_INTERVALS = Card(
    topic="intervals",
    name="$name",
    does="merges the pairs in `$spans` that overlap or touch, and returns the result in ascending "
    "order",
    parameters=(_SPANS,),
    returns="list[tuple[int, int]]",
    choices=(
        _SPAN_NAMES,
        one_of(result=("merged", "result")),
        one_of(name=("merge_intervals", "merge_overlapping", "union_of_ranges")),
    ),
    arguments=lambda draw: [
        *_spans(draw)[:2],
        "[(5, 8), (1, 3), (3, 4)]",
        "[(1, 9), (2, 3)]",
        "[]",
    ],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $result = []
                for $start, $end in sorted($spans):
                    if $result and $start <= $result[-1][1]:
                        $result[-1] = ($result[-1][0], max($result[-1][1], $end))
                    else:
                        $result.append(($start, $end))
                return $result
            """),
            steps=(
                "Sorted by their start, pairs that belong together stand side by side.",
                "A pair that starts before the last merged one ends extends it; any other starts "
                "a new one.",
            ),
            cost=_BY_SORTING,
            mutants=(
                Mutant(
                    right="max($result[-1][1], $end)",
                    wrong="$end",
                    fault="A pair that lies inside the merged one must not make it shorter: the "
                    "larger of the two ends counts.",
                ),
                Mutant(
                    right="in sorted($spans)",
                    wrong="in $spans",
                    fault="Without sorting, pairs that overlap need not stand side by side.",
                ),
                Mutant(
                    right="$start <= $result[-1][1]",
                    wrong="$start < $result[-1][1]",
                    fault="The strict comparison leaves pairs apart that only touch.",
                ),
            ),
        ),
    ),
)

COVERED_LENGTH = Card(
    topic="intervals",
    name="$name",
    does="returns the total length that the pairs in `$spans` cover, counting overlaps once",
    parameters=(_SPANS,),
    returns="int",
    choices=(
        _SPAN_NAMES,
        one_of(reach=("reach", "covered_to")),
        one_of(name=("covered_length", "total_coverage", "union_length")),
    ),
    arguments=lambda draw: ["[(1, 5), (3, 8)]", *_spans(draw)],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                total = 0
                $reach = None
                for $start, $end in sorted($spans):
                    if $reach is None or $start > $reach:
                        total += $end - $start
                        $reach = $end
                    elif $end > $reach:
                        total += $end - $reach
                        $reach = $end
                return total
            """),
            steps=(
                "`$reach` is the end of what is covered so far.",
                "A pair that starts behind it counts in full, one that only sticks out counts "
                "with the part behind `$reach`, and one inside does not count at all.",
            ),
            cost=_BY_SORTING,
            mutants=(
                Mutant(
                    right="total += $end - $reach",
                    wrong="total += $end - $start",
                    fault="The part before `$reach` is counted a second time.",
                ),
            ),
        ),
    ),
)

GAPS = Card(
    topic="intervals",
    name="$name",
    does="returns the gaps between the pairs in `$spans`, from the first start to the last end",
    parameters=(_SPANS,),
    returns="list[tuple[int, int]]",
    choices=(
        _SPAN_NAMES,
        one_of(reach=("reach", "covered_to")),
        one_of(result=("gaps", "result")),
        one_of(name=("gaps_between", "find_gaps", "free_times")),
    ),
    arguments=lambda draw: ["[(1, 9), (2, 3), (12, 14)]", *_spans(draw)],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $result = []
                $reach = None
                for $start, $end in sorted($spans):
                    if $reach is not None and $start > $reach:
                        $result.append(($reach, $start))
                    $reach = $end if $reach is None else max($reach, $end)
                return $result
            """),
            steps=(
                "`$reach` is the largest end seen so far.",
                "A pair that starts behind it leaves a gap, from `$reach` to its start.",
            ),
            cost=_BY_SORTING,
            mutants=(
                Mutant(
                    right="else max($reach, $end)",
                    wrong="else $end",
                    fault="A pair that lies inside another one must not move `$reach` back.",
                ),
            ),
        ),
    ),
)

HAS_OVERLAP = Card(
    topic="intervals",
    name="$name",
    does="checks whether any two of the pairs in `$spans` overlap; touching does not count",
    parameters=(_SPANS,),
    returns="bool",
    choices=(
        _SPAN_NAMES,
        one_of(ordered=("ordered", "by_start")),
        one_of(name=("has_overlap", "any_overlap", "has_conflict")),
    ),
    arguments=lambda draw: ["[(1, 3), (3, 6)]", "[(8, 9), (1, 2), (4, 6)]", *_spans(draw)],
    forms=(
        Form(
            kind="`any`",
            body=code("""
                $ordered = sorted($spans)
                return any(a[1] > b[0] for a, b in zip($ordered, $ordered[1:]))
            """),
            steps=(
                "In sorted order it is enough to compare neighbours: if any two overlap, some "
                "pair overlaps the next one.",
                "They overlap if the first one ends behind the start of the second.",
            ),
            cost=_BY_SORTING,
            mutants=(
                Mutant(
                    right="a[1] > b[0]",
                    wrong="a[1] >= b[0]",
                    fault="`>=` also counts pairs that only touch.",
                ),
                Mutant(
                    right="sorted($spans)",
                    wrong="list($spans)",
                    fault="Without sorting, comparing neighbours is not enough.",
                ),
            ),
        ),
        Form(
            kind="two nested loops",
            body=code("""
                for i, ($start, $end) in enumerate($spans):
                    for other_start, other_end in $spans[i + 1 :]:
                        if $start < other_end and other_start < $end:
                            return True
                return False
            """),
            steps=(
                "Every pair is compared with all those behind it.",
                "Two of them overlap if each starts before the other one ends.",
            ),
            cost=Cost(
                time="O(n²)",
                reason="n is the number of pairs, and each is compared with all those behind it",
            ),
            mutants=(
                Mutant(
                    right="$spans[i + 1 :]",
                    wrong="$spans[i:]",
                    fault="The slice starts at the pair itself, which overlaps itself.",
                ),
            ),
        ),
    ),
)

CLIP_INTERVALS = Card(
    topic="intervals",
    name="$name",
    does="returns the part of every pair in `$spans` that lies between `low` and `high`, and "
    "drops pairs of which nothing is left",
    parameters=(
        _SPANS,
        Parameter(name="low", annotation="int", noun="a lower bound"),
        Parameter(name="high", annotation="int", noun="an upper bound"),
    ),
    returns="list[tuple[int, int]]",
    choices=(_SPAN_NAMES, one_of(name=("clip_intervals", "restrict", "cut_to_range"))),
    arguments=lambda draw: [f"{one}, 3, 9" for one in ("[(0, 2), (1, 5), (8, 12)]", *_spans(draw))],
    forms=(
        Form(
            kind="a comprehension",
            body=code("""
                return [
                    (max($start, low), min($end, high))
                    for $start, $end in $spans
                    if $start < high and $end > low
                ]
            """),
            steps=(
                "The condition keeps the pairs that reach into the range.",
                "`max` and `min` cut off what sticks out on either side.",
            ),
            cost=Cost(time="O(n)", reason="n is the number of pairs, and each is visited once"),
            mutants=(
                Mutant(
                    right="(max($start, low), min($end, high))",
                    wrong="(min($start, low), max($end, high))",
                    fault="`min` and `max` are swapped, so the pairs grow instead of being cut.",
                ),
                Mutant(
                    right="if $start < high and $end > low",
                    wrong="if $start < high or $end > low",
                    fault="`or` lets pairs through that lie wholly outside.",
                ),
            ),
        ),
    ),
)
