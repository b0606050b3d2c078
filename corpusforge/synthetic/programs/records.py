"""Programs about lists of records: grouping, sorting, joining, looking up."""

from collections.abc import Callable, Sequence

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.card import Card, form
from corpusforge.synthetic.programs.vocabulary import WORDS

# The names of a list, of one record in it, and of its text, group and number.
_SCHEMAS = (
    ("orders", "order", "product", "region", "quantity"),
    ("employees", "employee", "name", "team", "hours"),
    ("books", "book", "title", "genre", "pages"),
    ("students", "student", "name", "course", "points"),
    ("plants", "plant", "species", "bed", "height"),
    ("players", "player", "name", "club", "goals"),
    ("parcels", "parcel", "label", "depot", "weight"),
    ("tasks", "task", "title", "status", "minutes"),
    ("songs", "song", "title", "album", "seconds"),
    ("products", "product", "name", "category", "stock"),
    ("trips", "trip", "city", "season", "days"),
    ("sensors", "sensor", "code", "room", "reading"),
)
_KEYS = ("rows one text group number", _SCHEMAS)
_ROWS = ("$rows", "list[dict]", "a list of dictionaries")
_RESULT = ("result", ("result", "output"))
_LINEAR = ("O(n)", "n is the number of records, and each is visited once")
_SORTING = ("O(n log n)", "n is the number of records, and sorting dominates")


def _lists(extra: str = "") -> Callable[[Draw], Sequence[str]]:
    """Arguments that fit every schema, because the names of the fields are choices too."""

    def arguments(draw: Draw) -> list[str]:
        def rows(count: int) -> str:
            records = (
                f'{{"$text": "{draw.pick(WORDS)}", "$group": "{draw.pick("ABC")}", '
                f'"$number": {draw.integer(1, 12)}}}'
                for _ in range(count)
            )
            return "[" + ", ".join(records) + "]" + extra

        return [rows(4), rows(3), "[]" + extra]

    return arguments


CARDS = (
    Card(
        "records",
        "$name",
        "returns $what of the `$number` of `$rows` for each `$group`",
        (
            form(
                "`setdefault`",
                "$groups = {}\nfor $one in $rows:\n"
                '    $groups.setdefault($one["$group"], []).append($one["$number"])\n'
                "return {key: $function(values) for key, values in $groups.items()}",
                "The loop collects the numbers of each group in a list; `setdefault` starts one "
                "where the key is new.",
                "The comprehension turns every list into one number.",
                time=_LINEAR,
                mutants=(
                    ("$function(values)", "$wrong(values)", "$fault"),
                    (
                        '$one["$group"], []',
                        '$one["$text"], []',
                        "It groups by `$text` instead of `$group`.",
                    ),
                ),
            ),
            form(
                "`defaultdict`",
                "$groups = defaultdict(list)\nfor $one in $rows:\n"
                '    $groups[$one["$group"]].append($one["$number"])\n'
                "return {key: $function(values) for key, values in $groups.items()}",
                "A `defaultdict(list)` makes the empty list for a new key by itself.",
                "The comprehension turns every list into one number.",
                time=_LINEAR,
                imports=("from collections import defaultdict",),
                mutants=(("$function(values)", "$wrong(values)", "$fault"),),
            ),
        ),
        (_ROWS,),
        "dict[str, int]",
        (
            _KEYS,
            ("groups", ("groups", "grouped", "collected")),
            (
                "what function wrong fault name",
                (
                    (
                        "the sum",
                        "sum",
                        "len",
                        "`len` counts the records instead of adding up their numbers.",
                        "$number_by_$group",
                    ),
                    (
                        "the largest",
                        "max",
                        "min",
                        "`min` finds the smallest one.",
                        "max_$number_by_$group",
                    ),
                    (
                        "the smallest",
                        "min",
                        "max",
                        "`max` finds the largest one.",
                        "min_$number_by_$group",
                    ),
                ),
            ),
        ),
        _lists(),
    ),
    Card(
        "records",
        "$name",
        "counts the `$rows` in each `$group`",
        (
            form(
                "`Counter`",
                'return dict(Counter($one["$group"] for $one in $rows))',
                "The generator expression yields the group of every record, and `Counter` counts "
                "them.",
                time=_LINEAR,
                imports=("from collections import Counter",),
                mutants=(
                    (
                        '$one["$group"] for',
                        '$one["$text"] for',
                        "It counts the values of `$text` instead of `$group`.",
                    ),
                ),
            ),
            form(
                "a loop",
                '$result = {}\nfor $one in $rows:\n    key = $one["$group"]\n'
                "    $result[key] = $result.get(key, 0) + 1\nreturn $result",
                "`get` gives the count so far, or 0 for a group that is new.",
                time=_LINEAR,
                mutants=(
                    (
                        "$result.get(key, 0) + 1",
                        "1",
                        "Every group gets the count 1, however many records it has.",
                    ),
                ),
            ),
        ),
        (_ROWS,),
        "dict[str, int]",
        (
            _KEYS,
            ("result", ("counts", "result")),
            ("name", ("count_by_$group", "$rows_per_$group", "group_sizes")),
        ),
        _lists(),
    ),
    Card(
        "records",
        "$name",
        "returns the `$text` of all `$rows`, sorted by `$number`, the $size first, and by `$text` "
        "where that is equal",
        (
            form(
                "`sorted` and a key",
                '$ordered = sorted($rows, key=lambda $one: ($sign$one["$number"], '
                '$one["$text"]))\nreturn [$one["$text"] for $one in $ordered]',
                "The key is a pair, so `$text` decides where `$number` is equal.",
                "$why",
                time=_SORTING,
                mutants=(
                    (
                        '($sign$one["$number"], ',
                        '($other$one["$number"], ',
                        "The sign of the number is wrong, so the order of the numbers is reversed.",
                    ),
                    (
                        '($sign$one["$number"], $one["$text"])',
                        '$one["$text"]',
                        "The number is not part of the key, so only `$text` decides.",
                    ),
                ),
            ),
        ),
        (_ROWS,),
        "list[str]",
        (
            _KEYS,
            ("ordered", ("ordered", "ranking", "in_order")),
            (
                "size sign other why",
                (
                    (
                        "largest",
                        "-",
                        "",
                        "The minus sign puts the largest number first and leaves the "
                        "order of the texts as it is.",
                    ),
                    (
                        "smallest",
                        "",
                        "-",
                        "Numbers and texts are both in ascending order, as `sorted` puts them.",
                    ),
                ),
            ),
            ("name", ("rank_$rows", "sort_$rows", "$rows_by_$number")),
        ),
        _lists(),
    ),
    Card(
        "records",
        "$name",
        "returns the `$text` of the `$rows` whose `$number` is $relation $limit",
        (
            form(
                "a comprehension",
                'return [$one["$text"] for $one in $rows if $one["$number"] $cmp $limit]',
                "The comprehension keeps the records that meet the condition and takes their "
                "`$text`.",
                time=_LINEAR,
                mutants=(("$cmp $limit", "$wrong $limit", "$fault"),),
            ),
            form(
                "a loop",
                '$result = []\nfor $one in $rows:\n    if $one["$number"] $cmp $limit:\n'
                '        $result.append($one["$text"])\nreturn $result',
                "The loop appends the `$text` of every record that meets the condition.",
                time=_LINEAR,
                mutants=(
                    ("$cmp $limit", "$wrong $limit", "$fault"),
                    (
                        '$result.append($one["$text"])',
                        "$result.append($one)",
                        "It appends the whole record instead of its `$text`.",
                    ),
                ),
            ),
        ),
        (_ROWS,),
        "list[str]",
        (
            _KEYS,
            _RESULT,
            ("limit", ("4", "5", "6", "7", "8")),
            (
                "relation cmp wrong fault name",
                (
                    (
                        "at least",
                        ">=",
                        ">",
                        "`>` leaves out records at exactly $limit.",
                        "$rows_from_$limit",
                    ),
                    (
                        "less than",
                        "<",
                        "<=",
                        "`<=` also keeps records at exactly $limit.",
                        "small_$rows",
                    ),
                    (
                        "greater than",
                        ">",
                        ">=",
                        "`>=` also keeps records at exactly $limit.",
                        "large_$rows",
                    ),
                    (
                        "at most",
                        "<=",
                        "<",
                        "`<` leaves out records at exactly $limit.",
                        "$rows_up_to_$limit",
                    ),
                ),
            ),
        ),
        lambda draw: [*_lists()(draw), '[{"$text": "edge", "$group": "A", "$number": $limit}]'],
    ),
    Card(
        "records",
        "$name",
        "returns the one of `$rows` with the $size `$number`, or `None` if there are none",
        (
            form(
                "`$function` and a key",
                'return $function($rows, key=lambda $one: $one["$number"], default=None)',
                "The key makes `$function` compare the records by `$number`.",
                "`default` is returned for an empty list.",
                time=_LINEAR,
                mutants=(
                    (
                        ", default=None",
                        "",
                        "Without `default`, `$function` raises a `ValueError` for an empty list.",
                    ),
                    (
                        '$one["$number"]',
                        '$one["$text"]',
                        "The records are compared by `$text` instead of `$number`.",
                    ),
                ),
            ),
            form(
                "a loop",
                "$best = None\nfor $one in $rows:\n"
                '    if $best is None or $one["$number"] $cmp $best["$number"]:\n'
                "        $best = $one\nreturn $best",
                "The first record is taken as it is, and every better one replaces it.",
                time=_LINEAR,
                mutants=(
                    (
                        '$one["$number"] $cmp',
                        '$one["$number"] $opposite',
                        "The comparison points the wrong way.",
                    ),
                ),
            ),
        ),
        (_ROWS,),
        "dict | None",
        (
            _KEYS,
            ("best", ("best", "found", "winner")),
            (
                "size function cmp opposite name",
                (
                    ("largest", "max", ">", "<", "top_$one"),
                    ("smallest", "min", "<", ">", "lowest_$one"),
                ),
            ),
        ),
        _lists(),
    ),
    Card(
        "records",
        "$name",
        "returns a dictionary from the `$text` of each of `$rows` to its `$number`, adding up the "
        "numbers of equal texts",
        (
            form(
                "a loop",
                '$result = {}\nfor $one in $rows:\n    key = $one["$text"]\n'
                '    $result[key] = $result.get(key, 0) + $one["$number"]\nreturn $result',
                "`get` gives the sum so far, or 0 for a new key, and the number is added to it.",
                time=_LINEAR,
                mutants=(
                    (
                        '$result.get(key, 0) + $one["$number"]',
                        '$one["$number"]',
                        "A second record with the same text replaces the number of the first "
                        "one instead of adding to it.",
                    ),
                ),
            ),
            form(
                "`Counter`",
                "$result = Counter()\nfor $one in $rows:\n"
                '    $result[$one["$text"]] += $one["$number"]\nreturn dict($result)',
                "A `Counter` answers 0 for keys it does not have, so `+=` works from the start.",
                time=_LINEAR,
                imports=("from collections import Counter",),
                mutants=(
                    ("+= $one", "= $one", "`=` replaces the number instead of adding to it."),
                ),
            ),
        ),
        (_ROWS,),
        "dict[str, int]",
        (
            _KEYS,
            ("result", ("totals", "sums", "result")),
            ("name", ("total_$number", "$number_by_$text", "sum_$number")),
        ),
        lambda draw: [
            '[{"$text": "a", "$number": 3}, {"$text": "b", "$number": '
            f'{draw.integer(1, 9)}}}, {{"$text": "a", "$number": 4}}]',
            *_lists()(draw)[1:],
        ],
    ),
    Card(
        "records",
        "$name",
        "pairs the `$text` of each of `$rows` with the name that `labels` has for its `$group`, "
        'or "$missing" if it has none',
        (
            form(
                "a comprehension",
                'return [($one["$text"], labels.get($one["$group"], "$missing")) '
                "for $one in $rows]",
                "For each record, `get` looks the group up in `labels`, with a second argument "
                "for keys that are not there.",
                time=_LINEAR,
                mutants=(
                    (
                        'labels.get($one["$group"], "$missing")',
                        'labels[$one["$group"]]',
                        "Indexing raises a `KeyError` for a group that `labels` does not have.",
                    ),
                ),
            ),
            form(
                "a loop",
                '$result = []\nfor $one in $rows:\n    label = "$missing"\n'
                '    if $one["$group"] in labels:\n        label = labels[$one["$group"]]\n'
                '    $result.append(($one["$text"], label))\nreturn $result',
                "The name starts as the one for missing groups and is replaced if `labels` has "
                "a better one.",
                time=_LINEAR,
                mutants=(
                    (
                        'if $one["$group"] in labels',
                        'if $one["$text"] in labels',
                        "It looks for `$text` among the labels instead of `$group`.",
                    ),
                ),
            ),
        ),
        (_ROWS, ("labels", "dict[str, str]", "a dictionary of names")),
        "list[tuple[str, str]]",
        (
            _KEYS,
            _RESULT,
            ("missing", ("unknown", "none", "other")),
            ("name", ("label_$rows", "join_labels", "$rows_with_labels")),
        ),
        _lists(', {"A": "first", "B": "second"}'),
    ),
    Card(
        "records",
        "$name",
        "returns copies of `$rows` in which `$number` is $what",
        (
            form(
                "a comprehension",
                'return [{**$one, "$number": $expression} for $one in $rows]',
                "`{**$one, …}` makes a new dictionary with all fields of the old one, of which "
                "`$number` is replaced.",
                "The records that were passed in stay as they are.",
                time=_LINEAR,
                mutants=(
                    (
                        '{**$one, "$number": $expression}',
                        '{"$number": $expression}',
                        "Without `**$one`, the other fields are lost.",
                    ),
                    ("$expression}", "$wrong}", "$fault"),
                ),
            ),
            form(
                "a loop",
                "$result = []\nfor $one in $rows:\n    changed = dict($one)\n"
                '    changed["$number"] = $expression\n    $result.append(changed)\n'
                "return $result",
                "`dict` makes a copy of the record, so that the one passed in stays as it is.",
                time=_LINEAR,
                mutants=(("= $expression", "= $wrong", "$fault"),),
            ),
        ),
        (_ROWS,),
        "list[dict]",
        (
            _KEYS,
            _RESULT,
            (
                "what expression wrong fault name",
                (
                    (
                        "doubled",
                        '$one["$number"] * 2',
                        '$one["$number"] + 2',
                        "`+ 2` adds where it should double.",
                        "double_$number",
                    ),
                    (
                        "increased by 1",
                        '$one["$number"] + 1',
                        '$one["$number"] - 1',
                        "`- 1` goes the wrong way.",
                        "increment_$number",
                    ),
                    (
                        "limited to at most 10",
                        'min($one["$number"], 10)',
                        'max($one["$number"], 10)',
                        "`max` raises small numbers to 10 instead of limiting large ones.",
                        "cap_$number",
                    ),
                    ("set to 0", "0", "1", "It is set to 1 instead of 0.", "reset_$number"),
                ),
            ),
        ),
        _lists(),
    ),
)
