"""Adapter for lm-evaluation-harness (the package lm-eval)."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpusforge.errors import InputError, RunError
from trainer.checkpoints.trained_model import open_model
from trainer.evaluation.likelihood import TextModel
from trainer.execution.device import choose_device
from trainer.generation.sampling import SamplingConfig

_NEW_TOKENS = 256  # the harness's own default for tasks that name no limit


def evaluate_tasks(
    checkpoint: Path,
    tokenizer: Path | None,
    tasks: Sequence[str],
    *,
    include_path: Path | None,
    num_fewshot: int | None,
    limit: int | None,
    device: str,
) -> dict[str, Any]:
    """Run tasks and return the harness's metrics by task.

    `include_path` is a directory with additional task files. `limit` is the number of documents per
    task, the first ones.

    Raises:
        RunError: lm-eval is not installed.
        InputError: a file is missing, the files do not belong together, or a task is unknown.
    """
    if importlib.util.find_spec("lm_eval") is None:
        raise RunError("these tasks need lm-eval", do="pip install 'corpusforge[harness]'")
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    trained = open_model(checkpoint, tokenizer, choose_device(device))
    manager = TaskManager(include_path=None if include_path is None else str(include_path))
    unknown = [task for task in tasks if not manager.match_tasks([task])]
    if unknown:
        raise InputError(
            f"lm-eval has no such task: {', '.join(unknown)}",
            where="--tasks",
            do="`lm-eval ls tasks` lists them; --include-path adds your own",
        )
    model = TextModel(trained.model, trained.tokenizer)
    answers = simple_evaluate(
        model=make_adapter(LM, model),
        tasks=list(tasks),
        num_fewshot=num_fewshot,
        limit=limit,
        task_manager=manager,
        log_samples=False,
    )
    results: dict[str, Any] = answers["results"]
    return results


def make_adapter(base: type[Any], model: TextModel) -> Any:
    """Return a model for the harness; `base` is its class `lm_eval.api.model.LM`.

    The `args` of a request are (context, continuation), (text,) or (context, options).
    """

    class Adapter(base):  # type: ignore[misc]
        def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
            return [model.continuation(*request.args) for request in requests]

        def loglikelihood_rolling(self, requests: Sequence[Any]) -> list[float]:
            return [model.whole(*request.args) for request in requests]

        def generate_until(self, requests: Sequence[Any]) -> list[str]:
            return [_generate(model, *request.args) for request in requests]

    return Adapter()


def _generate(model: TextModel, prompt: str, options: dict[str, Any]) -> str:
    until = options.get("until") or []
    temperature = options.get("temperature") or 0.0
    sampling = SamplingConfig(
        max_new_tokens=options.get("max_gen_toks", _NEW_TOKENS),
        temperature=temperature if options.get("do_sample", temperature > 0) else 0.0,
        top_p=options.get("top_p", 1.0),
    )
    return model.until(prompt, [until] if isinstance(until, str) else until, sampling)


def results_text(results: dict[str, Any]) -> str:
    """Return a line per metric of each task. Standard errors are only in `--json`."""
    lines = []
    for task, metrics in results.items():
        for name, value in metrics.items():
            if isinstance(value, float) and "stderr" not in name:
                lines.append(f"{task:<32}{name.removesuffix(',none'):<24}{value:.4f}")
    return "\n".join(lines)
