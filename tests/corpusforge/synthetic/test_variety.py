"""How varied generated dialogues are, and whether their English is well-formed."""

import ast
import re
from collections import Counter
from collections.abc import Callable

import pytest

from corpusforge.synthetic.dialogue import Dialogue
from corpusforge.synthetic.generator import generate_dialogue

_NUMBER = 4_000
_BLOCK = re.compile(r"```python\n(.*?)\n```", re.DOTALL)


@pytest.fixture(scope="module")
def dialogues() -> list[Dialogue]:
    return [generate_dialogue(0, number) for number in range(_NUMBER)]


class _Shape(ast.NodeTransformer):
    """Replace all names and constants, so that only the structure is left."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("_", node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(0)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = "_"
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = "_"
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = "_"
        self.generic_visit(node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = "_"
        self.generic_visit(node)
        return node


def shape(code: str) -> str:
    return ast.dump(_Shape().visit(ast.parse(code)))


def said_by(dialogue: Dialogue, role: str) -> list[str]:
    return [message["content"] for message in dialogue.messages if message["role"] == role]


def test_hardly_any_two_dialogues_are_equal(dialogues: list[Dialogue]) -> None:
    """At most one dialogue in two hundred repeats another word for word."""
    assert len({repr(dialogue.messages) for dialogue in dialogues}) >= _NUMBER * 0.995


def test_answers_are_composed_of_thousands_of_programs(
    dialogues: list[Dialogue], record_property: Callable[[str, object], None]
) -> None:
    """Python answers have many different structures, names and constants aside."""
    code = [
        block
        for dialogue in dialogues
        for content in said_by(dialogue, "assistant")
        for block in _BLOCK.findall(content)
    ]
    shapes = {shape(block) for block in code}
    record_property("python_blocks", len(code))
    record_property("distinct_shapes", len(shapes))
    assert len(shapes) > 1_700


def test_every_task_occurs(dialogues: list[Dialogue]) -> None:
    """No task is rarer than one in a hundred and fifty."""
    tasks = Counter(dialogue.task for dialogue in dialogues)
    assert set(tasks) == {
        "write",
        "complete",
        "explain",
        "predict",
        "complexity",
        "fix",
        "test",
        "convert",
        "annotate",
        "review",
        "refuse",
        "regex",
        "sql",
        "json",
        "shell",
    }
    assert min(tasks.values()) > _NUMBER / 150


def test_turns_alternate_and_end_with_the_assistant(dialogues: list[Dialogue]) -> None:
    """A system message comes first or not at all; user and assistant take turns."""
    for dialogue in dialogues:
        roles = [message["role"] for message in dialogue.messages]
        turns = roles[1:] if roles[0] == "system" else roles
        assert turns == ["user", "assistant"] * (len(turns) // 2)
        assert turns


def test_some_dialogues_have_no_system_message_and_some_have_follow_ups(
    dialogues: list[Dialogue],
) -> None:
    """Both are common enough for a model to learn them."""
    without = sum(dialogue.messages[0]["role"] == "user" for dialogue in dialogues)
    longer = sum(len(said_by(dialogue, "user")) > 1 for dialogue in dialogues)
    assert 0.3 < without / _NUMBER < 0.5
    assert 0.25 < longer / _NUMBER < 0.6


def test_prose_has_no_glue_errors(dialogues: list[Dialogue]) -> None:
    """No wrong article, doubled word, doubled space, stray stop or unfilled template."""
    wrong = re.compile(
        r"\b[Aa] (?:integer|element|empty|index|even|odd|upper|other|object|assistant|experienced)"
        r"\b|\b[Aa]n (?:list|string|number|function|pair|text|positive|negative|careful)\b"
        r"|\b(?!log\b)(\w+) \1\b|\.\.(?!\.)\s|,\.| ,| \.(?![\w.])|,,|\$\w"
    )
    for number, dialogue in enumerate(dialogues):
        for message in dialogue.messages:
            prose = re.sub(r"```.*?```", "", message["content"], flags=re.DOTALL)
            prose = re.sub(r"`[^`\n]*`|\"[^\"\n]*\"", "CODE", prose)
            for line in prose.split("\n"):
                found = wrong.search(line)
                assert not found, (number, found, line)


def test_messages_are_tidy(dialogues: list[Dialogue]) -> None:
    """Content is not empty, has no surrounding white space and closes its code blocks."""
    for dialogue in dialogues:
        for message in dialogue.messages:
            content = message["content"]
            assert content == content.strip()
            assert content
            assert content.count("```") % 2 == 0
