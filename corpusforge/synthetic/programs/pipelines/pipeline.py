"""Draw a pipeline and write it as an expression and as a loop."""

from dataclasses import replace

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Cost, Form, Mutant, Program
from corpusforge.synthetic.programs.pipelines import collectors, reductions
from corpusforge.synthetic.programs.pipelines.line_breaks import break_long_lines
from corpusforge.synthetic.programs.pipelines.result import Result
from corpusforge.synthetic.programs.pipelines.stream import Stream, draw_stream

# Functions that draw a result, by what the values must be.
_OF_ANY = (
    collectors.listed,
    collectors.listed,
    collectors.distinct,
    collectors.in_order,
    collectors.first,
    collectors.last,
    collectors.grouped,
    collectors.tallied,
    collectors.mapped,
)
_OF_CONDITION = (collectors.counted, collectors.some, collectors.every)
_OF_NUMBERS = (
    reductions.total,
    reductions.total,
    reductions.product,
    reductions.extreme,
    reductions.mean,
    reductions.top,
    reductions.running,
)
_OF_STRINGS = (reductions.joined, reductions.joined)


def draw_pipeline(draw: Draw) -> Program:
    """Draw a function that makes one pass over its elements."""
    stream = draw_stream(draw)
    makers = [*_OF_ANY, *(_OF_NUMBERS if stream.annotation == "int" else _OF_STRINGS)]
    if stream.annotation == "str" and stream.lengths_differ:
        makers.append(reductions.longest)
    if stream.predicates:
        makers += [*_OF_CONDITION, collectors.partitioned]
        makers += [collectors.positions] if stream.origin.ordered else []
    make = draw.pick(makers)
    if make in (*_OF_CONDITION, collectors.positions):
        stream = replace(stream, transform=None)  # these results are about the elements themselves
    return _program(draw, stream, make(draw, stream))


def _program(draw: Draw, stream: Stream, result: Result) -> Program:
    origin = stream.origin
    name = f"{draw.pick(result.verbs)}_{result.tag or stream.tag}"
    witnesses = tuple(w for predicate in stream.predicates for w in predicate.witnesses)
    drawn = [origin.draw_argument(draw, witnesses) for _ in range(2)]
    imports = {line for predicate in stream.predicates for line in predicate.imports}
    forms = (_expression_form(stream, result, imports), _loop_form(stream, result, imports))
    return Program(
        topic="pipelines",
        name=name,
        does=result.does,
        parameters=(origin.parameter,),
        returns=result.returns,
        forms=forms if draw.chance(0.5) else forms[::-1],
        calls=tuple(f"{name}({argument})" for argument in (*drawn, origin.empty_argument)),
    )


def _expression_form(stream: Stream, result: Result, imports: set[str]) -> Form:
    body = break_long_lines(stream, result.expression)
    return Form(
        kind=result.expression_kind,
        body=body,
        steps=_steps(stream, result, result.expression_step),
        cost=Cost(time="O(n)" if result.linear else "O(n log n)", reason=_reason(stream, result)),
        imports=tuple(sorted(imports | set(result.expression_imports))),
        mutants=tuple(m for m in _shared_mutants(stream) if m.right in body),
    )


def _loop_form(stream: Stream, result: Result, imports: set[str]) -> Form:
    body = result.loop
    mutants = [m for m in (*_shared_mutants(stream), *result.loop_mutants) if m.right in body]
    *_, before, last = body.split("\n")
    if before.startswith(" ") and last.startswith("return") and body.count("return") == 1:
        pad = before[: len(before) - len(before.lstrip())]
        mutants.append(
            Mutant(
                right=f"{before}\n{last}",
                wrong=f"{before}\n{pad}{last}",
                fault="The `return` is indented into the loop, so the function ends the first time "
                "it gets there.",
            )
        )
    time, reason = "O(n)" if result.linear else "O(n log n)", _reason(stream, result)
    if result.expression_kind == "`dict.fromkeys`":
        time = "O(n²)"
        reason += ", and each time `in` searches the list of what was seen so far"
    return Form(
        kind="a loop",
        body=body,
        steps=_steps(stream, result, result.loop_step),
        cost=Cost(time=time, reason=reason),
        imports=tuple(sorted(imports)),
        mutants=tuple(mutants),
    )


def _steps(stream: Stream, result: Result, last: str) -> tuple[str, ...]:
    selection = ""
    if result.explains_predicates and stream.predicates:
        selection = f", keeping those that {stream.clause(plural=True)}"
    steps = [f"It {stream.origin.walk}{selection}."]
    if stream.transform and result.explains_transform:
        steps.append(f"It {stream.transform.verb_phrase}.")
    return (*steps, last)


def _reason(stream: Stream, result: Result) -> str:
    origin = stream.origin
    size = f"`{origin.parameter.name}`"
    if "range(" in origin.loops[0]:
        visited = f"n stands for {size} itself: every number up to it is visited once"
    elif origin.noun == "digits":
        visited = f"n is the number of digits of {size}, and each is visited once"
    else:
        visited = (
            f"n is the number of {origin.noun} {origin.place}, and each of them is visited once"
        )
    if result.linear:
        return visited
    return f"{visited}; sorting what was kept takes O(n log n) and dominates"


def _shared_mutants(stream: Stream) -> list[Mutant]:
    """Return the mutants that both forms may contain."""
    mutants = []
    for predicate in stream.predicates:
        mutants.append(
            Mutant(
                right=stream.fill(predicate.code),
                wrong=stream.fill(predicate.wrong),
                fault=predicate.fault,
            )
        )
    if stream.transform:
        mutants.append(
            Mutant(
                right=stream.value,
                wrong=stream.fill(stream.transform.wrong),
                fault=stream.transform.fault,
            )
        )
    for loop in stream.origin.loops:
        if "range(1, " in loop:
            end = loop[loop.index("range(1, ") + 9 : -1]
            limit = end.removesuffix(" + 1")
            mutants.append(
                Mutant(
                    right=f"range(1, {end})",
                    wrong=f"range(1, {limit})",
                    fault=f"The upper end of `range` is exclusive, so `{limit}` itself is left "
                    "out.",
                )
            )
    if len(stream.predicates) == 2:
        right = stream.condition
        one, other = (" or ", " and ") if stream.either else (" and ", " or ")
        codes = [stream.fill(predicate.code) for predicate in stream.predicates]
        if not any(joint in code for code in codes for joint in (" and ", " or ")):
            mutants.append(
                Mutant(
                    right=right,
                    wrong=right.replace(one, other),
                    fault=f"The two conditions are joined by `{other.strip()}`, but "
                    + ("one of them is enough." if stream.either else "both of them have to hold."),
                )
            )
    return mutants
