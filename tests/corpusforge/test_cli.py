"""The commands do what a build does, one at a time, and say what is wrong."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from corpusforge.cli import cli
from corpusforge.cli_command import Choices
from corpusforge.config import SOURCES
from corpusforge.exchange.exporter import FORMATS
from corpusforge.exchange.importer import READERS
from corpusforge.storage.layout import Layout

DOCUMENTS = Path(__file__).parents[1] / "data" / "documents.jsonl"


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def _stage_by_stage(root: Path) -> None:
    keys = ("--license-key", "license", "--id-key", "id")
    for arguments in (
        ("ingest", root, DOCUMENTS, *keys),
        ("license", root, "--deny", "ISC"),
        ("dedup", root),
        ("split", root, "--validation", "0.3"),
        ("tokenizer", root, "--vocab-size", "600"),
        ("tokenize", root),
    ):
        result = _run(*arguments, "--workers", "1")
        assert result.exit_code == 0, result.stderr


def test_the_commands_one_by_one_make_what_a_build_makes(
    tmp_path: Path, write_config: Callable[[dict[str, Any]], Path]
) -> None:
    """The same shards, byte for byte."""
    _stage_by_stage(tmp_path / "steps")
    source = {
        "type": "jsonl",
        "name": "documents",
        "path": str(DOCUMENTS),
        "license_key": "license",
        "id_key": "id",
    }
    config = write_config(
        {
            "output_dir": str(tmp_path / "built"),
            "corpus": {
                "train_sources": [source],
                "license": {"deny": ["ISC"]},
                "split": {"validation": 0.3},
            },
            "tokenizer": {"vocab_size": 600},
        }
    )
    result = _run("build", config, "--json", "--workers", "1")
    assert result.exit_code == 0, result.stderr
    funnel = json.loads(result.stdout)
    assert funnel["ingested"] == funnel["kept"] + sum(loss["dropped"] for loss in funnel["losses"])
    built = Layout(tmp_path / "built").shard_manifest.read_bytes()
    assert Layout(tmp_path / "steps").shard_manifest.read_bytes() == built


def test_a_stage_before_its_time_says_what_to_run(tmp_path: Path) -> None:
    """Nothing is computed from what is missing or out of date."""
    assert _run("ingest", tmp_path, DOCUMENTS, "--license-key", "license").exit_code == 0
    early = _run("dedup", tmp_path)
    assert early.exit_code == 1
    assert "error: the license command" in early.stderr
    assert "corpusforge license" in early.stderr
    for command in ("license", "dedup"):
        assert _run(command, tmp_path).exit_code == 0
    assert _run("license", tmp_path, "--policy", "any").exit_code == 0
    late = _run("split", tmp_path)
    assert late.exit_code == 1
    assert "the dedup command is not up to date" in late.stderr


def test_a_second_source_joins_the_first(tmp_path: Path) -> None:
    """Ingesting again under the same name replaces, under another one adds."""
    for _ in range(2):
        assert _run("ingest", tmp_path, DOCUMENTS, "--max-rows", "5").exit_code == 0
    added = _run("ingest", tmp_path, DOCUMENTS, "--source", "more", "--max-rows", "3", "--json")
    assert json.loads(added.stdout)["by_source"] == {"documents": 5, "more": 3}


def test_a_source_is_not_replaced_unasked(tmp_path: Path) -> None:
    """Files of one name from two folders are two sources; who gives the name means it."""
    root, other = tmp_path / "run", tmp_path / "documents.jsonl"
    other.write_text('{"text": "one"}\n')
    assert _run("ingest", root, DOCUMENTS, "--max-rows", "5").exit_code == 0
    refused = _run("ingest", root, other)
    assert refused.exit_code == 1
    assert "a source with this name has other inputs" in refused.stderr
    assert str(DOCUMENTS) in refused.stderr
    assert "--source NAME" in refused.stderr
    named = _run("ingest", root, other, "--source", "documents", "--json")
    assert json.loads(named.stdout)["by_source"] == {"documents": 1}
    assert f"replaces the source documents: {DOCUMENTS}" in named.stderr
    assert "replaces" not in _run("ingest", root, other, "--source", "documents").stderr


def test_a_ready_model_is_adopted_and_given_up_again(small_corpus: Path, tmp_path: Path) -> None:
    """Its pieces are taken as they are; asking for a vocabulary learns one again."""
    _stage_by_stage(tmp_path)
    model = Layout(small_corpus).sentencepiece_model
    assert _run("tokenizer", tmp_path, "--model", model).exit_code == 0
    assert Layout(tmp_path).sentencepiece_model.read_bytes() == model.read_bytes()
    assert _run("tokenize", tmp_path).exit_code == 0
    assert _run("tokenizer", tmp_path, "--type", "whitespace").exit_code == 0
    assert json.loads(Layout(tmp_path).tokenizer.read_text())["type"] == "whitespace"


def test_a_mistake_does_not_stand_in_the_way_of_the_next_command(tmp_path: Path) -> None:
    """A source that cannot be read, or a policy that cannot be, is not remembered."""
    assert _run("ingest", tmp_path, DOCUMENTS, "--license-key", "license").exit_code == 0
    assert _run("ingest", tmp_path, tmp_path / "missing.jsonl").exit_code == 1
    assert _run("license", tmp_path, "--deny", "NotALicense").exit_code == 1
    done = _run("license", tmp_path)
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_corpus_without_a_document_is_one_message(
    kind: str, tmp_path: Path, write_config: Callable[[dict[str, Any]], Path]
) -> None:
    """A file of no bytes, or of no rows: said where a vocabulary is asked of it."""
    path = tmp_path / f"empty.{kind}"
    if kind == "jsonl":
        path.touch()
    else:
        pq.write_table(pa.table({"text": pa.array([], pa.string())}), path)
    root = tmp_path / "run"
    source = {"type": kind, "name": "empty", "path": str(path)}
    config = write_config({"output_dir": str(root), "corpus": {"train_sources": [source]}})
    for arguments in (("build", config), ("tokenizer", root)):
        result = _run(*arguments, "--workers", "1")
        assert result.exit_code == 1
        assert "error: no document was ingested" in result.stderr
        assert "Traceback" not in result.stderr
    assert json.loads(_run("report", root, "--json").stdout)["ingested"] == 0
    assert _run("verify", root).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ingest", "run", "no/such/file.jsonl"), "no/such/file.jsonl"),
        (("ingest", "run", "thing.xyz"), "cannot tell what kind of input this is"),
        (("ingest", "run", "a.jsonl", "b.jsonl"), "--source NAME"),
        (("ingest", "run", "x", "--type", "synthetic"), "invalid value"),
        (("ingest", "run", "a.jsonl", "--license", "MTI"), "no such licence"),
        (("build", "none.yaml"), "cannot read the configuration"),
        (("license", "run"), "the ingest command"),
        (("report", "run"), "there is no corpus here"),
        (("verify", "run"), "there is no corpus here"),
        (("inspect", "run"), "no shards here"),
    ],
)
def test_a_mistake_is_one_message_and_no_traceback(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 1, the message on stderr, nothing on stdout."""
    monkeypatch.chdir(tmp_path)
    result = _run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == [], "a mistake leaves nothing behind"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("build",),
        ("ingest", "x"),
        ("ingest", "x", "--type", "synthetic"),
        ("dedup", "x", "--bogus"),
        ("inspect", "x", "--at", "y"),
        ("inspect", "x", "--at", "1", "--search", "y"),
    ],
)
def test_a_usage_error_exits_2(arguments: tuple[str, ...]) -> None:
    """As click does everywhere."""
    assert _run(*arguments).exit_code == 2


@pytest.mark.parametrize("name", cli.commands)
def test_the_help_of_a_command_ends_with_an_example_that_parses(name: str) -> None:
    """Its arguments are ones that the command takes; nothing is run."""
    command = cli.commands[name]
    program, *arguments = shlex.split(command.example)
    assert program == "corpusforge"
    assert arguments.pop(0) == name
    with cli.make_context("corpusforge", ["--help"], resilient_parsing=True) as group:
        assert command.make_context(name, arguments, parent=group).args == []
    assert _run(name, "--help").stdout.endswith(f"  Example:\n    {command.example}\n")


def test_choices_are_the_tables_that_they_name() -> None:
    """What the command line offers is what there is, and is imported only when it is asked for."""
    offered = {
        (name, option.name): option.type.choices
        for name, command in cli.commands.items()
        for option in command.params
        if isinstance(option.type, Choices)
    }
    assert offered[("ingest", "kind")] == tuple(SOURCES)
    assert offered[("license", "unknown")] == ("drop", "keep", "quarantine")
    assert offered[("export", "format")] == tuple(FORMATS)
    assert offered[("import", "format")] == tuple(READERS)
    assert "quickstart" in offered[("build", "example")]
    (policy,) = (option for option in cli.commands["license"].params if option.name == "policy")
    assert policy.metavar == "permissive|weak-copyleft|any|FILE"


def test_an_unknown_example_names_those_there_are() -> None:
    """Neither a file nor an example, or both, is a usage error as well."""
    unknown = _run("build", "--example", "none")
    assert unknown.exit_code == 2
    assert "'quickstart'" in unknown.stderr
    assert _run("build", "a.yaml", "--example", "quickstart").exit_code == 2


def test_a_python_environment_needs_no_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is that of this interpreter."""
    asked: list[Any] = []
    monkeypatch.setattr("corpusforge.cli._work", lambda _, config, *rest: asked.append(config))
    assert _run("ingest", tmp_path, "--type", "python-environment").exit_code == 0
    (source,) = asked[0].corpus.train_sources
    assert (source.name, source.python) == ("python-environment", None)


def test_inspect_finds_a_document_by_number_id_token_and_text(small_corpus: Path) -> None:
    """All four ways lead to the same document, with its licence and origin."""
    found = json.loads(_run("inspect", small_corpus, "--search", "gcd", "--json").stdout)
    view = next(one for one in found if one["id"] == "documents:gcd")
    assert view["license"] == "Apache-2.0"
    assert view["file"].startswith("corpus/documents/documents-")
    assert view["text"].startswith("def gcd(a, b):")
    for option, value in (
        ("--id", "documents:gcd"),
        ("--document", view["number"]),
        ("--at", view["token"]),
        ("--at", view["token"] + view["num_tokens"] - 1),
    ):
        result = _run("inspect", small_corpus, option, str(value), "--json")
        (shown,) = json.loads(result.stdout)
        assert {**shown, "at": None, "around": None} == {**view, "at": None, "around": None}
    summary = _run("inspect", small_corpus / "shards")
    assert "documents" in summary.stdout
    beyond = _run("inspect", small_corpus, "--at", "999999999")
    assert "no such document" in beyond.stderr


def test_verify_says_which_file_has_changed(
    tmp_path: Path,
    experiment: Callable[[Path], dict[str, Any]],
    build_tree: Callable[..., Path],
) -> None:
    """A whole run verifies; one changed byte anywhere does not."""
    root = build_tree(experiment(tmp_path / "run"))
    assert _run("verify", root).exit_code == 0
    files = [
        *Layout(root).documents.glob("*-00000.parquet"),
        *Layout(root).verdict("dedup").glob("*-00000.parquet"),
        *Layout(root).shards.rglob("00000.docs.arrow"),
        *Layout(root).shards.rglob("00000.bin"),
        Layout(root).sentencepiece_model,
    ]
    assert len(files) > 8
    for path in files:
        original = path.read_bytes()
        # The last byte of a Parquet or Arrow file is its magic word's; damage the middle.
        middle = len(original) // 2
        path.write_bytes(original[:middle] + bytes([original[middle] ^ 1]) + original[middle + 1 :])
        result = _run("verify", root)
        assert result.exit_code == 1, path
        assert path.name in result.stdout
        path.write_bytes(original)
    assert _run("verify", root).exit_code == 0


def test_a_closed_pipe_is_no_error_message(small_corpus: Path) -> None:
    """`corpusforge inspect … | head -1` ends quietly."""
    command = f"{sys.executable} -m corpusforge inspect {small_corpus} --search e | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr
