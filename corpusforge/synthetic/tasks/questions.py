"""Answer short questions about regular expressions, SQL, JSON and the command line."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing

from corpusforge.synthetic.dialogue import Dialogue
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.execution import run_calls
from corpusforge.synthetic.phrases import code_block, joined
from corpusforge.synthetic.vocabulary import NAMES, WORDS

# Parts of patterns: the code, what it matches in words, and a function that returns a match.
_PIECES: tuple[tuple[str, str, Callable[[int], str]], ...] = (
    (r"\d{$k}", "exactly $k digits", lambda k: "4728"[:k]),
    (r"\d+", "one or more digits", lambda k: "73"),
    (r"[A-Z]{$k}", "exactly $k capital letters", lambda k: "QXRT"[:k]),
    (r"[a-z]+", "one or more small letters", lambda k: "oak"),
    (r"[A-Z][a-z]*", "a capital letter followed by any number of small letters", lambda k: "Elm"),
    (r"[0-9a-f]{$k}", "exactly $k hexadecimal digits", lambda k: "a0f3"[:k]),
    (r"[aeiou]{1,$k}", "1 to $k vowels", lambda k: "ea"[:k]),
    (r"(?:red|blue)", 'either "red" or "blue"', lambda k: "blue"),
)
_JOINTS = (
    ("-", "hyphens"),
    (":", "colons"),
    ("/", "slashes"),
    ("_", "underscores"),
    ("@", "at signs"),
    ("", ""),
)


def regular_expression(draw: Draw, dialogue: Dialogue) -> None:
    """The user asks for a pattern that matches strings of a given shape."""
    dialogue.task, dialogue.topic = "regex", "regular expressions"
    count = draw.pick((2, 2, 3))
    parts = []
    for pattern, words, make in draw.sample(_PIECES, count):
        k = draw.integer(2, 4)
        parts.append((pattern.replace("$k", str(k)), words.replace("$k", str(k)), make(k)))
    joint, joint_words = draw.pick(_JOINTS)
    pattern = joint.join(part[0] for part in parts)
    shape = joined([part[1] for part in parts], "and then")
    if joint:
        shape += f", separated by {joint_words}"
    good = joint.join(part[2] for part in parts)
    candidates = (
        good,
        good + "!",
        joint.join(part[2] for part in reversed(parts)),
        joint.join(part[2] for part in parts[1:]),
    )
    name = draw.pick(("matches", "is_valid", "fits", "has_right_form"))
    code = f'import re\n\n\ndef {name}(text):\n    return bool(re.fullmatch(r"{pattern}", text))'
    outcomes = run_calls(code, tuple(f'{name}("{text}")' for text in dict.fromkeys(candidates)))
    dialogue.user_says(
        draw.pick(
            (
                f"Write a regular expression for strings that consist of {shape}.",
                f"I need a regex that matches {shape}, and nothing else.",
                f"How can I check in Python whether a string is {shape}?",
                f"Which pattern matches a string made of {shape}?",
            )
        )
    )
    lines = [f"`{part[0]}` stands for {part[1]}" for part in dict.fromkeys(parts)]
    answered = dialogue.assistant_says(
        f"The pattern is `{pattern}`:" if draw.chance(0.6) else "With `re.fullmatch`:",
        code_block(code),
        f"{joined(lines)}. `fullmatch` makes sure that nothing comes before or after.",
        f"For example, {joined([f'`{one.call}` {one.result}' for one in outcomes[:2]])}.",
    )
    dialogue.check([answered], outcomes)


def sql(draw: Draw, dialogue: Dialogue) -> None:
    """The user shows a table and asks for a query; the answer shows its rows."""
    dialogue.task, dialogue.topic, dialogue.language = "sql", "databases", "sql"
    table, text, group, number = draw.pick(_TABLES)
    groups = draw.sample(("north", "south", "east", "west", "centre"), 2)
    rows = [(name, draw.pick(groups), draw.integer(1, 20)) for name in draw.sample(NAMES, 4)]
    limit = draw.integer(3, 15)
    question, query, clause = draw.pick(
        (
            (
                f"the {text} and the {number} of all rows whose value of {number} is above {limit}",
                f"SELECT {text}, {number} FROM {table} WHERE {number} > {limit} ORDER BY {text}",
                "`WHERE` keeps the rows that meet the condition, and `ORDER BY` fixes their order.",
            ),
            (
                f"the sum of {number} for each {group}",
                f"SELECT {group}, SUM({number}) FROM {table} GROUP BY {group} ORDER BY {group}",
                "`GROUP BY` makes one row of each group, and `SUM` adds its numbers up.",
            ),
            (
                f"the number of rows for each {group}",
                f"SELECT {group}, COUNT(*) FROM {table} GROUP BY {group} ORDER BY {group}",
                "`GROUP BY` makes one row of each group, and `COUNT(*)` counts its rows.",
            ),
            (
                f"the {text} with the largest value of {number}",
                f"SELECT {text} FROM {table} ORDER BY {number} DESC, {text} LIMIT 1",
                "The rows are sorted by descending number, by name where it is equal, and "
                "`LIMIT 1` keeps the first.",
            ),
            (
                f"every {group} for which the sum of {number} is at least {limit}",
                f"SELECT {group}, SUM({number}) FROM {table} GROUP BY {group} "
                f"HAVING SUM({number}) >= {limit} ORDER BY {group}",
                "`HAVING` is a condition on groups, as `WHERE` is one on rows.",
            ),
            (
                f"the smallest and the largest value of {number}",
                f"SELECT MIN({number}), MAX({number}) FROM {table}",
                "Without `GROUP BY`, `MIN` and `MAX` look at the whole table.",
            ),
            (
                f"every {text} with the {group} {groups[0]}, in alphabetical order",
                f"SELECT {text} FROM {table} WHERE {group} = '{groups[0]}' ORDER BY {text}",
                "`WHERE` compares the text, which stands in single quotes in SQL.",
            ),
            (
                f"the average of {number}, rounded to one decimal place",
                f"SELECT ROUND(AVG({number}), 1) FROM {table}",
                "`AVG` is the average of a column, and `ROUND` takes the number of decimal places.",
            ),
        )
    )
    values = ",\n    ".join(f"('{a}', '{b}', {c})" for a, b, c in rows)
    setup = (
        f"CREATE TABLE {table} ({text} TEXT, {group} TEXT, {number} INTEGER);\n"
        f"INSERT INTO {table} VALUES\n    {values};"
    )
    dialogue.user_says(
        draw.pick(
            (
                f"I have this table. Which query gives {question}?",
                f"Given this table, how do I get {question} in SQL?",
                f"Write an SQL query for {question}.",
            )
        ),
        code_block(setup, "sql"),
    )
    result = _query(setup, query)
    shown = "\n".join("|".join(map(str, row)) for row in result) if result else "(no rows)"
    dialogue.assistant_says(
        code_block(query + ";", "sql"),
        clause,
        f"For the rows above it gives:\n\n{code_block(shown, 'text')}",
    )
    dialogue.checks.append({"sql": setup, "query": query, "rows": result})


def _query(setup: str, query: str) -> list[list[object]]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(setup)
        return [list(row) for row in database.execute(query)]


_TABLES = (
    ("sales", "seller", "region", "amount"),
    ("visits", "visitor", "branch", "minutes"),
    ("members", "name", "club", "points"),
    ("repairs", "mechanic", "garage", "hours"),
    ("loans", "reader", "library", "books"),
    ("shifts", "worker", "site", "length"),
)


def json_value(draw: Draw, dialogue: Dialogue) -> None:
    """The user asks how to extract a value from a JSON document."""
    dialogue.task, dialogue.topic = "json", "data formats"
    outer, inner, leaf, label = draw.sample(WORDS, 4)
    items = [
        {leaf: draw.integer(1, 99), label: draw.pick(NAMES)} for _ in range(draw.integer(2, 3))
    ]
    document = {outer: {inner: items, "count": len(items)}, "version": draw.integer(1, 9)}
    at = draw.integer(0, len(items) - 1)
    question, expression, why = draw.pick(
        (
            (
                f"the {leaf} of item number {at + 1} of {inner}",
                f'data["{outer}"]["{inner}"][{at}]["{leaf}"]',
                f"Objects become dictionaries, arrays lists, and item {at + 1} has index {at}.",
            ),
            (
                f"a list of every {leaf} in {inner}",
                f'[item["{leaf}"] for item in data["{outer}"]["{inner}"]]',
                "The comprehension goes through the list and takes one value of each dictionary.",
            ),
            (
                f"the sum of {leaf} over all items of {inner}",
                f'sum(item["{leaf}"] for item in data["{outer}"]["{inner}"])',
                "The generator expression yields the numbers, and `sum` adds them up.",
            ),
            (
                f"the {label} of the item with the largest {leaf}",
                f'max(data["{outer}"]["{inner}"], key=lambda item: item["{leaf}"])["{label}"]',
                f"`max` compares the dictionaries by {leaf}, because of its key.",
            ),
            (
                f"a dictionary from {label} to {leaf}",
                f'{{item["{label}"]: item["{leaf}"] for item in data["{outer}"]["{inner}"]}}',
                "The dictionary comprehension takes the key and the value from each item.",
            ),
            (
                f"the number of items in {inner}",
                f'len(data["{outer}"]["{inner}"])',
                "An array becomes a list, whose length is the number of its items.",
            ),
        )
    )
    text = json.dumps(document, indent=2)
    code = (
        f"import json\n\n\ndef extract(text):\n    data = json.loads(text)\n    return {expression}"
    )
    compact = json.dumps(document)
    outcomes = run_calls(code, (f"extract('{compact}')",))
    dialogue.user_says(
        draw.pick(
            (
                f"How do I get {question} from this JSON in Python?",
                f"Given this JSON text, I need {question}.",
                f"Write a function that takes a JSON text like this and returns {question}.",
            )
        ),
        code_block(text, "json"),
    )
    answered = dialogue.assistant_says(
        code_block(code), why, f"For the text above it returns `{outcomes[0].value}`."
    )
    dialogue.check([answered], outcomes)


def command_line(draw: Draw, dialogue: Dialogue) -> None:
    """The user asks for a Unix shell command."""
    dialogue.task, dialogue.topic, dialogue.language = "shell", "command line", "shell"
    word, other = draw.sample(WORDS, 2)
    suffix = draw.pick(("py", "txt", "log", "csv", "md", "json", "html", "c"))
    folder = draw.pick((".", word, f"src/{word}", f"data/{other}", f"{word}/{other}"))
    size, days, lines = draw.integer(1, 50), draw.integer(1, 30), draw.integer(3, 40)
    column = draw.integer(1, 6)
    place = "the current directory" if folder == "." else f"the directory {folder}"
    question, command, parts = draw.pick(
        (
            (
                f"find all .{suffix} files below {place}",
                f"find {folder} -type f -name '*.{suffix}'",
                (
                    "`-type f` leaves out directories",
                    "the pattern is quoted so that the shell does not expand it",
                ),
            ),
            (
                f"find the files below {place} that are larger than {size} MiB",
                f"find {folder} -type f -size +{size}M",
                (f"`+{size}M` means more than {size} MiB", "`-type f` leaves out directories"),
            ),
            (
                f"find the .{suffix} files below {place} that changed in the last {days} days",
                f"find {folder} -type f -name '*.{suffix}' -mtime -{days}",
                (f"`-mtime -{days}` means less than {days} days ago",),
            ),
            (
                f'search all .{suffix} files below {place} for the word "{word}"',
                f"grep -rnw --include='*.{suffix}' '{word}' {folder}",
                (
                    "`-r` goes through directories",
                    "`-n` shows line numbers",
                    "`-w` matches whole words only",
                ),
            ),
            (
                f'count the lines of {other}.{suffix} that contain "{word}"',
                f"grep -c '{word}' {other}.{suffix}",
                ("`-c` prints the number of matching lines instead of the lines",),
            ),
            (
                f"show the last {lines} lines of {word}.{suffix}",
                f"tail -n {lines} {word}.{suffix}",
                (f"`-n {lines}` is the number of lines",),
            ),
            (
                f"show the first {lines} lines of {word}.{suffix} in sorted order",
                f"head -n {lines} {word}.{suffix} | sort",
                ("`head` passes on the first lines", "`sort` puts them in order"),
            ),
            (
                f"list the distinct lines of {word}.{suffix} by how often they occur",
                f"sort {word}.{suffix} | uniq -c | sort -rn",
                (
                    "`uniq -c` counts equal neighbours, so the lines are sorted first",
                    "`sort -rn` puts the largest count on top",
                ),
            ),
            (
                f"print column {column} of the comma-separated file {word}.csv",
                f"cut -d, -f{column} {word}.csv",
                (
                    "`-d,` sets the separator",
                    f"`-f{column}` picks the column",
                    "commas inside quoted fields are not understood by `cut`",
                ),
            ),
            (
                f'replace "{word}" by "{other}" in all .{suffix} files of {place}',
                f"sed -i 's/{word}/{other}/g' {folder}/*.{suffix}",
                (
                    "`-i` changes the files in place (as GNU sed understands it)",
                    "the `g` at the end replaces every occurrence in a line",
                ),
            ),
            (
                f"pack {place} into {other}.tar.gz",
                f"tar -czf {other}.tar.gz {folder}",
                ("`-c` creates an archive", "`-z` compresses it with gzip", "`-f` names the file"),
            ),
            (
                f"count the .{suffix} files below {place}",
                f"find {folder} -type f -name '*.{suffix}' | wc -l",
                ("`find` prints one path a line", "`wc -l` counts the lines"),
            ),
        )
    )
    dialogue.user_says(
        draw.pick(
            (
                f"How do I {question} on the command line?",
                f"Which shell command can I use to {question}?",
                f"I want to {question}. What is the command?",
                f"Give me a one-liner to {question}.",
            )
        )
    )
    dialogue.assistant_says(code_block(command, "sh"), _note(parts))


def _note(parts: Sequence[str]) -> str:
    text = joined(parts) if len(parts) < 3 else "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."
