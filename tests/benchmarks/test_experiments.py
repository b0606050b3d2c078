"""The table of experiments: what would otherwise fail after hours of the ones before."""

import pytest

from benchmarks.experiments import EXPERIMENTS, HELD_OUT_TOKENS, settings_of
from corpusforge.config import load
from trainer.config import TrainExperiment


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_variants_train_and_are_scored_on_equally_many_tokens(name: str) -> None:
    """Every override is known, and 409,600 tokens and the held-out ones are cut without a rest."""
    experiment = EXPERIMENTS[name]
    for variant in experiment.variants:
        settings = [*variant.corpus, *settings_of(experiment, variant, 409_600, seed=1)]
        loaded = load(experiment.config, TrainExperiment, settings)
        training, context = loaded.training, loaded.model.context
        assert training.num_steps(context) * training.batch_size * context == 409_600
        scored = training.evaluation.batches * training.micro_batch * context
        assert scored == HELD_OUT_TOKENS
        assert training.seed == 1
