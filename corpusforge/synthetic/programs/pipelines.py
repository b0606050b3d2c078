"""Programs that take elements from somewhere, keep some, change each, and make one result."""

from dataclasses import replace

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Form, Mutant, Program
from corpusforge.synthetic.programs import collected_results as collected
from corpusforge.synthetic.programs import reduced_results as reduced
from corpusforge.synthetic.programs.parts import Parts, draw_parts
from corpusforge.synthetic.programs.result import Result

_OF_ANY = (
    collected.listed,
    collected.listed,
    collected.distinct,
    collected.in_order,
    collected.first,
    collected.last,
    collected.grouped,
    collected.tallied,
    collected.mapped,
)
_OF_CONDITION = (collected.counted, collected.some, collected.every)
_OF_NUMBERS = (
    reduced.total,
    reduced.total,
    reduced.product,
    reduced.extreme,
    reduced.mean,
    reduced.top,
    reduced.running,
)
_OF_STRINGS = (reduced.joined, reduced.joined)
_LINE = 84  # of a function's body; four more columns are its indentation


def pipeline(draw: Draw) -> Program:
    """A program of one pass over its elements."""
    parts = draw_parts(draw)
    makers = [*_OF_ANY, *(_OF_NUMBERS if parts.out == "int" else _OF_STRINGS)]
    if parts.out == "str" and parts.lengths_differ:
        makers.append(reduced.longest)
    if parts.predicates:
        makers += [*_OF_CONDITION, collected.partitioned]
        makers += [collected.positions] if parts.origin.ordered else []
    make = draw.pick(makers)
    if make in (*_OF_CONDITION, collected.positions):
        parts = replace(parts, mapping=None)  # the answer is about the elements themselves
    return _program(parts, make(parts))


def _program(parts: Parts, result: Result) -> Program:
    draw, start = parts.draw, parts.origin
    name = f"{draw.pick(result.verb)}_{result.tag or parts.tag}"
    witnesses = tuple(w for predicate in parts.predicates for w in predicate.witnesses)
    arguments = [start.make(draw, witnesses), start.make(draw, witnesses), start.empty]
    imports = {line for predicate in parts.predicates for line in predicate.imports}
    forms = (_expression_form(parts, result, imports), _loop_form(parts, result, imports))
    return Program(
        topic="pipelines",
        name=name,
        does=result.does,
        parameters=(start.parameter,),
        returns=result.returns,
        forms=forms if draw.chance(0.5) else forms[::-1],
        calls=tuple(f"{name}({argument})" for argument in arguments),
    )


def _expression_form(parts: Parts, result: Result, imports: set[str]) -> Form:
    body = _fitted(parts, result.expression)
    return Form(
        kind=result.kind,
        body=body,
        steps=_steps(parts, result, result.how),
        time="O(n)" if result.linear else "O(n log n)",
        time_reason=_reason(parts, result),
        imports=tuple(sorted(imports | set(result.imports))),
        mutants=tuple(m for m in _shared_mutants(parts) if m.right in body),
    )


def _loop_form(parts: Parts, result: Result, imports: set[str]) -> Form:
    body = result.loop
    mutants = [m for m in (*_shared_mutants(parts), *result.mutants) if m.right in body]
    *_, before, last = body.split("\n")
    if before.startswith(" ") and last.startswith("return") and body.count("return") == 1:
        pad = before[: len(before) - len(before.lstrip())]
        mutants.append(
            Mutant(
                f"{before}\n{last}",
                f"{before}\n{pad}{last}",
                "The `return` is indented into the loop, so the function ends the first time it "
                "gets there.",
            )
        )
    quadratic = result.kind == "`dict.fromkeys`"
    return Form(
        kind="a loop",
        body=body,
        steps=_steps(parts, result, result.loop_how),
        time="O(n²)" if quadratic else "O(n)" if result.linear else "O(n log n)",
        time_reason=_reason(parts, result)
        + (", and each time `in` searches the list of what was seen so far" if quadratic else ""),
        imports=tuple(sorted(imports)),
        mutants=tuple(mutants),
    )


def _steps(parts: Parts, result: Result, how: str) -> tuple[str, ...]:
    selection = _selection(parts) if result.selects else ""
    steps = [f"It {parts.origin.walk}{selection}."]
    if parts.mapping and result.maps:
        steps.append(f"It {parts.mapping.verb}.")
    return (*steps, how)


def _selection(parts: Parts) -> str:
    if not parts.predicates:
        return ""
    return f", keeping those that {parts.clause(plural=True)}"


def _reason(parts: Parts, result: Result) -> str:
    size = f"`{parts.origin.parameter.name}`"
    what = {
        "range": f"n stands for {size} itself: every number up to it is visited once",
        "digits": f"n is the number of digits of {size}, and each is visited once",
    }
    key = "range" if "range(" in parts.origin.loops[0] else parts.origin.noun
    each = what.get(key, f"n is the number of {parts.origin.noun} {parts.origin.place}, and ")
    visited = each if key in what else each + "each of them is visited once"
    if result.linear:
        return visited
    return f"{visited}; sorting what was kept takes O(n log n) and dominates"


def _shared_mutants(parts: Parts) -> list[Mutant]:
    mutants = []
    for predicate in parts.predicates:
        mutants.append(
            Mutant(parts.code(predicate.code), parts.code(predicate.wrong), predicate.fault)
        )
    if parts.mapping:
        mutants.append(Mutant(parts.value, parts.code(parts.mapping.wrong), parts.mapping.fault))
    for loop in parts.origin.loops:
        if "range(1, " in loop:
            end = loop[loop.index("range(1, ") + 9 : -1]
            limit = end.removesuffix(" + 1")
            mutants.append(
                Mutant(
                    f"range(1, {end})",
                    f"range(1, {limit})",
                    f"The upper end of `range` is exclusive, so `{limit}` itself is left out.",
                )
            )
    if len(parts.predicates) == 2:
        right = parts.condition
        one, other = (" or ", " and ") if parts.either else (" and ", " or ")
        codes = [parts.code(predicate.code) for predicate in parts.predicates]
        if not any(joint in code for code in codes for joint in (" and ", " or ")):
            mutants.append(
                Mutant(
                    right,
                    right.replace(one, other),
                    f"The two conditions are joined by `{other.strip()}`, but "
                    + ("one of them is enough." if parts.either else "both of them have to hold."),
                )
            )
    return mutants


def _fitted(parts: Parts, code: str) -> str:
    """Code whose comprehension is spread over lines, the way Black does, where it is too long."""
    lines = []
    for line in code.split("\n"):
        lines += [line] if len(line) <= _LINE else _spread(parts, line)
    return "\n".join(lines)


def _spread(parts: Parts, line: str) -> list[str]:
    first = " " + parts.origin.loops[0]
    at = line.find(first)
    if at < 0:
        return [line]
    opening, closing = _brackets_around(line, at)
    value, inside, end = line[opening + 1 : at], line[at:closing], line[closing:]
    condition = f" if {parts.condition}"
    for clause in (*(f" {loop}" for loop in parts.origin.loops), condition):
        inside = inside.replace(clause, f"\n{clause[1:]}", 1)
    clauses = [value, *inside.split("\n")[1:]]
    head = line[: opening + 1]
    if end == "))":
        outer, _ = _brackets_around(line, opening)
        inner = [f"        {clause}" for clause in clauses]
        return [line[: outer + 1], f"    {line[outer + 1 : opening + 1]}", *inner, "    )", ")"]
    if not end.startswith("), "):
        return [head, *(f"    {clause}" for clause in clauses), end]
    # A generator in its own parentheses, and more arguments after it: one argument a line.
    arguments = end[3:-1].split(", ")
    return [
        head[:-1],
        "    (",
        *(f"        {clause}" for clause in clauses),
        "    ),",
        *(f"    {argument}," for argument in arguments),
        ")",
    ]


def _brackets_around(line: str, at: int) -> tuple[int, int]:
    opening, depth = at, 0
    while depth < 1:
        opening -= 1
        depth += (line[opening] in "([{") - (line[opening] in ")]}")
    closing, depth = at, 0
    while depth < 1:
        closing += 1
        depth += (line[closing] in ")]}") - (line[closing] in "([{")
    return opening, closing
