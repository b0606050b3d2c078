"""How different generated dialogues are, and how their English reads."""

import ast
import re
from collections import Counter
from collections.abc import Callable

import pytest

from corpusforge.synthetic.conversation import Conversation
from corpusforge.synthetic.dialogue import dialogue

_NUMBER = 4_000
_BLOCK = re.compile(r"```python\n(.*?)\n```", re.DOTALL)


@pytest.fixture(scope="module")
def talks() -> list[Conversation]:
    return [dialogue(0, number) for number in range(_NUMBER)]


class _Shape(ast.NodeTransformer):
    """Replaces all names and constants, so that only the structure is left."""

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


def said_by(talk: Conversation, role: str) -> list[str]:
    return [message["content"] for message in talk.messages if message["role"] == role]


def test_hardly_any_two_conversations_are_equal(talks: list[Conversation]) -> None:
    """At most one in two hundred repeats another one word for word."""
    assert len({repr(talk.messages) for talk in talks}) >= _NUMBER * 0.995


def test_answers_are_composed_of_thousands_of_programs(
    talks: list[Conversation], record_property: Callable[[str, object], None]
) -> None:
    """With names and constants taken out, most Python answers are still different programs."""
    code = [
        block
        for talk in talks
        for content in said_by(talk, "assistant")
        for block in _BLOCK.findall(content)
    ]
    shapes = {shape(block) for block in code}
    record_property("python_blocks", len(code))
    record_property("distinct_shapes", len(shapes))
    assert len(shapes) > 1_700


def test_every_kind_of_task_occurs(talks: list[Conversation]) -> None:
    """No kind of conversation is rarer than one in a hundred and fifty."""
    tasks = Counter(talk.task for talk in talks)
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


def test_turns_alternate_and_end_with_the_assistant(talks: list[Conversation]) -> None:
    """A system message comes first or not at all; user and assistant take turns."""
    for talk in talks:
        roles = [message["role"] for message in talk.messages]
        turns = roles[1:] if roles[0] == "system" else roles
        assert turns == ["user", "assistant"] * (len(turns) // 2)
        assert turns


def test_some_conversations_have_no_system_message_and_some_have_follow_ups(
    talks: list[Conversation],
) -> None:
    """Both shapes are common enough to be learned."""
    without = sum(talk.messages[0]["role"] == "user" for talk in talks)
    longer = sum(len(said_by(talk, "user")) > 1 for talk in talks)
    assert 0.3 < without / _NUMBER < 0.5
    assert 0.25 < longer / _NUMBER < 0.6


def test_prose_has_no_glue_errors(talks: list[Conversation]) -> None:
    """No wrong article, doubled word, doubled space, stray stop or unfilled template."""
    wrong = re.compile(
        r"\b[Aa] (?:integer|element|empty|index|even|odd|upper|other|object|assistant|experienced)"
        r"\b|\b[Aa]n (?:list|string|number|function|pair|text|positive|negative|careful)\b"
        r"|\b(?!log\b)(\w+) \1\b|\.\.(?!\.)\s|,\.| ,| \.(?![\w.])|,,|\$\w"
    )
    for number, talk in enumerate(talks):
        for message in talk.messages:
            prose = re.sub(r"```.*?```", "", message["content"], flags=re.DOTALL)
            prose = re.sub(r"`[^`\n]*`|\"[^\"\n]*\"", "CODE", prose)
            for line in prose.split("\n"):
                found = wrong.search(line)
                assert not found, (number, found, line)


def test_messages_are_tidy(talks: list[Conversation]) -> None:
    """Content is not empty, has no white space around it and closes its code blocks."""
    for talk in talks:
        for message in talk.messages:
            content = message["content"]
            assert content == content.strip()
            assert content
            assert content.count("```") % 2 == 0
