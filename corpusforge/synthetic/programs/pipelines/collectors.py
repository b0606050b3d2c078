"""Results of any values: lists, dictionaries, single elements, yes or no."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Mutant
from corpusforge.synthetic.programs.pipelines.building_blocks import negated
from corpusforge.synthetic.programs.pipelines.result import Result
from corpusforge.synthetic.programs.pipelines.stream import Stream

# Keys to group values by: code, its description, and the annotation of a key.
_KEYS = {
    "int": (
        ("$ % 2", "their remainder when divided by 2", "int"),
        ("$ % 3", "their remainder when divided by 3", "int"),
        ("$ % 5", "their remainder when divided by 5", "int"),
        ("abs($) % 10", "their last digit", "int"),
        ("$ // 10", "their quotient when divided by 10", "int"),
        ("len(str(abs($)))", "their number of digits", "int"),
        ('"negative" if $ < 0 else "non-negative"', "their sign", "str"),
        ('"even" if $ % 2 == 0 else "odd"', "whether they are even", "str"),
    ),
    "char": (
        ("$.lower()", "their lower-case form", "str"),
        ("$.isupper()", "whether they are in upper case", "bool"),
        ("$.isalpha()", "whether they consist of letters", "bool"),
        ("$.isdigit()", "whether they consist of digits", "bool"),
    ),
    "str": (
        ("len($)", "their length", "int"),
        ("$[0]", "their first character", "str"),
        ("$[-1]", "their last character", "str"),
        ("$.lower()", "their lower-case form", "str"),
        ("$.isupper()", "whether they are in upper case", "bool"),
        ('"short" if len($) < 6 else "long"', "whether they have fewer than 6 characters", "str"),
    ),
}

# What to map elements to if they are not transformed: code, its description, and a tag.
_SQUARE = ("$ * $", "its square", "squares")
_DEFAULT_VALUES = {
    "int": _SQUARE,
    "natural": _SQUARE,
    "digit": _SQUARE,
    "char": ("ord($)", "its code point", "codes"),
    "str": ("len($)", "its length", "lengths"),
}


def listed(draw: Draw, stream: Stream) -> Result:
    result = stream.unused_name("result", "collected")
    return Result(
        verbs=("collect", "find", "get", "list", "select"),
        does=f"returns a list of {stream.values}",
        returns=f"list[{stream.annotation}]",
        expression=f"return [{stream.comprehension()}]",
        loop=stream.loop(f"{result} = []", f"{result}.append({stream.value})", f"return {result}"),
        expression_step="The comprehension collects the results in a new list, in their order.",
        loop_step="Each result is appended to a list, which is returned at the end.",
        loop_mutants=(
            Mutant(
                right=f"{result}.append({stream.value})",
                wrong=f"{result} = [{stream.value}]",
                fault="The assignment replaces the list at every step, so only the last result is "
                "left; `append` is what adds to it.",
            ),
        ),
    )


def distinct(draw: Draw, stream: Stream) -> Result:
    result = stream.unused_name("result", "seen")
    value = stream.unused_name("candidate", "found") if stream.transform else stream.variable
    compute = f"{value} = {stream.value}\n" if stream.transform else ""
    step = f"{compute}if {value} not in {result}:\n    {result}.append({value})"
    return Result(
        verbs=("distinct", "unique"),
        does=f"returns the distinct values among {stream.values}, in order of first appearance",
        returns=f"list[{stream.annotation}]",
        expression=f"return list(dict.fromkeys({stream.comprehension()}))",
        loop=stream.loop(f"{result} = []", step, f"return {result}"),
        expression_step="`dict.fromkeys` drops repetitions, because a key occurs only once, and "
        "dictionaries keep the order in which their keys came in.",
        loop_step="A value is appended only if it is not in the list yet.",
        loop_mutants=(
            Mutant(
                right=f"{value} not in {result}",
                wrong=f"{value} in {result}",
                fault="The `not` is missing: a value is appended only if it is there already, "
                "so the list stays empty.",
            ),
        ),
        expression_kind="`dict.fromkeys`",
        linear=True,
    )


def in_order(draw: Draw, stream: Stream) -> Result:
    down = draw.chance(0.5)
    order = "reverse=True" if down else ""
    words = "descending" if down else "ascending"
    result = stream.unused_name("result", "collected")
    sort = f"{result}.sort({order})\nreturn {result}"
    expression = (
        f"sorted([{stream.comprehension()}], {order})"
        if down
        else f"sorted({stream.comprehension()})"
    )
    return Result(
        verbs=("sort", "ordered", "sorted"),
        does=f"returns {stream.values}, sorted in {words} order",
        returns=f"list[{stream.annotation}]",
        expression=f"return {expression}",
        loop=stream.loop(f"{result} = []", f"{result}.append({stream.value})", sort),
        expression_step=f"`sorted` returns a new list in {words} order.",
        loop_step=f"After the loop, `sort` puts the list into {words} order in place.",
        loop_mutants=(
            Mutant(
                right=sort,
                wrong=f"return {result}.sort({order})",
                fault="`sort` works in place and returns `None`, which is what the function passes "
                "on.",
            ),
        ),
        expression_kind="`sorted`",
        linear=False,
    )


def first(draw: Draw, stream: Stream) -> Result:
    return Result(
        verbs=("first", "find_first"),
        does=f"returns the first of {stream.values}, or `None` if there is none",
        returns=f"{stream.annotation} | None",
        expression=f"return next(({stream.comprehension()}), None)",
        loop=stream.loop("", f"return {stream.value}", "return None"),
        expression_step="`next` takes the first value of the generator, or `None` if it has none; "
        "nothing after the first hit is looked at.",
        loop_step="The first hit is returned at once; `None` is returned only if there was none.",
        tag=stream.single_tag,
        expression_kind="a generator expression",
    )


def last(draw: Draw, stream: Stream) -> Result:
    result = stream.unused_name("result", "latest")
    matches = stream.unused_name("matches", "found")
    return Result(
        verbs=("last", "find_last"),
        does=f"returns the last of {stream.values}, or `None` if there is none",
        returns=f"{stream.annotation} | None",
        expression=f"{matches} = [{stream.comprehension()}]\n"
        f"return {matches}[-1] if {matches} else None",
        loop=stream.loop(f"{result} = None", f"{result} = {stream.value}", f"return {result}"),
        expression_step="The list holds all of them; its last item is the answer, and for an empty "
        "list it is `None`.",
        loop_step="Each one overwrites the one before, so the last one stays.",
        tag=stream.single_tag,
    )


def grouped(draw: Draw, stream: Stream) -> Result:
    characters = stream.annotation == "str" and stream.origin.element_kind == "char"
    code, words, key_type = draw.pick(_KEYS["char" if characters else stream.annotation])
    groups, key = stream.unused_name("groups", "by_key"), stream.unused_name("key", "kind")
    value = stream.unused_name("value", "computed") if stream.transform else stream.variable
    compute = f"{value} = {stream.value}\n" if stream.transform else ""
    compute += f"{key} = {code.replace('$', value)}\n"
    long = f"if {key} not in {groups}:\n    {groups}[{key}] = []\n{groups}[{key}].append({value})"
    short = f"{groups}.setdefault({key}, []).append({value})"
    return Result(
        verbs=("group",),
        does=f"groups {stream.values} by {words}",
        returns=f"dict[{key_type}, list[{stream.annotation}]]",
        expression=stream.loop(f"{groups} = {{}}", compute + short, f"return {groups}"),
        loop=stream.loop(f"{groups} = {{}}", compute + long, f"return {groups}"),
        expression_step="`setdefault` gives the list of a key, after putting an empty one there if "
        "the key is new, and the value is appended to it.",
        loop_step="A key that is new gets an empty list first; then the value is appended to the "
        "list of its key.",
        loop_mutants=(
            Mutant(
                right=long,
                wrong=f"{groups}[{key}] = [{value}]",
                fault="Every value starts a new list under its key, which throws the earlier ones "
                "away.",
            ),
        ),
        expression_kind="`setdefault`",
    )


def tallied(draw: Draw, stream: Stream) -> Result:
    counts = stream.unused_name("counts", "tally")
    return Result(
        verbs=("tally", "count"),
        does=f"counts how often each value occurs among {stream.values}",
        returns=f"dict[{stream.annotation}, int]",
        expression=f"return dict(Counter({stream.comprehension()}))",
        loop=stream.loop(
            f"{counts} = {{}}",
            f"{counts}[{stream.value}] = {counts}.get({stream.value}, 0) + 1",
            f"return {counts}",
        ),
        expression_step="`Counter` counts them, and `dict` turns the result into a plain "
        "dictionary.",
        loop_step="`get` gives the count so far, or 0 for a new key, and 1 is added to it.",
        loop_mutants=(
            Mutant(
                right=", 0) + 1",
                wrong=", 1) + 1",
                fault="The count of a new key starts from 1, so every count is one too large.",
            ),
        ),
        expression_imports=("from collections import Counter",),
        expression_kind="`Counter`",
        tag=f"{stream.single_tag}_occurrences",
    )


def mapped(draw: Draw, stream: Stream) -> Result:
    if stream.transform:
        transform = stream.transform
        template, its = transform.code, transform.singular
        annotation, tag = transform.annotation, transform.tag
    else:
        template, its, tag = _DEFAULT_VALUES[stream.origin.element_kind]
        annotation = "int"
    value = stream.fill(template)
    result = stream.unused_name("result", "mapped")
    return Result(
        verbs=("map", "index"),
        does=f"returns a dictionary that maps each of the {stream.kept} to {its}",
        returns=f"dict[{stream.origin.element_annotation}, {annotation}]",
        expression=f"return {{{stream.comprehension(f'{stream.variable}: {value}')}}}",
        loop=stream.loop(
            f"{result} = {{}}", f"{result}[{stream.variable}] = {value}", f"return {result}"
        ),
        expression_step=f"The dictionary comprehension makes each of them a key, with {its} as its "
        "value.",
        loop_step=f"Each of them becomes a key, with {its} as its value.",
        expression_kind="a dictionary comprehension",
        tag=tag,
        explains_transform=False,
    )


def counted(draw: Draw, stream: Stream) -> Result:
    count = stream.unused_name("count", "hits")
    return Result(
        verbs=("count", "number_of"),
        does=f"counts the {stream.kept}",
        returns="int",
        expression=f"return sum(1 {' '.join(stream.origin.loops)} if {stream.condition})",
        loop=stream.loop(f"{count} = 0", f"{count} += 1", f"return {count}"),
        expression_step="`sum` adds a 1 for each of them, which gives their number.",
        loop_step="A counter starts at 0 and goes up by 1 for each of them.",
        loop_mutants=(
            Mutant(
                right=f"{count} = 0",
                wrong=f"{count} = 1",
                fault="The counter starts at 1, so the result is always one too large.",
            ),
            Mutant(
                right=f"{count} += 1",
                wrong=f"{count} = 1",
                fault="`=` sets the counter to 1 every time; `+=` is what counts up.",
            ),
        ),
        expression_kind="a generator expression",
        tag=stream.plain_tag,
    )


def some(draw: Draw, stream: Stream) -> Result:
    return Result(
        verbs=("has", "contains", "any"),
        does=f"checks whether at least one of the {stream.origin.noun} {stream.origin.place} "
        f"{stream.clause(plural=False)}",
        returns="bool",
        expression=f"return any({stream.condition} {' '.join(stream.origin.loops)})",
        loop=stream.loop("", "return True", "return False"),
        expression_step="`any` stops with `True` at the first one that meets the condition; if "
        "none does, it gives `False`.",
        loop_step="The first one that meets the condition returns `True` at once; `False` is "
        "returned only after all were seen.",
        expression_kind="`any`",
        tag=stream.plain_tag,
        explains_predicates=False,
    )


def every(draw: Draw, stream: Stream) -> Result:
    body = f"if {negated(stream.condition)}:\n    return False"
    return Result(
        verbs=("all", "only"),
        does=f"checks whether each of the {stream.origin.noun} {stream.origin.place} "
        f"{stream.clause(plural=False)}",
        returns="bool",
        expression=f"return all({stream.condition} {' '.join(stream.origin.loops)})",
        loop=stream.unfiltered_loop("", body, "return True"),
        expression_step="`all` stops with `False` at the first one that fails the condition; with "
        "nothing to check it gives `True`.",
        loop_step="The first one that fails the condition returns `False` at once; `True` is "
        "returned only after all were seen.",
        loop_mutants=(
            Mutant(
                right=f"if {negated(stream.condition)}:",
                wrong=f"if {stream.condition}:",
                fault="The test is the wrong way round: what meets the condition must not end the "
                "search.",
            ),
        ),
        expression_kind="`all`",
        tag=stream.plain_tag,
        explains_predicates=False,
    )


def partitioned(draw: Draw, stream: Stream) -> Result:
    one, other = draw.pick((("selected", "rest"), ("chosen", "others"), ("matching", "remaining")))
    condition, value = stream.condition, stream.value
    split = f"if {condition}:\n    {one}.append({value})\nelse:\n    {other}.append({value})"
    choose = f"target = {one} if {condition} else {other}\ntarget.append({value})"
    start, end = f"{one} = []\n{other} = []", f"return {one}, {other}"
    of = stream.transform.plural.format("the elements") if stream.transform else ""
    return Result(
        verbs=("partition", "split"),
        does=f"splits the {stream.origin.noun} {stream.origin.place} into those that "
        f"{stream.clause(plural=True)} and the rest, "
        + (f"and returns two lists with {of}" if of else "and returns the two lists"),
        returns=f"tuple[list[{stream.annotation}], list[{stream.annotation}]]",
        expression=stream.unfiltered_loop(start, choose, end),
        loop=stream.unfiltered_loop(start, split, end),
        expression_step="A conditional expression picks the list that the value is appended to.",
        loop_step="Every value goes to one of two lists, which are returned as a pair.",
        expression_kind="a conditional expression",
        tag=f"by_{stream.predicates[0].tag}",
        explains_predicates=False,
    )


def positions(draw: Draw, stream: Stream) -> Result:
    elements = stream.origin.loops[0].partition(" in ")[2]
    index = stream.unused_name(draw.pick(("index", "position", "i")), "place")
    base = draw.pick((0, 0, 1))
    pairs = f"for {index}, {stream.variable} in enumerate({elements}{', start=1' if base else ''})"
    result = stream.unused_name("positions", "found")
    return Result(
        verbs=("positions_of", "indices_of", "locate"),
        does=f"returns the positions of the {stream.kept}, counting from {base}",
        returns="list[int]",
        expression=f"return [{index} {pairs} if {stream.condition}]",
        loop=f"{result} = []\n"
        f"{pairs}:\n"
        f"    if {stream.condition}:\n"
        f"        {result}.append({index})\n"
        f"return {result}",
        expression_step=f"`enumerate` pairs every element with its position, counting from {base}, "
        "and only the positions are kept.",
        loop_step=f"`enumerate` gives the position beside the element, counting from {base}; "
        "the positions of the hits are appended.",
        loop_mutants=(
            Mutant(
                right=f"{result}.append({index})",
                wrong=f"{result}.append({stream.variable})",
                fault="It appends the element itself instead of its position.",
            ),
        ),
        tag=stream.plain_tag,
    )
