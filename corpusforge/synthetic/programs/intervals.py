"""Programs about intervals: pairs of a start and an end."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.card import Card, form

_SPANS = ("$spans", "list[tuple[int, int]]", "a list of pairs (start, end)")
_SPAN_NAMES = (
    "spans start end",
    (
        ("intervals", "start", "end"),
        ("spans", "low", "high"),
        ("bookings", "begin", "finish"),
        ("ranges", "first", "last"),
    ),
)
_BY_SORTING = ("O(n log n)", "n is the number of pairs, and sorting them dominates")


def _spans(draw: Draw) -> list[str]:
    def spans(count: int, top: int) -> str:
        starts = draw.integers(count, 0, top)
        return str([(start, start + draw.integer(1, 5)) for start in starts])

    return [spans(4, 9), spans(3, 15), spans(2, 4), "[]"]


CARDS = (
    Card(
        "intervals",
        "$name",
        "merges the pairs in `$spans` that overlap or touch, and returns the result in ascending "
        "order",
        (
            form(
                "a loop",
                "$result = []\nfor $start, $end in sorted($spans):\n"
                "    if $result and $start <= $result[-1][1]:\n"
                "        $result[-1] = ($result[-1][0], max($result[-1][1], $end))\n    else:\n"
                "        $result.append(($start, $end))\nreturn $result",
                "Sorted by their start, pairs that belong together stand side by side.",
                "A pair that starts before the last merged one ends extends it; any other starts "
                "a new one.",
                time=_BY_SORTING,
                mutants=(
                    (
                        "max($result[-1][1], $end)",
                        "$end",
                        "A pair that lies inside the merged one must not make it shorter: the "
                        "larger of the two ends counts.",
                    ),
                    (
                        "in sorted($spans)",
                        "in $spans",
                        "Without sorting, pairs that overlap need not stand side by side.",
                    ),
                    (
                        "$start <= $result[-1][1]",
                        "$start < $result[-1][1]",
                        "The strict comparison leaves pairs apart that only touch.",
                    ),
                ),
            ),
        ),
        (_SPANS,),
        "list[tuple[int, int]]",
        (
            _SPAN_NAMES,
            ("result", ("merged", "result")),
            ("name", ("merge_intervals", "merge_overlapping", "union_of_ranges")),
        ),
        lambda draw: [*_spans(draw)[:2], "[(5, 8), (1, 3), (3, 4)]", "[(1, 9), (2, 3)]", "[]"],
    ),
    Card(
        "intervals",
        "$name",
        "returns the total length that the pairs in `$spans` cover, counting overlaps once",
        (
            form(
                "a loop",
                "total = 0\n$reach = None\nfor $start, $end in sorted($spans):\n"
                "    if $reach is None or $start > $reach:\n        total += $end - $start\n"
                "        $reach = $end\n    elif $end > $reach:\n        total += $end - $reach\n"
                "        $reach = $end\nreturn total",
                "`$reach` is the end of what is covered so far.",
                "A pair that starts behind it counts in full, one that only sticks out counts "
                "with the part behind `$reach`, and one inside does not count at all.",
                time=_BY_SORTING,
                mutants=(
                    (
                        "total += $end - $reach",
                        "total += $end - $start",
                        "The part before `$reach` is counted a second time.",
                    ),
                ),
            ),
        ),
        (_SPANS,),
        "int",
        (
            _SPAN_NAMES,
            ("reach", ("reach", "covered_to")),
            ("name", ("covered_length", "total_coverage", "union_length")),
        ),
        lambda draw: ["[(1, 5), (3, 8)]", *_spans(draw)],
    ),
    Card(
        "intervals",
        "$name",
        "returns the gaps between the pairs in `$spans`, from the first start to the last end",
        (
            form(
                "a loop",
                "$result = []\n$reach = None\nfor $start, $end in sorted($spans):\n"
                "    if $reach is not None and $start > $reach:\n"
                "        $result.append(($reach, $start))\n"
                "    $reach = $end if $reach is None else max($reach, $end)\nreturn $result",
                "`$reach` is the largest end seen so far.",
                "A pair that starts behind it leaves a gap, from `$reach` to its start.",
                time=_BY_SORTING,
                mutants=(
                    (
                        "else max($reach, $end)",
                        "else $end",
                        "A pair that lies inside another one must not move `$reach` back.",
                    ),
                ),
            ),
        ),
        (_SPANS,),
        "list[tuple[int, int]]",
        (
            _SPAN_NAMES,
            ("reach", ("reach", "covered_to")),
            ("result", ("gaps", "result")),
            ("name", ("gaps_between", "find_gaps", "free_times")),
        ),
        lambda draw: ["[(1, 9), (2, 3), (12, 14)]", *_spans(draw)],
    ),
    Card(
        "intervals",
        "$name",
        "checks whether any two of the pairs in `$spans` overlap; touching does not count",
        (
            form(
                "`any`",
                "$ordered = sorted($spans)\n"
                "return any(a[1] > b[0] for a, b in zip($ordered, $ordered[1:]))",
                "In sorted order it is enough to compare neighbours: if any two overlap, some "
                "pair overlaps the next one.",
                "They overlap if the first one ends behind the start of the second.",
                time=_BY_SORTING,
                mutants=(
                    ("a[1] > b[0]", "a[1] >= b[0]", "`>=` also counts pairs that only touch."),
                    (
                        "sorted($spans)",
                        "list($spans)",
                        "Without sorting, comparing neighbours is not enough.",
                    ),
                ),
            ),
            form(
                "two nested loops",
                "for i, ($start, $end) in enumerate($spans):\n"
                "    for other_start, other_end in $spans[i + 1 :]:\n"
                "        if $start < other_end and other_start < $end:\n"
                "            return True\nreturn False",
                "Every pair is compared with all those behind it.",
                "Two of them overlap if each starts before the other one ends.",
                time=(
                    "O(n²)",
                    "n is the number of pairs, and each is compared with all those behind it",
                ),
                mutants=(
                    (
                        "$spans[i + 1 :]",
                        "$spans[i:]",
                        "The slice starts at the pair itself, which overlaps itself.",
                    ),
                ),
            ),
        ),
        (_SPANS,),
        "bool",
        (
            _SPAN_NAMES,
            ("ordered", ("ordered", "by_start")),
            ("name", ("has_overlap", "any_overlap", "has_conflict")),
        ),
        lambda draw: ["[(1, 3), (3, 6)]", "[(8, 9), (1, 2), (4, 6)]", *_spans(draw)],
    ),
    Card(
        "intervals",
        "$name",
        "returns the part of every pair in `$spans` that lies between `low` and `high`, and drops "
        "pairs of which nothing is left",
        (
            form(
                "a comprehension",
                "return [\n    (max($start, low), min($end, high))\n"
                "    for $start, $end in $spans\n    if $start < high and $end > low\n]",
                "The condition keeps the pairs that reach into the range.",
                "`max` and `min` cut off what sticks out on either side.",
                time=("O(n)", "n is the number of pairs, and each is visited once"),
                mutants=(
                    (
                        "(max($start, low), min($end, high))",
                        "(min($start, low), max($end, high))",
                        "`min` and `max` are swapped, so the pairs grow instead of being cut.",
                    ),
                    (
                        "if $start < high and $end > low",
                        "if $start < high or $end > low",
                        "`or` lets pairs through that lie wholly outside.",
                    ),
                ),
            ),
        ),
        (_SPANS, ("low", "int", "a lower bound"), ("high", "int", "an upper bound")),
        "list[tuple[int, int]]",
        (_SPAN_NAMES, ("name", ("clip_intervals", "restrict", "cut_to_range"))),
        lambda draw: [f"{one}, 3, 9" for one in ("[(0, 2), (1, 5), (8, 12)]", *_spans(draw))],
    ),
)
