"""Results of numbers or of strings: totals, extremes, averages, joined text."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Mutant
from corpusforge.synthetic.programs.pipelines.result import Result
from corpusforge.synthetic.programs.pipelines.stream import Stream


def total(draw: Draw, stream: Stream) -> Result:
    name = stream.unused_name("total", "result")
    return Result(
        verbs=("sum", "total", "add_up"),
        does=f"returns the sum of {stream.values}",
        returns="int",
        expression=f"return sum({stream.comprehension()})",
        loop=stream.loop(f"{name} = 0", f"{name} += {stream.value}", f"return {name}"),
        expression_step="`sum` adds the results up; of nothing it gives 0.",
        loop_step="The total starts at 0, and each result is added to it.",
        loop_mutants=(
            Mutant(
                right=f"{name} = 0",
                wrong=f"{name} = 1",
                fault="The total starts at 1 instead of 0, so every sum is one too large.",
            ),
            Mutant(
                right=f"{name} += {stream.value}",
                wrong=f"{name} = {stream.value}",
                fault="`=` replaces the total at every step; `+=` is what adds to it.",
            ),
        ),
        expression_kind="a generator expression",
    )


def product(draw: Draw, stream: Stream) -> Result:
    name = stream.unused_name("product", "result")
    return Result(
        verbs=("product_of", "multiply"),
        does=f"returns the product of {stream.values}",
        returns="int",
        expression=f"return math.prod({stream.comprehension()})",
        loop=stream.loop(f"{name} = 1", f"{name} *= {stream.value}", f"return {name}"),
        expression_step="`math.prod` multiplies the results; of nothing it gives 1.",
        loop_step="The product starts at 1, which changes nothing, and is multiplied by each "
        "result.",
        loop_mutants=(
            Mutant(
                right=f"{name} = 1",
                wrong=f"{name} = 0",
                fault="The product starts at 0, and anything multiplied by 0 stays 0.",
            ),
        ),
        expression_imports=("import math",),
        expression_kind="`math.prod`",
    )


def extreme(draw: Draw, stream: Stream) -> Result:
    function, word, comparison = draw.pick((("max", "largest", ">"), ("min", "smallest", "<")))
    opposite = "<" if comparison == ">" else ">"
    value = stream.unused_name("candidate", "found") if stream.transform else stream.variable
    compute = f"{value} = {stream.value}\n" if stream.transform else ""
    step = f"{compute}if {word} is None or {value} {comparison} {word}:\n    {word} = {value}"
    return Result(
        verbs=(word, f"find_{word}", function),
        does=f"returns the {word} of {stream.values}, or `None` if there is none",
        returns="int | None",
        expression=f"return {function}(({stream.comprehension()}), default=None)",
        loop=stream.loop(f"{word} = None", step, f"return {word}"),
        expression_step=f"`{function}` gives the {word} one, and its `default` stands in when "
        "there is none.",
        loop_step=f"`{word}` starts as `None` and is replaced whenever a "
        f"{'larger' if function == 'max' else 'smaller'} value comes along.",
        loop_mutants=(
            Mutant(
                right=f"{value} {comparison} {word}",
                wrong=f"{value} {opposite} {word}",
                fault=f"The comparison `{opposite}` points the wrong way, so it finds the opposite "
                "extreme.",
            ),
            Mutant(
                right=f"{word} = None\n",
                wrong=f"{word} = 0\n",
                fault=f"`{word}` starts at 0 instead of `None`, as if 0 were one of the values.",
            ),
        ),
        expression_kind=f"`{function}`",
        tag=stream.single_tag,
    )


def mean(draw: Draw, stream: Stream) -> Result:
    name, number = stream.unused_name("total", "result"), stream.unused_name("seen", "number_seen")
    selected = stream.unused_name("selected", "chosen")
    return Result(
        verbs=("average", "mean"),
        does=f"returns the average of {stream.values}, or 0.0 if there is none",
        returns="float",
        expression=f"{selected} = [{stream.comprehension()}]\n"
        f"return sum({selected}) / len({selected}) if {selected} else 0.0",
        loop=stream.loop(
            f"{name} = 0\n{number} = 0",
            f"{name} += {stream.value}\n{number} += 1",
            f"return {name} / {number} if {number} else 0.0",
        ),
        expression_step="Their sum is divided by their number; the condition avoids a division by "
        "zero when the list is empty.",
        loop_step="The sum and the number are kept side by side; the condition at the end avoids "
        "a division by zero.",
        loop_mutants=(
            Mutant(
                right=f"return {name} / {number} if {number} else 0.0",
                wrong=f"return {name} / {number}",
                fault=f"Nothing guards the division: if no element is kept, `{number}` is 0.",
            ),
            Mutant(
                right=f"{name} / {number} if",
                wrong=f"{name} // {number} if",
                fault="`//` rounds the average down to a whole number.",
            ),
        ),
    )


def top(draw: Draw, stream: Stream) -> Result:
    k = draw.integer(2, 4)
    large = draw.chance(0.6)
    word = "largest" if large else "smallest"
    selected = stream.unused_name("selected", "chosen")
    sort = f"{selected}.sort({'reverse=True' if large else ''})\nreturn {selected}[:{k}]"
    return Result(
        verbs=("top", "best") if large else ("bottom", "lowest"),
        does=f"returns the {k} {word} of {stream.values}, {word} first",
        returns=f"list[{stream.annotation}]",
        expression=f"return heapq.n{word}({k}, ({stream.comprehension()}))",
        loop=stream.loop(f"{selected} = []", f"{selected}.append({stream.value})", sort),
        expression_step=f"`heapq.n{word}` picks {k} of them without sorting all; with fewer than "
        f"{k} it returns what there is.",
        loop_step=f"The list is sorted, and the slice takes the first {k}; with fewer than {k} it "
        "takes what there is.",
        loop_mutants=(
            Mutant(
                right=f"{selected}[:{k}]",
                wrong=f"{selected}[{k}:]",
                fault=f"The slice `[{k}:]` drops the first {k} instead of taking them.",
            ),
        ),
        expression_imports=("import heapq",),
        expression_kind="`heapq`",
        linear=False,
    )


def running(draw: Draw, stream: Stream) -> Result:
    name, totals = stream.unused_name("total", "so_far"), stream.unused_name("totals", "result")
    return Result(
        verbs=("running_totals_of", "accumulate"),
        does=f"returns the running totals of {stream.values}",
        returns="list[int]",
        expression=f"return list(accumulate({stream.comprehension()}))",
        loop=stream.loop(
            f"{totals} = []\n{name} = 0",
            f"{name} += {stream.value}\n{totals}.append({name})",
            f"return {totals}",
        ),
        expression_step="`accumulate` yields, after each value, the sum of everything so far.",
        loop_step="The total grows with each value, and what it has reached is appended.",
        loop_mutants=(
            Mutant(
                right=f"{totals}.append({name})",
                wrong=f"{totals}.append({stream.value})",
                fault="It appends the single value instead of the total so far.",
            ),
        ),
        expression_imports=("from itertools import accumulate",),
        expression_kind="`itertools.accumulate`",
    )


def joined(draw: Draw, stream: Stream) -> Result:
    separator = (
        draw.pick((", ", "-", " ", "/", "+", "")) if stream.origin.element_kind != "char" else ""
    )
    pieces = stream.unused_name("pieces", "parts")
    mutants: tuple[Mutant, ...] = ()
    if separator:
        mutants = (
            Mutant(
                right=f'return "{separator}".join({pieces})',
                wrong=f'return "".join({pieces})',
                fault=f'The separator "{separator}" is missing between the pieces.',
            ),
        )
    return Result(
        verbs=("join", "concatenate"),
        does=f"returns {stream.values}, joined "
        + (f'by "{separator}"' if separator else "into one string"),
        returns="str",
        expression=f'return "{separator}".join({stream.comprehension()})',
        loop=stream.loop(
            f"{pieces} = []",
            f"{pieces}.append({stream.value})",
            f'return "{separator}".join({pieces})',
        ),
        expression_step="`join` puts the pieces together"
        + (f', with "{separator}" between neighbours.' if separator else "."),
        loop_step="The pieces are collected in a list and joined once at the end, which is cheaper "
        "than adding to a string again and again.",
        loop_mutants=mutants,
        expression_kind="a generator expression",
    )


def longest(draw: Draw, stream: Stream) -> Result:
    function, word, comparison = draw.pick((("max", "longest", ">"), ("min", "shortest", "<")))
    opposite = "<" if comparison == ">" else ">"
    value = stream.unused_name("candidate", "found") if stream.transform else stream.variable
    compute = f"{value} = {stream.value}\n" if stream.transform else ""
    test = f"len({value}) {comparison} len({word})"
    step = f"{compute}if {word} is None or {test}:\n    {word} = {value}"
    return Result(
        verbs=(word, f"find_{word}"),
        does=f"returns the {word} of {stream.values} (the first one in a tie), or `None` if there "
        "is none",
        returns="str | None",
        expression=f"return {function}(({stream.comprehension()}), key=len, default=None)",
        loop=stream.loop(f"{word} = None", step, f"return {word}"),
        expression_step=f"`{function}` compares by length because of `key=len`, keeps the first "
        "one in a tie, and falls back on `default`.",
        loop_step="The strict comparison keeps the earlier one when two are equally long.",
        loop_mutants=(
            Mutant(
                right=test,
                wrong=f"len({value}) {opposite} len({word})",
                fault=f"The comparison `{opposite}` points the wrong way.",
            ),
            Mutant(
                right=test,
                wrong=f"{value} {comparison} {word}",
                fault="Without `len` the strings are compared alphabetically, not by length.",
            ),
        ),
        expression_kind=f"`{function}` and a key",
        tag=stream.single_tag,
    )
