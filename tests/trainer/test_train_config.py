"""The trainer's configuration: impossible values and the shipped files."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpusforge.config import Frozen, load, parse
from corpusforge.errors import ConfigError
from trainer.config import TrainExperiment, TrainingConfig
from trainer.data.config import DataConfig
from trainer.model.budget import ParameterBudget
from trainer.model.config import ModelConfig

CONFIGS = Path(__file__).parents[2] / "configs"
MODEL = {"dim": 64, "layers": 2, "heads": 4, "hidden": 128, "context": 32}
TRAINING = {"steps": 10, "batch_size": 4, "optimizer": {"learning_rate": 0.001}}


def _numbers(section: str, kind: type[Frozen]) -> Iterator[str]:
    """Dotted names of the numbers in a section."""
    for name, field in kind.model_fields.items():
        if re.search(r"\bfloat\b", str(field.annotation)):
            yield f"{section}.{name}"


def _with(tree: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    """The tree with another value at a dotted name."""
    key, _, rest = place.partition(".")
    return tree | {key: _with(tree.get(key, {}), rest, value) if rest else value}


def _experiment(**sections: object) -> TrainExperiment:
    tree = {"output_dir": "runs/test", "model": MODEL, "training": TRAINING} | sections
    return parse(tree, TrainExperiment, where="test")


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("train_quickstart.yaml", 3_147_456),
        ("train_base.yaml", 31_990_272),
        ("train_175m.yaml", 175_608_576),
    ],
)
def test_shipped_configurations_are_within_their_budget(name: str, count: int) -> None:
    """Each file loads, and its model has the expected size."""
    experiment = load(CONFIGS / name, TrainExperiment)
    budget = experiment.parameter_budget
    assert budget is not None
    assert budget.check(experiment.model, experiment.tokenizer.vocab_size) == count


def test_the_quickstart_goes_on_with_dialogues() -> None:
    """Another run of the same model, on the same shards, from its best weights."""
    first = load(CONFIGS / "train_quickstart.yaml", TrainExperiment)
    chat = load(CONFIGS / "train_quickstart_chat.yaml", TrainExperiment)
    assert chat.parameter_budget == first.parameter_budget
    assert chat.model == first.model.model_copy(update={"context": 512})
    assert chat.layout.shards == first.layout.shards
    assert Path(chat.training.start_from or "") == first.layout.checkpoints / "best.pt"
    assert chat.layout.checkpoints != first.layout.checkpoints
    assert chat.training.data.packing == "whole"


def test_the_175m_class_is_within_five_percent_of_170_million() -> None:
    """As its budget section says."""
    experiment = load(CONFIGS / "train_175m.yaml", TrainExperiment)
    assert experiment.parameter_budget == ParameterBudget(target=170_000_000, tolerance=0.05)


def test_an_unknown_key_names_the_nearest_one() -> None:
    """A misspelt option is an error, not a default."""
    with pytest.raises(ConfigError, match='unknown key "learning_rat"') as caught:
        _experiment(training=TRAINING | {"optimizer": {"learning_rat": 1}})
    assert caught.value.do == 'did you mean "learning_rate"?'


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("model", "heads", 3, "dim (64) must be heads (3) times an even number"),
        ("model", "kv_heads", 3, "kv_heads (3) must divide heads (4)"),
        ("training", "tokens", 100, "give either `steps` or `tokens`"),
        (
            "training",
            "execution",
            {"micro_batch_size": 3},
            "micro_batch_size (3) must divide batch_size (4)",
        ),
        ("training", "execution", {"micro_batch_size": "autos"}, "a whole number"),
        ("training", "execution", {"micro_batch_size": "autos"}, ", or 'auto'"),
        ("training", "data", {"mixture": {"a": 0}}, "needs a source whose weight is above 0"),
        (
            "training",
            "data",
            {"mixture": [{"from_step": 5, "weights": {"a": 1}}]},
            "must start at step 0 and then ever later",
        ),
        (
            "training",
            "data",
            {
                "mixture": [
                    {"from_step": 0, "weights": {"a": 1}},
                    {"from_share": 0.01, "weights": {"b": 1}},
                ]
            },
            "must start at step 0 and then ever later",
        ),
        (
            "training",
            "data",
            {"mixture": [{"from_step": 0, "from_share": 0, "weights": {"a": 1}}]},
            "give a stage either `from_step` or `from_share`",
        ),
    ],
)
def test_impossible_values_say_why(section: str, key: str, value: object, message: str) -> None:
    """Contradicting values are refused before anything runs."""
    tree = {"model": MODEL, "training": TRAINING}
    with pytest.raises(ConfigError) as caught:
        _experiment(**{section: tree[section] | {key: value}})
    assert message in str(caught.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
@pytest.mark.parametrize(
    "place",
    [
        *_numbers("model", ModelConfig),
        *_numbers("training", TrainingConfig),
        *(
            place
            for name, field in TrainingConfig.model_fields.items()
            if isinstance(field.annotation, type) and issubclass(field.annotation, Frozen)
            for place in _numbers(f"training.{name}", field.annotation)
        ),
    ],
)
def test_numbers_are_finite_and_not_below_zero(place: str, value: float) -> None:
    """The message names the key."""
    tree: dict[str, Any] = {"model": MODEL, "training": TRAINING}
    with pytest.raises(ConfigError) as caught:
        _experiment(**_with(tree, place, value))
    assert caught.value.where == f"test: {place}"
    assert "finite number" in caught.value.expected or "greater than" in caught.value.expected


@pytest.mark.parametrize("mixture", [{}, [], None])
def test_no_mixture_is_that_of_the_shards(mixture: object) -> None:
    """In each way to write nothing."""
    tree = TRAINING | {"data": {"mixture": mixture}}
    assert _experiment(training=tree).training.data.mixture == ()


STAGES = [{"from_step": 0, "weights": {"a": 1}}, {"from_step": 10**20, "weights": {"b": 1}}]


@pytest.mark.parametrize(
    "values",
    [
        {"steps": 10**20},
        {"batch_size": 10**11},
        {"steps": (1 << 31) + 1},
        {"data": {"mixture": STAGES}},
    ],
)
def test_a_run_has_no_more_samples_than_there_are_numbers(values: dict[str, object]) -> None:
    """Including the starts of its stages. The configuration of a checkpoint can still be read."""
    config = _experiment(training=TRAINING | values).training
    with pytest.raises(ConfigError, match="beyond the last sample") as caught:
        config.check(context=32)
    assert caught.value.expected == "at most 8,589,934,592"
    TrainingConfig.model_validate(TRAINING | {"steps": 1 << 31}).check(context=32)


def test_checkpoints_to_keep_are_written() -> None:
    """The message names both intervals."""
    config = TrainingConfig.model_validate(
        TRAINING | {"checkpoints": {"keep_every": 6, "every": 4}}
    )
    with pytest.raises(ConfigError, match="not every checkpoint that is to be kept") as caught:
        config.check(context=32)
    assert caught.value.where == "training.checkpoints.keep_every"
    assert caught.value.got == "6, while a checkpoint is written every 4 steps"
    kept = TRAINING | {"checkpoints": {"keep_every": 8, "every": 4}}
    TrainingConfig.model_validate(kept).check(context=32)


def test_tokens_are_rounded_up_to_whole_steps() -> None:
    """If the length is given in tokens."""
    config = TrainingConfig.model_validate(TRAINING | {"steps": None, "tokens": 1000})
    assert config.num_steps(context=64) == 4


def test_a_stage_may_start_at_a_share_of_the_run() -> None:
    """The last fifth of 1,000 steps of 4 samples begins at sample 3,200."""
    stages = [{"from_share": 0, "weights": {"a": 1}}, {"from_share": 0.8, "weights": {"b": 1}}]
    tree = {"steps": 1000, "data": {"mixture": stages}}
    config = TrainingConfig.model_validate(TRAINING | tree)
    assert config.mixture_stages(context=64) == [(0, {"a": 1}), (3200, {"b": 1})]


@pytest.mark.parametrize(
    ("packing", "attention", "separated"),
    [
        ("contiguous", None, False),
        ("whole", None, True),
        ("whole", "window", False),
        ("contiguous", "document", True),
    ],
)
def test_whole_documents_are_separated_unless_it_is_said(
    packing: str, attention: str | None, separated: bool
) -> None:
    """Packing and attention can be chosen separately."""
    config = DataConfig.model_validate({"packing": packing, "attention": attention})
    assert config.separates_documents is separated


@pytest.mark.parametrize("value", ["on", "off", "auto"])
def test_compile_may_be_typed_bare(value: str, tmp_path: Path) -> None:
    """YAML takes a bare `off` for false; a person means the word."""
    path = tmp_path / "x.yaml"
    model = "{dim: 32, layers: 1, heads: 2, hidden: 64, context: 32}"
    training = "{steps: 1, batch_size: 1, optimizer: {learning_rate: 0.1}}"
    path.write_text(f"output_dir: x\nmodel: {model}\ntraining: {training}\n", encoding="utf-8")
    experiment = load(path, TrainExperiment, [f"training.execution.compile={value}"])
    assert experiment.training.execution.compile == value
