"""The example configurations that come with the package."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
# setup.py packs `configs/` into the package. A checkout has it next to the package.
_DIRECTORIES = (_PACKAGE / "configs", _PACKAGE.parent / "configs")

# Name → YAML file: `quickstart` is `train_quickstart.yaml`.
EXAMPLES = {
    path.stem.removeprefix("train_"): path
    for path in sorted(next(filter(Path.is_dir, _DIRECTORIES)).glob("train_*.yaml"))
}
