"""The commands: each parses its arguments, builds the configuration, makes one call and prints.

Commands import what they need when they run, so that `corpusforge --help` starts fast.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpusforge import __version__
from corpusforge.cli_command import (
    PATH,
    POSITIVE,
    Choices,
    Command,
    Function,
    Group,
    experiment_options,
    experiment_path,
    json_option,
    print_result,
    set_option,
)
from corpusforge.license_families import POLICIES
from corpusforge.pipeline import command_names
from corpusforge.storage.layout import Layout
from corpusforge.terminal import show, write

if TYPE_CHECKING:
    from corpusforge.config import CorpusExperiment
    from corpusforge.inspection.shards import DocumentView

_NATURAL = click.IntRange(min=0)


class _Commands(Group):
    """The commands below, and those that only the pipeline knows, such as that of a new stage."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(dict.fromkeys([*self.commands, *command_names()]))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        known = super().get_command(context, name)
        return _pipeline_command(name) if known is None and name in command_names() else known


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="corpusforge")
def cli() -> None:
    """Turn your code and documents into a licence-clean, deduplicated, traceable token corpus."""


def main() -> None:
    # Imports and compiled loops create hundreds of thousands of objects that are never freed.
    # Collecting garbage among them as often as by default takes half a second.
    gc.set_threshold(100_000, 20, 20)
    cli(prog_name="corpusforge")


_output_dir = click.argument("output_dir", type=PATH)


def _working(function: Function) -> Function:
    """Options of every command that builds a part of a corpus."""
    workers = click.option("--workers", type=POSITIVE, help="Worker processes (default: cores).")
    return json_option(workers(function))


@cli.command(example="corpusforge build configs/train_quickstart.yaml --until dedup")
@click.argument("config", type=PATH, required=False)
@experiment_options
@click.option("--until", metavar="COMMAND", help="Stop after this command.")
@_working
def build(
    config: Path | None,
    example: str | None,
    overrides: tuple[str, ...],
    until: str | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Build a corpus from a configuration file.

    Run ingest, license, dedup, split, tokenizer and tokenize, as far as they are not up to date.
    """
    from corpusforge.config import Experiment, load

    experiment = load(experiment_path(config, example), Experiment, overrides).corpus_part()
    _work(Path(experiment.output_dir), experiment, None, workers, as_json, until)


@cli.command(example="corpusforge ingest my-corpus ~/src --source mine --license MIT")
@_output_dir
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@click.option("--source", metavar="NAME", help="Name of the source (default: name of the input).")
@click.option("--type", "kind", type=Choices("SOURCES"), help="Kind of input (default: guessed).")
@click.option("--text-key", help="Column or top-level key of the text (default: text).")
@click.option("--messages-key", help="Column or key of a dialogue, instead of a text.")
@click.option("--id-key", help="Column or key of the document id.")
@click.option("--license-key", help="Column or key of the document's licence.")
@click.option(
    "--license-list",
    type=Choices("LicenseList"),
    help="If a document lists several licences: all apply (default), or any can be chosen.",
)
@click.option("--license", metavar="SPDX", help="Licence of documents that do not declare one.")
@click.option("--max-rows", type=POSITIVE, help="Read only the first rows.")
@click.option("--weight", type=float, help="Weight of the source's tokens (default: 1).")
@_working
def ingest(
    output_dir: Path,
    inputs: tuple[str, ...],
    source: str | None,
    kind: str | None,
    workers: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Add a source to a corpus and write its documents.

    If --source names an existing source, it is replaced. INPUT is a file, a folder or a glob. With
    --type huggingface it is the name of a data set, with synthetic a number of examples, with
    python-environment an interpreter (default: this one).
    """
    from corpusforge.config import SOURCES
    from corpusforge.sources.naming import inputs_of, source_from_options, source_named, with_source

    if not inputs and (kind is None or SOURCES[kind].needs_input):
        raise click.UsageError("Missing argument 'INPUT...'.")
    given = {name: value for name, value in options.items() if value is not None}
    before, added = _config(output_dir), source_from_options(inputs, source, kind, given)
    config = with_source(before, added, named=source is not None)
    old = source_named(before, added.name)
    if old is not None and old != added:
        click.echo(f"replaces the source {old.name}: {inputs_of(old)}", err=True)
    _work(output_dir, config, "ingest", workers, as_json)


@cli.command(example="corpusforge license my-corpus --policy weak-copyleft --deny GPL-2.0-only")
@_output_dir
@click.option(
    "--policy",
    metavar=f"{'|'.join(POLICIES)}|FILE",
    help="Which families of licences to keep: a named policy or a YAML file (docs/licenses.md).",
)
@click.option("--allow", multiple=True, metavar="ID", help="Also keep this licence.")
@click.option("--deny", multiple=True, metavar="ID", help="Drop this licence, even if allowed.")
@click.option(
    "--unknown",
    type=Choices("UnknownLicense"),
    help="Documents of unknown licence. quarantine: drop them, and list them in a file.",
)
@click.option("--opt-out", metavar="FILE", help="List of documents and owners to leave out.")
@_working
def license(output_dir: Path, workers: int | None, as_json: bool, **options: Any) -> None:
    """Keep the documents whose licence the policy allows."""
    config = _changed(_config(output_dir), "corpus.license", options)
    _work(output_dir, config, "license", workers, as_json)


@cli.command(example="corpusforge dedup my-corpus --threshold 0.7 --keep license --keep longest")
@_output_dir
@click.option("--threshold", type=float, help="Similarity of near-duplicates (default: 0.8).")
@click.option("--shingle-size", type=int, help="Units in a shingle (default: 5).")
@click.option("--shingle-unit", type=Choices("ShingleUnit"), help="Unit of shingles.")
@click.option(
    "--like", type=Choices("PUBLISHED"), help="Use the settings published for this corpus."
)
@click.option("--exact-only/--near", default=None, help="Drop only documents with equal texts.")
@click.option(
    "--keep",
    multiple=True,
    metavar="first|license|longest|newest:KEY",
    help="Which copy to keep. Give it again to break ties.",
)
@click.option(
    "--lines",
    type=POSITIVE,
    nargs=2,
    metavar="N K",
    help="When tokenizing, cut lines of N or more characters found in more than K documents.",
)
@click.option(
    "--against", multiple=True, metavar="OUTPUT_DIR", help="Also drop what another corpus keeps."
)
@click.option("--dry-run", is_flag=True, help="Only show what other thresholds would drop.")
@_working
def dedup(
    output_dir: Path,
    dry_run: bool,
    like: str | None,
    lines: tuple[int, int] | None,
    workers: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Drop duplicates and near-duplicates, keeping one copy."""
    if dry_run:
        _print_thresholds(output_dir, as_json)
        return
    from corpusforge.config import PUBLISHED

    config = _changed(_config(output_dir), "corpus.dedup", PUBLISHED[like] if like else {})
    if lines:
        options["lines"] = {"min_characters": lines[0], "max_documents": lines[1]}
    _work(output_dir, _changed(config, "corpus.dedup", options), "dedup", workers, as_json)


@cli.command(example="corpusforge split my-corpus --validation 0.05")
@_output_dir
@click.option("--validation", type=float, help="Share of documents to hold out (default: 0.01).")
@click.option("--seed", type=int, help="Seed of the random choice (default: 0).")
@_working
def split(output_dir: Path, workers: int | None, as_json: bool, **options: Any) -> None:
    """Hold documents out for validation. All documents of a repository are in the same split."""
    config = _changed(_config(output_dir), "corpus.split", options)
    _work(output_dir, config, "split", workers, as_json)


@cli.command(example="corpusforge tokenizer my-corpus --vocab-size 16000")
@_output_dir
@click.option("--type", type=Choices("TokenizerType"), help="Kind of tokenizer.")
@click.option("--vocab-size", type=int, help="Pieces, at most 65,536 (default: 32,000).")
@click.option("--model", metavar="FILE", help="Use this SentencePiece model; do not train one.")
@click.option("--sample-bytes", type=int, help="Bytes of text to train on.")
@click.option("--report", is_flag=True, help="Only measure the vocabulary.")
@click.option("--against", type=PATH, metavar="FILE", help="With --report: compare with a model.")
@_working
def tokenizer(
    output_dir: Path,
    workers: int | None,
    as_json: bool,
    report: bool,
    against: Path | None,
    **options: Any,
) -> None:
    """Train a tokenizer on the kept documents, or adopt a model."""
    if report:
        _print_vocabulary(output_dir, against, as_json)
        return
    if against:
        raise click.UsageError("--against needs --report.")
    config = _config(output_dir)
    if options["type"] or options["vocab_size"]:
        # The user wants a trained tokenizer, so drop the model of an earlier command.
        trained = config.tokenizer.model_copy(update={"model": None})
        config = config.model_copy(update={"tokenizer": trained})
    _work(output_dir, _changed(config, "tokenizer", options), "tokenizer", workers, as_json)


@cli.command(example="corpusforge tokenize my-corpus")
@_output_dir
@_working
def tokenize(output_dir: Path, workers: int | None, as_json: bool) -> None:
    """Write the kept documents as token shards."""
    _work(output_dir, _config(output_dir), "tokenize", workers, as_json)


@cli.command(example="corpusforge report my-corpus --json")
@_output_dir
@json_option
def report(output_dir: Path, as_json: bool) -> None:
    """Show how many documents were kept or dropped, and why.

    Also show conflicts of licences and clusters of duplicates.
    """
    from corpusforge.inspection.audit_text import audit_text
    from corpusforge.inspection.clusters import read_cluster_summary
    from corpusforge.inspection.clusters_text import cluster_summary_text
    from corpusforge.inspection.funnel import read_funnel
    from corpusforge.inspection.funnel_text import funnel_text
    from corpusforge.licensing.audit import read_audit

    layout = Layout(output_dir)
    funnel, audit = read_funnel(layout), read_audit(layout)
    deduplicated = "dedup" in [loss.stage for loss in funnel.losses]
    overview = read_cluster_summary(layout) if deduplicated else None
    tree = {
        **funnel.model_dump(mode="json"),
        "licenses": audit and audit.model_dump(mode="json"),
        "duplicates": overview and overview.model_dump(mode="json"),
    }
    texts = [funnel_text(funnel)]
    texts += [audit_text(audit)] if audit else []
    texts += [cluster_summary_text(overview)] if overview else []
    print_result(tree, "\n\n".join(texts), as_json)


@cli.command(example="corpusforge explain my-corpus mine:src/a.py")
@_output_dir
@click.argument("id")
@click.option("--diff", "other", metavar="ID", help="Show the difference to this document instead.")
@json_option
def explain(output_dir: Path, id: str, other: str | None, as_json: bool) -> None:
    """Show why a document is kept or dropped.

    The answer has the evidence for its licence, what is redacted in it, and its duplicates.
    """
    from corpusforge.inspection.clusters_text import diff_text
    from corpusforge.inspection.documents import read_text
    from corpusforge.inspection.explanation import explanation_json, read_explanation
    from corpusforge.inspection.explanation_text import explanation_text

    layout = Layout(output_dir)
    if other is not None:
        show(diff_text(id, other, {one: read_text(layout, one) for one in (id, other)}))
        return
    explanation = read_explanation(layout, id)
    print_result(explanation_json(explanation), explanation_text(explanation), as_json)


@cli.command(example='corpusforge inspect my-corpus --search "import numpy" --limit 3')
@click.argument("shards", type=PATH)
@click.option("--document", type=_NATURAL, help="Show the document of this number.")
@click.option("--id", help="Show the document with this id.")
@click.option("--at", type=_NATURAL, help="Show this token and its neighbours.")
@click.option("--search", metavar="TEXT", help="Find documents that contain this text.")
@click.option("--search-ids", metavar="ID,ID,…", help="Find documents that contain these tokens.")
@click.option("--split", help="Split to read (default: train; all splits for the summary).")
@click.option("--source", metavar="NAME", help="Read only this source.")
@click.option("--around", default=12, show_default=True, type=_NATURAL, help="Neighbours of --at.")
@click.option("--limit", default=10, show_default=True, type=POSITIVE, help="Documents to find.")
@json_option
def inspect(
    shards: Path,
    split: str | None,
    source: str | None,
    around: int,
    limit: int,
    as_json: bool,
    **questions: Any,
) -> None:
    """Show the content of token shards: a summary, documents or tokens.

    SHARDS is a run or its shards folder. A document is shown with its licence, evidence and
    verdicts. On a terminal, tokens are coloured.
    """
    from corpusforge.inspection.shards import (
        Inspector,
        find_shards,
        parse_ids,
        read_shard_summary,
    )
    from corpusforge.inspection.shards_text import shard_summary_text, view_text

    asked = [(name, value) for name, value in questions.items() if value is not None]
    if len(asked) > 1:
        raise click.UsageError("Give one of --document, --id, --at, --search and --search-ids.")
    shard_set = find_shards(shards)
    if not asked:
        summary = read_shard_summary(shard_set, split, source)
        print_result(summary.model_dump(mode="json"), shard_summary_text(summary), as_json)
        return
    inspector = Inspector(shard_set, split or "train", source)
    find: dict[str, Callable[[Any], Iterable[DocumentView]]] = {
        "document": lambda number: [inspector.document(number)],
        "id": lambda name: [inspector.by_id(name)],
        "at": lambda token: [inspector.at(token, around)],
        "search": lambda text: inspector.search(text, limit),
        "search_ids": lambda ids: inspector.search_ids(parse_ids(ids), limit),
    }
    ((question, value),) = asked
    views = list(find[question](value))
    if as_json:
        print_result([view.as_json() for view in views], "", as_json)
    else:
        texts = (view_text(inspector, view, sys.stdout.isatty()) for view in views)
        write("\n\n".join(texts) or "nothing found")


@cli.command(example="corpusforge export my-corpus --format nanogpt --output nanogpt-data")
@click.argument("shards", type=PATH)
@click.option(
    "--format",
    required=True,
    type=Choices("FORMATS", "corpusforge.exchange.exporter"),
    help="The tool to export for.",
)
@click.option("--output", required=True, type=PATH, help="New directory, or an earlier export.")
@json_option
def export(shards: Path, format: str, output: Path, as_json: bool) -> None:
    """Export token shards for another trainer. Files with the same bytes are hard links."""
    from corpusforge.exchange.exporter import export_shards
    from corpusforge.inspection.shards import find_shards

    paths = [str(path) for path in export_shards(find_shards(shards), format, output)]
    print_result({"files": paths}, "\n".join(paths), as_json)


@cli.command(
    "import", example="corpusforge import nanogpt-data --format nanogpt --output my-corpus"
)
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="INPUT...")
@click.option(
    "--format",
    required=True,
    type=Choices("READERS", "corpusforge.exchange.importer"),
    help="The tool that wrote the files.",
)
@click.option("--output", required=True, type=PATH, help="Directory to write shards/ into.")
@click.option(
    "--tokenizer",
    type=PATH,
    help="Directory with tokenizer.json, or SentencePiece model (default: next to INPUT).",
)
@click.option("--source", metavar="NAME", help="Name of the source (default: name of INPUT).")
@click.option("--split", help="Split of the files (default: by file name, else train).")
@click.option("--license", metavar="SPDX", help="Licence of the documents.")
@json_option
def import_(
    inputs: tuple[Path, ...], format: str, output: Path, as_json: bool, **options: Any
) -> None:
    """Import token files of another tool as shards. INPUT is a file or a folder of files."""
    from corpusforge.exchange.importer import import_files
    from corpusforge.inspection.shards import find_shards, read_shard_summary
    from corpusforge.inspection.shards_text import shard_summary_text

    import_files(inputs, format, output, **options)
    summary = read_shard_summary(find_shards(output))
    print_result(summary.model_dump(mode="json"), shard_summary_text(summary), as_json)


@cli.command(example="corpusforge verify my-corpus")
@_output_dir
@json_option
def verify(output_dir: Path, as_json: bool) -> None:
    """Compare every file of a run with the manifests.

    Print each problem, and exit with code 1 if there is one.
    """
    from corpusforge.inspection.verify import verify_run

    problems = [str(problem) for problem in verify_run(Layout(output_dir))]
    text = "\n".join(problems) or "all files are as they were written"
    print_result({"problems": problems}, text, as_json)
    sys.exit(1 if problems else 0)


def _pipeline_command(name: str) -> click.Command:
    """A command that runs the steps of the pipeline's command of this name."""

    @click.command(
        name, cls=Command, example=f"corpusforge {name} my-corpus", help=f"Run the {name} steps."
    )
    @_output_dir
    @set_option
    @_working
    def run(
        output_dir: Path, overrides: tuple[str, ...], workers: int | None, as_json: bool
    ) -> None:
        from corpusforge.config import CorpusExperiment, parse
        from corpusforge.config_file import apply_override

        tree = _config(output_dir).model_dump(mode="json")
        for override in overrides:
            apply_override(tree, override)
        config = parse(tree, CorpusExperiment, where="command line")
        _work(output_dir, config, name, workers, as_json)

    return run


def _config(output_dir: Path) -> CorpusExperiment:
    """Return the last configuration of a directory, or an empty one for a new directory."""
    from corpusforge.config import CorpusExperiment
    from corpusforge.engine.run import load_config

    layout = Layout(output_dir)
    if not layout.config.is_file():
        return CorpusExperiment(output_dir=str(output_dir))
    return load_config(layout)


def _changed(config: CorpusExperiment, section: str, options: dict[str, Any]) -> CorpusExperiment:
    """Return the configuration with the given options set in a section."""
    from corpusforge.config import CorpusExperiment, parse

    tree = config.model_dump(mode="json")
    node = tree
    for step in section.split("."):
        node = node[step]
    node.update({name: value for name, value in options.items() if value not in (None, ())})
    return parse(tree, CorpusExperiment, where="command line")


class _NoPandas:
    """An import hook that makes the import of pandas fail."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ImportError("not needed")


def _spare_pandas() -> None:
    """Keep Arrow from importing pandas, which takes 0.2 s, to recognise pandas objects.

    Only for commands that do not read sources: `datasets` may need Arrow and pandas together.
    """
    import pyarrow as pa

    sys.meta_path.insert(0, _NoPandas)
    pa.array([0])  # Arrow tries to import pandas here, and never again
    sys.meta_path.remove(_NoPandas)


def _work(
    output_dir: Path,
    config: CorpusExperiment,
    command: str | None,
    workers: int | None,
    as_json: bool,
    until: str | None = None,
) -> None:
    """Run a command, or without one the whole build, and print the funnel."""
    if command not in (None, "ingest"):
        _spare_pandas()
    from corpusforge.engine.progress import Progress
    from corpusforge.engine.run import open_run
    from corpusforge.inspection.funnel import read_funnel
    from corpusforge.inspection.funnel_text import funnel_text
    from corpusforge.pipeline import build, run_command

    with open_run(output_dir, config, workers, Progress()) as run:
        if command is None:
            build(run, until)
        else:
            run_command(run, command)
    funnel = read_funnel(Layout(output_dir))
    print_result(funnel.model_dump(mode="json"), funnel_text(funnel), as_json)


def _print_thresholds(output_dir: Path, as_json: bool) -> None:
    """Print how many documents each threshold would drop, starting at that of the last run."""
    from corpusforge.inspection.clusters import read_cluster_summary

    dropped = read_cluster_summary(Layout(output_dir)).dropped_at
    lines = [f"{threshold:>9}{count:>14,}" for threshold, count in dropped.items()]
    text = "\n".join([f"{'threshold':>9}{'would drop':>14}", *lines])
    print_result(dict(dropped), text, as_json)


def _print_vocabulary(output_dir: Path, against: Path | None, as_json: bool) -> None:
    from corpusforge.inspection.vocabulary import measure_vocabulary
    from corpusforge.inspection.vocabulary_text import vocabulary_text

    report = measure_vocabulary(Layout(output_dir), against)
    print_result(report.model_dump(mode="json"), vocabulary_text(report), as_json)
