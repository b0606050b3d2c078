"""Cards for classes that hold data; their calls form a short session."""

from corpusforge.synthetic.program import Form, Mutant
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.programs.cards.parameters import THREE_NUMBERS

STACK = Card(
    topic="classes",
    name="$Stack",
    does="is a last-in, first-out stack with `push`, `pop` and `peek`",
    choices=(
        one_of(Stack=("Stack", "SimpleStack", "LifoStack")),
        one_of(items=("_items", "_data")),
        THREE_NUMBERS,
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
    forms=(
        Form(
            kind="a class around a list",
            body=code('''
                class $Stack:
                    """A stack: last in, first out."""

                    def __init__(self):
                        self.$items = []

                    def push(self, item):
                        self.$items.append(item)

                    def pop(self):
                        return self.$items.pop()

                    def peek(self):
                        return self.$items[-1]

                    def __len__(self):
                        return len(self.$items)
            '''),
            steps=(
                "The elements are kept in a list whose end is the top of the stack.",
                "`push` appends to that end, `pop` removes from it, and `peek` only looks at it.",
                "`__len__` makes `len(stack)` work, and with it the truth value of a stack.",
            ),
            mutants=(
                Mutant(
                    right="return self.$items[-1]",
                    wrong="return self.$items[0]",
                    fault="`peek` looks at the bottom of the stack; the top is the last element.",
                ),
                Mutant(
                    right="return self.$items.pop()",
                    wrong="return self.$items.pop(0)",
                    fault="`pop(0)` removes the oldest element, as a queue does.",
                ),
            ),
        ),
    ),
)

QUEUE = Card(
    topic="classes",
    name="$Queue",
    does="is a first-in, first-out queue with `put`, `get` and a length",
    choices=(
        one_of(Queue=("Queue", "SimpleQueue", "FifoQueue")),
        one_of(items=("_items", "_waiting")),
        THREE_NUMBERS,
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
    forms=(
        Form(
            kind="a class around a deque",
            body=code('''
                class $Queue:
                    """A queue: first in, first out."""

                    def __init__(self):
                        self.$items = deque()

                    def put(self, item):
                        self.$items.append(item)

                    def get(self):
                        return self.$items.popleft()

                    def __len__(self):
                        return len(self.$items)
            '''),
            steps=(
                "A `deque` takes and gives elements at both ends in constant time.",
                "`put` appends on the right, and `get` takes from the left, so the oldest element "
                "comes first.",
            ),
            imports=("from collections import deque",),
            mutants=(
                Mutant(
                    right="self.$items.popleft()",
                    wrong="self.$items.pop()",
                    fault="`pop` takes the newest element, as a stack does.",
                ),
            ),
        ),
    ),
)

ACCOUNT = Card(
    topic="classes",
    name="$Account",
    does="is an account with `deposit` and `withdraw`, which raises `ValueError` if the balance "
    "is too small",
    choices=(
        one_of(Account=("Account", "BankAccount", "Wallet")),
        one_of(balance=("balance", "funds")),
        one_of(who=("Ada", "Grace", "Omar", "Wei")),
        THREE_NUMBERS,
    ),
    calls=(
        'account = $Account("$who", $a0)',
        "account.deposit($b)",
        "account.withdraw($c)",
        "account.$balance",
        "account.withdraw(1000)",
    ),
    forms=(
        Form(
            kind="a class",
            body=code('''
                class $Account:
                    """An account whose balance never falls below zero."""

                    def __init__(self, owner, $balance=0):
                        self.owner = owner
                        self.$balance = $balance

                    def deposit(self, amount):
                        self.$balance += amount

                    def withdraw(self, amount):
                        if amount > self.$balance:
                            raise ValueError("the balance is too small")
                        self.$balance -= amount
            '''),
            steps=(
                "The balance is an attribute, 0 unless another one is given.",
                "`withdraw` checks before it changes anything, so a withdrawal that is refused "
                "leaves the account as it was.",
            ),
            mutants=(
                Mutant(
                    right="if amount > self.$balance:",
                    wrong="if amount < self.$balance:",
                    fault="The comparison is the wrong way round, so it refuses exactly the "
                    "withdrawals that are covered.",
                ),
                Mutant(
                    right="self.$balance -= amount",
                    wrong="self.$balance = -amount",
                    fault="`=` sets the balance to minus the amount; `-=` subtracts it.",
                ),
            ),
        ),
    ),
)

INVENTORY = Card(
    topic="classes",
    name="$Inventory",
    does="is a stock of named $things with `add`, `remove` and `total`",
    choices=(
        variants(
            {"Inventory": "Inventory", "things": "parts", "item": "bolt", "other": "nut"},
            {"Inventory": "Pantry", "things": "foods", "item": "rice", "other": "salt"},
            {"Inventory": "Library", "things": "books", "item": "atlas", "other": "novel"},
            {"Inventory": "Garage", "things": "tools", "item": "hammer", "other": "saw"},
        ),
        THREE_NUMBERS,
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
    forms=(
        Form(
            kind="a class around a dictionary",
            body=code('''
                class $Inventory:
                    """How many of each of the $things there are."""

                    def __init__(self):
                        self.counts = {}

                    def add(self, name, count=1):
                        self.counts[name] = self.counts.get(name, 0) + count

                    def remove(self, name, count=1):
                        left = self.counts.get(name, 0) - count
                        if left < 0:
                            raise ValueError(f"there are not that many: {name}")
                        if left == 0:
                            del self.counts[name]
                        else:
                            self.counts[name] = left

                    def total(self):
                        return sum(self.counts.values())
            '''),
            steps=(
                "A dictionary maps each name to its number.",
                "`add` counts from 0 for a new name; `remove` refuses to go below 0 and drops a "
                "name of which nothing is left.",
            ),
            mutants=(
                Mutant(
                    right="if left < 0:",
                    wrong="if left <= 0:",
                    fault="`<=` refuses to take the last one, although it is there.",
                ),
                Mutant(
                    right="self.counts.get(name, 0) + count",
                    wrong="count",
                    fault="A second delivery replaces the count instead of adding to it.",
                ),
            ),
        ),
    ),
)

LRU_CACHE = Card(
    topic="classes",
    name="$Cache",
    does="is a cache that keeps the `size` entries that were used last and drops the oldest one",
    choices=(
        one_of(Cache=("Cache", "LruCache", "RecentCache")),
        THREE_NUMBERS,
        variants(
            {"x": "x", "y": "y", "z": "z"},
            {"x": "red", "y": "green", "z": "blue"},
            {"x": "one", "y": "two", "z": "three"},
        ),
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
    forms=(
        Form(
            kind="a class around an `OrderedDict`",
            body=code('''
                class $Cache:
                    """Keeps the `size` entries that were used last."""

                    def __init__(self, size):
                        self.size = size
                        self.entries = OrderedDict()

                    def get(self, key, default=None):
                        if key not in self.entries:
                            return default
                        self.entries.move_to_end(key)
                        return self.entries[key]

                    def put(self, key, value):
                        self.entries[key] = value
                        self.entries.move_to_end(key)
                        if len(self.entries) > self.size:
                            self.entries.popitem(last=False)
            '''),
            steps=(
                "An `OrderedDict` knows the order of its keys; the one used last is moved to the "
                "end.",
                "When there are too many entries, `popitem(last=False)` drops the one at the "
                "front, which was not used for longest.",
            ),
            imports=("from collections import OrderedDict",),
            mutants=(
                Mutant(
                    right="popitem(last=False)",
                    wrong="popitem()",
                    fault="`popitem()` drops the newest entry instead of the oldest one.",
                ),
                Mutant(
                    right="> self.size",
                    wrong=">= self.size",
                    fault="`>=` drops an entry as soon as the cache is full, so it holds one too "
                    "few.",
                ),
                Mutant(
                    right="            return default\n        self.entries.move_to_end(key)\n",
                    wrong="            return default\n",
                    fault="`get` does not note that the entry was used, so an entry in use may be "
                    "dropped.",
                ),
            ),
        ),
    ),
)

RUNNING_STATISTICS = Card(
    topic="classes",
    name="$Stats",
    does="collects numbers with `add` and knows their count, $what",
    choices=(
        variants(
            {
                "Stats": "Mean",
                "what": "and the `mean` of them",
                "state": "total",
                "start": "0",
                "update": "self.total += value",
                "wrong": "self.total = value",
                "fault": "`=` replaces the total instead of adding to it.",
                "result": "mean",
                "expression": "self.total / self.count if self.count else 0.0",
            },
            {
                "Stats": "Peak",
                "what": "and the largest of them as `peak`",
                "state": "largest",
                "start": "None",
                "update": "if self.largest is None or value > self.largest:\n            "
                "self.largest = value",
                "wrong": "if self.largest is None or value < self.largest:\n            "
                "self.largest = value",
                "fault": "The comparison keeps the smallest number.",
                "result": "peak",
                "expression": "self.largest",
            },
            {
                "Stats": "Spread",
                "what": "and the difference between the largest and the smallest as `spread`",
                "state": "bounds",
                "start": "None",
                "update": "low, high = self.bounds or (value, value)\n        self.bounds = "
                "min(low, value), max(high, value)",
                "wrong": "low, high = self.bounds or (0, 0)\n        self.bounds = min(low, "
                "value), max(high, value)",
                "fault": "The bounds start at 0, as if 0 were one of the numbers.",
                "result": "spread",
                "expression": "self.bounds[1] - self.bounds[0] if self.bounds else 0",
            },
            {
                "Stats": "Tally",
                "what": "and the sum of their squares as `energy`",
                "state": "squares",
                "start": "0",
                "update": "self.squares += value * value",
                "wrong": "self.squares += value",
                "fault": "The numbers are added without being squared.",
                "result": "energy",
                "expression": "self.squares",
            },
        ),
        THREE_NUMBERS,
    ),
    calls=(
        "stats = $Stats()",
        "stats.add($a)",
        "stats.add($c)",
        "stats.add($b)",
        "stats.count",
        "stats.$result",
    ),
    forms=(
        Form(
            kind="a class with properties",
            body=code('''
                class $Stats:
                    """Running statistics of numbers."""

                    def __init__(self):
                        self.count = 0
                        self.$state = $start

                    def add(self, value):
                        self.count += 1
                        $update

                    @property
                    def $result(self):
                        return $expression
            '''),
            steps=(
                "Each number updates the count and one more attribute, so none has to be kept.",
                "The property is read like an attribute and computed when it is asked for.",
            ),
            mutants=(Mutant(right="$update\n", wrong="$wrong\n", fault="$fault"),),
        ),
    ),
)
