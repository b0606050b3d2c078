"""Everything that changes while a model trains: weights, optimizer, place in the data, step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.errors import InputError
from corpusforge.shards.manifest import ShardManifest
from corpusforge.storage.files import file_checksum
from trainer.checkpoints.ancestry import Reading, ancestors_of, reading_of
from trainer.checkpoints.checkpoint import Checkpoint, layout_of, load, require_tokenizer
from trainer.config import TrainExperiment
from trainer.data.sampler import Sampler
from trainer.execution.sharding import gathered, scattered
from trainer.execution.world import World
from trainer.model.decoder import Decoder
from trainer.optimization.optimizer import Optimizer
from trainer.optimization.stability import SpikeDetector


@dataclass
class TrainState:
    """A run between two steps. `restore` undoes `checkpoint`."""

    experiment: TrainExperiment
    manifest: ShardManifest
    sampler: Sampler
    model: Decoder
    optimizer: Optimizer
    world: World
    micro_batch: int  # sequences that each process has in memory at a time
    step: int = 0
    skipped: int = 0  # consecutive skipped steps, including this one
    best: Mapping[str, Any] | None = None  # step and bits_per_byte
    started_from: str | None = None
    ancestors: Sequence[Reading | None] = ()

    def __post_init__(self) -> None:
        self.spikes = SpikeDetector(self.experiment.training.stability.spike_deviations)

    def start_from(self, path: Path) -> None:
        """Load the weights of another run, but not its optimizer or place in the data.

        Raises:
            InputError: they belong to another model or another tokenizer.
        """
        checkpoint = load(path)
        require_tokenizer(checkpoint, self.manifest.tokenizer.fingerprint, str(path))
        theirs = checkpoint.experiment.model.architecture
        wanted = self.experiment.model.architecture
        if other := [name for name in wanted if wanted[name] != theirs[name]]:
            raise InputError(
                "the checkpoint to start from is of another model",
                where=str(path),
                got=", ".join(f"{name}: {theirs[name]}" for name in other),
                expected=", ".join(f"{name}: {wanted[name]}" for name in other),
                do="copy the section `model` of the run that it comes from",
            )
        self._load_weights(checkpoint)
        self.started_from = file_checksum(path)
        # Recorded now, because that run's shards may be gone when a model card is written.
        reading = reading_of(checkpoint, layout_of(path, checkpoint))
        self.ancestors = (*ancestors_of(checkpoint), reading)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Restore the state of the run that wrote a checkpoint.

        Raises:
            InputError: its weights do not have the shapes of the model.
        """
        self.step = checkpoint.step
        self.skipped = checkpoint.skipped
        self.spikes.restore(checkpoint.spikes)
        self.best = checkpoint.best
        self.started_from = checkpoint.started_from
        self.ancestors = ancestors_of(checkpoint)
        self.sampler.position = checkpoint.sampler["position"]
        self._load_weights(checkpoint)
        self.optimizer.load_state_dict(checkpoint.optimizer)

    def _load_weights(self, checkpoint: Checkpoint) -> None:
        parameters = self.model.state_dict()
        shapes = {name: tensor.shape for name, tensor in parameters.items()}
        if shapes != {name: tensor.shape for name, tensor in checkpoint.model.items()}:
            raise InputError("the checkpoint's weights are not those of its model")
        self.model.load_state_dict(
            {name: scattered(rows, parameters[name]) for name, rows in checkpoint.model.items()}
        )

    def checkpoint(self) -> Checkpoint:
        """The state as a checkpoint, independent of the number of processes and their shards.

        All processes must call it; only rank 0 gets a checkpoint that can be written.
        """
        return Checkpoint(
            step=self.step,
            model=gathered(self.model.state_dict(), self.world),
            optimizer=gathered(self.optimizer.state_dict(), self.world),
            sampler={
                "position": self.sampler.position,
                "stages": [[s.from_sample, dict(s.weights)] for s in self.sampler.mixture.stages],
            },
            config=self.experiment.model_dump(mode="json"),
            tokenizer=self.manifest.tokenizer.model_dump(),
            shards=self.manifest.fingerprint,
            best=self.best,
            skipped=self.skipped,
            micro_batch=self.micro_batch,
            spikes=self.spikes.state(),
            started_from=self.started_from,
            ancestors=list(self.ancestors),
        )
