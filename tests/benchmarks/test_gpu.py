"""The benchmark of a GPU where none is: that it runs, and that it does not pretend."""

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from benchmarks.gpu import main

CONFIG = """
output_dir: {folder}
corpus:
  train_synthetic_examples: 10
tokenizer: {{vocab_size: 512}}
model: {{dim: 32, layers: 2, heads: 2, hidden: 64, context: 32}}
training:
  steps: 10
  batch_size: 4
  optimizer: {{learning_rate: 0.001}}
  execution: {{micro_batch_size: 2, compile: "off"}}
"""


def test_a_row_for_any_device(tmp_path: Path) -> None:
    config = tmp_path / "tiny.yaml"
    config.write_text(CONFIG.format(folder=tmp_path / "run"))
    arguments = ["--config", str(config), "--device", "cpu", "--seconds", "0.1"]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    execution, at_once, speed = result.output.splitlines()[-1].strip("| ").split(" | ")[:3]
    assert execution.startswith("cpu, ")
    assert at_once == "2"
    assert float(speed.replace(",", "")) > 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, which would be measured")
def test_no_figures_without_a_gpu() -> None:
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 1
    assert "nothing was measured" in result.output
