"""A training run: its inputs are checked, its parts opened, and the loop runs."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Any

import torch

from corpusforge.errors import RunError
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import sweep_temporaries, write_json
from corpusforge.storage.layout import Layout
from corpusforge.storage.lock import locked
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoints.checkpoint import Checkpoint
from trainer.checkpoints.keeper import CheckpointKeeper
from trainer.checkpoints.resume import Start, find_start, remove_superseded
from trainer.checkpoints.state import TrainState
from trainer.config import TrainExperiment
from trainer.data.mixture import Stage, plan_stages
from trainer.data.read_ahead import ReadAhead
from trainer.data.repetition import check_repetition
from trainer.data.sampler import Sampler
from trainer.data.windows import WholeDocuments
from trainer.evaluation.evaluate import HeldOut
from trainer.execution.device import Execution, choose_execution
from trainer.execution.sharding import shard
from trainer.execution.world import World
from trainer.generate import read_prompt
from trainer.loop import Training
from trainer.model.config import num_parameters
from trainer.model.decoder import Decoder, initialize
from trainer.optimization.loss import Objective
from trainer.optimization.optimizer import Optimizer
from trainer.planning.flops import flops_per_token, matrix_peak
from trainer.planning.memory import choose_micro_batch
from trainer.reporting.metrics import MetricsLog, read_events, summarize
from trainer.reporting.status_line import StatusLine
from trainer.stop import StopRequest


@dataclass(frozen=True)
class _Inputs:
    """What a run is made from, checked to fit together."""

    experiment: TrainExperiment
    shards: ShardSet
    tokenizer: Tokenizer
    sampler: Sampler
    warnings: tuple[str, ...]
    world: World

    @property
    def stages(self) -> tuple[Stage, ...]:
        return self.sampler.mixture.stages

    @property
    def num_parameters(self) -> int:
        return num_parameters(self.experiment.model, self.tokenizer.vocab_size)

    @property
    def unused_sources(self) -> list[str]:
        """Train sources that the mixture leaves out."""
        return sorted(set(self.shards.sources("train")) - set(self.sampler.sources))


def train(
    experiment: TrainExperiment,
    status: StatusLine,
    *,
    resume: bool = False,
    fresh: bool = False,
    max_seconds: float | None = None,
    world: World | None = None,
) -> dict[str, Any]:
    """Train a model, or continue where an earlier process stopped, and return the run's summary.

    All processes of a world make the same call; only the leading one gets a summary. SIGTERM,
    Ctrl-C and the end of `max_seconds` stop the run after the current step, with a checkpoint.

    Raises:
        UserError: the configuration, the shards and the checkpoints do not fit together.
    """
    inputs = _check(experiment, world or World())
    with _only_trainer(experiment.layout, inputs.world):
        start = find_start(
            experiment, inputs.shards.manifest, inputs.stages, resume=resume, fresh=fresh
        )
        if start.checkpoint is not None and start.finished:
            status.say("up to date")
            return _write_summary(inputs, start.checkpoint.step)
        with _opened(inputs, start, status, resume=resume, max_seconds=max_seconds) as training:
            training.run()
        return _write_summary(inputs, training.state.step)


def _check(experiment: TrainExperiment, world: World) -> _Inputs:
    """Open the shards and the tokenizer, and check that the run can be done with them.

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
        read_prompt(tokenizer, prompt, window)
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
    return _Inputs(experiment, shards, tokenizer, sampler, warnings, world)


def _tokenizer_of(layout: Layout, shards: ShardSet) -> Tokenizer:
    """Load the run's tokenizer.

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


@contextmanager
def _only_trainer(layout: Layout, world: World) -> Iterator[None]:
    """Lock the run for this process, or for the world that it leads.

    Raises:
        RunError: another process trains there, or the directory cannot be written.
    """
    if not world.leads:
        yield
        return
    with locked(layout.checkpoints / ".lock", "trainer"):
        sweep_temporaries(layout.checkpoints)
        yield


@contextmanager
def _opened(
    inputs: _Inputs, start: Start, status: StatusLine, *, resume: bool, max_seconds: float | None
) -> Iterator[Training]:
    """Build the model, restore its state and open everything that the loop needs.

    Raises:
        UserError: the machine or a checkpoint does not fit the configuration.
    """
    experiment, world, sampler = inputs.experiment, inputs.world, inputs.sampler
    layout, config, window = experiment.layout, experiment.training, experiment.model.context
    execution = choose_execution(config.execution, status.say)
    micro_batch = _micro_batch(inputs, execution, start.checkpoint)
    model = _build_model(inputs, execution)
    state = TrainState(
        experiment,
        inputs.shards.manifest,
        sampler,
        model,
        Optimizer(model, config.optimizer, execution.dtype),
        world,
        micro_batch=micro_batch,
    )
    machines = f"{execution}, {world.size} processes" if world.size > 1 else str(execution)
    for line in (
        *_restore(start, state, experiment, resume=resume),
        *(f"warning: {warning}" for warning in inputs.warnings),
        f"{inputs.num_parameters:,} parameters on {machines}",
        *(
            [f"micro-batches of {micro_batch:,} sequences, as memory allows"]
            if config.execution.micro_batch_size == "auto"
            else []
        ),
        *_describe_data(inputs),
    ):
        status.say(line)
    # From here on, every process has read what it needs of an earlier run.
    world.wait()
    if world.leads:
        remove_superseded(layout, start)
    with (
        _open_log(layout, world, last_step=-1 if start.own is None else state.step) as log,
        StopRequest(max_seconds) as stop,
        CheckpointKeeper(
            layout.checkpoints,
            keep=config.checkpoints.keep,
            keep_every=config.checkpoints.keep_every,
        ) as keeper,
        closing(
            ReadAhead(
                sampler,
                inputs.tokenizer.control,
                execution.device,
                batch_size=config.batch_size,
                world=world,
            )
        ) as batches,
    ):
        log.write(
            "start",
            state.step,
            parameters=inputs.num_parameters,
            execution=machines,
            micro_batch=micro_batch,
            best=state.best,
        )
        yield Training(
            experiment=experiment,
            shards=inputs.shards,
            tokenizer=inputs.tokenizer,
            state=state,
            objective=Objective(model, execution, world, z_loss=config.stability.z_loss),
            held_out=HeldOut(
                inputs.shards,
                inputs.tokenizer,
                window=window,
                max_windows=config.evaluation.batches * config.micro_batch,
                batch_size=micro_batch,
                without=inputs.unused_sources,
            ),
            batches=batches,
            log=log,
            keeper=keeper,
            status=status,
            stop=stop,
            world=world,
            tokens_per_second_at_peak=_tokens_at_peak(inputs, execution),
        )


def _micro_batch(inputs: _Inputs, execution: Execution, checkpoint: Checkpoint | None) -> int:
    """Sequences that each process has in memory at a time: configured, as before, or chosen."""
    config, world = inputs.experiment.training, inputs.world
    rows = world.rows(config.batch_size)
    if config.execution.micro_batch_size != "auto":
        # A process may have fewer rows than a micro-batch.
        return gcd(config.micro_batch, rows)
    if checkpoint is not None and checkpoint.micro_batch is not None:
        return gcd(checkpoint.micro_batch, rows)
    return choose_micro_batch(
        inputs.experiment, inputs.tokenizer.vocab_size, execution, world, rows
    )


def _build_model(inputs: _Inputs, execution: Execution) -> Decoder:
    """Build a freshly initialized model on its device, or this process's shard of it."""
    config, world = inputs.experiment.training, inputs.world
    model = Decoder(inputs.experiment.model, inputs.tokenizer.vocab_size)
    model.recompute = config.execution.recompute
    if config.data.separates_documents:
        model.separate_documents(inputs.tokenizer.end_of_document, blocks=execution.has_blocks)
    initialize(model, config.seed)
    if world.size > 1 and config.execution.parallel == "fsdp":
        shard(model, world, execution.device)
    return model.to(execution.device)


def _restore(
    start: Start, state: TrainState, experiment: TrainExperiment, *, resume: bool
) -> Iterator[str]:
    """Load the weights that a run starts with; yields lines that say which."""
    if start.checkpoint is not None:
        state.restore(start.checkpoint)
        yield f"going on at step {state.step:,}"
        yield from (f"from here on, {change}" for change in start.changes)
        return
    if resume:
        yield "nothing to resume: starting from step 0"
    start_from = experiment.training.start_from
    if start_from is not None:
        state.start_from(Path(start_from))
        yield f"starting with the weights of {start_from}"
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


def _tokens_at_peak(inputs: _Inputs, execution: Execution) -> float:
    # All processes measure at the same time, as they work: on a CPU they share its cores.
    peak = torch.tensor(matrix_peak(execution), dtype=torch.float64)
    per_token = flops_per_token(inputs.experiment.model, inputs.tokenizer.vocab_size)
    return inputs.world.sum(peak).item() / per_token


def _describe_data(inputs: _Inputs) -> Iterator[str]:
    """Shares of the sources, stage by stage, what is left out, and the result of packing."""
    all_sources = inputs.shards.sources("train")
    stages = []
    for stage in inputs.stages:
        total = sum(stage.weights.values())
        shares = [f"{source} {weight / total:.1%}" for source, weight in stage.weights.items()]
        shares += [f"{source} not used" for source in sorted(set(all_sources) - set(stage.weights))]
        stages.append(", ".join(shares))
    yield f"mixture: {'; then '.join(stages)}"
    for source, windows in inputs.sampler.windows.items():
        if isinstance(windows, WholeDocuments):
            yield f"{source}: {windows}"


def _write_summary(inputs: _Inputs, step: int) -> dict[str, Any]:
    """Write metrics.json and return its content; only the leading process has one."""
    if not inputs.world.leads:
        return {}
    experiment = inputs.experiment
    summary = {
        "finished": step >= experiment.num_steps,
        # Known without the log, which may have been removed.
        "parameters": inputs.num_parameters,
        "step": step,
        "tokens": step * experiment.step_tokens,
        **summarize(read_events(experiment.layout.metrics_log)),
    }
    write_json(experiment.layout.metrics, summary)
    return summary
