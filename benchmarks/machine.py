"""The machine and the date of a measurement."""

import platform
from datetime import date
from pathlib import Path

from corpusforge.engine.executor import available_cores


def machine() -> str:
    """Describe the processor, its cores and the memory in one line."""
    cpu, memory = platform.processor() or platform.machine(), ""
    cpuinfo, meminfo = Path("/proc/cpuinfo"), Path("/proc/meminfo")
    if cpuinfo.is_file():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    if meminfo.is_file():
        kibibytes = int(meminfo.read_text().split("MemTotal:")[1].split()[0])
        memory = f", {kibibytes / 2**20:.0f} GiB"
    return f"{cpu}, {available_cores()} cores{memory}, Python {platform.python_version()}"


def heading(title: str) -> str:
    """Return a heading for docs/benchmarks.md, with date and machine."""
    return f"### {title}\n\n{date.today().isoformat()}, {machine()}\n"
