"""A pipeline before its result is chosen: origin, conditions and mapping, as code and as words."""

from dataclasses import dataclass

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import indented
from corpusforge.synthetic.programs.elements import Mapping, Origin, Predicate
from corpusforge.synthetic.programs.number_elements import (
    number_mapping,
    number_predicate,
)
from corpusforge.synthetic.programs.origins import origin
from corpusforge.synthetic.programs.word_elements import (
    character_mapping,
    character_predicate,
    word_mapping,
    word_predicate,
)

_PLAIN_NOUNS = {
    "comma-separated integers": "numbers",
    "semicolon-separated integers": "numbers",
    "space-separated integers": "numbers",
    "strings": "words",
}


@dataclass(frozen=True, slots=True)
class Parts:
    """A pipeline before its result is chosen."""

    origin: Origin
    predicates: tuple[Predicate, ...]
    either: bool  # two predicates are joined by `or` rather than `and`
    mapping: Mapping | None
    draw: Draw

    @property
    def x(self) -> str:
        return self.origin.element

    @property
    def value(self) -> str:
        return self.code(self.mapping.code) if self.mapping else self.x

    @property
    def condition(self) -> str:
        codes = [self.code(predicate.code) for predicate in self.predicates]
        if len(codes) < 2:
            return "".join(codes)
        if self.either:
            return " or ".join(f"({code})" if " and " in code else code for code in codes)
        return " and ".join(codes)

    @property
    def out(self) -> str:
        """Annotation of a value."""
        return self.mapping.out if self.mapping else self.origin.annotation

    @property
    def kept(self) -> str:
        """The elements that are kept: "even numbers in `values` that are greater than 10"."""
        adjective, clauses = "", []
        for predicate in self.predicates:
            if predicate.adjective and not adjective and not self.either:
                adjective = predicate.adjective + " "
            else:
                clauses.append(predicate.plural)
        which = f" that {(' or ' if self.either else ' and ').join(clauses)}" if clauses else ""
        return f"{adjective}{self.origin.noun} {self.origin.place}{which}"

    @property
    def values(self) -> str:
        """What is made of them: "the squares of the even numbers in `values`"."""
        kept = f"the {self.kept}"
        return self.mapping.of.format(kept) if self.mapping else kept

    @property
    def tag(self) -> str:
        words = [predicate.tag for predicate in self.predicates][:1]
        return "_".join([*words, self.mapping.tag if self.mapping else self.plain_noun])

    @property
    def plain_tag(self) -> str:
        """The first condition and the elements: "even_numbers"."""
        return f"{self.predicates[0].tag}_{self.plain_noun}"

    @property
    def lengths_differ(self) -> bool:
        """Whether the longest of the values, if they are strings, is worth asking for."""
        short = self.mapping is not None and "letter" in self.mapping.its
        return self.origin.kind != "char" and not short

    @property
    def single_tag(self) -> str:
        """`tag` of one value: "even_number"."""
        return self.tag.removesuffix("s")

    @property
    def plain_noun(self) -> str:
        return _PLAIN_NOUNS.get(self.origin.noun, self.origin.noun)

    def clause(self, *, plural: bool) -> str:
        """All conditions as a verb phrase: "is even and is greater than 10"."""
        phrases = [p.plural if plural else p.singular for p in self.predicates]
        return (" or " if self.either else " and ").join(phrases)

    def fresh(self, name: str, other: str) -> str:
        """`name` if the program does not use it yet, else `other`."""
        return other if name in (self.x, self.origin.parameter.name) else name

    def code(self, template: str) -> str:
        return template.replace("$", self.x)

    def comprehension(self, value: str | None = None) -> str:
        """`value for x in … if …`, without its brackets."""
        condition = f" if {self.condition}" if self.predicates else ""
        return f"{value or self.value} {' '.join(self.origin.loops)}{condition}"

    def body(self, start: str, step: str, end: str) -> str:
        """A function's body: `step` runs for each element that is kept."""
        if self.predicates:
            step = f"if {self.condition}:\n{indented(step)}"
        return self.plain_body(start, step, end)

    def plain_body(self, start: str, step: str, end: str) -> str:
        """A function's body: `step` runs for each element."""
        for loop in reversed(self.origin.loops):
            step = f"{loop}:\n{indented(step)}"
        return "\n".join(text for text in (start, step, end) if text)


def draw_parts(draw: Draw) -> Parts:
    start = origin(draw)
    shape = draw.pick_weighted((("filter", 3), ("map", 2), ("both", 4), ("two", 2), ("two map", 1)))
    count = {"map": 0, "two": 2, "two map": 2}.get(shape, 1)
    if start.kind == "char":
        count = min(count, 1)  # hardly any two conditions on one character go together
    predicates = tuple(_predicate(draw, start) for _ in range(count))
    if len(predicates) == 2 and _clash(*predicates):
        predicates = predicates[:1]
    mapping = None
    if shape in ("map", "both", "two map"):
        mapping = _mapping(draw, start)
    # "even or odd": an alternative of a condition and its opposite would keep everything.
    either = len(predicates) == 2 and draw.chance(0.3)
    return Parts(start, predicates, either, mapping, draw)


def _clash(one: Predicate, other: Predicate) -> bool:
    return one.tag == other.tag or {one.tag, other.tag} in (
        {"even", "odd"},
        {"positive", "negative"},
        {"large", "small"},
        {"divisible", "indivisible"},
        {"uppercase", "numeric"},
        {"other", "large"},
        {"other", "small"},
        {"other", "negative"},
        {"long", "fitting"},
        {"short", "fitting"},
        {"long", "short"},
    )


def _predicate(draw: Draw, start: Origin) -> Predicate:
    if start.kind == "str":
        return word_predicate(draw)
    if start.kind == "char":
        return character_predicate(draw)
    return number_predicate(draw, start.kind)


def _mapping(draw: Draw, start: Origin) -> Mapping:
    if start.kind == "str":
        return word_mapping(draw)
    if start.kind == "char":
        return character_mapping(draw)
    mapping = number_mapping(draw)
    while start.kind != "int" and mapping.tag == "magnitudes":
        mapping = number_mapping(draw)  # there are no negative numbers among digits
    return mapping
