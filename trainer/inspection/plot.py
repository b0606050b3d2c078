"""Plots of several runs: the training loss, and held-out bits per byte by source."""

import html
import importlib.util
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpusforge.errors import InputError, RunError
from corpusforge.storage.files import atomic_writer
from corpusforge.storage.layout import Layout
from trainer.reporting.metrics import read_events, summarize

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALL_SOURCES = "all sources"
_SMOOTHED_SHARE = 0.02  # share of a run's steps that a point of the training loss averages
_COLUMNS = 3  # panels side by side
_PANEL_INCHES = 4.2, 3.0

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; }}
svg {{ max-width: 100%; height: auto; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .2em .8em; text-align: right; border-bottom: 1px solid #ddd; }}
th:first-child, td:first-child {{ text-align: left; }}
</style>
</head>
<body>
<h1>{title}</h1>
{figure}
<table>
{rows}
</table>
</body>
</html>
"""


@dataclass(frozen=True)
class Curve:
    """Values over the number of tokens read."""

    tokens: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True)
class RunCurves:
    """The curves of one run, from its metrics.jsonl."""

    name: str
    loss: Curve  # nats per token of each step
    bits_per_byte: Mapping[str, Curve]  # by source, and of all sources
    summary: Mapping[str, Any]


def plot(runs: Sequence[Path], output: Path) -> list[Path]:
    """Draw runs into `<output>.png` and `<output>.html`, which needs no other file.

    Raises:
        InputError: a directory is not a trained run, or `output` does not name a file.
        RunError: matplotlib is not installed, or `output` cannot be written.
    """
    if not output.name:
        raise InputError(
            "this does not name a file to draw into",
            where="--output",
            got=str(output),
            expected="a path to which .png and .html are added",
        )
    if importlib.util.find_spec("matplotlib") is None:
        raise RunError("drawing needs matplotlib", do="pip install 'corpusforge[plot]'")
    curves = [read_curves(path, name) for path, name in zip(runs, _names(runs), strict=True)]
    figure = draw(curves)
    image, page = output.with_name(f"{output.name}.png"), output.with_name(f"{output.name}.html")
    with atomic_writer(image) as handle:
        figure.savefig(handle, format="png", dpi=150, metadata={"Software": None})
    with atomic_writer(page) as handle:
        handle.write(as_page(curves, figure).encode())
    return [image, page]


def read_curves(run: Path, name: str) -> RunCurves:
    """Read the curves of one run.

    Raises:
        InputError: it has not been trained.
    """
    path = Layout(run).metrics_log
    events = read_events(path)
    steps = [event for event in events if event["event"] == "step"]
    if not steps:
        raise InputError(
            "no training to draw here",
            where=str(path),
            expected="the output_dir of a run that has taken a step",
        )
    tokens_per_step = steps[0]["tokens"] // steps[0]["step"]
    evaluations = [event for event in events if event["event"] == "evaluation"]
    by_source: dict[str, tuple[list[int], list[float]]] = {}
    for event in evaluations:
        for source, score in {ALL_SOURCES: event, **event["sources"]}.items():
            tokens, values = by_source.setdefault(source, ([], []))
            tokens.append(event["step"] * tokens_per_step)
            values.append(score["bits_per_byte"])
    return RunCurves(
        name=name,
        loss=Curve([step["tokens"] for step in steps], [step["loss"] for step in steps]),
        bits_per_byte={source: Curve(*pair) for source, pair in by_source.items()},
        summary=summarize(events),
    )


def smooth(curve: Curve) -> Curve:
    """Running means over a small share of the curve, each placed at the middle of its values."""
    width = max(1, round(len(curve.values) * _SMOOTHED_SHARE))
    kernel = np.full(width, 1 / width)
    tokens, values = (np.convolve(line, kernel, "valid") for line in (curve.tokens, curve.values))
    return Curve(tokens.tolist(), values.tolist())


def draw(runs: Sequence[RunCurves]) -> "Figure":
    """Draw a panel for the training loss and one for each source, with a colour for each run."""
    from matplotlib.figure import Figure

    sources = list(dict.fromkeys(source for run in runs for source in run.bits_per_byte))
    num_panels = 1 + len(sources)
    columns = min(_COLUMNS, num_panels)
    rows = -(-num_panels // columns)
    figure = Figure((columns * _PANEL_INCHES[0], rows * _PANEL_INCHES[1]), layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for number, run in enumerate(runs):
        color = f"C{number}"
        smoothed = smooth(run.loss)
        panels[0].plot(run.loss.tokens, run.loss.values, color=color, alpha=0.2, linewidth=0.8)
        panels[0].plot(smoothed.tokens, smoothed.values, color=color, label=run.name)
        for source, panel in zip(sources, panels[1:], strict=False):
            if source in run.bits_per_byte:
                curve = run.bits_per_byte[source]
                panel.plot(curve.tokens, curve.values, color=color, marker=".", label=run.name)
    panels[0].set_title("training loss, nats per token")
    for source, panel in zip(sources, panels[1:], strict=False):
        panel.set_title(f"{source}, bits per byte")
    for panel in panels[:num_panels]:
        panel.set_xlabel("tokens")
        panel.grid(alpha=0.3)
        panel.legend(fontsize="small")
    for panel in panels[num_panels:]:
        panel.remove()
    return figure


def as_page(runs: Sequence[RunCurves], figure: "Figure") -> str:
    """The figure and the key figures of each run as one HTML page."""
    import matplotlib

    drawing = io.StringIO()
    # Equal runs must give equal bytes: ids come from the salt, and there is no date.
    with matplotlib.rc_context({"svg.hashsalt": "corpusforge", "svg.fonttype": "none"}):
        figure.savefig(drawing, format="svg", metadata={"Date": None, "Creator": None})
    drawn = drawing.getvalue()
    head = ("run", "parameters", "tokens", "tokens/s", "best bits per byte", "by source")
    rows = [_row("th", head), *(_row("td", _cells(run)) for run in runs)]
    return _PAGE.format(
        title=html.escape(", ".join(run.name for run in runs)),
        figure=drawn[drawn.index("<svg") :],
        rows="\n".join(rows),
    )


def _cells(run: RunCurves) -> tuple[str, ...]:
    summary = run.summary
    best = summary.get("validation", {}).get("best")
    sources = best["sources"].items() if best else ()
    return (
        run.name,
        f"{summary['parameters']:,}" if "parameters" in summary else "not logged",
        f"{summary['tokens']:,}",
        f"{summary['tokens_per_second']:,.0f}",
        f"{best['bits_per_byte']:.3f} at step {best['step']:,}" if best else "not evaluated",
        ", ".join(f"{source} {score['bits_per_byte']:.3f}" for source, score in sources),
    )


def _row(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _names(runs: Sequence[Path]) -> list[str]:
    """Name runs by their directories, or by their whole paths if two directories share a name."""
    names = [path.resolve().name for path in runs]
    unique = len(set(names)) == len(names)
    return names if unique else [str(path) for path in runs]
