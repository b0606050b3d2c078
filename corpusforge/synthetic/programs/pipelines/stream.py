"""Streams: the values of a pipeline, before they become a result."""

from dataclasses import dataclass

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import indented
from corpusforge.synthetic.programs.pipelines.building_blocks import Origin, Predicate, Transform
from corpusforge.synthetic.programs.pipelines.characters import (
    draw_character_predicate,
    draw_character_transform,
)
from corpusforge.synthetic.programs.pipelines.integers import (
    draw_integer_predicate,
    draw_integer_transform,
)
from corpusforge.synthetic.programs.pipelines.origins import draw_origin
from corpusforge.synthetic.programs.pipelines.words import (
    draw_word_predicate,
    draw_word_transform,
)

_PLAIN_NOUNS = {
    "comma-separated integers": "numbers",
    "semicolon-separated integers": "numbers",
    "space-separated integers": "numbers",
    "strings": "words",
}


@dataclass(frozen=True, slots=True)
class Stream:
    """Elements of an origin, filtered and transformed, as code and in English."""

    origin: Origin
    predicates: tuple[Predicate, ...]
    either: bool  # two predicates are joined by `or` instead of `and`
    transform: Transform | None

    @property
    def variable(self) -> str:
        return self.origin.variable

    @property
    def value(self) -> str:
        """Code of a value: the element, transformed."""
        return self.fill(self.transform.code) if self.transform else self.variable

    @property
    def annotation(self) -> str:
        """Annotation of a value."""
        return self.transform.annotation if self.transform else self.origin.element_annotation

    @property
    def condition(self) -> str:
        """Code of all predicates together."""
        codes = [self.fill(predicate.code) for predicate in self.predicates]
        if len(codes) < 2:
            return "".join(codes)
        if self.either:
            return " or ".join(f"({code})" if " and " in code else code for code in codes)
        return " and ".join(codes)

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
        """What the kept elements become: "the squares of the even numbers in `values`"."""
        kept = f"the {self.kept}"
        return self.transform.plural.format(kept) if self.transform else kept

    @property
    def tag(self) -> str:
        """The values in a function's name: "even_squares"."""
        words = [predicate.tag for predicate in self.predicates][:1]
        return "_".join([*words, self.transform.tag if self.transform else self.plain_noun])

    @property
    def single_tag(self) -> str:
        """One value in a function's name: "even_number"."""
        return self.tag.removesuffix("s")

    @property
    def plain_tag(self) -> str:
        """The elements that meet the first predicate, in a function's name: "even_numbers"."""
        return f"{self.predicates[0].tag}_{self.plain_noun}"

    @property
    def plain_noun(self) -> str:
        return _PLAIN_NOUNS.get(self.origin.noun, self.origin.noun)

    @property
    def lengths_differ(self) -> bool:
        """Whether values that are strings differ in length, so that one can be the longest."""
        short = self.transform is not None and "letter" in self.transform.singular
        return self.origin.element_kind != "char" and not short

    def clause(self, *, plural: bool) -> str:
        """All predicates as a verb phrase: "is even and is greater than 10"."""
        phrases = [p.plural if plural else p.singular for p in self.predicates]
        return (" or " if self.either else " and ").join(phrases)

    def unused_name(self, name: str, other: str) -> str:
        """Return `name`, or `other` if the function already uses it."""
        return other if name in (self.variable, self.origin.parameter.name) else name

    def fill(self, template: str) -> str:
        """Insert the loop's variable into a template."""
        return template.replace("$", self.variable)

    def comprehension(self, value: str | None = None) -> str:
        """Return `value for x in … if …` without brackets."""
        condition = f" if {self.condition}" if self.predicates else ""
        return f"{value or self.value} {' '.join(self.origin.loops)}{condition}"

    def loop(self, start: str, step: str, end: str) -> str:
        """Return a function's body that runs `step` for each element that is kept."""
        if self.predicates:
            step = f"if {self.condition}:\n{indented(step)}"
        return self.unfiltered_loop(start, step, end)

    def unfiltered_loop(self, start: str, step: str, end: str) -> str:
        """Return a function's body that runs `step` for each element."""
        for loop in reversed(self.origin.loops):
            step = f"{loop}:\n{indented(step)}"
        return "\n".join(text for text in (start, step, end) if text)


def draw_stream(draw: Draw) -> Stream:
    """Draw an origin, up to two predicates and perhaps a transform that fit together."""
    origin = draw_origin(draw)
    shape = draw.pick_weighted((("filter", 3), ("map", 2), ("both", 4), ("two", 2), ("two map", 1)))
    count = {"map": 0, "two": 2, "two map": 2}.get(shape, 1)
    if origin.element_kind == "char":
        count = min(count, 1)  # hardly any two conditions on one character go together
    predicates = tuple(_draw_predicate(draw, origin) for _ in range(count))
    if len(predicates) == 2 and _clash(*predicates):
        predicates = predicates[:1]
    transform = None
    if shape in ("map", "both", "two map"):
        transform = _draw_transform(draw, origin)
    # "even or odd": a condition or its opposite would keep everything.
    either = len(predicates) == 2 and draw.chance(0.3)
    return Stream(origin, predicates, either, transform)


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


def _draw_predicate(draw: Draw, origin: Origin) -> Predicate:
    if origin.element_kind == "str":
        return draw_word_predicate(draw)
    if origin.element_kind == "char":
        return draw_character_predicate(draw)
    return draw_integer_predicate(draw, origin.element_kind)


def _draw_transform(draw: Draw, origin: Origin) -> Transform:
    if origin.element_kind == "str":
        return draw_word_transform(draw)
    if origin.element_kind == "char":
        return draw_character_transform(draw)
    transform = draw_integer_transform(draw)
    while origin.element_kind != "int" and transform.tag == "magnitudes":
        transform = draw_integer_transform(draw)  # no digit or natural number is negative
    return transform
