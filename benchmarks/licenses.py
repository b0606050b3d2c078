"""Licence detection compared with what Debian's maintainers wrote about each file of real packages.

`python -m benchmarks.licenses --cache DIR` downloads source packages with apt, ingests the upstream
files (without debian/, which has the answers), computes the license fact and compares it, file by
file, with the machine-readable debian/copyright. Only files with a statement are judged: those that
name a licence, a permission or the public domain near their top, by a separate search.

Many packages have one stanza for all files (`Files: *`) and leave out those that differ. If such a
stanza and the detector disagree, Debian's `licensecheck` reads the file and decides. The numbers
with and without it are printed. `apt-get install licensecheck` installs it.
"""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click
import pyarrow.parquet as pq

from benchmarks.machine import heading
from corpusforge.config import LicenseConfig
from corpusforge.licensing.dep5 import parse_dep5, read_short_name
from corpusforge.licensing.expression import identifiers
from corpusforge.licensing.policy import Answer, decide
from corpusforge.storage.layout import Layout

PACKAGES = (
    "apache2", "dpkg", "expat", "ffmpeg", "gawk", "ghostscript", "imagemagick", "nano", "nginx",
    "screen", "vim",
)  # fmt: skip
RELEASE = "bookworm"
# What counts as a statement. Independent of the detector.
_STATEMENT = re.compile(
    rb"licen[cs]ed? (?:under|to|by|as|:)|(?:gnu|general) (?:lesser |affero )?(?:general )?public|"
    rb"permission|redistribut|public.domain|spdx-license-identifier|(?:see|read).{1,40}(?:copying|"
    rb"licen[cs]e)|apache license|bsd.{1,20}license|mit license|free software",
    re.IGNORECASE,
)
_STATEMENT_BYTES = 6000
_LICENSE_FILES = re.compile(r"(^|/)(copying|licen[cs]e|copyright|notice|authors)[^/]*$", re.I)


@dataclass(frozen=True)
class Judged:
    """One file, with the licence by Debian and by the detector."""

    path: str
    truth: str | None
    found: str | None
    evidence: str | None
    statement: bool
    catch_all: bool  # whether the stanza is for all files of the package
    text: str

    def answers(self) -> tuple[Answer, Answer]:
        config = LicenseConfig()
        return decide(self.truth, config).answer, decide(self.found, config).answer


@click.command()
@click.option("--cache", type=click.Path(path_type=Path), required=True)
@click.option("--package", "packages", multiple=True, default=PACKAGES)
@click.option("--show", type=click.Choice(["false-allow", "decision", "expression"]))
@click.option("--part", type=click.Choice(["errors", "speed"]), help="Speed takes 2 GB of disk.")
def main(cache: Path, packages: tuple[str, ...], show: str | None, part: str | None) -> None:
    """Compare decisions and expressions with debian/copyright; measure time."""
    cache.mkdir(parents=True, exist_ok=True)
    print(heading("Licences (python -m benchmarks.licenses --cache runs/benchmarks)"))
    if part != "speed":
        print_errors(cache, packages, show)
    if part != "errors":
        print(speed_table(cache, [fetch(cache, package)[0] for package in packages]))


def print_errors(cache: Path, packages: tuple[str, ...], show: str | None) -> None:
    """Print the tables of the comparison, and every false allow."""
    judged: list[Judged] = []
    for package in packages:
        upstream, copyright = fetch(cache, package)
        judged += list(judge(cache, package, upstream, copyright))
    with_statement = [file for file in judged if file.statement]
    print("By debian/copyright:\n")
    print(table(with_statement))
    if shutil.which("licensecheck"):
        with_statement = second_opinions(with_statement)
        print("\nWith licensecheck, where a stanza for all files and the detector disagree:\n")
        print(table(with_statement))
    for line in shown(with_statement, "false-allow"):
        print(line)
    if show:
        for line in sorted(shown(with_statement, show)):
            print(line)


def fetch(cache: Path, package: str) -> tuple[Path, str]:
    """Return the upstream archive of a source package, and its debian/copyright."""
    folder = cache / "debian" / package
    if not folder.is_dir():
        state = cache / "debian" / ".apt"
        for name in ("lists", "cache"):
            (state / name).mkdir(parents=True, exist_ok=True)
        sources = state / "sources.list"
        options = [
            f"-oDir::Etc::sourcelist={sources}", "-oDir::Etc::sourceparts=/dev/null",
            f"-oDir::State::lists={state / 'lists'}", f"-oDir::Cache={state / 'cache'}",
        ]  # fmt: skip
        if not sources.is_file():
            mirror = subprocess.run(
                ["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, text=True
            ).stdout.splitlines()
            site = next(line for line in mirror if line.endswith("/debian"))
            sources.write_text(f"deb-src {site} {RELEASE} main\n")
            subprocess.run(["apt-get", *options, "update"], check=True, capture_output=True)
        folder.mkdir()
        fetch = ["apt-get", *options, "--download-only", "source", package]
        subprocess.run(fetch, check=True, capture_output=True, cwd=folder)
    archives = [path for path in folder.iterdir() if re.search(r"\.tar\.(gz|xz|bz2)$", path.name)]
    debian = [path for path in archives if ".debian.tar" in path.name] or archives
    (upstream,) = [path for path in archives if ".debian.tar" not in path.name]
    return upstream, _copyright(debian[0])


def _copyright(archive: Path) -> str:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.endswith("debian/copyright") and (file := tar.extractfile(member)):
                return file.read().decode()
    raise click.ClickException(f"{archive} has no debian/copyright")


def judge(cache: Path, package: str, upstream: Path, copyright: str) -> Iterator[Judged]:
    """Yield every document of a package, with both licences."""
    run = cache / "licenses" / package
    _corpusforge("ingest", run, upstream, "--source", "upstream", "--type", "code")
    _corpusforge("license", run)
    stanzas = parse_dep5(copyright) or []
    layout = Layout(run)
    for part in sorted(layout.documents.glob("*.parquet")):
        documents = pq.read_table(part, columns=["path", "text"]).to_pylist()
        facts = pq.read_table(layout.fact("license") / part.name).to_pylist()
        for document, fact in zip(documents, facts, strict=True):
            # <archive>/<top folder>/<path as Debian has it>
            path = document["path"].split("/", 2)[-1]
            if path.startswith("debian/") or _LICENSE_FILES.search(path):
                continue
            fits = [stanza for stanza in stanzas if stanza.pattern.fullmatch(path)]
            head = document["text"].encode()[:_STATEMENT_BYTES]
            yield Judged(
                f"{package}/{path}",
                fits[-1].expression if fits else None,
                fact["expression"],
                fact["evidence"],
                _STATEMENT.search(head) is not None,
                bool(fits) and fits[-1].pattern.fullmatch("any/file") is not None,
                document["text"],
            )


def second_opinions(files: list[Judged]) -> list[Judged]:
    """Return the files, with the licence by licensecheck where Debian and the detector disagree."""
    doubtful = [file for file in files if file.catch_all and not same(file)]
    with tempfile.TemporaryDirectory() as folder:
        copies: dict[str, str] = {}
        for number, file in enumerate(doubtful):
            # Keep the file name: licensecheck may need its ending.
            path = Path(folder) / str(number) / Path(file.path).name
            path.parent.mkdir()
            path.write_text(file.text, encoding="utf-8")
            copies[str(path)] = file.path
        command = ["licensecheck", "--machine", "--shortname-scheme=debian,spdx", *copies]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    read = {}
    for line in answer.splitlines():
        copy, name = line.split("\t")[:2]
        if name and not name.startswith("UNKNOWN"):
            read[copies[copy]] = read_short_name(name.replace("and/or", "and"))
    return [replace(file, truth=read.get(file.path, file.truth)) for file in files]


def table(files: list[Judged]) -> str:
    answers = Counter(file.answers() for file in files)
    right = sum(count for (truth, found), count in answers.items() if truth == found)
    exact = sum(same(file) for file in files)
    allowed = [file for file in files if file.answers() == (Answer.DENY, Answer.ALLOW)]
    lines = [
        "| | |\n|---|---|",
        f"| files with a statement | {len(files):,} |",
        f"| decision right | {right / len(files):.2%} |",
        f"| false allows | {len(allowed)} ({len(allowed) / len(files):.3%}) |",
        f"| exact expression | {exact / len(files):.2%} |",
        "\n| Debian \\ found | allow | unknown | deny |\n|---|---|---|---|",
    ]
    for truth in (Answer.ALLOW, Answer.UNKNOWN, Answer.DENY):
        row = [answers[truth, found] for found in (Answer.ALLOW, Answer.UNKNOWN, Answer.DENY)]
        lines.append(f"| {truth.name.lower()} | " + " | ".join(f"{n:,}" for n in row) + " |")
    return "\n".join(lines)


def speed_table(cache: Path, archives: list[Path]) -> str:
    """Render the time for all packages, and for another policy over a gigabyte of text."""
    lines = ["| work, two workers | time | text | MB/s |\n|---|---|---|---|"]
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        run = Path(folder)
        _corpusforge("ingest", run, *archives, "--source", "copy-1", "--type", "code")
        _corpusforge("license", run)
        size = _num_bytes(run)
        for stage in ("ingest", "license fact", "license", "audit"):
            seconds = _seconds(run, stage)
            lines.append(f"| {stage} | {seconds:.1f} s | {size:.0f} MB | {size / seconds:.0f} |")
        for copy in range(2, 2 + round(1000 / size)):
            _corpusforge("ingest", run, *archives, "--source", f"copy-{copy}", "--type", "code")
        _corpusforge("license", run)
        started = time.perf_counter()
        _corpusforge("license", run, "--policy", "weak-copyleft")
        seconds = time.perf_counter() - started
        lines.append(
            f"| another policy, whole command | {seconds:.1f} s | {_num_bytes(run):.0f} MB | |"
        )
    return "\n".join(lines)


def _corpusforge(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "corpusforge", *map(str, arguments), "--workers", "2"]
    subprocess.run(command, check=True, capture_output=True)


def _num_bytes(run: Path) -> float:
    """Return the megabytes of text in a run."""
    manifest = json.loads(Layout(run).manifest("ingest").read_text("utf-8"))
    return float(manifest["counts"]["bytes"] / 1e6)


def _seconds(run: Path, stage: str) -> float:
    """Return the seconds of the first run of a stage."""
    for line in Layout(run).log.read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry["stage"] == stage:
            return float(max(entry["seconds"], 0.001))
    raise click.ClickException(f"{stage} was not run")


def same(file: Judged) -> bool:
    """Whether both expressions name the same licences."""
    if file.truth is None or file.found is None:
        return file.truth is file.found
    return file.truth == file.found or identifiers(file.truth) == identifiers(file.found)


def shown(files: list[Judged], what: str) -> Iterator[str]:
    for file in files:
        truth, found = file.answers()
        wanted = {
            "false-allow": (truth, found) == (Answer.DENY, Answer.ALLOW),
            "decision": truth != found,
            "expression": not same(file),
        }[what]
        if wanted:
            decided = f"{truth.name}→{found.name} {file.truth} ≠ {file.found}"
            yield f"{decided}  {file.path}  [{file.evidence}]"


if __name__ == "__main__":
    main()
