"""Cards about lists of records: grouping, sorting, joining, looking up."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.vocabulary import WORDS

# The names of the list, of a record in it, and of its text, group and number.
_KEYS = variants(
    {"rows": "orders", "one": "order", "text": "product", "group": "region", "number": "quantity"},
    {"rows": "employees", "one": "employee", "text": "name", "group": "team", "number": "hours"},
    {"rows": "books", "one": "book", "text": "title", "group": "genre", "number": "pages"},
    {"rows": "students", "one": "student", "text": "name", "group": "course", "number": "points"},
    {"rows": "plants", "one": "plant", "text": "species", "group": "bed", "number": "height"},
    {"rows": "players", "one": "player", "text": "name", "group": "club", "number": "goals"},
    {"rows": "parcels", "one": "parcel", "text": "label", "group": "depot", "number": "weight"},
    {"rows": "tasks", "one": "task", "text": "title", "group": "status", "number": "minutes"},
    {"rows": "songs", "one": "song", "text": "title", "group": "album", "number": "seconds"},
    {"rows": "products", "one": "product", "text": "name", "group": "category", "number": "stock"},
    {"rows": "trips", "one": "trip", "text": "city", "group": "season", "number": "days"},
    {"rows": "sensors", "one": "sensor", "text": "code", "group": "room", "number": "reading"},
)
_ROWS = Parameter(name="$rows", annotation="list[dict]", noun="a list of dictionaries")
_RESULT = one_of(result=("result", "output"))
_LINEAR = Cost(time="O(n)", reason="n is the number of records, and each is visited once")
_SORTING = Cost(time="O(n log n)", reason="n is the number of records, and sorting dominates")


def _record_lists(draw: Draw, extra: str = "") -> list[str]:
    """Draw lists of records, each followed by `extra`; the names of the fields are choices too."""

    def rows(count: int) -> str:
        records = (
            f'{{"$text": "{draw.pick(WORDS)}", "$group": "{draw.pick("ABC")}", '
            f'"$number": {draw.integer(1, 12)}}}'
            for _ in range(count)
        )
        return "[" + ", ".join(records) + "]" + extra

    return [rows(4), rows(3), "[]" + extra]


AGGREGATE_BY_GROUP = Card(
    topic="records",
    name="$name",
    does="returns $what of the `$number` of `$rows` for each `$group`",
    parameters=(_ROWS,),
    returns="dict[str, int]",
    choices=(
        _KEYS,
        one_of(groups=("groups", "grouped", "collected")),
        variants(
            {
                "what": "the sum",
                "function": "sum",
                "wrong": "len",
                "fault": "`len` counts the records instead of adding up their numbers.",
                "name": "$number_by_$group",
            },
            {
                "what": "the largest",
                "function": "max",
                "wrong": "min",
                "fault": "`min` finds the smallest one.",
                "name": "max_$number_by_$group",
            },
            {
                "what": "the smallest",
                "function": "min",
                "wrong": "max",
                "fault": "`max` finds the largest one.",
                "name": "min_$number_by_$group",
            },
        ),
    ),
    arguments=_record_lists,
    forms=(
        Form(
            kind="`setdefault`",
            body=code("""
                $groups = {}
                for $one in $rows:
                    $groups.setdefault($one["$group"], []).append($one["$number"])
                return {key: $function(values) for key, values in $groups.items()}
            """),
            steps=(
                "The loop collects the numbers of each group in a list; `setdefault` starts one "
                "where the key is new.",
                "The comprehension turns every list into one number.",
            ),
            cost=_LINEAR,
            mutants=(
                Mutant(right="$function(values)", wrong="$wrong(values)", fault="$fault"),
                Mutant(
                    right='$one["$group"], []',
                    wrong='$one["$text"], []',
                    fault="It groups by `$text` instead of `$group`.",
                ),
            ),
        ),
        Form(
            kind="`defaultdict`",
            body=code("""
                $groups = defaultdict(list)
                for $one in $rows:
                    $groups[$one["$group"]].append($one["$number"])
                return {key: $function(values) for key, values in $groups.items()}
            """),
            steps=(
                "A `defaultdict(list)` makes the empty list for a new key by itself.",
                "The comprehension turns every list into one number.",
            ),
            cost=_LINEAR,
            imports=("from collections import defaultdict",),
            mutants=(Mutant(right="$function(values)", wrong="$wrong(values)", fault="$fault"),),
        ),
    ),
)

COUNT_BY_GROUP = Card(
    topic="records",
    name="$name",
    does="counts the `$rows` in each `$group`",
    parameters=(_ROWS,),
    returns="dict[str, int]",
    choices=(
        _KEYS,
        one_of(result=("counts", "result")),
        one_of(name=("count_by_$group", "$rows_per_$group", "group_sizes")),
    ),
    arguments=_record_lists,
    forms=(
        Form(
            kind="`Counter`",
            body='return dict(Counter($one["$group"] for $one in $rows))',
            steps=(
                "The generator expression yields the group of every record, and `Counter` counts "
                "them.",
            ),
            cost=_LINEAR,
            imports=("from collections import Counter",),
            mutants=(
                Mutant(
                    right='$one["$group"] for',
                    wrong='$one["$text"] for',
                    fault="It counts the values of `$text` instead of `$group`.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = {}
                for $one in $rows:
                    key = $one["$group"]
                    $result[key] = $result.get(key, 0) + 1
                return $result
            """),
            steps=("`get` gives the count so far, or 0 for a group that is new.",),
            cost=_LINEAR,
            mutants=(
                Mutant(
                    right="$result.get(key, 0) + 1",
                    wrong="1",
                    fault="Every group gets the count 1, however many records it has.",
                ),
            ),
        ),
    ),
)

SORT_RECORDS = Card(
    topic="records",
    name="$name",
    does="returns the `$text` of all `$rows`, sorted by `$number`, the $size first, and by "
    "`$text` where that is equal",
    parameters=(_ROWS,),
    returns="list[str]",
    choices=(
        _KEYS,
        one_of(ordered=("ordered", "ranking", "in_order")),
        variants(
            {
                "size": "largest",
                "sign": "-",
                "other": "",
                "why": "The minus sign puts the largest number first and leaves the order of the "
                "texts as it is.",
            },
            {
                "size": "smallest",
                "sign": "",
                "other": "-",
                "why": "Numbers and texts are both in ascending order, as `sorted` puts them.",
            },
        ),
        one_of(name=("rank_$rows", "sort_$rows", "$rows_by_$number")),
    ),
    arguments=_record_lists,
    forms=(
        Form(
            kind="`sorted` and a key",
            body=code("""
                $ordered = sorted($rows, key=lambda $one: ($sign$one["$number"], $one["$text"]))
                return [$one["$text"] for $one in $ordered]
            """),
            steps=("The key is a pair, so `$text` decides where `$number` is equal.", "$why"),
            cost=_SORTING,
            mutants=(
                Mutant(
                    right='($sign$one["$number"], ',
                    wrong='($other$one["$number"], ',
                    fault="The sign of the number is wrong, so the order of the numbers is "
                    "reversed.",
                ),
                Mutant(
                    right='($sign$one["$number"], $one["$text"])',
                    wrong='$one["$text"]',
                    fault="The number is not part of the key, so only `$text` decides.",
                ),
            ),
        ),
    ),
)

FILTER_RECORDS = Card(
    topic="records",
    name="$name",
    does="returns the `$text` of the `$rows` whose `$number` is $relation $limit",
    parameters=(_ROWS,),
    returns="list[str]",
    choices=(
        _KEYS,
        _RESULT,
        one_of(limit=("4", "5", "6", "7", "8")),
        variants(
            {
                "relation": "at least",
                "cmp": ">=",
                "wrong": ">",
                "fault": "`>` leaves out records at exactly $limit.",
                "name": "$rows_from_$limit",
            },
            {
                "relation": "less than",
                "cmp": "<",
                "wrong": "<=",
                "fault": "`<=` also keeps records at exactly $limit.",
                "name": "small_$rows",
            },
            {
                "relation": "greater than",
                "cmp": ">",
                "wrong": ">=",
                "fault": "`>=` also keeps records at exactly $limit.",
                "name": "large_$rows",
            },
            {
                "relation": "at most",
                "cmp": "<=",
                "wrong": "<",
                "fault": "`<` leaves out records at exactly $limit.",
                "name": "$rows_up_to_$limit",
            },
        ),
    ),
    arguments=lambda draw: [
        *_record_lists(draw),
        '[{"$text": "edge", "$group": "A", "$number": $limit}]',
    ],
    forms=(
        Form(
            kind="a comprehension",
            body='return [$one["$text"] for $one in $rows if $one["$number"] $cmp $limit]',
            steps=(
                "The comprehension keeps the records that meet the condition and takes their "
                "`$text`.",
            ),
            cost=_LINEAR,
            mutants=(Mutant(right="$cmp $limit", wrong="$wrong $limit", fault="$fault"),),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = []
                for $one in $rows:
                    if $one["$number"] $cmp $limit:
                        $result.append($one["$text"])
                return $result
            """),
            steps=("The loop appends the `$text` of every record that meets the condition.",),
            cost=_LINEAR,
            mutants=(
                Mutant(right="$cmp $limit", wrong="$wrong $limit", fault="$fault"),
                Mutant(
                    right='$result.append($one["$text"])',
                    wrong="$result.append($one)",
                    fault="It appends the whole record instead of its `$text`.",
                ),
            ),
        ),
    ),
)

EXTREME_RECORD = Card(
    topic="records",
    name="$name",
    does="returns the one of `$rows` with the $size `$number`, or `None` if there are none",
    parameters=(_ROWS,),
    returns="dict | None",
    choices=(
        _KEYS,
        one_of(best=("best", "found", "winner")),
        variants(
            {"size": "largest", "function": "max", "cmp": ">", "opposite": "<", "name": "top_$one"},
            {
                "size": "smallest",
                "function": "min",
                "cmp": "<",
                "opposite": ">",
                "name": "lowest_$one",
            },
        ),
    ),
    arguments=_record_lists,
    forms=(
        Form(
            kind="`$function` and a key",
            body='return $function($rows, key=lambda $one: $one["$number"], default=None)',
            steps=(
                "The key makes `$function` compare the records by `$number`.",
                "`default` is returned for an empty list.",
            ),
            cost=_LINEAR,
            mutants=(
                Mutant(
                    right=", default=None",
                    wrong="",
                    fault="Without `default`, `$function` raises a `ValueError` for an empty list.",
                ),
                Mutant(
                    right='$one["$number"]',
                    wrong='$one["$text"]',
                    fault="The records are compared by `$text` instead of `$number`.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $best = None
                for $one in $rows:
                    if $best is None or $one["$number"] $cmp $best["$number"]:
                        $best = $one
                return $best
            """),
            steps=("The first record is taken as it is, and every better one replaces it.",),
            cost=_LINEAR,
            mutants=(
                Mutant(
                    right='$one["$number"] $cmp',
                    wrong='$one["$number"] $opposite',
                    fault="The comparison points the wrong way.",
                ),
            ),
        ),
    ),
)

TOTAL_BY_TEXT = Card(
    topic="records",
    name="$name",
    does="returns a dictionary from the `$text` of each of `$rows` to its `$number`, adding up "
    "the numbers of equal texts",
    parameters=(_ROWS,),
    returns="dict[str, int]",
    choices=(
        _KEYS,
        one_of(result=("totals", "sums", "result")),
        one_of(name=("total_$number", "$number_by_$text", "sum_$number")),
    ),
    arguments=lambda draw: [
        '[{"$text": "a", "$number": 3}, {"$text": "b", "$number": '
        f'{draw.integer(1, 9)}}}, {{"$text": "a", "$number": 4}}]',
        *_record_lists(draw)[1:],
    ],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $result = {}
                for $one in $rows:
                    key = $one["$text"]
                    $result[key] = $result.get(key, 0) + $one["$number"]
                return $result
            """),
            steps=(
                "`get` gives the sum so far, or 0 for a new key, and the number is added to it.",
            ),
            cost=_LINEAR,
            mutants=(
                Mutant(
                    right='$result.get(key, 0) + $one["$number"]',
                    wrong='$one["$number"]',
                    fault="A second record with the same text replaces the number of the first "
                    "one instead of adding to it.",
                ),
            ),
        ),
        Form(
            kind="`Counter`",
            body=code("""
                $result = Counter()
                for $one in $rows:
                    $result[$one["$text"]] += $one["$number"]
                return dict($result)
            """),
            steps=(
                "A `Counter` answers 0 for keys it does not have, so `+=` works from the start.",
            ),
            cost=_LINEAR,
            imports=("from collections import Counter",),
            mutants=(
                Mutant(
                    right="+= $one",
                    wrong="= $one",
                    fault="`=` replaces the number instead of adding to it.",
                ),
            ),
        ),
    ),
)

JOIN_LABELS = Card(
    topic="records",
    name="$name",
    does="pairs the `$text` of each of `$rows` with the name that `labels` has for its `$group`, "
    'or "$missing" if it has none',
    parameters=(
        _ROWS,
        Parameter(name="labels", annotation="dict[str, str]", noun="a dictionary of names"),
    ),
    returns="list[tuple[str, str]]",
    choices=(
        _KEYS,
        _RESULT,
        one_of(missing=("unknown", "none", "other")),
        one_of(name=("label_$rows", "join_labels", "$rows_with_labels")),
    ),
    arguments=lambda draw: _record_lists(draw, ', {"A": "first", "B": "second"}'),
    forms=(
        Form(
            kind="a comprehension",
            body='return [($one["$text"], labels.get($one["$group"], "$missing")) for $one in '
            "$rows]",
            steps=(
                "For each record, `get` looks the group up in `labels`, with a second argument "
                "for keys that are not there.",
            ),
            cost=_LINEAR,
            mutants=(
                Mutant(
                    right='labels.get($one["$group"], "$missing")',
                    wrong='labels[$one["$group"]]',
                    fault="Indexing raises a `KeyError` for a group that `labels` does not have.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = []
                for $one in $rows:
                    label = "$missing"
                    if $one["$group"] in labels:
                        label = labels[$one["$group"]]
                    $result.append(($one["$text"], label))
                return $result
            """),
            steps=(
                "The name starts as the one for missing groups and is replaced if `labels` has a "
                "better one.",
            ),
            cost=_LINEAR,
            mutants=(
                Mutant(
                    right='if $one["$group"] in labels',
                    wrong='if $one["$text"] in labels',
                    fault="It looks for `$text` among the labels instead of `$group`.",
                ),
            ),
        ),
    ),
)

UPDATE_FIELD = Card(
    topic="records",
    name="$name",
    does="returns copies of `$rows` in which `$number` is $what",
    parameters=(_ROWS,),
    returns="list[dict]",
    choices=(
        _KEYS,
        _RESULT,
        variants(
            {
                "what": "doubled",
                "expression": '$one["$number"] * 2',
                "wrong": '$one["$number"] + 2',
                "fault": "`+ 2` adds where it should double.",
                "name": "double_$number",
            },
            {
                "what": "increased by 1",
                "expression": '$one["$number"] + 1',
                "wrong": '$one["$number"] - 1',
                "fault": "`- 1` goes the wrong way.",
                "name": "increment_$number",
            },
            {
                "what": "limited to at most 10",
                "expression": 'min($one["$number"], 10)',
                "wrong": 'max($one["$number"], 10)',
                "fault": "`max` raises small numbers to 10 instead of limiting large ones.",
                "name": "cap_$number",
            },
            {
                "what": "set to 0",
                "expression": "0",
                "wrong": "1",
                "fault": "It is set to 1 instead of 0.",
                "name": "reset_$number",
            },
        ),
    ),
    arguments=_record_lists,
    forms=(
        Form(
            kind="a comprehension",
            body='return [{**$one, "$number": $expression} for $one in $rows]',
            steps=(
                "`{**$one, …}` makes a new dictionary with all fields of the old one, of which "
                "`$number` is replaced.",
                "The records that were passed in stay as they are.",
            ),
            cost=_LINEAR,
            mutants=(
                Mutant(
                    right='{**$one, "$number": $expression}',
                    wrong='{"$number": $expression}',
                    fault="Without `**$one`, the other fields are lost.",
                ),
                Mutant(right="$expression}", wrong="$wrong}", fault="$fault"),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = []
                for $one in $rows:
                    changed = dict($one)
                    changed["$number"] = $expression
                    $result.append(changed)
                return $result
            """),
            steps=("`dict` makes a copy of the record, so that the one passed in stays as it is.",),
            cost=_LINEAR,
            mutants=(Mutant(right="= $expression", wrong="= $wrong", fault="$fault"),),
        ),
    ),
)
