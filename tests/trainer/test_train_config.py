"""The trainer's configuration: impossible values, the parameter budget, the shipped files."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.config import load, parse
from corpusforge.errors import ConfigError
from trainer.config import TrainExperiment, TrainingConfig
from trainer.model.budget import ParameterBudget
from trainer.model.config import ModelConfig

CONFIGS = Path(__file__).parents[2] / "configs"
MODEL = {"dim": 64, "layers": 2, "heads": 4, "hidden": 128, "context": 32}
TRAINING = {"steps": 10, "batch_size": 4, "learning_rate": 0.001}


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
    """Each file loads, and its model has the size that it says."""
    experiment = load(CONFIGS / name, TrainExperiment)
    budget = experiment.parameter_budget
    assert budget is not None
    assert budget.check(experiment.model, experiment.tokenizer.vocab_size) == count


def test_the_quickstart_goes_on_with_dialogues() -> None:
    """Another run, of the same model, on the same shards, from its best weights."""
    first = load(CONFIGS / "train_quickstart.yaml", TrainExperiment)
    chat = load(CONFIGS / "train_quickstart_chat.yaml", TrainExperiment)
    assert chat.parameter_budget == first.parameter_budget
    assert chat.model == first.model.model_copy(update={"context": 512})
    assert chat.layout.shards == first.layout.shards
    assert Path(chat.training.start_from or "") == first.layout.checkpoints / "best.pt"
    assert chat.layout.checkpoints != first.layout.checkpoints
    assert chat.training.packing == "whole"


def test_the_175m_class_is_within_five_percent_of_170_million() -> None:
    """Its budget section says so, and its count holds it."""
    experiment = load(CONFIGS / "train_175m.yaml", TrainExperiment)
    assert experiment.parameter_budget == ParameterBudget(target=170_000_000, tolerance=0.05)


def test_a_model_off_its_budget_names_the_knob_that_mends_it() -> None:
    """The value it gives is within the budget."""
    model = ModelConfig(dim=256, layers=4, heads=4, kv_heads=2, hidden=704, context=256)
    with pytest.raises(ConfigError, match=r"off its parameter budget by 36\.9%") as caught:
        ParameterBudget(target=8_000_000, tolerance=0.05).check(model, 8192)
    assert caught.value.got == (
        "5,048,576 parameters with a vocabulary of 8,192: 2,951,424 below the target"
    )
    assert caught.value.do == "set model.layers: 8, which gives 7,999,744 parameters"
    assert (
        ParameterBudget(target=8_000_000).check(model.model_copy(update={"layers": 8}), 8192)
        == 7_999_744
    )


@given(target=st.integers(10_000, 10**9), vocab_size=st.sampled_from([512, 8192, 65_536]))
@settings(deadline=None)
def test_a_remedy_is_a_remedy(target: int, vocab_size: int) -> None:
    """Whatever the target, the value that an error gives passes the check."""
    model = ModelConfig(dim=256, layers=4, heads=4, kv_heads=2, hidden=704, context=256)
    budget = ParameterBudget(target=target, tolerance=0.05)
    try:
        budget.check(model, vocab_size)
    except ConfigError as error:
        if error.do.startswith("set model."):
            knob, value = error.do.split(",")[0].removeprefix("set model.").split(": ")
            tree = model.model_dump() | {knob: int(value)}
            budget.check(ModelConfig.model_validate(tree), vocab_size)


def test_an_unknown_key_names_the_nearest_one() -> None:
    """A misspelt knob is an error, not a default."""
    with pytest.raises(ConfigError, match='unknown key "learning_rat"') as caught:
        _experiment(training=TRAINING | {"learning_rat": 1})
    assert caught.value.do == 'did you mean "learning_rate"?'


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("model", "heads", 3, "dim (64) must be heads (3) times an even number"),
        ("model", "kv_heads", 3, "kv_heads (3) must divide heads (4)"),
        ("training", "tokens", 100, "give either `steps` or `tokens`"),
        ("training", "micro_batch_size", 3, "micro_batch_size (3) must divide batch_size (4)"),
        ("training", "micro_batch_size", "autos", "a whole number"),
        ("training", "micro_batch_size", "autos", ", or 'auto'"),
        ("training", "mixture", {"a": 0}, "needs a source whose weight is above 0"),
        (
            "training",
            "mixture",
            [{"from_step": 5, "weights": {"a": 1}}],
            "must start at step 0 and then ever later",
        ),
        (
            "training",
            "mixture",
            [{"from_step": 0, "weights": {"a": 1}}, {"from_share": 0.01, "weights": {"b": 1}}],
            "must start at step 0 and then ever later",
        ),
        (
            "training",
            "mixture",
            [{"from_step": 0, "from_share": 0, "weights": {"a": 1}}],
            "give a stage either `from_step` or `from_share`",
        ),
    ],
)
def test_impossible_values_say_why(section: str, key: str, value: object, message: str) -> None:
    """Values that contradict one another are refused before anything runs."""
    tree = {"model": MODEL, "training": TRAINING}
    with pytest.raises(ConfigError) as caught:
        _experiment(**{section: tree[section] | {key: value}})
    assert message in str(caught.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
@pytest.mark.parametrize(
    ("section", "name"),
    [
        (section, name)
        for section, kind in (("model", ModelConfig), ("training", TrainingConfig))
        for name, field in kind.model_fields.items()
        if re.search(r"\bfloat\b", str(field.annotation))
    ],
)
def test_numbers_are_finite_and_not_below_zero(section: str, name: str, value: float) -> None:
    """Each of them, whatever it is for; the message names the key."""
    tree = {"model": MODEL, "training": TRAINING}
    with pytest.raises(ConfigError) as caught:
        _experiment(**{section: tree[section] | {name: value}})
    assert caught.value.where == f"test: {section}.{name}"
    assert "finite number" in caught.value.expected or "greater than" in caught.value.expected


@pytest.mark.parametrize("mixture", [{}, [], None])
def test_no_mixture_is_that_of_the_shards(mixture: object) -> None:
    """However nothing is written."""
    assert _experiment(training=TRAINING | {"mixture": mixture}).training.mixture == ()


STAGES = [{"from_step": 0, "weights": {"a": 1}}, {"from_step": 10**20, "weights": {"b": 1}}]


@pytest.mark.parametrize(
    "values",
    [{"steps": 10**20}, {"batch_size": 10**11}, {"steps": (1 << 31) + 1}, {"mixture": STAGES}],
)
def test_a_run_has_no_more_samples_than_there_are_numbers(values: dict[str, object]) -> None:
    """Its stages begin among them too. A checkpoint that says so can be read."""
    config = _experiment(training=TRAINING | values).training
    with pytest.raises(ConfigError, match="beyond the last sample") as caught:
        config.check(context=32)
    assert caught.value.expected == "at most 8,589,934,592"
    TrainingConfig.model_validate(TRAINING | {"steps": 1 << 31}).check(context=32)


def test_checkpoints_to_keep_are_written() -> None:
    """The message names both intervals."""
    config = TrainingConfig.model_validate(TRAINING | {"keep_every": 6, "checkpoint_every": 4})
    with pytest.raises(ConfigError, match="not every checkpoint that is to be kept") as caught:
        config.check(context=32)
    assert caught.value.where == "training.keep_every"
    assert caught.value.got == "6, with a checkpoint_every of 4"
    TrainingConfig.model_validate(TRAINING | {"keep_every": 8, "checkpoint_every": 4}).check(32)


def test_tokens_are_rounded_up_to_whole_steps() -> None:
    """A number of tokens instead of steps."""
    config = TrainingConfig(tokens=1000, batch_size=4, learning_rate=0.1)
    assert config.num_steps(context=64) == 4


def test_a_stage_may_start_at_a_share_of_the_run() -> None:
    """The last fifth of 1,000 steps of 4 samples begins with sample 3,200."""
    stages = [{"from_share": 0, "weights": {"a": 1}}, {"from_share": 0.8, "weights": {"b": 1}}]
    tree = {"steps": 1000, "batch_size": 4, "learning_rate": 0.1, "mixture": stages}
    config = TrainingConfig.model_validate(tree)
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
    """Either can be had without the other."""
    tree = TRAINING | {"packing": packing, "attention": attention}
    assert TrainingConfig.model_validate(tree).separates_documents is separated


@pytest.mark.parametrize("value", ["on", "off", "auto"])
def test_compile_may_be_typed_bare(value: str, tmp_path: Path) -> None:
    """YAML takes a bare `off` for false; a person means the word."""
    path = tmp_path / "x.yaml"
    model = "{dim: 32, layers: 1, heads: 2, hidden: 64, context: 32}"
    training = "{steps: 1, batch_size: 1, learning_rate: 0.1}"
    path.write_text(f"output_dir: x\nmodel: {model}\ntraining: {training}\n", encoding="utf-8")
    assert load(path, TrainExperiment, [f"training.compile={value}"]).training.compile == value
