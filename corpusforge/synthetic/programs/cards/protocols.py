"""Cards for classes that implement Python protocols: iteration, operators, `with`."""

from corpusforge.synthetic.program import Form, Mutant
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.programs.cards.parameters import THREE_NUMBERS

DATA_CLASS = Card(
    topic="classes",
    name="$Point",
    does="is a data class for a $what with the fields `$x` and `$y` and the method `$method`",
    choices=(
        THREE_NUMBERS,
        variants(
            {
                "Point": "Point",
                "what": "point of the plane",
                "x": "x",
                "y": "y",
                "method": "moved",
                "other": ", dx: int, dy: int",
                "argument": "1, -2",
                "type": '"Point"',
                "expression": "Point(self.x + dx, self.y + dy)",
                "wrong": "Point(dx, dy)",
                "fault": "The new point forgets where the old one was.",
            },
            {
                "Point": "Rectangle",
                "what": "rectangle",
                "x": "width",
                "y": "height",
                "method": "area",
                "other": "",
                "argument": "",
                "type": "int",
                "expression": "self.width * self.height",
                "wrong": "self.width + self.height",
                "fault": "The sides are added instead of multiplied.",
            },
            {
                "Point": "Rectangle",
                "what": "rectangle",
                "x": "width",
                "y": "height",
                "method": "perimeter",
                "other": "",
                "argument": "",
                "type": "int",
                "expression": "2 * (self.width + self.height)",
                "wrong": "2 * self.width + self.height",
                "fault": "Without the parentheses only the width is doubled.",
            },
            {
                "Point": "Span",
                "what": "span of time",
                "x": "start",
                "y": "length",
                "method": "end",
                "other": "",
                "argument": "",
                "type": "int",
                "expression": "self.start + self.length",
                "wrong": "self.length - self.start",
                "fault": "The end is the start plus the length, not a difference.",
            },
            {
                "Point": "Span",
                "what": "span of numbers",
                "x": "low",
                "y": "high",
                "method": "contains",
                "other": ", value: int",
                "argument": "$b",
                "type": "bool",
                "expression": "self.low <= value <= self.high",
                "wrong": "self.low < value < self.high",
                "fault": "The strict comparisons leave out the bounds themselves.",
            },
            {
                "Point": "Vector",
                "what": "vector of the plane",
                "x": "x",
                "y": "y",
                "method": "dot",
                "other": ', other: "Vector"',
                "argument": "Vector(2, 1)",
                "type": "int",
                "expression": "self.x * other.x + self.y * other.y",
                "wrong": "self.x * other.y + self.y * other.x",
                "fault": "The components are paired crosswise.",
            },
            {
                "Point": "Fraction2",
                "what": "fraction",
                "x": "numerator",
                "y": "denominator",
                "method": "times",
                "other": ", factor: int",
                "argument": "3",
                "type": '"Fraction2"',
                "expression": "Fraction2(self.numerator * factor, self.denominator)",
                "wrong": "Fraction2(self.numerator, self.denominator * factor)",
                "fault": "The denominator is multiplied, which divides the fraction.",
            },
            {
                "Point": "Score",
                "what": "score of a match",
                "x": "home",
                "y": "away",
                "method": "winner",
                "other": "",
                "argument": "",
                "type": "str",
                "expression": '"home" if self.home > self.away else "away"',
                "wrong": '"away" if self.home > self.away else "home"',
                "fault": "The two answers are swapped.",
            },
        ),
    ),
    calls=("one = $Point($a, $b)", "one", "one.$method($argument)", "one == $Point($a, $b)"),
    forms=(
        Form(
            kind="a data class",
            body=code('''
                @dataclass(frozen=True)
                class $Point:
                    """A $what."""

                    $x: int
                    $y: int

                    def $method(self$other) -> $type:
                        return $expression
            '''),
            steps=(
                "`@dataclass` writes `__init__`, `__repr__` and `__eq__` from the fields.",
                "`frozen=True` makes its instances immutable, so they can be used as keys of a "
                "dictionary.",
            ),
            imports=("from dataclasses import dataclass",),
            mutants=(Mutant(right="return $expression", wrong="return $wrong", fault="$fault"),),
        ),
    ),
)

ITERABLE = Card(
    topic="classes",
    name="$Range",
    does="is an iterable that yields $what",
    choices=(
        variants(
            {
                "Range": "Countdown",
                "what": "the numbers from `limit` down to 1",
                "first": "limit",
                "done": "self.current < 1",
                "wrong": "self.current < 0",
                "step": "self.current - 1",
                "plainfirst": "self.limit",
                "plaindone": "current < 1",
                "plainwrong": "current < 0",
                "plainstep": "current - 1",
                "fault": "The comparison with 0 lets 0 itself through.",
            },
            {
                "Range": "Powers",
                "what": "the powers of 2 up to `limit`",
                "first": "1",
                "done": "self.current > self.limit",
                "wrong": "self.current >= self.limit",
                "step": "self.current * 2",
                "plainfirst": "1",
                "plaindone": "current > self.limit",
                "plainwrong": "current >= self.limit",
                "plainstep": "current * 2",
                "fault": "`>=` stops before `limit` itself.",
            },
            {
                "Range": "Evens",
                "what": "the even numbers from 0 to `limit`",
                "first": "0",
                "done": "self.current > self.limit",
                "wrong": "self.current >= self.limit",
                "step": "self.current + 2",
                "plainfirst": "0",
                "plaindone": "current > self.limit",
                "plainwrong": "current >= self.limit",
                "plainstep": "current + 2",
                "fault": "`>=` stops before `limit` itself.",
            },
            {
                "Range": "Triples",
                "what": "the multiples of 3 from 3 to `limit`",
                "first": "3",
                "done": "self.current > self.limit",
                "wrong": "self.current >= self.limit",
                "step": "self.current + 3",
                "plainfirst": "3",
                "plaindone": "current > self.limit",
                "plainwrong": "current >= self.limit",
                "plainstep": "current + 3",
                "fault": "`>=` stops before `limit` itself.",
            },
        ),
        one_of(n=("4", "6", "8", "12", "16")),
    ),
    calls=("list($Range($n))", "sum($Range($n))", "list($Range(0))"),
    forms=(
        Form(
            kind="an iterator class",
            body=code('''
                class $Range:
                    """Yields $what."""

                    def __init__(self, limit):
                        self.limit = limit
                        self.current = $first

                    def __iter__(self):
                        return self

                    def __next__(self):
                        if $done:
                            raise StopIteration
                        value = self.current
                        self.current = $step
                        return value
            '''),
            steps=(
                "`__next__` gives one value after the other and raises `StopIteration` at the end.",
                "`__iter__` returns the object itself, so it works in a `for` loop, once.",
            ),
            mutants=(Mutant(right="if $done:", wrong="if $wrong:", fault="$fault"),),
        ),
        Form(
            kind="a class with a generator method",
            body=code('''
                class $Range:
                    """Yields $what."""

                    def __init__(self, limit):
                        self.limit = limit

                    def __iter__(self):
                        current = $plainfirst
                        while not ($plaindone):
                            yield current
                            current = $plainstep
            '''),
            steps=(
                "`__iter__` is a generator: each `for` loop gets a fresh one, so the object can "
                "be gone through again.",
            ),
            mutants=(
                Mutant(
                    right="while not ($plaindone)", wrong="while not ($plainwrong)", fault="$fault"
                ),
            ),
        ),
    ),
)

VECTOR = Card(
    topic="classes",
    name="$Matrix",
    does="is a $what that supports `+`, `==` and `len`",
    choices=(
        variants(
            {
                "Matrix": "Vector",
                "what": "vector of numbers",
                "expression": "a + b",
                "wrong": "a - b",
                "fault": "The numbers are subtracted.",
            },
            {
                "Matrix": "Maximum",
                "what": "row of numbers that are merged by taking the larger one",
                "expression": "max(a, b)",
                "wrong": "min(a, b)",
                "fault": "`min` takes the smaller one.",
            },
            {
                "Matrix": "Counts",
                "what": "row of counts that are added up",
                "expression": "a + b",
                "wrong": "a * b",
                "fault": "The counts are multiplied.",
            },
        ),
        THREE_NUMBERS,
    ),
    calls=(
        "left = $Matrix($a, $c)",
        "right = $Matrix($b, $a)",
        "left + right",
        "left == $Matrix($a, $c)",
        "len(left)",
    ),
    forms=(
        Form(
            kind="a class with special methods",
            body=code('''
                class $Matrix:
                    """A $what."""

                    def __init__(self, *values):
                        self.values = values

                    def __add__(self, other):
                        pairs = zip(self.values, other.values)
                        return $Matrix(*($expression for a, b in pairs))

                    def __eq__(self, other):
                        return isinstance(other, $Matrix) and self.values == other.values

                    def __len__(self):
                        return len(self.values)

                    def __repr__(self):
                        return f"$Matrix({', '.join(map(repr, self.values))})"
            '''),
            steps=(
                "`__add__` is what `+` calls; it returns a new object and changes neither operand.",
                "`__repr__` shows how to make the object, which helps when it is printed.",
            ),
            mutants=(
                Mutant(right="$expression for a, b", wrong="$wrong for a, b", fault="$fault"),
            ),
        ),
    ),
)

CONTEXT_MANAGER = Card(
    topic="classes",
    name="$Timer",
    does="is a context manager that $what",
    choices=(
        variants(
            {
                "Timer": "Tracked",
                "what": "notes the start and the end of a block in a list",
                "summary": "Notes the start and the end of a block.",
                "swallow": "False",
                "other": "True",
                "why": "Returning `False` lets an exception of the block pass on.",
                "fault": "Returning `True` swallows every exception of the block.",
            },
            {
                "Timer": "Tolerant",
                "what": "notes the start and the end of a block and swallows its exceptions",
                "summary": "Notes the start and the end of a block and swallows its exceptions.",
                "swallow": "True",
                "other": "False",
                "why": "Returning `True` swallows an exception of the block.",
                "fault": "Returning `False` lets the exception pass on.",
            },
        ),
        one_of(log=("log", "notes", "events")),
        variants(
            {"first": "enter", "last": "leave"},
            {"first": "begin", "last": "end"},
            {"first": "open", "last": "close"},
        ),
    ),
    calls=(
        "events = []",
        "guard = $Timer(events)",
        "guard.__enter__() is guard",
        "guard.__exit__(None, None, None)",
        "events",
    ),
    forms=(
        Form(
            kind="a context manager",
            body=code('''
                class $Timer:
                    """$summary"""

                    def __init__(self, $log):
                        self.$log = $log

                    def __enter__(self):
                        self.$log.append("$first")
                        return self

                    def __exit__(self, kind, error, trace):
                        self.$log.append("$last")
                        return $swallow
            '''),
            steps=(
                "`__enter__` runs at the start of a `with` block, `__exit__` at its end, also "
                "when the block raises.",
                "$why",
            ),
            mutants=(Mutant(right="return $swallow", wrong="return $other", fault="$fault"),),
        ),
    ),
)
