"""What it costs to get at the text of a report with other programs, beside what gouji takes for all it does:
reading, laying it over the forms, rules, causes.

    python3 tests/benches/peers.py target/release/gouji

The peers are installed into a virtual environment (`--venv`, a temporary one without); LibreOffice and
pdftotext are taken where the system has them. All get the same files in the same run. A peer is measured twice,
with one file and with several, so that what it takes to start is told apart from what a file takes; LibreOffice
too takes several files in one run. Printed is processor time, of the user and of the kernel, and how many times that
of gouji it is.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "parity" / "bureau-2022"
FORMATS = ["docx", "pdf", "xlsx", "doc", "html"]
PACKAGES = ["python-docx", "pdfplumber", "markitdown[docx,pdf,xlsx]", "kreuzberg", "python-calamine"]
FILES = 11

# Each reads the text of every file named on its command line, tables included.
PYTHON = {
    "python-docx": (
        ["docx"],
        """
import docx, sys
for path in sys.argv[1:]:
    document = docx.Document(path)
    text = [p.text for p in document.paragraphs]
    for table in document.tables:
        text += [cell.text for row in table.rows for cell in row.cells]
    assert text
""",
    ),
    "pdfplumber": (
        ["pdf"],
        """
import pdfplumber, sys
for path in sys.argv[1:]:
    with pdfplumber.open(path) as pdf:
        text = [(page.extract_text(), page.extract_tables()) for page in pdf.pages]
    assert text
""",
    ),
    "calamine": (
        ["xlsx"],
        """
import python_calamine, sys
for path in sys.argv[1:]:
    book = python_calamine.CalamineWorkbook.from_path(path)
    assert [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
""",
    ),
    "markitdown": (
        ["docx", "pdf", "xlsx", "html"],
        """
import markitdown, sys
converter = markitdown.MarkItDown()
for path in sys.argv[1:]:
    assert converter.convert(path).text_content
""",
    ),
    "kreuzberg": (
        ["docx", "pdf", "xlsx", "doc", "html"],
        """
import kreuzberg, sys
config = kreuzberg.ExtractionConfig(use_cache=False)
for path in sys.argv[1:]:
    assert kreuzberg.extract_file_sync(path, config=config).content
""",
    ),
}


def cpu(command: list[str], fine: tuple[int, ...]) -> float | None:
    """Milliseconds of processor time of a command and all it starts; `None`: it failed, its exit status is none
    of those that are fine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in fine:
        return None
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000


def measured(command, files: list[Path], fine=(0,)) -> tuple[float, float] | None:
    """What starting takes, and each file, in ms."""
    one, all_ = cpu(command(files[:1]), fine), cpu(command(files), fine)
    if one is None or all_ is None:
        return None
    each = (all_ - one) / (len(files) - 1)
    return max(one - each, 0), each


def commands(options, work: Path) -> dict:
    """For each program the formats it reads and the command for files."""
    found = {}
    if shutil.which("soffice"):
        office = ["soffice", "--headless", f"-env:UserInstallation=file://{work}/profile", "--convert-to"]

        def convert(files):
            return [*office, "txt:Text", "--outdir", str(work / "out"), *map(str, files)]

        found["LibreOffice"] = (["docx", "doc", "html"], convert)
    if shutil.which("pdftotext"):
        each = 'for file in "$@"; do pdftotext -layout "$file" - || exit 9; done'
        found["pdftotext"] = (["pdf"], lambda files: ["sh", "-c", each, "sh", *map(str, files)])
    python = options.venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", options.venv], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for package in PACKAGES:
        if subprocess.run([*pip, package]).returncode != 0:
            print(f"{package} cannot be installed", file=sys.stderr)
    for name, (formats, script) in PYTHON.items():
        path = work / f"with_{name}.py"  # not the name of the package, which it would stand before
        path.write_text(script)
        found[name] = (formats, lambda files, path=path: [str(python), str(path), *map(str, files)])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("gouji", type=Path)
    parser.add_argument("--venv", type=Path, help="where the peers are, or are to be installed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        options.venv = (options.venv or work / "venv").absolute()
        peers = commands(options, work)
        gouji = [str(options.gouji.resolve()), "check", "--json"]
        print(f"{'':6} {'program':12} {'start ms':>9} {'ms a file':>10} {'times gouji':>12}")
        for format in FORMATS:
            files = [work / f"{number}.{format}" for number in range(FILES)]
            for file in files:
                shutil.copy(SAMPLES / format, file)
            # 1: it has found something.
            base = measured(lambda files: [*gouji, *map(str, files)], files, (0, 1))
            if base is None:
                sys.exit(f"gouji cannot read {format}")
            print(f"{format:6} {'gouji':12} {base[0]:9.0f} {base[1]:10.2f} {1:12}")
            for name, (formats, command) in peers.items():
                if format not in formats:
                    continue
                result = measured(command, files)
                if result is None:
                    print(f"{format:6} {name:12} {'fails':>9}")
                else:
                    start, each = result
                    print(f"{format:6} {name:12} {start:9.0f} {each:10.2f} {each / base[1]:12.1f}")


main()
