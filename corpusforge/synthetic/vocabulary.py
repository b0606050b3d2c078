"""Words and names that appear in examples."""

VOWELS = "aeiou"
WORDS = """
apple amber anchor arch banana basil beacon birch bridge candle canyon cedar circle cobalt
copper coral cotton crane dawn delta eagle echo ember engine falcon feather fern field flint
forest fountain galaxy garden ginger glacier granite harbor hazel helmet honey icicle indigo
iris ivory jasmine jungle kayak kettle kite lantern laurel lemon level lily linen lotus
maple marble meadow mint mirror moss nectar noon nutmeg oak ocean olive onyx orbit orchid
otter pearl pebble pepper pine planet plum poppy prairie quartz quill radar raven reef refer
ridge river robin rotor ruby saffron sage sail salt shadow silver slate sparrow spruce stone
summit sunset table tempo thistle tiger timber topaz tulip umbrella valley velvet violet
walnut willow winter yarrow zephyr
""".split()  # noqa: SIM905
NAMES = """
Ada Alan Anita Barbara Ben Carla Dana Dennis Edsger Elena Farid Grace Hana Ines Ivan Jonas
Katherine Ken Leila Linus Maya Mina Nadia Niklaus Omar Paula Quentin Radia Rosa Sofia Tariq
Uma Vera Wei Yuki Zoe
""".split()  # noqa: SIM905


def quoted(text: str) -> str:
    """Return the text as a Python literal in double quotes."""
    return f'"{text}"'
