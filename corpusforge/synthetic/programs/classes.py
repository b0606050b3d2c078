"""Classes: containers, values, iterators, context managers; used in a short transcript."""

from corpusforge.synthetic.programs.card import Card, form

_NUMBERS = (
    "a b c",
    tuple((str(a), str(a + d), str(a * 2 + d)) for a in range(2, 9) for d in (1, 3, 4)),
)


CARDS = (
    Card(
        "classes",
        "$Stack",
        "is a last-in, first-out stack with `push`, `pop` and `peek`",
        (
            form(
                "a class around a list",
                'class $Stack:\n    """A stack: last in, first out."""\n\n'
                "    def __init__(self):\n        self.$items = []\n\n"
                "    def push(self, item):\n        self.$items.append(item)\n\n"
                "    def pop(self):\n        return self.$items.pop()\n\n"
                "    def peek(self):\n        return self.$items[-1]\n\n"
                "    def __len__(self):\n        return len(self.$items)",
                "The elements are kept in a list whose end is the top of the stack.",
                "`push` appends to that end, `pop` removes from it, and `peek` only looks at it.",
                "`__len__` makes `len(stack)` work, and with it the truth value of a stack.",
                mutants=(
                    (
                        "return self.$items[-1]",
                        "return self.$items[0]",
                        "`peek` looks at the bottom of the stack; the top is the last element.",
                    ),
                    (
                        "return self.$items.pop()",
                        "return self.$items.pop(0)",
                        "`pop(0)` removes the oldest element, as a queue does.",
                    ),
                ),
            ),
        ),
        choices=(
            ("Stack", ("Stack", "SimpleStack", "LifoStack")),
            ("items", ("_items", "_data")),
            _NUMBERS,
        ),
        calls=(
            "stack = $Stack()",
            "stack.push($a)",
            "stack.push($b)",
            "stack.push($c)",
            "stack.peek()",
            "stack.pop()",
            "stack.pop()",
            "len(stack)",
        ),
    ),
    Card(
        "classes",
        "$Queue",
        "is a first-in, first-out queue with `put`, `get` and a length",
        (
            form(
                "a class around a deque",
                'class $Queue:\n    """A queue: first in, first out."""\n\n'
                "    def __init__(self):\n        self.$items = deque()\n\n"
                "    def put(self, item):\n        self.$items.append(item)\n\n"
                "    def get(self):\n        return self.$items.popleft()\n\n"
                "    def __len__(self):\n        return len(self.$items)",
                "A `deque` takes and gives elements at both ends in constant time.",
                "`put` appends on the right, and `get` takes from the left, so the oldest "
                "element comes first.",
                imports=("from collections import deque",),
                mutants=(
                    (
                        "self.$items.popleft()",
                        "self.$items.pop()",
                        "`pop` takes the newest element, as a stack does.",
                    ),
                ),
            ),
        ),
        choices=(
            ("Queue", ("Queue", "SimpleQueue", "FifoQueue")),
            ("items", ("_items", "_waiting")),
            _NUMBERS,
        ),
        calls=(
            "queue = $Queue()",
            "queue.put($a)",
            "queue.put($b)",
            "queue.put($c)",
            "queue.get()",
            "queue.get()",
            "len(queue)",
        ),
    ),
    Card(
        "classes",
        "$Account",
        "is an account with `deposit` and `withdraw`, which raises `ValueError` if the balance is "
        "too small",
        (
            form(
                "a class",
                'class $Account:\n    """An account whose balance never falls below zero."""\n\n'
                "    def __init__(self, owner, $balance=0):\n        self.owner = owner\n"
                "        self.$balance = $balance\n\n"
                "    def deposit(self, amount):\n        self.$balance += amount\n\n"
                "    def withdraw(self, amount):\n        if amount > self.$balance:\n"
                '            raise ValueError("the balance is too small")\n'
                "        self.$balance -= amount",
                "The balance is an attribute, 0 unless another one is given.",
                "`withdraw` checks before it changes anything, so a withdrawal that is refused "
                "leaves the account as it was.",
                mutants=(
                    (
                        "if amount > self.$balance:",
                        "if amount < self.$balance:",
                        "The comparison is the wrong way round, so it refuses exactly the "
                        "withdrawals that are covered.",
                    ),
                    (
                        "self.$balance -= amount",
                        "self.$balance = -amount",
                        "`=` sets the balance to minus the amount; `-=` subtracts it.",
                    ),
                ),
            ),
        ),
        choices=(
            ("Account", ("Account", "BankAccount", "Wallet")),
            ("balance", ("balance", "funds")),
            ("who", ("Ada", "Grace", "Omar", "Wei")),
            _NUMBERS,
        ),
        calls=(
            'account = $Account("$who", $a0)',
            "account.deposit($b)",
            "account.withdraw($c)",
            "account.$balance",
            "account.withdraw(1000)",
        ),
    ),
    Card(
        "classes",
        "$Inventory",
        "is a stock of named $things with `add`, `remove` and `total`",
        (
            form(
                "a class around a dictionary",
                'class $Inventory:\n    """How many of each of the $things there are."""\n\n'
                "    def __init__(self):\n        self.counts = {}\n\n"
                "    def add(self, name, count=1):\n"
                "        self.counts[name] = self.counts.get(name, 0) + count\n\n"
                "    def remove(self, name, count=1):\n"
                "        left = self.counts.get(name, 0) - count\n        if left < 0:\n"
                '            raise ValueError(f"there are not that many: {name}")\n'
                "        if left == 0:\n            del self.counts[name]\n        else:\n"
                "            self.counts[name] = left\n\n"
                "    def total(self):\n        return sum(self.counts.values())",
                "A dictionary maps each name to its number.",
                "`add` counts from 0 for a new name; `remove` refuses to go below 0 and drops a "
                "name of which nothing is left.",
                mutants=(
                    (
                        "if left < 0:",
                        "if left <= 0:",
                        "`<=` refuses to take the last one, although it is there.",
                    ),
                    (
                        "self.counts.get(name, 0) + count",
                        "count",
                        "A second delivery replaces the count instead of adding to it.",
                    ),
                ),
            ),
        ),
        choices=(
            (
                "Inventory things item other",
                (
                    ("Inventory", "parts", "bolt", "nut"),
                    ("Pantry", "foods", "rice", "salt"),
                    ("Library", "books", "atlas", "novel"),
                    ("Garage", "tools", "hammer", "saw"),
                ),
            ),
            _NUMBERS,
        ),
        calls=(
            "stock = $Inventory()",
            'stock.add("$item", $b)',
            'stock.add("$other")',
            'stock.add("$item", $a)',
            'stock.remove("$other")',
            "stock.total()",
            "stock.counts",
            'stock.remove("$other")',
        ),
    ),
    Card(
        "classes",
        "$Point",
        "is a data class for a $what with the fields `$x` and `$y` and the method `$method`",
        (
            form(
                "a data class",
                '@dataclass(frozen=True)\nclass $Point:\n    """A $what."""\n\n'
                "    $x: int\n    $y: int\n\n"
                "    def $method(self$other) -> $type:\n        return $expression",
                "`@dataclass` writes `__init__`, `__repr__` and `__eq__` from the fields.",
                "`frozen=True` makes its instances immutable, so they can be used as keys of a "
                "dictionary.",
                imports=("from dataclasses import dataclass",),
                mutants=(("return $expression", "return $wrong", "$fault"),),
            ),
        ),
        choices=(
            _NUMBERS,
            (
                "Point what x y method other argument type expression wrong fault",
                (
                    (
                        "Point",
                        "point of the plane",
                        "x",
                        "y",
                        "moved",
                        ", dx: int, dy: int",
                        "1, -2",
                        '"Point"',
                        "Point(self.x + dx, self.y + dy)",
                        "Point(dx, dy)",
                        "The new point forgets where the old one was.",
                    ),
                    (
                        "Rectangle",
                        "rectangle",
                        "width",
                        "height",
                        "area",
                        "",
                        "",
                        "int",
                        "self.width * self.height",
                        "self.width + self.height",
                        "The sides are added instead of multiplied.",
                    ),
                    (
                        "Rectangle",
                        "rectangle",
                        "width",
                        "height",
                        "perimeter",
                        "",
                        "",
                        "int",
                        "2 * (self.width + self.height)",
                        "2 * self.width + self.height",
                        "Without the parentheses only the width is doubled.",
                    ),
                    (
                        "Span",
                        "span of time",
                        "start",
                        "length",
                        "end",
                        "",
                        "",
                        "int",
                        "self.start + self.length",
                        "self.length - self.start",
                        "The end is the start plus the length, not a difference.",
                    ),
                    (
                        "Span",
                        "span of numbers",
                        "low",
                        "high",
                        "contains",
                        ", value: int",
                        "$b",
                        "bool",
                        "self.low <= value <= self.high",
                        "self.low < value < self.high",
                        "The strict comparisons leave out the bounds themselves.",
                    ),
                    (
                        "Vector",
                        "vector of the plane",
                        "x",
                        "y",
                        "dot",
                        ', other: "Vector"',
                        "Vector(2, 1)",
                        "int",
                        "self.x * other.x + self.y * other.y",
                        "self.x * other.y + self.y * other.x",
                        "The components are paired crosswise.",
                    ),
                    (
                        "Fraction2",
                        "fraction",
                        "numerator",
                        "denominator",
                        "times",
                        ", factor: int",
                        "3",
                        '"Fraction2"',
                        "Fraction2(self.numerator * factor, self.denominator)",
                        "Fraction2(self.numerator, self.denominator * factor)",
                        "The denominator is multiplied, which divides the fraction.",
                    ),
                    (
                        "Score",
                        "score of a match",
                        "home",
                        "away",
                        "winner",
                        "",
                        "",
                        "str",
                        '"home" if self.home > self.away else "away"',
                        '"away" if self.home > self.away else "home"',
                        "The two answers are swapped.",
                    ),
                ),
            ),
        ),
        calls=("one = $Point($a, $b)", "one", "one.$method($argument)", "one == $Point($a, $b)"),
    ),
    Card(
        "classes",
        "$Range",
        "is an iterable that yields $what",
        (
            form(
                "an iterator class",
                'class $Range:\n    """Yields $what."""\n\n'
                "    def __init__(self, limit):\n        self.limit = limit\n"
                "        self.current = $first\n\n"
                "    def __iter__(self):\n        return self\n\n"
                "    def __next__(self):\n        if $done:\n            raise StopIteration\n"
                "        value = self.current\n        self.current = $step\n"
                "        return value",
                "`__next__` gives one value after the other and raises `StopIteration` at the end.",
                "`__iter__` returns the object itself, so it works in a `for` loop, once.",
                mutants=(("if $done:", "if $wrong:", "$fault"),),
            ),
            form(
                "a class with a generator method",
                'class $Range:\n    """Yields $what."""\n\n'
                "    def __init__(self, limit):\n        self.limit = limit\n\n"
                "    def __iter__(self):\n        current = $plainfirst\n"
                "        while not ($plaindone):\n            yield current\n"
                "            current = $plainstep",
                "`__iter__` is a generator: each `for` loop gets a fresh one, so the object can "
                "be gone through again.",
                mutants=(("while not ($plaindone)", "while not ($plainwrong)", "$fault"),),
            ),
        ),
        choices=(
            (
                "Range what first done wrong step plainfirst plaindone plainwrong plainstep fault",
                (
                    (
                        "Countdown",
                        "the numbers from `limit` down to 1",
                        "limit",
                        "self.current < 1",
                        "self.current < 0",
                        "self.current - 1",
                        "self.limit",
                        "current < 1",
                        "current < 0",
                        "current - 1",
                        "The comparison with 0 lets 0 itself through.",
                    ),
                    (
                        "Powers",
                        "the powers of 2 up to `limit`",
                        "1",
                        "self.current > self.limit",
                        "self.current >= self.limit",
                        "self.current * 2",
                        "1",
                        "current > self.limit",
                        "current >= self.limit",
                        "current * 2",
                        "`>=` stops before `limit` itself.",
                    ),
                    (
                        "Evens",
                        "the even numbers from 0 to `limit`",
                        "0",
                        "self.current > self.limit",
                        "self.current >= self.limit",
                        "self.current + 2",
                        "0",
                        "current > self.limit",
                        "current >= self.limit",
                        "current + 2",
                        "`>=` stops before `limit` itself.",
                    ),
                    (
                        "Triples",
                        "the multiples of 3 from 3 to `limit`",
                        "3",
                        "self.current > self.limit",
                        "self.current >= self.limit",
                        "self.current + 3",
                        "3",
                        "current > self.limit",
                        "current >= self.limit",
                        "current + 3",
                        "`>=` stops before `limit` itself.",
                    ),
                ),
            ),
            ("n", ("4", "6", "8", "12", "16")),
        ),
        calls=("list($Range($n))", "sum($Range($n))", "list($Range(0))"),
    ),
    Card(
        "classes",
        "$Cache",
        "is a cache that keeps the `size` entries that were used last and drops the oldest one",
        (
            form(
                "a class around an `OrderedDict`",
                'class $Cache:\n    """Keeps the `size` entries that were used last."""\n\n'
                "    def __init__(self, size):\n        self.size = size\n"
                "        self.entries = OrderedDict()\n\n"
                "    def get(self, key, default=None):\n        if key not in self.entries:\n"
                "            return default\n        self.entries.move_to_end(key)\n"
                "        return self.entries[key]\n\n"
                "    def put(self, key, value):\n        self.entries[key] = value\n"
                "        self.entries.move_to_end(key)\n"
                "        if len(self.entries) > self.size:\n"
                "            self.entries.popitem(last=False)",
                "An `OrderedDict` knows the order of its keys; the one used last is moved to the "
                "end.",
                "When there are too many entries, `popitem(last=False)` drops the one at the "
                "front, which was not used for longest.",
                imports=("from collections import OrderedDict",),
                mutants=(
                    (
                        "popitem(last=False)",
                        "popitem()",
                        "`popitem()` drops the newest entry instead of the oldest one.",
                    ),
                    (
                        "> self.size",
                        ">= self.size",
                        "`>=` drops an entry as soon as the cache is full, so it holds one too "
                        "few.",
                    ),
                    (
                        "            return default\n        self.entries.move_to_end(key)\n",
                        "            return default\n",
                        "`get` does not note that the entry was used, so an entry in use may "
                        "be dropped.",
                    ),
                ),
            ),
        ),
        choices=(
            ("Cache", ("Cache", "LruCache", "RecentCache")),
            _NUMBERS,
            ("x y z", (("x", "y", "z"), ("red", "green", "blue"), ("one", "two", "three"))),
        ),
        calls=(
            "cache = $Cache(2)",
            'cache.put("$x", $a)',
            'cache.put("$y", $b)',
            'cache.get("$x")',
            'cache.put("$z", $c)',
            'cache.get("$y")',
            'cache.get("$x")',
        ),
    ),
    Card(
        "classes",
        "$Stats",
        "collects numbers with `add` and knows their count, $what",
        (
            form(
                "a class with properties",
                'class $Stats:\n    """Running statistics of numbers."""\n\n'
                "    def __init__(self):\n        self.count = 0\n        self.$state = $start\n\n"
                "    def add(self, value):\n        self.count += 1\n        $update\n\n"
                "    @property\n    def $result(self):\n        return $expression",
                "Each number updates the count and one more attribute, so none has to be kept.",
                "The property is read like an attribute and computed when it is asked for.",
                mutants=(("$update\n", "$wrong\n", "$fault"),),
            ),
        ),
        choices=(
            (
                "Stats what state start update wrong fault result expression",
                (
                    (
                        "Mean",
                        "and the `mean` of them",
                        "total",
                        "0",
                        "self.total += value",
                        "self.total = value",
                        "`=` replaces the total instead of adding to it.",
                        "mean",
                        "self.total / self.count if self.count else 0.0",
                    ),
                    (
                        "Peak",
                        "and the largest of them as `peak`",
                        "largest",
                        "None",
                        "if self.largest is None or value > self.largest:\n            "
                        "self.largest = value",
                        "if self.largest is None or value < self.largest:\n            "
                        "self.largest = value",
                        "The comparison keeps the smallest number.",
                        "peak",
                        "self.largest",
                    ),
                    (
                        "Spread",
                        "and the difference between the largest and the smallest as `spread`",
                        "bounds",
                        "None",
                        "low, high = self.bounds or (value, value)\n"
                        "        self.bounds = min(low, value), max(high, value)",
                        "low, high = self.bounds or (0, 0)\n"
                        "        self.bounds = min(low, value), max(high, value)",
                        "The bounds start at 0, as if 0 were one of the numbers.",
                        "spread",
                        "self.bounds[1] - self.bounds[0] if self.bounds else 0",
                    ),
                    (
                        "Tally",
                        "and the sum of their squares as `energy`",
                        "squares",
                        "0",
                        "self.squares += value * value",
                        "self.squares += value",
                        "The numbers are added without being squared.",
                        "energy",
                        "self.squares",
                    ),
                ),
            ),
            _NUMBERS,
        ),
        calls=(
            "stats = $Stats()",
            "stats.add($a)",
            "stats.add($c)",
            "stats.add($b)",
            "stats.count",
            "stats.$result",
        ),
    ),
    Card(
        "classes",
        "$Matrix",
        "is a $what that supports `+`, `==` and `len`",
        (
            form(
                "a class with special methods",
                'class $Matrix:\n    """A $what."""\n\n'
                "    def __init__(self, *values):\n        self.values = values\n\n"
                "    def __add__(self, other):\n"
                "        pairs = zip(self.values, other.values)\n"
                "        return $Matrix(*($expression for a, b in pairs))\n\n"
                "    def __eq__(self, other):\n"
                "        return isinstance(other, $Matrix) and self.values == other.values\n\n"
                "    def __len__(self):\n        return len(self.values)\n\n"
                "    def __repr__(self):\n"
                "        return f\"$Matrix({', '.join(map(repr, self.values))})\"",
                "`__add__` is what `+` calls; it returns a new object and changes neither operand.",
                "`__repr__` shows how to make the object, which helps when it is printed.",
                mutants=(("$expression for a, b", "$wrong for a, b", "$fault"),),
            ),
        ),
        choices=(
            (
                "Matrix what expression wrong fault",
                (
                    (
                        "Vector",
                        "vector of numbers",
                        "a + b",
                        "a - b",
                        "The numbers are subtracted.",
                    ),
                    (
                        "Maximum",
                        "row of numbers that are merged by taking the larger one",
                        "max(a, b)",
                        "min(a, b)",
                        "`min` takes the smaller one.",
                    ),
                    (
                        "Counts",
                        "row of counts that are added up",
                        "a + b",
                        "a * b",
                        "The counts are multiplied.",
                    ),
                ),
            ),
            _NUMBERS,
        ),
        calls=(
            "left = $Matrix($a, $c)",
            "right = $Matrix($b, $a)",
            "left + right",
            "left == $Matrix($a, $c)",
            "len(left)",
        ),
    ),
    Card(
        "classes",
        "$Timer",
        "is a context manager that $what",
        (
            form(
                "a context manager",
                'class $Timer:\n    """$summary"""\n\n'
                "    def __init__(self, $log):\n        self.$log = $log\n\n"
                '    def __enter__(self):\n        self.$log.append("$first")\n'
                "        return self\n\n"
                "    def __exit__(self, kind, error, trace):\n"
                '        self.$log.append("$last")\n        return $swallow',
                "`__enter__` runs at the start of a `with` block, `__exit__` at its end, also "
                "when the block raises.",
                "$why",
                mutants=(("return $swallow", "return $other", "$fault"),),
            ),
        ),
        choices=(
            (
                "Timer what summary swallow other why fault",
                (
                    (
                        "Tracked",
                        "notes the start and the end of a block in a list",
                        "Notes the start and the end of a block.",
                        "False",
                        "True",
                        "Returning `False` lets an exception of the block pass on.",
                        "Returning `True` swallows every exception of the block.",
                    ),
                    (
                        "Tolerant",
                        "notes the start and the end of a block and swallows its exceptions",
                        "Notes the start and the end of a block and swallows its exceptions.",
                        "True",
                        "False",
                        "Returning `True` swallows an exception of the block.",
                        "Returning `False` lets the exception pass on.",
                    ),
                ),
            ),
            ("log", ("log", "notes", "events")),
            ("first last", (("enter", "leave"), ("begin", "end"), ("open", "close"))),
        ),
        calls=(
            "events = []",
            "guard = $Timer(events)",
            "guard.__enter__() is guard",
            "guard.__exit__(None, None, None)",
            "events",
        ),
    ),
)
