"""Results that need numbers or strings: totals, extremes, averages, joined text."""

from corpusforge.synthetic.program import Mutant
from corpusforge.synthetic.programs.parts import Parts
from corpusforge.synthetic.programs.result import Result


def total(p: Parts) -> Result:
    name = p.fresh("total", "result")
    return Result(
        verb=("sum", "total", "add_up"),
        does=f"returns the sum of {p.values}",
        returns="int",
        expression=f"return sum({p.comprehension()})",
        loop=p.body(f"{name} = 0", f"{name} += {p.value}", f"return {name}"),
        how="`sum` adds the results up; of nothing it gives 0.",
        loop_how="The total starts at 0, and each result is added to it.",
        mutants=(
            Mutant(
                f"{name} = 0",
                f"{name} = 1",
                "The total starts at 1 instead of 0, so every sum is one too large.",
            ),
            Mutant(
                f"{name} += {p.value}",
                f"{name} = {p.value}",
                "`=` replaces the total at every step; `+=` is what adds to it.",
            ),
        ),
        kind="a generator expression",
    )


def product(p: Parts) -> Result:
    name = p.fresh("product", "result")
    return Result(
        verb=("product_of", "multiply"),
        does=f"returns the product of {p.values}",
        returns="int",
        expression=f"return math.prod({p.comprehension()})",
        loop=p.body(f"{name} = 1", f"{name} *= {p.value}", f"return {name}"),
        how="`math.prod` multiplies the results; of nothing it gives 1.",
        loop_how="The product starts at 1, which changes nothing, and is multiplied by each "
        "result.",
        mutants=(
            Mutant(
                f"{name} = 1",
                f"{name} = 0",
                "The product starts at 0, and anything multiplied by 0 stays 0.",
            ),
        ),
        imports=("import math",),
        kind="`math.prod`",
    )


def extreme(p: Parts) -> Result:
    function, word, comparison = p.draw.pick((("max", "largest", ">"), ("min", "smallest", "<")))
    opposite = "<" if comparison == ">" else ">"
    value = p.fresh("candidate", "found") if p.mapping else p.x
    compute = f"{value} = {p.value}\n" if p.mapping else ""
    step = f"{compute}if {word} is None or {value} {comparison} {word}:\n    {word} = {value}"
    return Result(
        verb=(word, f"find_{word}", function),
        does=f"returns the {word} of {p.values}, or `None` if there is none",
        returns="int | None",
        expression=f"return {function}(({p.comprehension()}), default=None)",
        loop=p.body(f"{word} = None", step, f"return {word}"),
        how=f"`{function}` gives the {word} one, and its `default` stands in when there is none.",
        loop_how=f"`{word}` starts as `None` and is replaced whenever a "
        f"{'larger' if function == 'max' else 'smaller'} value comes along.",
        mutants=(
            Mutant(
                f"{value} {comparison} {word}",
                f"{value} {opposite} {word}",
                f"The comparison `{opposite}` points the wrong way, so it finds the opposite "
                "extreme.",
            ),
            Mutant(
                f"{word} = None\n",
                f"{word} = 0\n",
                f"`{word}` starts at 0 instead of `None`, as if 0 were one of the values.",
            ),
        ),
        kind=f"`{function}`",
        tag=p.single_tag,
    )


def mean(p: Parts) -> Result:
    name, number = p.fresh("total", "result"), p.fresh("seen", "number_seen")
    selected = p.fresh("selected", "chosen")
    return Result(
        verb=("average", "mean"),
        does=f"returns the average of {p.values}, or 0.0 if there is none",
        returns="float",
        expression=f"{selected} = [{p.comprehension()}]\n"
        f"return sum({selected}) / len({selected}) if {selected} else 0.0",
        loop=p.body(
            f"{name} = 0\n{number} = 0",
            f"{name} += {p.value}\n{number} += 1",
            f"return {name} / {number} if {number} else 0.0",
        ),
        how="Their sum is divided by their number; the condition avoids a division by zero when "
        "the list is empty.",
        loop_how="The sum and the number are kept side by side; the condition at the end avoids "
        "a division by zero.",
        mutants=(
            Mutant(
                f"return {name} / {number} if {number} else 0.0",
                f"return {name} / {number}",
                f"Nothing guards the division: if no element is kept, `{number}` is 0.",
            ),
            Mutant(
                f"{name} / {number} if",
                f"{name} // {number} if",
                "`//` rounds the average down to a whole number.",
            ),
        ),
    )


def top(p: Parts) -> Result:
    k = p.draw.integer(2, 4)
    large = p.draw.chance(0.6)
    word = "largest" if large else "smallest"
    selected = p.fresh("selected", "chosen")
    sort = f"{selected}.sort({'reverse=True' if large else ''})\nreturn {selected}[:{k}]"
    return Result(
        verb=("top", "best") if large else ("bottom", "lowest"),
        does=f"returns the {k} {word} of {p.values}, {word} first",
        returns=f"list[{p.out}]",
        expression=f"return heapq.n{word}({k}, ({p.comprehension()}))",
        loop=p.body(f"{selected} = []", f"{selected}.append({p.value})", sort),
        how=f"`heapq.n{word}` picks {k} of them without sorting all; with fewer than {k} it "
        "returns what there is.",
        loop_how=f"The list is sorted, and the slice takes the first {k}; with fewer than {k} it "
        "takes what there is.",
        mutants=(
            Mutant(
                f"{selected}[:{k}]",
                f"{selected}[{k}:]",
                f"The slice `[{k}:]` drops the first {k} instead of taking them.",
            ),
        ),
        imports=("import heapq",),
        kind="`heapq`",
        linear=False,
    )


def running(p: Parts) -> Result:
    name, totals = p.fresh("total", "so_far"), p.fresh("totals", "result")
    return Result(
        verb=("running_totals_of", "accumulate"),
        does=f"returns the running totals of {p.values}",
        returns="list[int]",
        expression=f"return list(accumulate({p.comprehension()}))",
        loop=p.body(
            f"{totals} = []\n{name} = 0",
            f"{name} += {p.value}\n{totals}.append({name})",
            f"return {totals}",
        ),
        how="`accumulate` yields, after each value, the sum of everything so far.",
        loop_how="The total grows with each value, and what it has reached is appended.",
        mutants=(
            Mutant(
                f"{totals}.append({name})",
                f"{totals}.append({p.value})",
                "It appends the single value instead of the total so far.",
            ),
        ),
        imports=("from itertools import accumulate",),
        kind="`itertools.accumulate`",
    )


def joined(p: Parts) -> Result:
    separator = p.draw.pick((", ", "-", " ", "/", "+", "")) if p.origin.kind != "char" else ""
    pieces = p.fresh("pieces", "parts")
    mutants: tuple[Mutant, ...] = ()
    if separator:
        mutants = (
            Mutant(
                f'return "{separator}".join({pieces})',
                f'return "".join({pieces})',
                f'The separator "{separator}" is missing between the pieces.',
            ),
        )
    return Result(
        verb=("join", "concatenate"),
        does=f"returns {p.values}, joined "
        + (f'by "{separator}"' if separator else "into one string"),
        returns="str",
        expression=f'return "{separator}".join({p.comprehension()})',
        loop=p.body(
            f"{pieces} = []",
            f"{pieces}.append({p.value})",
            f'return "{separator}".join({pieces})',
        ),
        how="`join` puts the pieces together"
        + (f', with "{separator}" between neighbours.' if separator else "."),
        loop_how="The pieces are collected in a list and joined once at the end, which is cheaper "
        "than adding to a string again and again.",
        mutants=mutants,
        kind="a generator expression",
    )


def longest(p: Parts) -> Result:
    function, word, comparison = p.draw.pick((("max", "longest", ">"), ("min", "shortest", "<")))
    opposite = "<" if comparison == ">" else ">"
    value = p.fresh("candidate", "found") if p.mapping else p.x
    compute = f"{value} = {p.value}\n" if p.mapping else ""
    test = f"len({value}) {comparison} len({word})"
    step = f"{compute}if {word} is None or {test}:\n    {word} = {value}"
    return Result(
        verb=(word, f"find_{word}"),
        does=f"returns the {word} of {p.values} (the first one in a tie), or `None` if there is "
        "none",
        returns="str | None",
        expression=f"return {function}(({p.comprehension()}), key=len, default=None)",
        loop=p.body(f"{word} = None", step, f"return {word}"),
        how=f"`{function}` compares by length because of `key=len`, keeps the first one in a tie, "
        "and falls back on `default`.",
        loop_how="The strict comparison keeps the earlier one when two are equally long.",
        mutants=(
            Mutant(
                test,
                f"len({value}) {opposite} len({word})",
                f"The comparison `{opposite}` points the wrong way.",
            ),
            Mutant(
                test,
                f"{value} {comparison} {word}",
                "Without `len` the strings are compared alphabetically, not by length.",
            ),
        ),
        kind=f"`{function}` and a key",
        tag=p.single_tag,
    )
