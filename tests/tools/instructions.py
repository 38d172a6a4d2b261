"""Counts the instructions of gouji's main paths and compares them with those that are committed.

    python3 tests/tools/instructions.py            # compare; exit status 1 if a path became slower
    python3 tests/tools/instructions.py --write    # make the counts of now those to compare with

Takes valgrind, and `cargo`, which builds the bench `paths`. The counts are in
`tests/benches/instructions.toml`. They do not depend on what else the machine does, but do on compiler, C
library and instruction set (valgrind knows AVX2 at most). With another compiler than the one they were
written with, more may differ; then they are written anew in a change of its own. A path that becomes slower
for a good reason is written anew in the change that makes it so, which says why.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COUNTS = ROOT / "tests" / "benches" / "instructions.toml"
# How much a count may rise, as a share. Random hash seeds move counts by less than one per cent.
TOLERANCE = 0.05
# The same where another compiler made the program.
TOLERANCE_OF_COMPILERS = 0.25
CASES = [
    "read/docx",
    "read/doc",
    "read/pdf",
    "read/xlsx",
    "read/portal.html",
    "read/txt",
    "read/ofd",
    "answer/docx",
    "forms/load",
    "lay/docx",
    "inspect/docx",
    "inspect/txt",
    "locate/3 slips",
    "store/record",
]
HEADER = """\
# Instructions of one run of each path, counted by callgrind. Written by
# `python3 tests/tools/instructions.py --write`, compared by `.ci/run` (what may differ is said there).
"""


def bench() -> Path:
    """Builds the bench, or finds it built; the program."""
    command = ["cargo", "build", "--locked", "--release", "--bench", "paths"]
    built = subprocess.run(
        [*command, "--message-format=json"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message.get("target", {}).get("name") == "paths" and message.get("executable"):
            return Path(message["executable"])
    sys.exit("cargo does not say where the bench is")


def compiler() -> str:
    return subprocess.run(
        ["rustc", "--version"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def count(program: Path, case: str) -> int:
    """Instructions of one run of a case, after another one that warms up."""
    with tempfile.NamedTemporaryFile() as out:
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"]
        only = ["--collect-atstart=no", "--toggle-collect=paths::counted"]
        run = subprocess.run(
            [*valgrind, *only, str(program), "--count", case],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        found = re.search(r"Collected : (\d+)", run.stderr)
        if run.returncode != 0 or not found or found[1] == "0":
            sys.exit(f"{case} was not counted:\n{run.stderr}")
        return int(found[1])


def write(counts: dict[str, int]) -> None:
    lines = [f'compiler = "{compiler()}"\n\n[counts]\n']
    lines += [f'"{case}" = {instructions}\n' for case, instructions in counts.items()]
    COUNTS.write_text(HEADER + "".join(lines))


def slower(counts: dict[str, int], tolerance: float) -> list[str]:
    """Complaints about paths that take more than before. All paths are printed."""
    before = tomllib.loads(COUNTS.read_text())["counts"]
    complaints = []
    for case, instructions in counts.items():
        if case not in before:
            complaints.append(f"{case} has not been counted before")
            continue
        change = instructions / before[case] - 1
        print(f"{case:18} {instructions:>13,} {change:+7.1%}")
        if change > tolerance:
            complaints.append(f"{case} takes {change:.1%} more instructions, {tolerance:.0%} are allowed")
        elif change < -tolerance:
            print(f"{case}: so much faster that the count should be written anew")
    return complaints


def main() -> int:
    program = bench()
    with ThreadPoolExecutor(cpu_count() or 1) as pool:
        now = dict(zip(CASES, pool.map(lambda case: count(program, case), CASES)))
    if sys.argv[1:] == ["--write"]:
        write(now)
        return 0
    tolerance = TOLERANCE
    if (written_with := tomllib.loads(COUNTS.read_text())["compiler"]) != compiler():
        tolerance = TOLERANCE_OF_COMPILERS
        print(f"{compiler()} made the program; the counts are those of {written_with}")
    complaints = slower(now, tolerance)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        print(f"see {Path(__file__).relative_to(ROOT)}", file=sys.stderr)
    return 1 if complaints else 0


sys.exit(main())
