"""Break long lines of generated code the way Black does."""

from corpusforge.synthetic.programs.pipelines.stream import Stream

_BODY_WIDTH = 84  # 88 columns without the indentation of a function's body


def break_long_lines(stream: Stream, code: str) -> str:
    """Spread a comprehension over several lines where its line is too long."""
    lines = []
    for line in code.split("\n"):
        lines += [line] if len(line) <= _BODY_WIDTH else _spread(stream, line)
    return "\n".join(lines)


def _spread(stream: Stream, line: str) -> list[str]:
    first = " " + stream.origin.loops[0]
    at = line.find(first)
    if at < 0:
        return [line]
    opening, closing = _brackets_around(line, at)
    value, inside, end = line[opening + 1 : at], line[at:closing], line[closing:]
    condition = f" if {stream.condition}"
    for clause in (*(f" {loop}" for loop in stream.origin.loops), condition):
        inside = inside.replace(clause, f"\n{clause[1:]}", 1)
    clauses = [value, *inside.split("\n")[1:]]
    head = line[: opening + 1]
    if end == "))":
        outer, _ = _brackets_around(line, opening)
        inner = [f"        {clause}" for clause in clauses]
        return [line[: outer + 1], f"    {line[outer + 1 : opening + 1]}", *inner, "    )", ")"]
    if not end.startswith("), "):
        return [head, *(f"    {clause}" for clause in clauses), end]
    # A generator in its own parentheses followed by more arguments: one argument per line.
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
