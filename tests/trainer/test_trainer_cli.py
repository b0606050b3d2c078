"""The commands as a person types them."""

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trainer.checkpoints.checkpoint import load, save
from trainer.cli import cli
from trainer.generation.prompt import Prompt

EARLIER = Path(__file__).parents[1] / "data" / "old_run" / "checkpoints" / "final.pt"


def _invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.fixture
def best(config_file: Callable[..., Path], run_dir: Path) -> Path:
    """The best checkpoint of a run of eight steps."""
    result = _invoke("train", "--config", str(config_file()))
    assert result.exit_code == 0, result.output
    return run_dir / "checkpoints" / "best.pt"


def test_train_prints_its_summary_as_json(config_file: Callable[..., Path]) -> None:
    """Nothing else is on stdout; progress is on stderr."""
    result = _invoke("train", "--config", str(config_file()), "--set", "training.steps=4", "--json")
    summary = json.loads(result.stdout)
    assert summary["step"] == 4
    assert summary["finished"] is True
    assert summary["parameters"] == 34_976
    assert "step 4: " in result.stderr


def test_train_again_is_up_to_date(best: Path, config_file: Callable[..., Path]) -> None:
    """The summary is printed, and no step is taken."""
    result = _invoke("train", "--config", str(config_file()))
    assert result.exit_code == 0
    assert result.stderr == "up to date\n"
    assert result.stdout.startswith("finished at step 8: 1,024 tokens, 34,976 parameters")


def test_evaluate_agrees_with_the_runs_own_evaluation(best: Path) -> None:
    """The checkpoint alone is enough to find shards and tokenizer."""
    arguments = ("evaluate", "--checkpoint", str(best), "--max-batches", "1", "--json")
    scores = json.loads(_invoke(*arguments).stdout)
    metrics = json.loads((best.parents[1] / "metrics.json").read_bytes())
    expected = metrics["validation"]["best"]
    assert scores["bits_per_byte"] == pytest.approx(expected["bits_per_byte"], rel=1e-4)
    assert list(scores["sources"]) == ["code", "dialogues"]


def test_evaluate_knows_no_micro_batch(best: Path) -> None:
    """The same weights have the same score, however many sequences a machine had room for."""
    arguments = ("evaluate", "--checkpoint", str(best), "--max-batches", "2", "--json")
    expected = json.loads(_invoke(*arguments).stdout)
    saved = load(best)
    assert saved.micro_batch == 4
    training = dict(saved.config["training"])
    training["execution"] = {**training["execution"], "micro_batch_size": 1}
    save(best, replace(saved, micro_batch=1, config={**saved.config, "training": training}))
    scores = json.loads(_invoke(*arguments).stdout)
    assert scores["bits_per_byte"] == pytest.approx(expected["bits_per_byte"], rel=1e-5)


def test_evaluate_sets_counts_beside_the_model(best: Path) -> None:
    """The more of the context is counted, the fewer bits; both are scored on the same bytes."""
    arguments = ("evaluate", "--checkpoint", str(best), "--baselines", "--samples", "2")
    scores = json.loads(_invoke(*arguments, "--json").stdout)
    bits = {name: counts["bits_per_byte"] for name, counts in scores["baselines"].items()}
    assert list(bits) == ["unigrams", "bigrams", "trigrams"]
    assert bits["trigrams"] < bits["bigrams"] < bits["unigrams"]
    assert list(scores["baselines"]["bigrams"]["sources"]) == ["code", "dialogues"]
    assert scores["valid_python"] in (0, 0.5, 1)
    lines = _invoke(*arguments).stdout.splitlines()
    assert lines[1].startswith("unigrams: ")
    assert lines[4].startswith("valid Python: ")


def test_evaluate_names_the_splits_there_are(best: Path) -> None:
    """A misspelt split is an error."""
    result = _invoke("evaluate", "--checkpoint", str(best), "--split", "test")
    assert result.exit_code == 1
    assert "expected: one of train, validation" in result.stderr


def test_generate_writes_to_stdout_alone(best: Path) -> None:
    """Equal seeds write equal bytes, which are whole characters."""
    arguments = ("generate", "--checkpoint", str(best), "--prompt", "def ")
    arguments += ("--max-new-tokens", "20", "--temperature", "1.5", "--top-k", "50")
    first, second = _invoke(*arguments, "--seed", "1"), _invoke(*arguments, "--seed", "1")
    assert first.exit_code == 0
    assert first.stderr == ""
    assert first.stdout_bytes == second.stdout_bytes
    assert len(first.stdout_bytes.decode()) > 10
    assert _invoke(*arguments, "--seed", "2").stdout_bytes != first.stdout_bytes


def test_generate_finds_a_tokenizer_elsewhere(best: Path, run_dir: Path, tmp_path: Path) -> None:
    """A checkpoint that was moved needs --tokenizer: the file or its directory."""
    moved = best.rename(tmp_path / "model.pt")
    arguments = ("generate", "--checkpoint", str(moved), "--prompt", "x", "--max-new-tokens", "2")
    assert _invoke(*arguments).exit_code == 1
    assert _invoke(*arguments, "--tokenizer", str(run_dir)).exit_code == 0
    assert _invoke(*arguments, "--tokenizer", str(run_dir / "tokenizer.json")).exit_code == 0


def test_a_long_prompt_is_one_message(best: Path) -> None:
    """Exit 1, what and how much, no traceback."""
    result = _invoke("generate", "--checkpoint", str(best), "--prompt", "x = 1; " * 50)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: the prompt is longer than the model's context")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train",), "--example NAME"),
        (("train", "--config", "x", "--resume", "--fresh"), "exclude each other"),
        (("generate", "--checkpoint", "x"), "either --prompt, or --message"),
        (("generate", "--checkpoint", "x", "--prompt", "y", "--message", "z"), "either --prompt"),
        (("generate", "--checkpoint", "x", "--prompt", "y", "--system", "z"), "either --prompt"),
        (("generate", "--checkpoint", "x", "--prompt", "y", "--top-p", "0"), "--top-p"),
        (("generate", "--checkpoint", "x", "--prompt", "y", "--top-p", "nan"), "--top-p"),
        (
            ("generate", "--checkpoint", "x", "--prompt", "y", "--temperature", "nan"),
            "not a finite",
        ),
        (
            ("generate", "--checkpoint", "x", "--prompt", "y", "--temperature", "inf"),
            "not a finite",
        ),
        (("solve", "--reference", "--problems", "x", "--temperature", "inf"), "--temperature"),
        (("solve", "--reference", "--problems", "x", "--seconds", "inf"), "--seconds"),
        (("solve", "--reference", "--problems", "x", "--seconds", "nan"), "--seconds"),
        (("plan", "--config", "x", "--tokens-per-parameter", "inf"), "--tokens-per-parameter"),
        (("plan", "--config", "x", "--measure", "nan"), "--measure"),
        (("train", "--config", "x", "--max-seconds", "nan"), "nan is not a finite number"),
        (("train", "--config", "x", "--max-seconds", "inf"), "inf is not a finite number"),
    ],
)
def test_usage_errors_exit_2(arguments: tuple[str, ...], message: str) -> None:
    """What click finds wrong with the command line."""
    result = _invoke(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_users_errors_exit_1_without_a_traceback(tmp_path: Path) -> None:
    """And with one where it was asked for."""
    arguments = ("train", "--config", str(tmp_path / "missing.yaml"))
    result = _invoke(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: cannot read the configuration")
    assert _invoke(*arguments, "--debug").exception is not None


def test_help_answers_at_once() -> None:
    """Torch is not imported to print a page of help."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "trainer", "train", "--help"], check=True, capture_output=True
        )
        times.append(time.perf_counter() - started)
    assert min(times) < 0.3


QUESTION = "What is 3 plus 4?"


def _answer(*arguments: str) -> Result:
    options = ("--checkpoint", str(EARLIER), "--seed", "3", "--max-new-tokens", "12")
    return _invoke("generate", *options, *arguments)


@pytest.mark.parametrize(
    ("options", "typed"),
    [
        (("--message", QUESTION), f"<|user|>{QUESTION}<|assistant|>"),
        (
            ("--system", "def", "--message", QUESTION),
            f"<|system|>def<|user|>{QUESTION}<|assistant|>",
        ),
        (("--message", QUESTION, "--message", "It is"), f"<|user|>{QUESTION}<|assistant|>It is"),
        (
            ("--message", "x", "--message", "It is 8.", "--message", QUESTION),
            f"<|user|>x<|assistant|>It is 8.<|user|>{QUESTION}<|assistant|>",
        ),
    ],
)
def test_messages_are_answered_as_a_typed_dialogue_is(options: tuple[str, ...], typed: str) -> None:
    """With a system message, with an answer to be continued, after other turns."""
    answer = _answer(*options).stdout
    assert len(answer) > 3
    assert answer == _answer("--prompt", typed).stdout


def test_markers_in_a_message_take_no_role(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model reads them as text; in a typed prompt they are control tokens."""
    read: list[list[int]] = []

    def generate_ids(model: object, prompt: Prompt, *others: object) -> Iterator[int]:
        read.append(prompt.ids.tolist())
        return iter(())

    monkeypatch.setattr("trainer.generation.text.generate_ids", generate_ids)
    for option in ("--message", "--prompt"):
        assert _answer(option, "<|user|>x<|system|>y").exit_code == 0
    control = {1: "system", 2: "user", 3: "assistant", 4: "end"}
    roles = [[control[id] for id in ids if id in control] for ids in read]
    assert roles == [["user", "end", "assistant"], ["user", "end", "system"]]


@pytest.mark.parametrize("name", list(cli.commands))
def test_the_help_of_a_command_ends_with_an_example(name: str) -> None:
    """Which the command takes as it is; nothing is run."""
    *_, title, example = _invoke(name, "--help").stdout.rstrip().splitlines()
    assert title.strip() == "Example:"
    program, arguments = example.strip().split(f" {name} ", 1)
    assert program == "python -m trainer"
    cli.commands[name].make_context(name, shlex.split(arguments))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--prompt", "<|user|>What is 3 plus 4?<|assistant|>"), "It is 8.\n"),
        (("--prompt", "def ", "--temperature", "0"), "add_1(x):\n    return x + 11\n\n"),
    ],
)
def test_a_checkpoint_of_an_earlier_version_writes_its_text(
    arguments: tuple[str, ...], text: str
) -> None:
    """A run of 300 steps, written before `generate` took messages; its files are not made again."""
    result = _invoke("generate", "--checkpoint", str(EARLIER), *arguments, "--seed", "3")
    assert result.exit_code == 0, result.output
    assert result.stdout == text
