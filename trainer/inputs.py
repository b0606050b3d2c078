"""Inputs of a run: shards, tokenizer and the order of its data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from corpusforge.errors import RunError
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.config import TrainExperiment
from trainer.data.mixture import WeightedStage, plan_stages
from trainer.data.repetition import check_repetition
from trainer.data.sampler import Sampler
from trainer.data.windows import WholeDocuments
from trainer.execution.world import World
from trainer.generation.prompt import trusted_prompt
from trainer.model.config import num_parameters


@dataclass(frozen=True)
class RunInputs:
    """The inputs of a run, checked to fit together."""

    experiment: TrainExperiment
    shards: ShardSet
    tokenizer: Tokenizer
    sampler: Sampler
    warnings: tuple[str, ...]
    world: World

    @property
    def stages(self) -> tuple[WeightedStage, ...]:
        return self.sampler.mixture.stages

    @property
    def num_parameters(self) -> int:
        return num_parameters(self.experiment.model, self.tokenizer.vocab_size)

    @property
    def unused_sources(self) -> list[str]:
        """Train sources that no stage of the mixture uses."""
        return self._all_but(self.sampler.sources)

    def describe_data(self) -> Iterator[str]:
        """Lines with the shares of the sources, stage by stage, and the result of packing."""
        stages = []
        for stage in self.stages:
            total = sum(stage.weights.values())
            shares = [f"{source} {weight / total:.1%}" for source, weight in stage.weights.items()]
            shares += [f"{source} not used" for source in self._all_but(stage.weights)]
            stages.append(", ".join(shares))
        yield f"mixture: {'; then '.join(stages)}"
        for source, windows in self.sampler.windows.items():
            if isinstance(windows, WholeDocuments):
                yield f"{source}: {windows}"

    def _all_but(self, used: Iterable[str]) -> list[str]:
        return sorted(self.shards.sources("train").keys() - set(used))


def check_inputs(experiment: TrainExperiment, world: World) -> RunInputs:
    """Open the shards and the tokenizer, and check that the run can use them.

    Raises:
        UserError: it cannot. Nothing has been written then.
    """
    layout, config, window = experiment.layout, experiment.training, experiment.model.context
    shards = ShardSet(layout.shards)
    if experiment.parameter_budget is not None:
        vocab_size = shards.manifest.tokenizer.vocab_size
        experiment.parameter_budget.check(experiment.model, vocab_size)
    tokenizer = _tokenizer_of(layout, shards)
    world.rows(config.batch_size)
    config.check(window)
    for prompt in config.samples.prompts:
        trusted_prompt(tokenizer, prompt, window)
    sampler = Sampler.over(
        shards,
        "train",
        plan_stages(shards, config.mixture_stages(window)),
        window=window,
        seed=config.seed,
        packing=config.data.packing,
    )
    epochs = sampler.epochs(experiment.num_steps * config.batch_size)
    warnings = tuple(check_repetition(epochs, config.data))
    return RunInputs(experiment, shards, tokenizer, sampler, warnings, world)


def _tokenizer_of(layout: Layout, shards: ShardSet) -> Tokenizer:
    """Load the run's tokenizer, and check that it is the one that wrote the shards."""
    tokenizer = load_tokenizer(layout.data_root)
    entry = shards.manifest.tokenizer
    if (tokenizer.fingerprint, tokenizer.vocab_size) != (entry.fingerprint, entry.vocab_size):
        raise RunError(
            "the shards were written with another tokenizer",
            where=str(layout.shards),
            got=f"{entry.vocab_size:,} ids, fingerprint {entry.fingerprint}",
            expected=f"{tokenizer.vocab_size:,} ids, fingerprint {tokenizer.fingerprint}, "
            f"as {layout.tokenizer} says",
            do="run `corpusforge tokenize` again",
        )
    return tokenizer
