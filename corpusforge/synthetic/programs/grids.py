"""Programs about grids: lists of rows of equal length."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.card import Card, form

_GRID = ("$grid", "list[list[int]]", "a grid of integers (a list of rows of equal length)")
_NAMES = ("grid row", (("grid", "row"), ("matrix", "row"), ("table", "line"), ("board", "row")))
_CELLS = ("O(n·m)", "n and m are the numbers of rows and columns, and each cell is visited once")
_RESULT = ("result", ("result", "output"))


def _grids(draw: Draw) -> list[str]:
    def grid(rows: int, columns: int) -> str:
        return str([draw.integers(columns, -3, 12) for _ in range(rows)])

    return [grid(2, 3), grid(3, 2), grid(1, 3)]


def _squares(draw: Draw) -> list[str]:
    return [str([draw.integers(size, 0, 9) for _ in range(size)]) for size in (2, 3, 1)]


CARDS = (
    Card(
        "grids",
        "$name",
        "swaps the rows and columns of `$grid`",
        (
            form(
                "`zip`",
                "return [list(column) for column in zip(*$grid)]",
                "`zip(*$grid)` takes the first elements of all rows together, then the second "
                "ones, and so on: these are the columns.",
                "Each column is a tuple, which `list` turns into a row.",
                time=_CELLS,
                mutants=(
                    (
                        "zip(*$grid)",
                        "zip($grid)",
                        "Without the star, `zip` gets one argument, the list of rows, and there "
                        "is nothing to pair.",
                    ),
                ),
            ),
            form(
                "nested comprehensions",
                "return [[$row[i] for $row in $grid] for i in range(len($grid[0]))]",
                "The outer comprehension counts the columns.",
                "The inner one collects the element of every row in that column.",
                time=_CELLS,
                mutants=(
                    (
                        "range(len($grid[0]))",
                        "range(len($grid))",
                        "`len($grid)` is the number of rows, not of columns, which matters "
                        "unless the grid is square.",
                    ),
                ),
            ),
        ),
        (_GRID,),
        "list[list[int]]",
        (_NAMES, ("name", ("transpose", "transposed", "swap_rows_and_columns"))),
        _grids,
    ),
    Card(
        "grids",
        "$name",
        "returns the $word of each row of `$grid`",
        (
            form(
                "a comprehension",
                "return [$of_row for $row in $grid]",
                "The comprehension goes through the rows and computes one number for each.",
                time=_CELLS,
                mutants=(("$of_row for", "$wrong for", "$fault"),),
            ),
            form(
                "a loop",
                "$result = []\nfor $row in $grid:\n    $result.append($of_row)\nreturn $result",
                "The loop goes through the rows and appends one number for each.",
                time=_CELLS,
                mutants=(
                    (
                        "$result.append($of_row)",
                        "$result = [$of_row]",
                        "The assignment replaces the list at each row; `append` adds to it.",
                    ),
                ),
            ),
        ),
        (_GRID,),
        "list[$type]",
        (
            _NAMES,
            _RESULT,
            (
                "word of_row wrong fault type name",
                (
                    (
                        "sum",
                        "sum($row)",
                        "len($row)",
                        "`len` counts the elements instead of adding them up.",
                        "int",
                        "row_sums",
                    ),
                    (
                        "maximum",
                        "max($row)",
                        "$row[-1]",
                        "The last element is the largest only by chance.",
                        "int",
                        "row_maxima",
                    ),
                    (
                        "minimum",
                        "min($row)",
                        "$row[0]",
                        "The first element is the smallest only by chance.",
                        "int",
                        "row_minima",
                    ),
                    (
                        "average",
                        "sum($row) / len($row)",
                        "sum($row) // len($row)",
                        "`//` rounds the average down.",
                        "float",
                        "row_averages",
                    ),
                    (
                        "range (largest minus smallest)",
                        "max($row) - min($row)",
                        "$row[-1] - $row[0]",
                        "The first and last element are the extremes only by chance.",
                        "int",
                        "row_ranges",
                    ),
                    (
                        "number of negative elements",
                        "sum(cell < 0 for cell in $row)",
                        "sum(cell <= 0 for cell in $row)",
                        "`<=` counts zeros too.",
                        "int",
                        "count_negatives",
                    ),
                ),
            ),
        ),
        lambda draw: [*_grids(draw)[:2], str([[draw.integer(1, 4), 7, 0], [-2, 5, 0]])],
    ),
    Card(
        "grids",
        "$name",
        "returns the $word of each column of `$grid`",
        (
            form(
                "`zip`",
                "return [$function(column) for column in zip(*$grid)]",
                "`zip(*$grid)` yields the columns, and `$function` makes one number of each.",
                time=_CELLS,
                mutants=(
                    (
                        "zip(*$grid)",
                        "$grid",
                        "Without `zip(*…)`, these are the rows and not the columns.",
                    ),
                ),
            ),
            form(
                "a loop over indices",
                "$result = []\nfor j in range(len($grid[0])):\n"
                "    column = [$row[j] for $row in $grid]\n    $result.append($function(column))\n"
                "return $result",
                "The index counts the columns of the first row; all rows have as many.",
                "Each column is collected from the rows, and `$function` makes one number of it.",
                time=_CELLS,
                mutants=(
                    (
                        "range(len($grid[0]))",
                        "range(len($grid[0]) - 1)",
                        "The range ends one too early, so the last column is left out.",
                    ),
                ),
            ),
        ),
        (_GRID,),
        "list[int]",
        (
            _NAMES,
            _RESULT,
            (
                "word function name",
                (
                    ("sum", "sum", "column_sums"),
                    ("maximum", "max", "column_maxima"),
                    ("minimum", "min", "column_minima"),
                ),
            ),
        ),
        _grids,
    ),
    Card(
        "grids",
        "$name",
        "rotates `$grid` by a quarter turn $way",
        (
            form(
                "`zip`",
                "return [list($row) for $row in $expression]",
                "$why",
                "Each new row is a tuple at first, which `list` turns into a list.",
                time=_CELLS,
                mutants=(
                    (
                        "$expression]",
                        "zip(*$grid)]",
                        "`zip(*$grid)` alone only swaps rows and columns, which mirrors the "
                        "grid as well.",
                    ),
                ),
            ),
        ),
        (_GRID,),
        "list[list[int]]",
        (
            _NAMES,
            (
                "way expression why name",
                (
                    (
                        "clockwise",
                        "zip(*$grid[::-1])",
                        "With the rows in reverse order, the columns, read from top to bottom, are "
                        "the rows of the rotated grid.",
                        "rotate_right",
                    ),
                    (
                        "counter-clockwise",
                        "list(zip(*$grid))[::-1]",
                        "`zip` yields the columns; in reverse order they are the rows of the "
                        "rotated grid.",
                        "rotate_left",
                    ),
                ),
            ),
        ),
        _grids,
    ),
    Card(
        "grids",
        "$name",
        "returns the sum of the $which diagonal of `$grid`",
        (
            form(
                "a generator expression",
                "return sum($row[$index] for i, $row in enumerate($grid))",
                "`enumerate` gives the number of each row, and the element on the diagonal has the "
                "index `$index` in it.",
                time=("O(n)", "n is the number of rows, and one element of each is read"),
                mutants=(("$row[$index]", "$row[$wrong]", "$fault"),),
            ),
            form(
                "a loop",
                "total = 0\nfor i in range(len($grid)):\n    total += $grid[i][$index]\n"
                "return total",
                "The element of row `i` on the diagonal has the index `$index`.",
                time=("O(n)", "n is the number of rows, and one element of each is read"),
                mutants=(
                    ("total += ", "total = ", "`=` replaces the total instead of adding to it."),
                ),
            ),
        ),
        (("$grid", "list[list[int]]", "a square grid of integers"),),
        "int",
        (
            _NAMES,
            (
                "which index wrong fault name",
                (
                    (
                        "main",
                        "i",
                        "0",
                        "The index 0 reads the first column, not the diagonal.",
                        "trace",
                    ),
                    (
                        "other",
                        "-1 - i",
                        "-i",
                        "`-i` is 0 in the first row, which is the first "
                        "element; counted from the right, indices start at -1.",
                        "other_diagonal_sum",
                    ),
                ),
            ),
        ),
        _squares,
    ),
    Card(
        "grids",
        "$name",
        "returns a new grid in which every element of `$grid` is $what",
        (
            form(
                "nested comprehensions",
                "return [[$expression for cell in $row] for $row in $grid]",
                "The outer comprehension goes through the rows, the inner one through the "
                "elements of a row.",
                time=_CELLS,
                mutants=(("$expression for", "$wrong for", "$fault"),),
            ),
            form(
                "nested loops",
                "$result = []\nfor $row in $grid:\n    changed = []\n    for cell in $row:\n"
                "        changed.append($expression)\n    $result.append(changed)\n"
                "return $result",
                "Each row gets a list of its own, which is filled element by element.",
                time=_CELLS,
                mutants=(
                    (
                        "    $result.append(changed)\nreturn",
                        "$result.append(changed)\nreturn",
                        "The line is not part of the loop, so only the last row is appended.",
                    ),
                ),
            ),
        ),
        (_GRID,),
        "list[list[int]]",
        (
            _NAMES,
            _RESULT,
            (
                "what expression wrong fault name",
                (
                    (
                        "doubled",
                        "cell * 2",
                        "cell + 2",
                        "`+` adds 2 where it should multiply.",
                        "doubled_grid",
                    ),
                    (
                        "negated",
                        "-cell",
                        "abs(cell)",
                        "`abs` drops the sign instead of flipping it.",
                        "negated_grid",
                    ),
                    (
                        "replaced by 0 if it is negative",
                        "max(cell, 0)",
                        "min(cell, 0)",
                        "`min` keeps the negative elements and drops the others.",
                        "without_negatives",
                    ),
                    (
                        "limited to at most 9",
                        "min(cell, 9)",
                        "max(cell, 9)",
                        "`max` raises small elements to 9.",
                        "capped_grid",
                    ),
                    (
                        "squared",
                        "cell**2",
                        "cell * 2",
                        "`* 2` doubles the element.",
                        "squared_grid",
                    ),
                    (
                        "increased by 1",
                        "cell + 1",
                        "cell - 1",
                        "`-` goes the wrong way.",
                        "incremented_grid",
                    ),
                ),
            ),
        ),
        _grids,
    ),
    Card(
        "grids",
        "$name",
        "returns the positions (row, column) of all elements of `$grid` that are $what",
        (
            form(
                "a comprehension",
                "return [\n    (i, j)\n    for i, $row in enumerate($grid)\n"
                "    for j, cell in enumerate($row)\n    if $test\n]",
                "The two `for` clauses go through rows and columns with their numbers.",
                "The pair of numbers is kept where the condition holds.",
                time=_CELLS,
                mutants=(
                    ("    (i, j)\n", "    (j, i)\n", "Row and column are swapped."),
                    ("if $test", "if $wrong", "$fault"),
                ),
            ),
            form(
                "nested loops",
                "$result = []\nfor i, $row in enumerate($grid):\n"
                "    for j, cell in enumerate($row):\n        if $test:\n"
                "            $result.append((i, j))\nreturn $result",
                "`enumerate` gives the number of the row and, in it, that of the column.",
                time=_CELLS,
                mutants=(
                    (
                        "$result.append((i, j))",
                        "$result.append((j, i))",
                        "Row and column are swapped.",
                    ),
                ),
            ),
        ),
        (_GRID,),
        "list[tuple[int, int]]",
        (
            _NAMES,
            _RESULT,
            (
                "what test wrong fault name",
                (
                    (
                        "0",
                        "cell == 0",
                        "cell != 0",
                        "`!=` finds everything but zeros.",
                        "find_zeros",
                    ),
                    (
                        "negative",
                        "cell < 0",
                        "cell > 0",
                        "`>` finds the positive elements.",
                        "find_negatives",
                    ),
                    (
                        "even",
                        "cell % 2 == 0",
                        "cell % 2 == 1",
                        "The remainder 1 belongs to odd numbers.",
                        "find_even",
                    ),
                    (
                        "greater than 5",
                        "cell > 5",
                        "cell >= 5",
                        "`>=` also finds 5 itself.",
                        "find_large",
                    ),
                ),
            ),
        ),
        lambda draw: [
            str([[0, 5, draw.integer(6, 9)], [-2, draw.integer(0, 9), 0]]),
            *_grids(draw)[:2],
        ],
    ),
)
