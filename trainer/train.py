"""A run from its configuration and shards: what it needs is opened, and the loop put to work."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from math import gcd
from pathlib import Path
from typing import Any

import torch

from corpusforge.errors import RunError
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import write_json
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoints.checkpoint import Checkpoint
from trainer.checkpoints.keeper import CheckpointKeeper
from trainer.checkpoints.resume import Start, find_start, only_trainer, remove_superseded
from trainer.checkpoints.state import TrainState
from trainer.config import TrainExperiment, TrainingConfig
from trainer.data.mixture import Stage, plan_stages
from trainer.data.read_ahead import ReadAhead
from trainer.data.repetition import check_repetition
from trainer.data.sampler import Sampler
from trainer.data.windows import WholeDocuments
from trainer.evaluation.evaluate import HeldOut
from trainer.execution.device import Execution, choose_execution
from trainer.execution.world import World
from trainer.generate import read_prompt
from trainer.loop import Training
from trainer.model.config import num_parameters
from trainer.optimization.loss import Objective
from trainer.planning.flops import flops_per_token, matrix_peak
from trainer.planning.memory import choose_micro_batch
from trainer.reporting.metrics import MetricsLog, read_events, summarize
from trainer.reporting.status import Progress
from trainer.stop import StopRequest


def train(
    experiment: TrainExperiment,
    progress: Progress,
    *,
    resume: bool = False,
    fresh: bool = False,
    max_seconds: float | None = None,
    world: World | None = None,
) -> dict[str, Any]:
    """Train a model, or go on where an earlier process stopped; gives the run's summary.

    All processes of a world call it alike; the summary is the leading one's. SIGTERM, Ctrl-C and
    the end of `max_seconds` end it after the step at hand, with a checkpoint.

    Raises:
        UserError: the configuration, the shards and the checkpoints do not go together.
    """
    layout = experiment.layout
    shards = ShardSet(layout.shards)
    vocab_size = shards.manifest.tokenizer.vocab_size
    if experiment.parameter_budget is not None:
        experiment.parameter_budget.check(experiment.model, vocab_size)
    tokenizer = _tokenizer_of(layout, shards)
    config = experiment.training
    world = world or World()
    world.rows(config.batch_size)
    window = experiment.model.context
    config.check(window)
    for prompt in config.sample_prompts:
        read_prompt(tokenizer, prompt, window)
    stages = plan_stages(shards, config.mixture_stages(window))
    sampler = Sampler.over(
        shards, "train", stages, window=window, seed=config.seed, packing=config.packing
    )
    epochs = sampler.epochs(config.num_steps(window) * config.batch_size)
    warnings = list(check_repetition(epochs, config))
    with only_trainer(layout, world):
        start = find_start(layout, experiment, shards.manifest, stages, resume=resume, fresh=fresh)
        if start.checkpoint is not None and start.finished:
            progress.say("up to date")
            return _write_summary(experiment, vocab_size, world, start.checkpoint.step)
        execution = choose_execution(config, progress.say)
        micro_batch = _micro_batch(experiment, vocab_size, execution, world, start.checkpoint)
        state = TrainState(experiment, shards.manifest, sampler, execution, world)
        state.micro_batch = micro_batch
        if config.separates_documents:
            state.model.separate_documents(tokenizer.end_of_document, blocks=execution.has_blocks)
        for line in _take_on(start, state, config, resume=resume):
            progress.say(line)
        for warning in warnings:
            progress.say(f"warning: {warning}")
        parameters = num_parameters(experiment.model, vocab_size)
        progress.say(f"{parameters:,} parameters on {_describe_machines(execution, world)}")
        if config.micro_batch_size == "auto":
            progress.say(f"micro-batches of {micro_batch:,} sequences, as memory allows")
        for line in _describe_data(sampler, shards):
            progress.say(line)
        # All processes can begin, and have read what they need.
        world.wait()
        if world.leads:
            remove_superseded(layout, start)
        with (
            _open_log(layout, world, last_step=-1 if start.own is None else state.step) as log,
            StopRequest(max_seconds) as stop,
            CheckpointKeeper(
                layout.checkpoints,
                keep=config.keep_checkpoints,
                keep_every=config.keep_every,
            ) as keeper,
            closing(
                ReadAhead(
                    sampler,
                    tokenizer.control,
                    execution.device,
                    batch_size=config.batch_size,
                    world=world,
                )
            ) as batches,
        ):
            log.write(
                "start",
                state.step,
                parameters=parameters,
                execution=_describe_machines(execution, world),
                micro_batch=micro_batch,
                best=state.best,
            )
            training = Training(
                experiment=experiment,
                shards=shards,
                tokenizer=tokenizer,
                state=state,
                objective=Objective(state.model, execution, world, z_loss=config.z_loss),
                held_out=HeldOut(
                    shards,
                    tokenizer,
                    window=window,
                    max_windows=config.evaluate_batches * config.micro_batch,
                    batch_size=micro_batch,
                    without=_unused(stages, shards),
                ),
                batches=batches,
                log=log,
                keeper=keeper,
                progress=progress,
                world=world,
                tokens_per_second_at_peak=_tokens_at_peak(experiment, vocab_size, execution, world),
            )
            training.run(stop)
        return _write_summary(experiment, vocab_size, world, state.step)


def _tokenizer_of(layout: Layout, shards: ShardSet) -> Tokenizer:
    """The run's tokenizer.

    Raises:
        RunError: it is not the one that wrote the shards.
    """
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


def _take_on(
    start: Start, state: TrainState, config: TrainingConfig, *, resume: bool
) -> Iterator[str]:
    """Give a state the weights that a run starts with; says which, a line each."""
    if start.checkpoint is not None:
        state.restore(start.checkpoint)
        yield f"going on at step {state.step:,}"
        yield from (f"from here on, {change}" for change in start.changes)
        return
    if resume:
        yield "nothing to resume: starting anew"
    if config.start_from is not None:
        state.start_from(Path(config.start_from))
        yield f"starting with the weights of {config.start_from}"
        reading = state.ancestors[-1]
        if reading is not None and reading["tables"] is None:
            yield (
                "warning: the shards that these weights were trained on are not at hand, so model "
                "cards will not list them"
            )


def _open_log(layout: Layout, world: World, *, last_step: int) -> MetricsLog:
    if not world.leads:
        return MetricsLog(None, last_step=last_step)
    return MetricsLog(layout.metrics_log, layout.tensorboard, last_step=last_step)


def _micro_batch(
    experiment: TrainExperiment,
    vocab_size: int,
    execution: Execution,
    world: World,
    checkpoint: Checkpoint | None,
) -> int:
    """Sequences that each process has in memory at once: as configured, as before, or chosen."""
    config = experiment.training
    rows = world.rows(config.batch_size)
    if config.micro_batch_size != "auto":
        # A process may have fewer rows than a micro-batch would take.
        return gcd(config.micro_batch, rows)
    if checkpoint is not None and checkpoint.micro_batch is not None:
        return gcd(checkpoint.micro_batch, rows)
    return choose_micro_batch(experiment, vocab_size, execution, world, rows)


def _tokens_at_peak(
    experiment: TrainExperiment, vocab_size: int, execution: Execution, world: World
) -> float:
    # Measured by all processes at once, as they work: on a CPU they share its cores.
    peak = world.sum(torch.tensor(matrix_peak(execution), dtype=torch.float64)).item()
    return peak / flops_per_token(experiment.model, vocab_size)


def _describe_data(sampler: Sampler, shards: ShardSet) -> Iterator[str]:
    """Shares of the sources, stage by stage, and what is left out; what packing makes of them."""
    stages = []
    for stage in sampler.mixture.stages:
        whole = sum(stage.weights.values())
        shares = [f"{source} {weight / whole:.1%}" for source, weight in stage.weights.items()]
        shares += [f"{source} not used" for source in _unused([stage], shards)]
        stages.append(", ".join(shares))
    yield f"mixture: {'; then '.join(stages)}"
    for source, windows in sampler.windows.items():
        if isinstance(windows, WholeDocuments):
            yield f"{source}: {windows}"


def _unused(stages: Sequence[Stage], shards: ShardSet) -> list[str]:
    """Train sources that the mixture leaves out."""
    used = {source for stage in stages for source in stage.weights}
    return sorted(set(shards.sources("train")) - used)


def _describe_machines(execution: Execution, world: World) -> str:
    return f"{execution}, {world.size} processes" if world.size > 1 else str(execution)


def _write_summary(
    experiment: TrainExperiment, vocab_size: int, world: World, step: int
) -> dict[str, Any]:
    """Write and give metrics.json; processes that do not lead have no summary."""
    if not world.leads:
        return {}
    layout, model, training = experiment.layout, experiment.model, experiment.training
    summary = {
        "finished": step >= training.num_steps(model.context),
        # Known without the log, which may have been removed.
        "parameters": num_parameters(model, vocab_size),
        "step": step,
        "tokens": step * training.batch_size * model.context,
        **summarize(read_events(layout.metrics_log)),
    }
    write_json(layout.metrics, summary)
    return summary
