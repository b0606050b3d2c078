"""The way of a document, as a list: what a build runs, in which order, and how far."""

from collections.abc import Sequence
from typing import Protocol

from corpusforge.config import CorpusExperiment
from corpusforge.engine.run import Run
from corpusforge.errors import ConfigError, RunError
from corpusforge.facts.fact import FactStep
from corpusforge.facts.license import LicenseFact
from corpusforge.facts.lines import LinesStep
from corpusforge.facts.secrets import SecretsFact
from corpusforge.facts.signatures import SignatureFact
from corpusforge.redaction.apply import LINES
from corpusforge.shards.step import TokenizeStep
from corpusforge.sources.ingest import Ingest
from corpusforge.stages.audit import LicenseAudit
from corpusforge.stages.dedup import DedupStage
from corpusforge.stages.license import LicenseStage
from corpusforge.stages.split import SplitRule, SplitStage
from corpusforge.stages.stage import Stage, StageStep
from corpusforge.storage.manifest import Manifest
from corpusforge.tokenizer.step import TokenizerStep, given_model


class Step(Protocol):
    """One step of a build."""

    @property
    def name(self) -> str:
        """As it stands in the log."""

    @property
    def reads_outside(self) -> bool:
        """Whether its inputs stand outside the run: only `make` can say that they are the same."""

    def current(self, run: Run) -> Manifest | None:
        """The manifest, if nothing within the run that the step depends on has changed."""

    def make(self, run: Run) -> Manifest:
        """Do what is not done yet; part files that are finished are taken as they are."""

    def summary(self, manifest: Manifest) -> str:
        """What was done, in a few words."""


def execute(run: Run, step: Step) -> Manifest:
    """Bring one step up to date, and log it."""
    with run.timed(step.name) as entry:
        before = step.current(run)
        manifest = step.make(run) if before is None or step.reads_outside else before
        entry["summary"] = "up to date" if manifest == before else step.summary(manifest)
    return manifest


def steps(config: CorpusExperiment) -> list[tuple[str, tuple[Step, ...]]]:
    """The commands of a build in order, each with its steps: facts first, then the verdict."""
    corpus = config.corpus
    held_out = tuple(sorted(corpus.held_out_names()))
    near = (FactStep(SignatureFact(corpus.dedup.shingle)),) if corpus.dedup.near else ()
    secrets = (FactStep(SecretsFact(corpus.secrets)),) if corpus.secrets.enabled else ()
    lines = (LinesStep(corpus.dedup.lines),) if corpus.dedup.lines else ()
    return [
        ("ingest", (Ingest(),)),
        (
            "license",
            (
                FactStep(LicenseFact()),
                _verdict(LicenseStage(corpus.license), None),
                LicenseAudit(corpus.license),
            ),
        ),
        ("dedup", (*near, _verdict(DedupStage(corpus.dedup), "license"), *lines)),
        (
            "split",
            (_verdict(SplitStage(SplitRule(split=corpus.split, held_out=held_out)), "dedup"),),
        ),
        ("tokenizer", (*secrets, TokenizerStep())),
        ("tokenize", (TokenizeStep(),)),
    ]


COMMANDS = ("ingest", "license", "dedup", "split", "tokenizer", "tokenize")
VERDICTS = ("license", "dedup", "split")


def fact_names(config: CorpusExperiment) -> list[str]:
    """The facts that a build computes."""
    every = [step for _, of_command in steps(config) for step in of_command]
    facts = [step.fact.name for step in every if isinstance(step, FactStep)]
    return facts + [LINES for step in every if isinstance(step, LinesStep)]


def build(run: Run, until: str | None = None) -> None:
    """Run every step, or those up to the command `until`.

    Raises:
        ConfigError: there is no such command.
        InputError: the ready tokenizer that is configured cannot be used; said before any work.
    """
    if until is not None and until not in COMMANDS:
        raise ConfigError(
            "no such stage", where="--until", got=until, expected=f"one of {', '.join(COMMANDS)}"
        )
    if until is None or COMMANDS.index(until) >= COMMANDS.index(TokenizerStep.name):
        given_model(run.config.tokenizer)
    for command, of_command in steps(run.config):
        for step in of_command:
            execute(run, step)
        run.save_config()
        if command == until:
            break


def run_command(run: Run, command: str) -> None:
    """Run the steps of one command, after testing that all before them are up to date.

    Raises:
        RunError: an earlier step has not been run, or is out of date.
        InputError: the ready tokenizer that is configured cannot be used; said before any work.
    """
    if command == TokenizerStep.name:
        given_model(run.config.tokenizer)
    for earlier, of_command in steps(run.config):
        if earlier == command:
            for step in of_command:
                execute(run, step)
            run.save_config()
            return
        _require_current(run, earlier, of_command)


def _require_current(run: Run, command: str, of_command: Sequence[Step]) -> None:
    for step in of_command:
        if step.current(run) is None:
            raise RunError(
                f"the {command} stage is not up to date",
                where=str(run.layout.root),
                do=f"run `corpusforge {command}` first, or `corpusforge build` for all of it",
            )


def _verdict(stage: Stage, earlier: str | None) -> StageStep:
    return StageStep(stage, earlier)
