"""Policy files, opt-outs, and the licence audit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from corpusforge.cli import cli
from corpusforge.engine.run import load_config
from corpusforge.storage.layout import Layout

MIT_TAG = "# SPDX-License-Identifier: MIT\n# Copyright 2021 Ada\n"


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def root(tmp_path: Path, build_tree: Callable[..., Path]) -> Path:
    """Five code files: two MIT, one dual-licensed, one GPL, one without a licence of its own."""
    tree = tmp_path / "tree"
    (tree / "in").mkdir(parents=True)
    (tree / "in" / "a.py").write_text(MIT_TAG + "a = 1\n")
    (tree / "b.py").write_text(MIT_TAG + "b = 1\n")
    (tree / "c.py").write_text("# SPDX-License-Identifier: GPL-2.0-only OR MIT\n")
    (tree / "d.py").write_text("# SPDX-License-Identifier: GPL-3.0-only\n")
    (tree / "e.py").write_text("e = 1\n")
    (tree / "NOTICE").write_text("Made by Ada.\n")
    (tree / "package.json").write_text('{"license": "ISC"}')
    (tree / "in" / "package.json").write_text('{"name": "in"}')
    source = {"type": "code", "name": "s", "path": str(tree)}
    corpus = {"train_sources": [source]}
    return build_tree({"output_dir": str(tmp_path / "run"), "corpus": corpus}, until="license")


def _reasons(root: Path) -> dict[str, str | None]:
    import pyarrow.parquet as pq

    (path,) = Layout(root).verdict("license").glob("*.parquet")
    rows = pq.read_table(path).to_pylist()
    return {row["id"].removeprefix("s:"): row["reason"] for row in rows}


def test_a_policy_file_decides(root: Path, tmp_path: Path) -> None:
    """By families, names and overrides; the corpus keeps the contents of the policy file."""
    policy = {
        "families": ["permissive"],
        "deny": ["ISC"],
        "overrides": [
            {"path": "e.py", "license": "0BSD", "reason": "Ada wrote so on 2 May"},
            {"path": "in/**", "license": "NONE", "reason": "not hers to give"},
        ],
        "unknown": "quarantine",
    }
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(policy))
    assert _run("license", root, "--policy", path).exit_code == 0
    path.unlink()
    assert _run("license", root, "--allow", "0BSD").exit_code == 0
    reasons = _reasons(root)
    assert reasons["b.py"] is None
    assert reasons["c.py"] is None
    assert reasons["d.py"] == "license denied: GPL-3.0-only is strong-copyleft"
    assert reasons["e.py"] is None
    assert reasons["in/a.py"] == "license quarantined: no licence"
    held = [json.loads(line) for line in Layout(root).quarantine.read_text().splitlines()]
    assert [row["id"] for row in held] == ["s:in/a.py", "s:in/package.json"]


def test_an_override_may_name_a_source(root: Path, tmp_path: Path) -> None:
    """The audit has its reason, and the override of another source names no document."""
    override = {"source": "s", "license": "GPL-3.0-only", "reason": "the contract of 2 May"}
    other = {"source": "t", "license": "MIT", "reason": "of no document"}
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"families": ["permissive"], "overrides": [other, override]}))
    assert _run("license", root, "--policy", path).exit_code == 0
    assert set(_reasons(root).values()) == {"license denied: GPL-3.0-only is strong-copyleft"}
    audit = json.loads(Layout(root).licenses.read_text())
    assert audit["overrides"] == {"of no document": 0, "the contract of 2 May": 8}


def test_those_who_opted_out_are_out(root: Path, tmp_path: Path) -> None:
    """Comments and blank lines are ignored; a # inside a name is part of it."""
    path = tmp_path / "out.txt"
    path.write_text("# asked on 1 May\n\npath in/*.py  # Ada\nid s:c#.py\npath c#/**#not this\n")
    assert _run("license", root, "--opt-out", path).exit_code == 0
    assert _reasons(root)["in/a.py"] == "opted out: path in/*.py"
    assert _reasons(root)["b.py"] is None
    opt_out = load_config(Layout(root)).corpus.license.opt_out
    assert opt_out == ("path in/*.py", "id s:c#.py", "path c#/**#not this")


def test_what_has_no_effect_is_said(root: Path, tmp_path: Path) -> None:
    """An entry that names no document may be misspelt, so nobody would be left out."""
    override = {"source": "t", "license": "MIT", "reason": "of no document"}
    policy = tmp_path / "mine.yaml"
    policy.write_text(yaml.safe_dump({"families": ["permissive"], "overrides": [override]}))
    path = tmp_path / "out.txt"
    path.write_text("path in/*.py\nid s:in/b.py\n")
    decided = _run("license", root, "--policy", policy, "--opt-out", path)
    assert "2 opt-outs or overrides without effect" in decided.stderr
    audit = json.loads(Layout(root).licenses.read_text())
    assert audit["opt_outs"] == {"opted out: path in/*.py": 1, "opted out: id s:in/b.py": 0}
    shown = _run("report", root).stdout
    assert "without effect  override: of no document" in shown
    assert "without effect  opted out: id s:in/b.py" in shown


def test_the_audit_counts_and_quotes(root: Path) -> None:
    """Groups by expression, decision and rule; choices; both sides of conflicts; the policy."""
    audit: dict[str, Any] = json.loads(Layout(root).licenses.read_text())
    rows = {(row["expression"], row["decision"], row["rule"]): row for row in audit["rows"]}
    assert rows["MIT", "kept", "SPDX tag"]["documents"] == 2
    assert rows["GPL-2.0-only OR MIT", "kept", "SPDX tag"]["taken"] == "MIT"
    assert audit["documents"] == sum(row["documents"] for row in audit["rows"]) == 8
    assert audit["choices"] == {"MIT of GPL-2.0-only OR MIT": 1}
    assert audit["policy"]["policy"] == "permissive"
    conflict = next(one for one in audit["conflicts"] if one["example"] == "s:d.py")
    tag = "# SPDX-License-Identifier: GPL-3.0-only"
    assert conflict["believed"] == f'GPL-3.0-only by SPDX tag: line 1: "{tag}"'
    assert conflict["against"] == "ISC by metadata: package.json: ISC"
    notice = Layout(root).notice.read_text()
    assert "Copyright 2021 Ada" in notice
    assert "Made by Ada." in notice
    assert "8  documents" not in _run("report", root).stdout
    assert json.loads(_run("report", root, "--json").stdout)["licenses"] == audit


def test_explain_shows_the_chain_of_a_dropped_document(root: Path) -> None:
    """From the evidence, and what contradicts it, to the decision."""
    shown = _run("explain", root, "s:d.py").stdout
    assert "licence:    GPL-3.0-only" in shown
    assert "by:         SPDX tag: line 1" in shown
    assert "against:    ISC by metadata: package.json: ISC" in shown
    assert "decision:   license denied: GPL-3.0-only is strong-copyleft" in shown


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"families": ["permisive"]}, "no such family of licences"),
        ({"families": [], "exceptions": ["Classpath"]}, "no such exception"),
        ({"families": [], "allow": ["MTI"]}, "no such licence"),
        ({"family": []}, 'unknown key "family"'),
        ({"families": [], "overrides": [{"license": "MIT", "reason": "x"}]}, "invalid value"),
    ],
)
def test_a_policy_with_a_mistake_is_one_message(
    root: Path, tmp_path: Path, policy: dict[str, Any], message: str
) -> None:
    """The verdicts do not change."""
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(policy))
    before = _reasons(root)
    result = _run("license", root, "--policy", path)
    assert result.exit_code == 1
    assert message in result.stderr
    assert _reasons(root) == before
