"""A training run: check the inputs, open what the loop needs, run the loop."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from math import gcd
from pathlib import Path
from typing import Any

import torch

from corpusforge.storage.files import sweep_temporaries, write_json
from corpusforge.storage.layout import Layout
from corpusforge.storage.lock import locked
from trainer.checkpoints.checkpoint import Checkpoint
from trainer.checkpoints.keeper import CheckpointKeeper
from trainer.checkpoints.resume import Start, find_start, remove_superseded
from trainer.checkpoints.state import TrainState
from trainer.config import TrainExperiment, TrainingConfig
from trainer.data.read_ahead import ReadAhead
from trainer.evaluation.evaluate import HeldOut
from trainer.execution.device import Execution, choose_execution
from trainer.execution.sharding import shard
from trainer.execution.world import World
from trainer.inputs import RunInputs, check_inputs
from trainer.loop import Training
from trainer.model.decoder import Decoder, initialize
from trainer.optimization.loss import Objective
from trainer.optimization.optimizer import Optimizer
from trainer.planning.flops import flops_per_token, matrix_peak
from trainer.planning.memory import choose_micro_batch
from trainer.reporting.metrics import MetricsLog, read_events, summarize
from trainer.reporting.status_line import StatusLine
from trainer.stop import StopRequest


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
    inputs = check_inputs(experiment, world or World())
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


@contextmanager
def _only_trainer(layout: Layout, world: World) -> Iterator[None]:
    """Lock the run for this process, or for the world that it leads."""
    if not world.leads:
        yield
        return
    with locked(layout.checkpoints / ".lock", "trainer"):
        sweep_temporaries(layout.checkpoints)
        yield


@contextmanager
def _opened(
    inputs: RunInputs, start: Start, status: StatusLine, *, resume: bool, max_seconds: float | None
) -> Iterator[Training]:
    """Build and restore the state of a run, and open everything that the loop needs."""
    experiment, world = inputs.experiment, inputs.world
    layout, config = experiment.layout, experiment.training
    execution = choose_execution(config.execution, status.say)
    state = _build_state(inputs, execution, start.checkpoint)
    machines = f"{execution}, {world.size} processes" if world.size > 1 else str(execution)
    for line in _restore(start, state, config, resume=resume):
        status.say(line)
    for warning in inputs.warnings:
        status.say(f"warning: {warning}")
    status.say(f"{inputs.num_parameters:,} parameters on {machines}")
    if config.execution.micro_batch_size == "auto":
        status.say(f"micro-batches of {state.micro_batch:,} sequences, as memory allows")
    for line in inputs.describe_data():
        status.say(line)
    # From here on, every process has read what it needs of an earlier run.
    world.wait()
    if world.leads:
        remove_superseded(layout, start)
    log_paths = (layout.metrics_log, layout.tensorboard) if world.leads else (None, None)
    with (
        MetricsLog(*log_paths, last_step=-1 if start.own is None else state.step) as log,
        StopRequest(max_seconds) as stop,
        CheckpointKeeper(layout.checkpoints, config.checkpoints) as keeper,
        closing(
            ReadAhead(
                inputs.sampler,
                inputs.tokenizer.control,
                execution.device,
                config.batch_size,
                world,
            )
        ) as batches,
    ):
        log.write(
            "start",
            state.step,
            parameters=inputs.num_parameters,
            execution=machines,
            micro_batch=state.micro_batch,
            best=state.best,
        )
        yield Training(
            inputs=inputs,
            state=state,
            objective=Objective(state.model, execution, world, z_loss=config.stability.z_loss),
            held_out=HeldOut(
                inputs.shards,
                inputs.tokenizer,
                window=experiment.model.context,
                max_windows=config.evaluation.batches * config.micro_batch,
                batch_size=state.micro_batch,
                without=inputs.unused_sources,
            ),
            batches=batches,
            log=log,
            keeper=keeper,
            status=status,
            stop=stop,
            tokens_per_second_at_peak=_tokens_at_peak(inputs, execution),
        )


def _build_state(
    inputs: RunInputs, execution: Execution, checkpoint: Checkpoint | None
) -> TrainState:
    """Build the state of a run at step 0: a freshly initialized model, or this process's shard."""
    experiment, config = inputs.experiment, inputs.experiment.training
    manifest, sampler, world = inputs.shards.manifest, inputs.sampler, inputs.world
    # Chosen before the model takes memory.
    micro_batch = _micro_batch(inputs, execution, checkpoint)
    model = Decoder(experiment.model, inputs.tokenizer.vocab_size)
    model.recompute = config.execution.recompute
    if config.data.separates_documents:
        model.separate_documents(inputs.tokenizer.end_of_document, blocks=execution.has_blocks)
    initialize(model, config.seed)
    if world.size > 1 and config.execution.parallel == "fsdp":
        shard(model, world, execution.device)
    model.to(execution.device)
    optimizer = Optimizer(model, config.optimizer, execution.dtype)
    return TrainState(experiment, manifest, sampler, model, optimizer, world, micro_batch)


def _micro_batch(inputs: RunInputs, execution: Execution, checkpoint: Checkpoint | None) -> int:
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


def _restore(
    start: Start, state: TrainState, config: TrainingConfig, *, resume: bool
) -> Iterator[str]:
    """Load the weights that a run starts with; yields lines that say which."""
    if start.checkpoint is not None:
        state.restore(start.checkpoint)
        yield f"going on at step {state.step:,}"
        yield from (f"from here on, {change}" for change in start.changes)
        return
    if resume:
        yield "nothing to resume: starting from step 0"
    if config.start_from is not None:
        state.start_from(Path(config.start_from))
        yield f"starting with the weights of {config.start_from}"
        reading = state.ancestors[-1]
        if reading is not None and reading["tables"] is None:
            yield (
                "warning: the shards that these weights were trained on are not at hand, so model "
                "cards will not list them"
            )


def _tokens_at_peak(inputs: RunInputs, execution: Execution) -> float:
    # All processes measure at the same time, as they work: on a CPU they share its cores.
    peak = torch.tensor(matrix_peak(execution), dtype=torch.float64)
    per_token = flops_per_token(inputs.experiment.model, inputs.tokenizer.vocab_size)
    return inputs.world.sum(peak).item() / per_token


def _write_summary(inputs: RunInputs, step: int) -> dict[str, Any]:
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
