"""Claims of generated dialogues, judged by running the code in their messages."""

import ast
import contextlib
import doctest
import io
import re
import sqlite3
from typing import Any

import pytest

from corpusforge.synthetic.dialogue import Dialogue
from corpusforge.synthetic.generator import generate_dialogue

_BLOCK = re.compile(r"```(\w+)\n(.*?)\n```", re.DOTALL)
_NUMBER = 2_500


@pytest.fixture(scope="module")
def dialogues() -> list[Dialogue]:
    return [generate_dialogue(7, number) for number in range(_NUMBER)]


def blocks(dialogue: Dialogue, message: int, language: str = "python") -> list[str]:
    found = _BLOCK.findall(dialogue.messages[message]["content"])
    return [code for kind, code in found if kind == language]


def code_of(dialogue: Dialogue, check: dict[str, Any]) -> str:
    code = "\n\n\n".join(text for message in check["code"] for text in blocks(dialogue, message))
    if "replace" in check:
        right, wrong = check["replace"]
        assert code.count(right) == 1, (right, code)
        code = code.replace(right, wrong)
    return code


def run_call(call: dict[str, str], namespace: dict[str, Any]) -> dict[str, str]:
    """Run a call and return its outcome in the format of a check."""
    try:
        try:
            value = eval(call["run"], namespace)
        except SyntaxError:
            exec(call["run"], namespace)
            return {"run": call["run"]}
    except Exception as error:
        return {"run": call["run"], "raises": type(error).__name__}
    return {"run": call["run"], "gives": repr(value)}


def test_every_check_holds(dialogues: list[Dialogue]) -> None:
    """Code in the messages has the values, exceptions and output that the checks name."""
    held = 0
    for number, dialogue in enumerate(dialogues):
        for check in dialogue.checks:
            if "sql" in check:
                continue
            printed = io.StringIO()
            namespace: dict[str, Any] = {"__name__": "judge"}
            with contextlib.redirect_stdout(printed):
                exec(compile(code_of(dialogue, check), f"<{number}>", "exec"), namespace)
                for call in check["calls"]:
                    assert run_call(call, namespace) == call, (number, call)
                    held += 1
            assert check.get("prints", printed.getvalue()) == printed.getvalue(), number
    assert held > 3 * _NUMBER


def test_every_query_gives_the_rows_shown(dialogues: list[Dialogue]) -> None:
    """A fresh database returns the rows that an SQL answer shows."""
    checks = [check for dialogue in dialogues for check in dialogue.checks if "sql" in check]
    for check in checks:
        database = sqlite3.connect(":memory:")
        database.executescript(check["sql"])
        assert [list(row) for row in database.execute(check["query"])] == check["rows"]
        database.close()
    assert len(checks) > 20


def test_every_claim_in_prose_is_a_check(dialogues: list[Dialogue]) -> None:
    """Wherever the assistant says what a call returns or raises, a check covers that call."""
    claim = re.compile(r"`([^`\n]+\([^`\n]*\))` (returns|raises) `([^`\n]+)`")
    claims = 0
    for number, dialogue in enumerate(dialogues):
        known = {
            (call["run"], call.get("raises") or call.get("gives"))
            for check in dialogue.checks
            for call in check.get("calls", ())
        }
        for message in dialogue.messages:
            if message["role"] == "assistant":
                for call, _, result in claim.findall(message["content"]):
                    assert (call, result) in known, (number, call, result)
                    claims += 1
    assert claims > 500


def test_every_transcript_is_true(dialogues: list[Dialogue]) -> None:
    """The Python prompt prints what a transcript shows, after the code that it is about."""
    parser = doctest.DocTestParser()
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    for number, dialogue in enumerate(dialogues):
        for message, said in enumerate(dialogue.messages):
            sessions = blocks(dialogue, message, "pycon")
            if not sessions:
                continue
            own = blocks(dialogue, message)
            before = [code for index in range(message) for code in blocks(dialogue, index)]
            namespace: dict[str, Any] = {"__name__": "judge"}
            exec("\n\n\n".join(own if own and said["role"] == "user" else own or before), namespace)
            for session in sessions:
                test = parser.get_doctest(session + "\n", namespace, str(number), None, 0)
                output: list[str] = []
                result = runner.run(test, out=output.append, clear_globs=False)
                assert result.failed == 0, "".join(output)


def test_every_doctest_passes(dialogues: list[Dialogue]) -> None:
    """Examples in docstrings of answers print what they show."""
    runner = doctest.DocTestRunner(verbose=False)
    examples = 0
    for dialogue in dialogues:
        for message, said in enumerate(dialogue.messages):
            for code in blocks(dialogue, message):
                if said["role"] == "assistant" and ">>> " in code:
                    namespace: dict[str, Any] = {"__name__": "judge"}
                    exec(code, namespace)
                    docs = [v.__doc__ for v in namespace.values() if getattr(v, "__doc__", None)]
                    text = next(doc for doc in docs if ">>> " in doc)
                    test = doctest.DocTestParser().get_doctest(text, namespace, "", None, 0)
                    result = runner.run(test)
                    assert result.failed == 0
                    examples += result.attempted
    assert examples > 20


def test_tests_fail_on_a_mutant(dialogues: list[Dialogue]) -> None:
    """Most answers with tests have a check that a mutant fails them.

    `test_every_check_holds` runs these checks.
    """
    with_tests = [dialogue for dialogue in dialogues if dialogue.task == "test"]
    caught = [
        dialogue for dialogue in with_tests if any("replace" in check for check in dialogue.checks)
    ]
    assert len(with_tests) > 100
    assert len(caught) > 0.8 * len(with_tests)


def test_buggy_code_misbehaves(dialogues: list[Dialogue]) -> None:
    """The last call has another outcome with the user's code than with the assistant's."""
    fixes = [dialogue for dialogue in dialogues if dialogue.task == "fix"]
    for dialogue in fixes:
        buggy, fixed = dialogue.checks[0]["calls"][-1], dialogue.checks[1]["calls"]
        right = [call for call in fixed if call["run"] == buggy["run"]]
        assert buggy not in right
        assert right
    assert len(fixes) > 200


def test_python_of_answers_compiles_and_fits_python_311(dialogues: list[Dialogue]) -> None:
    """Every Python block of an assistant parses with the grammar of Python 3.11."""
    for number, dialogue in enumerate(dialogues):
        for message, said in enumerate(dialogue.messages):
            if said["role"] == "assistant":
                for code in blocks(dialogue, message):
                    ast.parse(code, f"<{number}>", feature_version=(3, 11))
                    assert not any(line.rstrip() != line for line in code.split("\n")), code


def test_rules_of_the_system_message_are_kept(dialogues: list[Dialogue]) -> None:
    """If the system message asks for type hints or docstrings, all functions have them."""
    ruled = 0
    for number, dialogue in enumerate(dialogues):
        persona = dialogue.persona
        if persona.hints is None and persona.docstring is None:
            continue
        for message, said in enumerate(dialogue.messages):
            if said["role"] != "assistant":
                continue
            for code in blocks(dialogue, message):
                for node in ast.walk(ast.parse(code)):
                    if isinstance(node, ast.FunctionDef):
                        hinted = node.returns is not None
                        assert persona.hints in (None, hinted), (number, code)
                        if persona.docstring and not node.name.startswith("test_"):
                            assert ast.get_docstring(node), (number, code)
                        ruled += 1
    assert ruled > 100
