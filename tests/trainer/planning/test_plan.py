"""The numbers of a plan, compared with numbers computed by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trainer.cli import cli
from trainer.model.config import ModelConfig
from trainer.planning.flops import flops_per_token

MODEL = ModelConfig(dim=32, layers=2, heads=4, kv_heads=2, hidden=64, context=32)


def _plan(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["plan", "--config", str(config), *arguments])


def test_arithmetic_is_six_operations_a_weight_and_attention() -> None:
    """Two per weight forward and four backward; a token attends to half of the context."""
    embedding, attention, feed_forward = 512 * 32, 32 * (32 + 16 + 16 + 32), 3 * 32 * 64
    looked_at = 2 * 32 * (32 // 2)  # scores and their sum over values
    expected = 6 * (embedding + 2 * (attention + feed_forward + looked_at))
    assert flops_per_token(MODEL, 512) == expected == 221_184


def test_a_plan_counts_tokens_and_steps(config_file: Callable[..., Path]) -> None:
    """With the vocabulary of existing shards, without taking a step."""
    result = _plan(config_file(), "--measure", "0", "--tokens-per-parameter", "10", "--json")
    plan = json.loads(result.stdout)
    assert plan["parameters"] == 34_976
    assert plan["vocab_is_final"] is True
    assert plan["memory"]["optimizer"] == 2 * plan["memory"]["weights"] == 279_808
    assert (plan["steps"], plan["tokens"], plan["target_tokens"]) == (8, 1_024, 349_760)
    assert plan["pace"] is None
    assert plan["seconds"] is None


def test_a_measured_plan_tells_the_time(config_file: Callable[..., Path]) -> None:
    """And the share of the machine's matrix peak."""
    result = _plan(config_file(), "--measure", "0.2", "--json")
    plan = json.loads(result.stdout)
    assert plan["pace"]["execution"] == "cpu, float32, not compiled"
    assert 0 < plan["pace"]["flops_per_second"] < plan["pace"]["peak_flops_per_second"]
    assert plan["seconds"] == pytest.approx(1_024 / plan["pace"]["tokens_per_second"])
    assert "tokens/s on cpu" in _plan(config_file(), "--measure", "0.1").stdout


def test_what_does_not_fit_is_not_measured(config_file: Callable[..., Path]) -> None:
    """A plan must not exhaust the machine."""
    wide = ("--set", "model.dim=65536", "--set", "model.layers=40")
    result = _plan(config_file(), "--measure", "1", *wide)
    assert result.exit_code == 0, result.output
    assert "time             not measured: it needs " in result.stdout
