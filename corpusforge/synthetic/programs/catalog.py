"""All programs, by family."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Program
from corpusforge.synthetic.programs.card import Card
from corpusforge.synthetic.programs.cards import (
    arithmetic,
    combinatorics,
    containers,
    digits,
    divisors,
    graphs,
    grids,
    intervals,
    lists,
    nested_lists,
    protocols,
    records,
    runs,
    searching,
    texts,
    words,
)
from corpusforge.synthetic.programs.pipelines.pipeline import draw_pipeline

# The order of cards and the weights decide what is drawn. After any change, raise VERSION in
# generator.py.
CARDS: dict[str, tuple[Card, ...]] = {
    "numbers": (
        divisors.GREATEST_COMMON_DIVISOR,
        arithmetic.FACTORIAL,
        arithmetic.LINEAR_RECURRENCE,
        divisors.IS_PRIME,
        divisors.SIEVE_OF_ERATOSTHENES,
        divisors.PRIME_FACTORS,
        divisors.DIVISORS,
        arithmetic.COLLATZ_STEPS,
        digits.TO_BASE,
        digits.DIGITAL_ROOT,
        arithmetic.POWER,
        arithmetic.CLAMP,
        digits.EQUALS_SUM_OF_PARTS,
    ),
    "lists": (
        lists.CHUNKS,
        lists.WINDOWS,
        lists.NEIGHBOURS,
        lists.ROTATE_LIST,
        runs.RUN_LENGTHS,
        runs.LONGEST_RUN,
        runs.MAX_SUBARRAY_SUM,
    ),
    "searching": (
        searching.BINARY_SEARCH,
        searching.MERGE_SORTED,
        searching.TWO_SUM,
        searching.NTH_LARGEST,
        searching.IS_SORTED,
        searching.COMMON_ELEMENTS,
    ),
    "texts": (
        texts.PARSE_PAIRS,
        texts.RUN_LENGTH_ENCODING,
        texts.CAESAR_CIPHER,
        words.WORD_COUNTS,
        words.TOP_WORDS,
        texts.FROM_CAMEL_CASE,
        texts.TO_CAMEL_CASE,
        words.ARE_ANAGRAMS,
        texts.IS_PALINDROME,
        words.COMMON_PREFIX,
        texts.SHORTEN,
        texts.BALANCED_BRACKETS,
        words.ACRONYM,
    ),
    "grids": (
        grids.TRANSPOSE,
        grids.ROW_STATISTICS,
        grids.COLUMN_STATISTICS,
        grids.ROTATE_GRID,
        grids.DIAGONAL_SUM,
        grids.MAP_CELLS,
        grids.FIND_CELLS,
    ),
    "intervals": (
        intervals.MERGE_INTERVALS,
        intervals.COVERED_LENGTH,
        intervals.GAPS,
        intervals.HAS_OVERLAP,
        intervals.CLIP_INTERVALS,
    ),
    "records": (
        records.AGGREGATE_BY_GROUP,
        records.COUNT_BY_GROUP,
        records.SORT_RECORDS,
        records.FILTER_RECORDS,
        records.EXTREME_RECORD,
        records.TOTAL_BY_TEXT,
        records.JOIN_LABELS,
        records.UPDATE_FIELD,
    ),
    "recursions": (
        nested_lists.AGGREGATE_NESTED,
        nested_lists.FLATTEN,
        nested_lists.NESTING_DEPTH,
        combinatorics.SUBSETS,
        combinatorics.PERMUTATIONS,
        combinatorics.CLIMB_STAIRS,
        combinatorics.FEWEST_COINS,
        graphs.GRAPH_DISTANCES,
        graphs.REACHABLE_NODES,
    ),
    "classes": (
        containers.STACK,
        containers.QUEUE,
        containers.ACCOUNT,
        containers.INVENTORY,
        protocols.DATA_CLASS,
        protocols.ITERABLE,
        containers.LRU_CACHE,
        containers.RUNNING_STATISTICS,
        protocols.VECTOR,
        protocols.CONTEXT_MANAGER,
    ),
}
_WEIGHTS = (
    ("pipelines", 50),  # by far the largest number of different programs
    ("numbers", 8),
    ("lists", 5),
    ("searching", 5),
    ("texts", 9),
    ("grids", 4),
    ("intervals", 3),
    ("records", 6),
    ("recursions", 5),
    ("classes", 5),
)


def draw_program(draw: Draw) -> Program:
    """Draw a program of any family."""
    family = draw.pick_weighted(_WEIGHTS)
    if family == "pipelines":
        return draw_pipeline(draw)
    return draw.pick(CARDS[family]).draw_program(draw)


def draw_function(draw: Draw) -> Program:
    """Draw a program that is a function."""
    program = draw_program(draw)
    return draw_pipeline(draw) if program.is_class else program


def draw_plain_function(draw: Draw) -> Program:
    """Draw a function without nested functions."""
    program = draw_function(draw)
    nested = any("def " in form.body for form in program.forms)
    return draw_pipeline(draw) if nested else program
