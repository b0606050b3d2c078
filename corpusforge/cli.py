"""The commands: each parses, builds the configuration, makes one call and prints.

Everything but click is imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpusforge import __version__
from corpusforge.cli_command import Function, Group, json_option
from corpusforge.terminal import show, write

if TYPE_CHECKING:
    from corpusforge.config import CorpusExperiment


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="corpusforge")
def cli() -> None:
    """From your own code and documents to a licence-clean, deduplicated, traceable token corpus."""


def main() -> None:
    # Imports and compiled loops make objects by the hundred thousand, all to stay: looking for
    # garbage among them as often as Python does takes half a second.
    gc.set_threshold(100_000, 20, 20)
    cli(prog_name="corpusforge")


def _output_dir(function: Function) -> Function:
    return click.argument("output_dir", type=click.Path(path_type=Path))(function)


def _working(function: Function) -> Function:
    """Options of every command that does work."""
    function = click.option(
        "--workers",
        type=click.IntRange(min=1),
        help="Worker processes; as many as there are cores when not given.",
    )(function)
    return json_option(function)


@cli.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="Override one key.")
@click.option("--until", metavar="STAGE", help="Stop after this stage.")
@_working
def build(
    config: Path, overrides: tuple[str, ...], until: str | None, workers: int | None, as_json: bool
) -> None:
    """Build a corpus from a configuration file: every stage that is not up to date."""
    from corpusforge.config import Experiment, load

    experiment = load(config, Experiment, overrides).corpus_part()
    _work(Path(experiment.output_dir), experiment, None, until, workers, as_json)


@cli.command()
@_output_dir
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@click.option(
    "--source",
    metavar="NAME",
    help="Name of the source, which replaces one of that name; the input's name by default.",
)
@click.option(
    "--type",
    "kind",
    type=click.Choice(
        ["jsonl", "parquet", "code", "text", "huggingface", "python-environment", "synthetic"]
    ),
    help="Kind of input; guessed from its name by default.",
)
@click.option(
    "--text-key", help="Key (of the outermost object) or column of the text (default: text)."
)
@click.option("--messages-key", help="Key or column of a dialogue, instead of a text.")
@click.option("--id-key", help="Key or column of the document's id.")
@click.option("--license-key", help="Key or column of the document's licence.")
@click.option(
    "--license-list",
    type=click.Choice(["all", "any"]),
    help="Of several licences in one document, all hold (default), or any may be chosen.",
)
@click.option("--license", "license", metavar="SPDX", help="Licence of documents that name none.")
@click.option("--max-rows", type=click.IntRange(min=1), help="Take only the first rows.")
@click.option("--weight", type=float, help="How much a token of this source counts (default: 1).")
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
    """Add a source to a corpus and write its documents. INPUT: files, folders, globs; for
    huggingface a data set, for synthetic a number of examples, for python-environment an
    interpreter (this one by default)."""
    if not inputs and kind != "python-environment":
        raise click.UsageError("INPUT is missing; only --type python-environment needs none")
    from corpusforge.sources.naming import inputs_of, source_from_options, source_named, with_source

    given = {name: value for name, value in options.items() if value is not None}
    before, added = _config(output_dir), source_from_options(inputs, source, kind, given)
    config = with_source(before, added, named=source is not None)
    old = source_named(before, added.name)
    if old is not None and old != added:
        click.echo(f"replaces the source {old.name}: {inputs_of(old)}", err=True)
    _work(output_dir, config, "ingest", None, workers, as_json)


@cli.command()
@_output_dir
@click.option(
    "--policy",
    metavar="permissive|weak-copyleft|any|FILE",
    help="Families of licences to keep, or a YAML file (docs/licenses.md).",
)
@click.option("--allow", multiple=True, metavar="ID", help="Keep this licence as well.")
@click.option("--deny", multiple=True, metavar="ID", help="Drop this licence; wins over --allow.")
@click.option(
    "--unknown",
    type=click.Choice(["drop", "keep", "quarantine"]),
    help="Documents whose licence nobody knows; quarantine: drop, and list them.",
)
@click.option("--opt-out", metavar="FILE", help="Who asked not to be trained on.")
@_working
def license(output_dir: Path, workers: int | None, as_json: bool, **options: Any) -> None:
    """Read the licence of every document and keep what the policy allows."""
    config = _changed(_config(output_dir), "corpus.license", options)
    _work(output_dir, config, "license", None, workers, as_json)


@cli.command()
@_output_dir
@click.option(
    "--threshold", type=float, help="Jaccard similarity of near-duplicates (default: 0.8)."
)
@click.option("--shingle-size", type=int, help="Words a shingle (default: 5).")
@click.option(
    "--shingle-unit", type=click.Choice(["word", "character"]), help="What a shingle is made of."
)
@click.option(
    "--like",
    type=click.Choice(["fineweb", "stack", "slimpajama"]),
    help="Threshold, shingles and bands as this corpus was published with.",
)
@click.option("--exact-only/--near", default=None, help="Drop equal texts only.")
@click.option(
    "--keep",
    multiple=True,
    metavar="first|license|longest|newest:KEY",
    help="Which copy stays; the next one given decides between equals.",
)
@click.option(
    "--lines",
    type=click.IntRange(min=1),
    nargs=2,
    metavar="N K",
    help="Cut lines of N characters or more that more than K kept documents have, when tokenizing.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Change nothing; show what other thresholds would drop, from the similarities kept.",
)
@click.option(
    "--against",
    multiple=True,
    metavar="OUTPUT_DIR",
    help="Drop what another corpus keeps as well.",
)
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
    """Drop copies of a text and near-duplicates; one of each stays."""
    if dry_run:
        _print_thresholds(output_dir, as_json)
        return
    from corpusforge.config import PUBLISHED

    config = _config(output_dir)
    if like:
        config = _changed(config, "corpus.dedup", PUBLISHED[like])
    if lines:
        options["lines"] = {"min_characters": lines[0], "max_documents": lines[1]}
    config = _changed(config, "corpus.dedup", options)
    _work(output_dir, config, "dedup", None, workers, as_json)


@cli.command()
@_output_dir
@click.option("--validation", type=float, help="Share to hold out, by repository (default: 0.01).")
@click.option("--seed", type=int, help="Another draw of what is held out.")
@_working
def split(output_dir: Path, workers: int | None, as_json: bool, **options: Any) -> None:
    """Hold documents out for validation; no repository stands on both sides."""
    config = _changed(_config(output_dir), "corpus.split", options)
    _work(output_dir, config, "split", None, workers, as_json)


@cli.command()
@_output_dir
@click.option("--type", type=click.Choice(["sentencepiece", "whitespace"]), help="Kind.")
@click.option("--vocab-size", type=int, help="Pieces, at most 65,536 (default: 32,000).")
@click.option("--model", metavar="FILE", help="A ready SentencePiece model instead.")
@click.option("--sample-bytes", type=int, help="Text to learn from.")
@click.option("--report", is_flag=True, help="Measure the vocabulary; change nothing.")
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --report: a SentencePiece model to compare with.",
)
@_working
def tokenizer(
    output_dir: Path,
    workers: int | None,
    as_json: bool,
    report: bool,
    against: Path | None,
    **options: Any,
) -> None:
    """Learn a vocabulary from the kept documents, or adopt a given one."""
    if report:
        _print_vocabulary(output_dir, against, as_json)
        return
    if against:
        raise click.UsageError("--against needs --report")
    # To ask for a vocabulary is to give up a model that was adopted before.
    learn = options["model"] is None and (options["type"] or options["vocab_size"])
    config = _changed(_config(output_dir), "tokenizer", options, clear="model" if learn else None)
    _work(output_dir, config, "tokenizer", None, workers, as_json)


@cli.command()
@_output_dir
@_working
def tokenize(output_dir: Path, workers: int | None, as_json: bool) -> None:
    """Write the kept documents as token shards."""
    _work(output_dir, _config(output_dir), "tokenize", None, workers, as_json)


@cli.command()
@_output_dir
@json_option
def report(output_dir: Path, as_json: bool) -> None:
    """Show the funnel: documents in, dropped and why, kept, tokens; licences; duplicates."""
    from corpusforge.inspection.audit_text import audit_text
    from corpusforge.inspection.clusters import overview_text, read_overview
    from corpusforge.inspection.funnel import funnel_json, funnel_text, read_funnel
    from corpusforge.licensing.audit import read_audit
    from corpusforge.storage.layout import Layout

    layout = Layout(output_dir)
    funnel = read_funnel(layout)
    deduplicated = "dedup" in [loss.stage for loss in funnel.losses]
    overview = read_overview(layout) if deduplicated else None
    audit = read_audit(layout)
    if as_json:
        duplicates = overview and overview.model_dump(mode="json")
        more = {"licenses": audit and audit.model_dump(mode="json"), "duplicates": duplicates}
        click.echo(json.dumps({**funnel_json(funnel), **more}, indent=2))
        return
    click.echo(funnel_text(funnel))
    if audit:
        click.echo("\n" + audit_text(audit))
    if overview:
        click.echo("\n" + overview_text(overview))


@cli.command()
@_output_dir
@click.argument("id")
@click.option("--diff", "other", metavar="ID", help="Show how this document differs instead.")
@json_option
def explain(output_dir: Path, id: str, other: str | None, as_json: bool) -> None:
    """Show why a document is kept or dropped: the evidence of its licence, and its duplicates."""
    from corpusforge.inspection.clusters import cluster_text, diff, find_cluster
    from corpusforge.inspection.license_chain import chain_text, read_chain
    from corpusforge.storage.layout import Layout

    layout = Layout(output_dir)
    if other is not None:
        show(diff(layout, id, other))
        return
    chain = read_chain(layout, id)
    cluster = find_cluster(layout, id) if chain.keep else None
    if as_json:
        tree = cluster.model_dump(mode="json") if cluster else {}
        click.echo(json.dumps({**tree, "license": chain.model_dump(mode="json")}, indent=2))
        return
    show(chain_text(chain))
    if cluster:
        show("\n" + cluster_text(cluster))


@cli.command()
@click.argument("shards", type=click.Path(path_type=Path))
@click.option("--document", type=click.IntRange(min=0), help="Show the document of this number.")
@click.option("--id", help="Show the document of this id.")
@click.option("--at", type=click.IntRange(min=0), help="Show this token and its neighbours.")
@click.option("--search", metavar="TEXT", help="Find documents with this text in them.")
@click.option("--search-ids", metavar="ID,ID,…", help="Find documents with these ids in a row.")
@click.option("--split", help="Where to look (default: train; for the summary, everywhere).")
@click.option("--source", metavar="NAME", help="Look in one source only.")
@click.option(
    "--around",
    default=12,
    show_default=True,
    type=click.IntRange(min=0),
    help="Neighbours of --at.",
)
@click.option(
    "--limit", default=10, show_default=True, type=click.IntRange(min=1), help="Places to find."
)
@json_option
def inspect(
    shards: Path,
    document: int | None,
    id: str | None,
    at: int | None,
    search: str | None,
    search_ids: str | None,
    split: str | None,
    source: str | None,
    around: int,
    limit: int,
    as_json: bool,
) -> None:
    """Look into token shards: a summary, a document and why it is there, a token and its
    neighbours, where a text or a run of ids stands. On a terminal, tokens are coloured."""
    from corpusforge.inspection.shards import Inspector, find_shards, parse_ids, summarize
    from corpusforge.inspection.shards_text import summary_text, view_text

    asked = sum(option is not None for option in (document, id, at, search, search_ids))
    if asked > 1:
        raise click.UsageError("give one of --document, --id, --at, --search and --search-ids")
    shard_set = find_shards(shards)
    if not asked:
        summary = summarize(shard_set, split, source)
        write(_as_json(summary.as_json()) if as_json else summary_text(summary))
        return
    inspector = Inspector(shard_set, split or "train", source)
    if document is not None:
        views = [inspector.document(document)]
    elif id is not None:
        views = [inspector.by_id(id)]
    elif at is not None:
        views = [inspector.at(at, around)]
    elif search is not None:
        views = list(inspector.search(search, limit))
    else:
        views = list(inspector.search_ids(parse_ids(search_ids or ""), limit))
    if as_json:
        write(_as_json([view.as_json() for view in views]))
    else:
        texts = (view_text(inspector, view, sys.stdout.isatty()) for view in views)
        write("\n\n".join(texts) or "nothing found")


@cli.command()
@click.argument("shards", type=click.Path(path_type=Path))
@click.option(
    "--format",
    required=True,
    type=click.Choice(["nanogpt", "llmc", "megatron", "datatrove", "olmo"]),
    help="The tool that will read them.",
)
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="A new directory, or an earlier export to replace.",
)
@json_option
def export(shards: Path, format: str, output: Path, as_json: bool) -> None:
    """Take token shards to another trainer. Files whose bytes are the same are linked."""
    from corpusforge.exchange.exporter import export_shards
    from corpusforge.inspection.shards import find_shards

    paths = [str(path) for path in export_shards(find_shards(shards), format, output)]
    click.echo(_as_json({"files": paths}) if as_json else "\n".join(paths))


@cli.command("import")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    required=True,
    type=click.Choice(["nanogpt", "megatron", "datatrove"]),
    help="The tool that wrote them.",
)
@click.option(
    "--output", required=True, type=click.Path(path_type=Path), help="Where shards/ will stand."
)
@click.option(
    "--tokenizer",
    type=click.Path(path_type=Path),
    help="Directory with tokenizer.json, or a SentencePiece model (default: beside the input).",
)
@click.option("--source", metavar="NAME", help="Name of the source; the input's name by default.")
@click.option("--split", help="Where they belong (default: as their names say, or train).")
@click.option("--license", metavar="SPDX", help="Licence of the documents.")
@json_option
def import_(
    inputs: tuple[Path, ...], format: str, output: Path, as_json: bool, **options: Any
) -> None:
    """Bring token files of another tool in as shards. INPUTS: files, or directories with some."""
    from corpusforge.exchange.importer import import_files
    from corpusforge.inspection.shards import find_shards, summarize
    from corpusforge.inspection.shards_text import summary_text

    import_files(inputs, format, output, **options)
    summary = summarize(find_shards(output))
    write(_as_json(summary.as_json()) if as_json else summary_text(summary))


@cli.command()
@_output_dir
@json_option
def verify(output_dir: Path, as_json: bool) -> None:
    """Read every file of a run again and compare it with the manifests; exit 1 on a problem."""
    from corpusforge.inspection.verify import verify_run
    from corpusforge.storage.layout import Layout

    problems = [str(problem) for problem in verify_run(Layout(output_dir))]
    if as_json:
        click.echo(json.dumps({"problems": problems}, indent=2))
    else:
        click.echo("\n".join(problems) or "all files are as they were written")
    sys.exit(1 if problems else 0)


def _config(output_dir: Path) -> CorpusExperiment:
    """The configuration a directory was last worked on with, or an empty one."""
    from corpusforge.config import CorpusExperiment
    from corpusforge.engine.run import load_config
    from corpusforge.storage.layout import Layout

    layout = Layout(output_dir)
    if not layout.config.is_file():
        return CorpusExperiment(output_dir=str(output_dir))
    return load_config(layout)


def _as_json(tree: Any) -> str:
    return json.dumps(tree, indent=2, ensure_ascii=False)


def _changed(
    config: CorpusExperiment, section: str, options: dict[str, Any], clear: str | None = None
) -> CorpusExperiment:
    """The configuration with the options that were given in one of its sections."""
    from corpusforge.config import CorpusExperiment, parse

    tree = config.model_dump(mode="json")
    node = tree
    for step in section.split("."):
        node = node[step]
    if clear is not None:
        node[clear] = None
    node.update({name: value for name, value in options.items() if value not in (None, ())})
    return parse(tree, CorpusExperiment, where="command line")


class _NoPandas:
    """Finds no pandas."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ImportError("not needed")


def _spare_pandas() -> None:
    """Keep Arrow from importing pandas, which takes 0.2 s, to see whether its objects are in use.

    Only for commands that read no source: data sets of a hub may need the two together.
    """
    import pyarrow as pa

    sys.meta_path.insert(0, _NoPandas)
    pa.array([0])  # Arrow looks for pandas here, and never again
    sys.meta_path.remove(_NoPandas)


def _work(
    output_dir: Path,
    config: CorpusExperiment,
    command: str | None,
    until: str | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Run one command's steps, or the build's, and print the funnel."""
    if command not in (None, "ingest"):
        _spare_pandas()
    from corpusforge.engine.progress import Progress
    from corpusforge.engine.run import open_run
    from corpusforge.pipeline import build, run_command

    with open_run(output_dir, config, workers, Progress()) as run:
        if command is None:
            build(run, until)
        else:
            run_command(run, command)
    _print_funnel(output_dir, as_json)


def _print_thresholds(output_dir: Path, as_json: bool) -> None:
    """How many documents each threshold from the one of the last run on would drop."""
    from corpusforge.inspection.clusters import read_overview
    from corpusforge.storage.layout import Layout

    dropped = read_overview(Layout(output_dir)).dropped_at
    if as_json:
        click.echo(json.dumps(dict(dropped), indent=2))
    else:
        lines = [f"{threshold:>9}{count:>14,}" for threshold, count in dropped.items()]
        click.echo("\n".join([f"{'threshold':>9}{'would drop':>14}", *lines]))


def _print_vocabulary(output_dir: Path, against: Path | None, as_json: bool) -> None:
    from corpusforge.inspection.vocabulary import measure, report_text
    from corpusforge.storage.layout import Layout

    report = measure(Layout(output_dir), against)
    click.echo(
        json.dumps(report.model_dump(mode="json"), indent=2) if as_json else report_text(report)
    )


def _print_funnel(output_dir: Path, as_json: bool) -> None:
    from corpusforge.inspection.funnel import funnel_json, funnel_text, read_funnel
    from corpusforge.storage.layout import Layout

    funnel = read_funnel(Layout(output_dir))
    if as_json:
        click.echo(json.dumps(funnel_json(funnel), indent=2))
    else:
        click.echo(funnel_text(funnel))
