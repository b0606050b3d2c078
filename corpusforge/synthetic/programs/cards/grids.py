"""Cards about grids: lists of rows of equal length."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of, variants

_GRID = Parameter(
    name="$grid",
    annotation="list[list[int]]",
    noun="a grid of integers (a list of rows of equal length)",
)
_NAMES = variants(
    {"grid": "grid", "row": "row"},
    {"grid": "matrix", "row": "row"},
    {"grid": "table", "row": "line"},
    {"grid": "board", "row": "row"},
)
_CELLS = Cost(
    time="O(n·m)",
    reason="n and m are the numbers of rows and columns, and each cell is visited once",
)
_RESULT = one_of(result=("result", "output"))


def _grids(draw: Draw) -> list[str]:
    def grid(rows: int, columns: int) -> str:
        return str([draw.integers(columns, -3, 12) for _ in range(rows)])

    return [grid(2, 3), grid(3, 2), grid(1, 3)]


def _squares(draw: Draw) -> list[str]:
    return [str([draw.integers(size, 0, 9) for _ in range(size)]) for size in (2, 3, 1)]


TRANSPOSE = Card(
    topic="grids",
    name="$name",
    does="swaps the rows and columns of `$grid`",
    parameters=(_GRID,),
    returns="list[list[int]]",
    choices=(_NAMES, one_of(name=("transpose", "transposed", "swap_rows_and_columns"))),
    arguments=_grids,
    forms=(
        Form(
            kind="`zip`",
            body="return [list(column) for column in zip(*$grid)]",
            steps=(
                "`zip(*$grid)` takes the first elements of all rows together, then the second "
                "ones, and so on: these are the columns.",
                "Each column is a tuple, which `list` turns into a row.",
            ),
            cost=_CELLS,
            mutants=(
                Mutant(
                    right="zip(*$grid)",
                    wrong="zip($grid)",
                    fault="Without the star, `zip` gets one argument, the list of rows, and there "
                    "is nothing to pair.",
                ),
            ),
        ),
        Form(
            kind="nested comprehensions",
            body="return [[$row[i] for $row in $grid] for i in range(len($grid[0]))]",
            steps=(
                "The outer comprehension counts the columns.",
                "The inner one collects the element of every row in that column.",
            ),
            cost=_CELLS,
            mutants=(
                Mutant(
                    right="range(len($grid[0]))",
                    wrong="range(len($grid))",
                    fault="`len($grid)` is the number of rows, not of columns, which matters "
                    "unless the grid is square.",
                ),
            ),
        ),
    ),
)

ROW_STATISTICS = Card(
    topic="grids",
    name="$name",
    does="returns the $word of each row of `$grid`",
    parameters=(_GRID,),
    returns="list[$type]",
    choices=(
        _NAMES,
        _RESULT,
        variants(
            {
                "word": "sum",
                "of_row": "sum($row)",
                "wrong": "len($row)",
                "fault": "`len` counts the elements instead of adding them up.",
                "type": "int",
                "name": "row_sums",
            },
            {
                "word": "maximum",
                "of_row": "max($row)",
                "wrong": "$row[-1]",
                "fault": "The last element is the largest only by chance.",
                "type": "int",
                "name": "row_maxima",
            },
            {
                "word": "minimum",
                "of_row": "min($row)",
                "wrong": "$row[0]",
                "fault": "The first element is the smallest only by chance.",
                "type": "int",
                "name": "row_minima",
            },
            {
                "word": "average",
                "of_row": "sum($row) / len($row)",
                "wrong": "sum($row) // len($row)",
                "fault": "`//` rounds the average down.",
                "type": "float",
                "name": "row_averages",
            },
            {
                "word": "range (largest minus smallest)",
                "of_row": "max($row) - min($row)",
                "wrong": "$row[-1] - $row[0]",
                "fault": "The first and last element are the extremes only by chance.",
                "type": "int",
                "name": "row_ranges",
            },
            {
                "word": "number of negative elements",
                "of_row": "sum(cell < 0 for cell in $row)",
                "wrong": "sum(cell <= 0 for cell in $row)",
                "fault": "`<=` counts zeros too.",
                "type": "int",
                "name": "count_negatives",
            },
        ),
    ),
    arguments=lambda draw: [*_grids(draw)[:2], str([[draw.integer(1, 4), 7, 0], [-2, 5, 0]])],
    forms=(
        Form(
            kind="a comprehension",
            body="return [$of_row for $row in $grid]",
            steps=("The comprehension goes through the rows and computes one number for each.",),
            cost=_CELLS,
            mutants=(Mutant(right="$of_row for", wrong="$wrong for", fault="$fault"),),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = []
                for $row in $grid:
                    $result.append($of_row)
                return $result
            """),
            steps=("The loop goes through the rows and appends one number for each.",),
            cost=_CELLS,
            mutants=(
                Mutant(
                    right="$result.append($of_row)",
                    wrong="$result = [$of_row]",
                    fault="The assignment replaces the list at each row; `append` adds to it.",
                ),
            ),
        ),
    ),
)

COLUMN_STATISTICS = Card(
    topic="grids",
    name="$name",
    does="returns the $word of each column of `$grid`",
    parameters=(_GRID,),
    returns="list[int]",
    choices=(
        _NAMES,
        _RESULT,
        variants(
            {"word": "sum", "function": "sum", "name": "column_sums"},
            {"word": "maximum", "function": "max", "name": "column_maxima"},
            {"word": "minimum", "function": "min", "name": "column_minima"},
        ),
    ),
    arguments=_grids,
    forms=(
        Form(
            kind="`zip`",
            body="return [$function(column) for column in zip(*$grid)]",
            steps=("`zip(*$grid)` yields the columns, and `$function` makes one number of each.",),
            cost=_CELLS,
            mutants=(
                Mutant(
                    right="zip(*$grid)",
                    wrong="$grid",
                    fault="Without `zip(*…)`, these are the rows and not the columns.",
                ),
            ),
        ),
        Form(
            kind="a loop over indices",
            body=code("""
                $result = []
                for j in range(len($grid[0])):
                    column = [$row[j] for $row in $grid]
                    $result.append($function(column))
                return $result
            """),
            steps=(
                "The index counts the columns of the first row; all rows have as many.",
                "Each column is collected from the rows, and `$function` makes one number of it.",
            ),
            cost=_CELLS,
            mutants=(
                Mutant(
                    right="range(len($grid[0]))",
                    wrong="range(len($grid[0]) - 1)",
                    fault="The range ends one too early, so the last column is left out.",
                ),
            ),
        ),
    ),
)

ROTATE_GRID = Card(
    topic="grids",
    name="$name",
    does="rotates `$grid` by a quarter turn $way",
    parameters=(_GRID,),
    returns="list[list[int]]",
    choices=(
        _NAMES,
        variants(
            {
                "way": "clockwise",
                "expression": "zip(*$grid[::-1])",
                "why": "With the rows in reverse order, the columns, read from top to bottom, are "
                "the rows of the rotated grid.",
                "name": "rotate_right",
            },
            {
                "way": "counter-clockwise",
                "expression": "list(zip(*$grid))[::-1]",
                "why": "`zip` yields the columns; in reverse order they are the rows of the "
                "rotated grid.",
                "name": "rotate_left",
            },
        ),
    ),
    arguments=_grids,
    forms=(
        Form(
            kind="`zip`",
            body="return [list($row) for $row in $expression]",
            steps=("$why", "Each new row is a tuple at first, which `list` turns into a list."),
            cost=_CELLS,
            mutants=(
                Mutant(
                    right="$expression]",
                    wrong="zip(*$grid)]",
                    fault="`zip(*$grid)` alone only swaps rows and columns, which mirrors the "
                    "grid as well.",
                ),
            ),
        ),
    ),
)

DIAGONAL_SUM = Card(
    topic="grids",
    name="$name",
    does="returns the sum of the $which diagonal of `$grid`",
    parameters=(
        Parameter(name="$grid", annotation="list[list[int]]", noun="a square grid of integers"),
    ),
    returns="int",
    choices=(
        _NAMES,
        variants(
            {
                "which": "main",
                "index": "i",
                "wrong": "0",
                "fault": "The index 0 reads the first column, not the diagonal.",
                "name": "trace",
            },
            {
                "which": "other",
                "index": "-1 - i",
                "wrong": "-i",
                "fault": "`-i` is 0 in the first row, which is the first element; counted from "
                "the right, indices start at -1.",
                "name": "other_diagonal_sum",
            },
        ),
    ),
    arguments=_squares,
    forms=(
        Form(
            kind="a generator expression",
            body="return sum($row[$index] for i, $row in enumerate($grid))",
            steps=(
                "`enumerate` gives the number of each row, and the element on the diagonal has "
                "the index `$index` in it.",
            ),
            cost=Cost(
                time="O(n)", reason="n is the number of rows, and one element of each is read"
            ),
            mutants=(Mutant(right="$row[$index]", wrong="$row[$wrong]", fault="$fault"),),
        ),
        Form(
            kind="a loop",
            body=code("""
                total = 0
                for i in range(len($grid)):
                    total += $grid[i][$index]
                return total
            """),
            steps=("The element of row `i` on the diagonal has the index `$index`.",),
            cost=Cost(
                time="O(n)", reason="n is the number of rows, and one element of each is read"
            ),
            mutants=(
                Mutant(
                    right="total += ",
                    wrong="total = ",
                    fault="`=` replaces the total instead of adding to it.",
                ),
            ),
        ),
    ),
)

MAP_CELLS = Card(
    topic="grids",
    name="$name",
    does="returns a new grid in which every element of `$grid` is $what",
    parameters=(_GRID,),
    returns="list[list[int]]",
    choices=(
        _NAMES,
        _RESULT,
        variants(
            {
                "what": "doubled",
                "expression": "cell * 2",
                "wrong": "cell + 2",
                "fault": "`+` adds 2 where it should multiply.",
                "name": "doubled_grid",
            },
            {
                "what": "negated",
                "expression": "-cell",
                "wrong": "abs(cell)",
                "fault": "`abs` drops the sign instead of flipping it.",
                "name": "negated_grid",
            },
            {
                "what": "replaced by 0 if it is negative",
                "expression": "max(cell, 0)",
                "wrong": "min(cell, 0)",
                "fault": "`min` keeps the negative elements and drops the others.",
                "name": "without_negatives",
            },
            {
                "what": "limited to at most 9",
                "expression": "min(cell, 9)",
                "wrong": "max(cell, 9)",
                "fault": "`max` raises small elements to 9.",
                "name": "capped_grid",
            },
            {
                "what": "squared",
                "expression": "cell**2",
                "wrong": "cell * 2",
                "fault": "`* 2` doubles the element.",
                "name": "squared_grid",
            },
            {
                "what": "increased by 1",
                "expression": "cell + 1",
                "wrong": "cell - 1",
                "fault": "`-` goes the wrong way.",
                "name": "incremented_grid",
            },
        ),
    ),
    arguments=_grids,
    forms=(
        Form(
            kind="nested comprehensions",
            body="return [[$expression for cell in $row] for $row in $grid]",
            steps=(
                "The outer comprehension goes through the rows, the inner one through the "
                "elements of a row.",
            ),
            cost=_CELLS,
            mutants=(Mutant(right="$expression for", wrong="$wrong for", fault="$fault"),),
        ),
        Form(
            kind="nested loops",
            body=code("""
                $result = []
                for $row in $grid:
                    changed = []
                    for cell in $row:
                        changed.append($expression)
                    $result.append(changed)
                return $result
            """),
            steps=("Each row gets a list of its own, which is filled element by element.",),
            cost=_CELLS,
            mutants=(
                Mutant(
                    right="    $result.append(changed)\nreturn",
                    wrong="$result.append(changed)\nreturn",
                    fault="The line is not part of the loop, so only the last row is appended.",
                ),
            ),
        ),
    ),
)

FIND_CELLS = Card(
    topic="grids",
    name="$name",
    does="returns the positions (row, column) of all elements of `$grid` that are $what",
    parameters=(_GRID,),
    returns="list[tuple[int, int]]",
    choices=(
        _NAMES,
        _RESULT,
        variants(
            {
                "what": "0",
                "test": "cell == 0",
                "wrong": "cell != 0",
                "fault": "`!=` finds everything but zeros.",
                "name": "find_zeros",
            },
            {
                "what": "negative",
                "test": "cell < 0",
                "wrong": "cell > 0",
                "fault": "`>` finds the positive elements.",
                "name": "find_negatives",
            },
            {
                "what": "even",
                "test": "cell % 2 == 0",
                "wrong": "cell % 2 == 1",
                "fault": "The remainder 1 belongs to odd numbers.",
                "name": "find_even",
            },
            {
                "what": "greater than 5",
                "test": "cell > 5",
                "wrong": "cell >= 5",
                "fault": "`>=` also finds 5 itself.",
                "name": "find_large",
            },
        ),
    ),
    arguments=lambda draw: [
        str([[0, 5, draw.integer(6, 9)], [-2, draw.integer(0, 9), 0]]),
        *_grids(draw)[:2],
    ],
    forms=(
        Form(
            kind="a comprehension",
            body=code("""
                return [
                    (i, j)
                    for i, $row in enumerate($grid)
                    for j, cell in enumerate($row)
                    if $test
                ]
            """),
            steps=(
                "The two `for` clauses go through rows and columns with their numbers.",
                "The pair of numbers is kept where the condition holds.",
            ),
            cost=_CELLS,
            mutants=(
                Mutant(
                    right="    (i, j)\n", wrong="    (j, i)\n", fault="Row and column are swapped."
                ),
                Mutant(right="if $test", wrong="if $wrong", fault="$fault"),
            ),
        ),
        Form(
            kind="nested loops",
            body=code("""
                $result = []
                for i, $row in enumerate($grid):
                    for j, cell in enumerate($row):
                        if $test:
                            $result.append((i, j))
                return $result
            """),
            steps=("`enumerate` gives the number of the row and, in it, that of the column.",),
            cost=_CELLS,
            mutants=(
                Mutant(
                    right="$result.append((i, j))",
                    wrong="$result.append((j, i))",
                    fault="Row and column are swapped.",
                ),
            ),
        ),
    ),
)
