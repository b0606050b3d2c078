"""Errors say what, where, got, expected and what to do."""

import pickle

import pytest

from corpusforge.errors import ConfigError, InputError, UserError, exit_on_user_error


def test_message_has_a_line_for_every_fact_given() -> None:
    """Empty fields leave no line."""
    error = InputError("no such column", where="a.parquet", expected="text", do="name it")
    assert str(error).splitlines() == [
        "no such column",
        "  where:    a.parquet",
        "  expected: text",
        "  do:       name it",
    ]


def test_an_error_survives_the_way_from_a_worker() -> None:
    """Pickling keeps the kind and every field."""
    error = pickle.loads(pickle.dumps(ConfigError("bad", where="x.yaml", got="7")))
    assert type(error) is ConfigError
    assert str(error) == str(ConfigError("bad", where="x.yaml", got="7"))


def test_exit_on_user_error_prints_the_message_and_exits_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No traceback reaches a person."""
    with pytest.raises(SystemExit) as ended, exit_on_user_error(debug=False):
        raise UserError("it broke", do="mend it")
    assert ended.value.code == 1
    captured = capsys.readouterr()
    assert captured.err == "error: it broke\n  do:       mend it\n"
    assert captured.out == ""


def test_debug_lets_the_traceback_through() -> None:
    """`--debug` is for the people who write the code."""
    with pytest.raises(UserError), exit_on_user_error(debug=True):
        raise UserError("it broke")
