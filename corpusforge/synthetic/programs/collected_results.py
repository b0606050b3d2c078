"""Results of any pipeline: lists, dictionaries, single elements, answers to yes-or-no questions."""

from corpusforge.synthetic.program import Mutant
from corpusforge.synthetic.programs.elements import Mapping, negated
from corpusforge.synthetic.programs.parts import Parts
from corpusforge.synthetic.programs.result import Result

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


def listed(p: Parts) -> Result:
    result = p.fresh("result", "collected")
    return Result(
        verb=("collect", "find", "get", "list", "select"),
        does=f"returns a list of {p.values}",
        returns=f"list[{p.out}]",
        expression=f"return [{p.comprehension()}]",
        loop=p.body(f"{result} = []", f"{result}.append({p.value})", f"return {result}"),
        how="The comprehension collects the results in a new list, in their order.",
        loop_how="Each result is appended to a list, which is returned at the end.",
        mutants=(
            Mutant(
                f"{result}.append({p.value})",
                f"{result} = [{p.value}]",
                "The assignment replaces the list at every step, so only the last result is left; "
                "`append` is what adds to it.",
            ),
        ),
    )


def distinct(p: Parts) -> Result:
    result = p.fresh("result", "seen")
    value = p.fresh("candidate", "found") if p.mapping else p.x
    compute = f"{value} = {p.value}\n" if p.mapping else ""
    step = f"{compute}if {value} not in {result}:\n    {result}.append({value})"
    return Result(
        verb=("distinct", "unique"),
        does=f"returns the distinct values among {p.values}, in order of first appearance",
        returns=f"list[{p.out}]",
        expression=f"return list(dict.fromkeys({p.comprehension()}))",
        loop=p.body(f"{result} = []", step, f"return {result}"),
        how="`dict.fromkeys` drops repetitions, because a key occurs only once, and dictionaries "
        "keep the order in which their keys came in.",
        loop_how="A value is appended only if it is not in the list yet.",
        mutants=(
            Mutant(
                f"{value} not in {result}",
                f"{value} in {result}",
                "The `not` is missing: a value is appended only if it is there already, "
                "so the list stays empty.",
            ),
        ),
        kind="`dict.fromkeys`",
        linear=True,
    )


def in_order(p: Parts) -> Result:
    down = p.draw.chance(0.5)
    order = "reverse=True" if down else ""
    words = "descending" if down else "ascending"
    result = p.fresh("result", "collected")
    sort = f"{result}.sort({order})\nreturn {result}"
    expression = (
        f"sorted([{p.comprehension()}], {order})" if down else f"sorted({p.comprehension()})"
    )
    return Result(
        verb=("sort", "ordered", "sorted"),
        does=f"returns {p.values}, sorted in {words} order",
        returns=f"list[{p.out}]",
        expression=f"return {expression}",
        loop=p.body(f"{result} = []", f"{result}.append({p.value})", sort),
        how=f"`sorted` returns a new list in {words} order.",
        loop_how=f"After the loop, `sort` puts the list into {words} order in place.",
        mutants=(
            Mutant(
                sort,
                f"return {result}.sort({order})",
                "`sort` works in place and returns `None`, which is what the function passes on.",
            ),
        ),
        kind="`sorted`",
        linear=False,
    )


def first(p: Parts) -> Result:
    return Result(
        verb=("first", "find_first"),
        does=f"returns the first of {p.values}, or `None` if there is none",
        returns=f"{p.out} | None",
        expression=f"return next(({p.comprehension()}), None)",
        loop=p.body("", f"return {p.value}", "return None"),
        how="`next` takes the first value of the generator, or `None` if it has none; "
        "nothing after the first hit is looked at.",
        loop_how="The first hit is returned at once; `None` is returned only if there was none.",
        tag=p.single_tag,
        kind="a generator expression",
    )


def last(p: Parts) -> Result:
    result = p.fresh("result", "latest")
    matches = p.fresh("matches", "found")
    return Result(
        verb=("last", "find_last"),
        does=f"returns the last of {p.values}, or `None` if there is none",
        returns=f"{p.out} | None",
        expression=f"{matches} = [{p.comprehension()}]\n"
        f"return {matches}[-1] if {matches} else None",
        loop=p.body(f"{result} = None", f"{result} = {p.value}", f"return {result}"),
        how="The list holds all of them; its last item is the answer, and for an empty list "
        "it is `None`.",
        loop_how="Each one overwrites the one before, so the last one stays.",
        tag=p.single_tag,
    )


def grouped(p: Parts) -> Result:
    characters = p.out == "str" and p.origin.kind == "char"
    code, words, key_type = p.draw.pick(_KEYS["char" if characters else p.out])
    groups, key = p.fresh("groups", "by_key"), p.fresh("key", "kind")
    value = p.fresh("value", "computed") if p.mapping else p.x
    compute = f"{value} = {p.value}\n" if p.mapping else ""
    compute += f"{key} = {code.replace('$', value)}\n"
    long = f"if {key} not in {groups}:\n    {groups}[{key}] = []\n{groups}[{key}].append({value})"
    short = f"{groups}.setdefault({key}, []).append({value})"
    return Result(
        verb=("group",),
        does=f"groups {p.values} by {words}",
        returns=f"dict[{key_type}, list[{p.out}]]",
        expression=p.body(f"{groups} = {{}}", compute + short, f"return {groups}"),
        loop=p.body(f"{groups} = {{}}", compute + long, f"return {groups}"),
        how="`setdefault` gives the list of a key, after putting an empty one there if the key is "
        "new, and the value is appended to it.",
        loop_how="A key that is new gets an empty list first; then the value is appended to the "
        "list of its key.",
        mutants=(
            Mutant(
                long,
                f"{groups}[{key}] = [{value}]",
                "Every value starts a new list under its key, which throws the earlier ones away.",
            ),
        ),
        kind="`setdefault`",
    )


def tallied(p: Parts) -> Result:
    counts = p.fresh("counts", "tally")
    return Result(
        verb=("tally", "count"),
        does=f"counts how often each value occurs among {p.values}",
        returns=f"dict[{p.out}, int]",
        expression=f"return dict(Counter({p.comprehension()}))",
        loop=p.body(
            f"{counts} = {{}}",
            f"{counts}[{p.value}] = {counts}.get({p.value}, 0) + 1",
            f"return {counts}",
        ),
        how="`Counter` counts them, and `dict` turns the result into a plain dictionary.",
        loop_how="`get` gives the count so far, or 0 for a new key, and 1 is added to it.",
        mutants=(
            Mutant(
                ", 0) + 1",
                ", 1) + 1",
                "The count of a new key starts from 1, so every count is one too large.",
            ),
        ),
        imports=("from collections import Counter",),
        kind="`Counter`",
        tag=f"{p.single_tag}_occurrences",
    )


def mapped(p: Parts) -> Result:
    mapping = p.mapping or _own_mapping(p)
    value = p.code(mapping.code)
    result = p.fresh("result", "mapped")
    return Result(
        verb=("map", "index"),
        does=f"returns a dictionary that maps each of the {p.kept} to {mapping.its}",
        returns=f"dict[{p.origin.annotation}, {mapping.out}]",
        expression=f"return {{{p.comprehension(f'{p.x}: {value}')}}}",
        loop=p.body(f"{result} = {{}}", f"{result}[{p.x}] = {value}", f"return {result}"),
        how=f"The dictionary comprehension makes each of them a key, with {mapping.its} as its "
        "value.",
        loop_how=f"Each of them becomes a key, with {mapping.its} as its value.",
        kind="a dictionary comprehension",
        tag=mapping.tag,
        maps=False,
    )


def counted(p: Parts) -> Result:
    count = p.fresh("count", "hits")
    return Result(
        verb=("count", "number_of"),
        does=f"counts the {p.kept}",
        returns="int",
        expression=f"return sum(1 {' '.join(p.origin.loops)} if {p.condition})",
        loop=p.body(f"{count} = 0", f"{count} += 1", f"return {count}"),
        how="`sum` adds a 1 for each of them, which gives their number.",
        loop_how="A counter starts at 0 and goes up by 1 for each of them.",
        mutants=(
            Mutant(
                f"{count} = 0",
                f"{count} = 1",
                "The counter starts at 1, so the result is always one too large.",
            ),
            Mutant(
                f"{count} += 1",
                f"{count} = 1",
                "`=` sets the counter to 1 every time; `+=` is what counts up.",
            ),
        ),
        kind="a generator expression",
        tag=p.plain_tag,
    )


def some(p: Parts) -> Result:
    return Result(
        verb=("has", "contains", "any"),
        does=f"checks whether at least one of the {p.origin.noun} {p.origin.place} "
        f"{p.clause(plural=False)}",
        returns="bool",
        expression=f"return any({p.condition} {' '.join(p.origin.loops)})",
        loop=p.body("", "return True", "return False"),
        how="`any` stops with `True` at the first one that meets the condition; if none does, "
        "it gives `False`.",
        loop_how="The first one that meets the condition returns `True` at once; `False` is "
        "returned only after all were seen.",
        kind="`any`",
        tag=p.plain_tag,
        selects=False,
    )


def every(p: Parts) -> Result:
    body = f"if {negated(p.condition)}:\n    return False"
    return Result(
        verb=("all", "only"),
        does=f"checks whether each of the {p.origin.noun} {p.origin.place} "
        f"{p.clause(plural=False)}",
        returns="bool",
        expression=f"return all({p.condition} {' '.join(p.origin.loops)})",
        loop=p.plain_body("", body, "return True"),
        how="`all` stops with `False` at the first one that fails the condition; with nothing "
        "to check it gives `True`.",
        loop_how="The first one that fails the condition returns `False` at once; `True` is "
        "returned only after all were seen.",
        mutants=(
            Mutant(
                f"if {negated(p.condition)}:",
                f"if {p.condition}:",
                "The test is the wrong way round: what meets the condition must not end the "
                "search.",
            ),
        ),
        kind="`all`",
        tag=p.plain_tag,
        selects=False,
    )


def partitioned(p: Parts) -> Result:
    one, other = p.draw.pick(
        (("selected", "rest"), ("chosen", "others"), ("matching", "remaining"))
    )
    split = f"if {p.condition}:\n    {one}.append({p.value})\nelse:\n    {other}.append({p.value})"
    choose = f"target = {one} if {p.condition} else {other}\ntarget.append({p.value})"
    start, end = f"{one} = []\n{other} = []", f"return {one}, {other}"
    of = p.mapping.of.format("the elements") if p.mapping else ""
    return Result(
        verb=("partition", "split"),
        does=f"splits the {p.origin.noun} {p.origin.place} into those that "
        f"{p.clause(plural=True)} and the rest, "
        + (f"and returns two lists with {of}" if of else "and returns the two lists"),
        returns=f"tuple[list[{p.out}], list[{p.out}]]",
        expression=p.plain_body(start, choose, end),
        loop=p.plain_body(start, split, end),
        how="A conditional expression picks the list that the value is appended to.",
        loop_how="Every value goes to one of two lists, which are returned as a pair.",
        kind="a conditional expression",
        tag=f"by_{p.predicates[0].tag}",
        selects=False,
    )


def positions(p: Parts) -> Result:
    elements = p.origin.loops[0].partition(" in ")[2]
    index = p.fresh(p.draw.pick(("index", "position", "i")), "place")
    base = p.draw.pick((0, 0, 1))
    pairs = f"for {index}, {p.x} in enumerate({elements}{', start=1' if base else ''})"
    result = p.fresh("positions", "found")
    return Result(
        verb=("positions_of", "indices_of", "locate"),
        does=f"returns the positions of the {p.kept}, counting from {base}",
        returns="list[int]",
        expression=f"return [{index} {pairs} if {p.condition}]",
        loop=f"{result} = []\n{pairs}:\n    if {p.condition}:\n        {result}.append({index})\n"
        f"return {result}",
        how=f"`enumerate` pairs every element with its position, counting from {base}, and only "
        "the positions are kept.",
        loop_how=f"`enumerate` gives the position beside the element, counting from {base}; "
        "the positions of the hits are appended.",
        mutants=(
            Mutant(
                f"{result}.append({index})",
                f"{result}.append({p.x})",
                "It appends the element itself instead of its position.",
            ),
        ),
        tag=p.plain_tag,
    )


def _own_mapping(p: Parts) -> Mapping:
    if p.origin.annotation == "int":
        return Mapping("$ * $", "", "its square", "", "squares", "int", "", "")
    if p.origin.kind == "char":
        return Mapping("ord($)", "", "its code point", "", "codes", "int", "", "")
    return Mapping("len($)", "", "its length", "", "lengths", "int", "", "")
