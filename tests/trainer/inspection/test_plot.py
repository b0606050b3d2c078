"""Plots of runs, and the files they are written to."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from trainer.cli import cli
from trainer.inspection.plot import Curve, draw, plot, read_curves, smooth


def _evaluation(step: int, **scores: float) -> dict[str, Any]:
    sources = {name: {"loss": 2 * bits, "bits_per_byte": bits} for name, bits in scores.items()}
    mean = sum(scores.values()) / len(scores)
    return {
        "event": "evaluation",
        "step": step,
        "loss": 2 * mean,
        "bits_per_byte": mean,
        "sources": sources,
    }


def _write_run(run: Path, **scores: float) -> Path:
    """A run of ten steps of 64 tokens, evaluated before and after."""
    better = {name: bits / 2 for name, bits in scores.items()}
    steps = [
        {"event": "step", "step": n, "loss": 7 - n / 10, "tokens": 64 * n, "tokens_per_second": 9}
        for n in range(1, 11)
    ]
    start = {"event": "start", "step": 0, "parameters": 34_976, "execution": "cpu"}
    events = [start, _evaluation(0, **scores), *steps, _evaluation(10, **better)]
    run.mkdir()
    (run / "metrics.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return run


def test_curves_are_over_tokens(tmp_path: Path) -> None:
    """Also those of evaluations, which are logged by step."""
    curves = read_curves(_write_run(tmp_path / "run", code=4.0, prose=3.0), "run")
    assert curves.loss.tokens[:2] == [64, 128]
    assert curves.bits_per_byte["code"] == Curve([0, 640], [4.0, 2.0])
    assert curves.bits_per_byte["all sources"] == Curve([0, 640], [3.5, 1.75])


def test_a_log_that_has_lost_its_first_line_is_drawn(tmp_path: Path) -> None:
    """The table names what is not known."""
    run = _write_run(tmp_path / "run", code=4.0)
    log = run / "metrics.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[1:]))
    _, page = plot([run], tmp_path / "plot")
    assert "<td>not logged</td><td>640</td>" in page.read_text()


def test_smoothing_takes_means_and_loses_no_ends_of_short_runs() -> None:
    """A hundred points become means of two; ten stay unchanged."""
    short = Curve([1, 2, 3], [5.0, 4.0, 3.0])
    assert smooth(short) == short
    long = smooth(Curve(list(range(100)), [float(value % 2) for value in range(100)]))
    assert (long.tokens[0], set(long.values)) == (0.5, {0.5})


def test_a_panel_for_the_loss_and_each_source(tmp_path: Path) -> None:
    """Each source of any run has one panel; runs without the source are missing there."""
    first = read_curves(_write_run(tmp_path / "a", code=4.0), "a")
    second = read_curves(_write_run(tmp_path / "b", code=3.0, prose=2.0), "b")
    panels = {panel.get_title(): panel for panel in draw([first, second]).axes}
    assert list(panels) == [
        "training loss, nats per token",
        "all sources, bits per byte",
        "code, bits per byte",
        "prose, bits per byte",
    ]
    assert len(panels["code, bits per byte"].lines) == 2
    assert len(panels["prose, bits per byte"].lines) == 1


def test_the_page_needs_no_other_file(tmp_path: Path) -> None:
    """It has the drawing in it, names are escaped, and equal runs give equal bytes."""
    run = _write_run(tmp_path / "a<b", code=4.0)
    written = plot([run], tmp_path / "first.1")
    assert [path.name for path in written] == ["first.1.png", "first.1.html"]
    page = written[1].read_text()
    assert "<svg" in page
    assert "a&lt;b" in page
    assert "a<b" not in page
    assert "<td>2.000 at step 10</td>" in page
    assert not [word for word in ("src=", "<link", "<script", "@import") if word in page]
    again = plot([run], tmp_path / "second.1")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]


def test_the_command_draws_into_the_first_run(tmp_path: Path) -> None:
    """And prints the files it has written."""
    run = _write_run(tmp_path / "run", code=4.0)
    result = CliRunner().invoke(cli, ["plot", str(run)])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [str(run / "plot.png"), str(run / "plot.html")]


@pytest.mark.parametrize("content", [None, '{"event": "start", "step": 0}\n'])
def test_a_directory_without_a_step_is_an_error(tmp_path: Path, content: str | None) -> None:
    """There is nothing to draw."""
    if content is not None:
        (tmp_path / "metrics.jsonl").write_text(content)
    result = CliRunner().invoke(cli, ["plot", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: no training to draw here")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (".", "this does not name a file to draw into"),
        ("run/metrics.jsonl/plot", "cannot write plot.png"),
    ],
)
def test_an_output_that_is_no_place_for_files_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, message: str
) -> None:
    """One message with the path."""
    _write_run(tmp_path / "run", code=4.0)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["plot", "run", "--output", output])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {message}")
