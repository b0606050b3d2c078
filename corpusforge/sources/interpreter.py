"""Print what is installed for a Python interpreter as JSON. Run by that interpreter.

Imports only the standard library, and works with Python 3.8 and later.
"""

import csv
import importlib.metadata
import json
import os
import sys
import sysconfig
from typing import Any, Dict, Iterator, List  # noqa: UP035 -- Python 3.8


def survey() -> Dict[str, Any]:  # noqa: UP006
    """Return the path of the standard library, and the metadata of installed distributions."""
    return {
        "standard_library": sysconfig.get_path("stdlib"),
        "distributions": list(_distributions()),
    }


def _distributions() -> Iterator[Dict[str, Any]]:  # noqa: UP006
    # Other entries of sys.path are working copies, which no installer wrote.
    roots = [
        path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")
    ]
    for root in dict.fromkeys(roots):
        found = importlib.metadata.distributions(path=[root])
        for distribution in sorted(found, key=lambda d: str(d.metadata["Name"])):
            metadata: Any = distribution.metadata
            if metadata["Name"] is None:
                continue
            yield {
                "name": metadata["Name"],
                "root": root,
                "files": _files(distribution),
                "editable": _is_editable(distribution),
                "license_expression": metadata.get("License-Expression"),
                "license": metadata.get("License"),
                "classifiers": metadata.get_all("Classifier") or [],
            }


def _files(distribution: importlib.metadata.Distribution) -> Any:
    record = distribution.read_text("RECORD")
    if record is None:
        return None
    names: List[str] = [row[0] for row in csv.reader(record.splitlines()) if row]  # noqa: UP006
    return sorted(names)


def _is_editable(distribution: importlib.metadata.Distribution) -> bool:
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    return bool(origin.get("dir_info", {}).get("editable", False))


if __name__ == "__main__":
    json.dump(survey(), sys.stdout)
