"""What a report costs as there are more of them: a backlog made up of half docx, 30 % PDF and 20 % doc
goes through the real program.

    python3 tests/benches/growth.py target/release/gouji
    python3 tests/benches/growth.py target/release/gouji --reports 100000 --plot growth.svg

Every report has another name and sentences of its own, and every fifth has a figure that is wrong. Times are
processor time of gouji and of the processes it starts, of the user and of the kernel (`getrusage`), so
that it does not matter what else the machine does. `--plot` takes matplotlib, the count of `fsync`s
strace; all else is in Python.
"""

import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "data" / "parity" / "bureau-2022"
# The county in the name of the unit, two characters in every format.
COUNTY = "禾川"
# Kinds of files in ten.
MIX = ["docx"] * 5 + ["pdf"] * 3 + ["doc"] * 2
TICKS = os.sysconf("SC_CLK_TCK")


def own_characters() -> str:
    """Characters of the sample, the county's left out, that no form knows: they say nothing to gouji."""
    text = re.sub(r"<[^>]+>", "", zipfile.ZipFile(SAMPLES / "docx").read("word/document.xml").decode())
    forms = [*(ROOT / "config" / "forms").glob("*.toml"), ROOT / "config" / "shared.toml"]
    known = "".join(form.read_text() for form in forms)
    return "".join(sorted({c for c in text if "\u4e00" <= c <= "\u9fff"} - {*known, *COUNTY}))


OWN = own_characters()


def translation(number: int) -> dict[str, str]:
    """What each character of the county and of the sentences becomes in this report."""
    first, second = divmod(number, 2_000)
    county = chr(0x5000 + first) + chr(0x6000 + second)
    # Rare ideographs, which no form knows either; there are not enough of them for every number.
    digits = divmod(number, 6_400)
    rare = (chr(0x3400 + (digits[place % 2] * 31 + place * 97) % 6_400) for place in range(len(OWN)))
    return dict(zip(COUNTY + OWN, [*county, *rare]))


class Docx:
    def __init__(self):
        self.parts = zipfile.ZipFile(SAMPLES / "docx")
        self.names = [info.filename for info in self.parts.infolist()]
        self.text = self.parts.read("word/document.xml").decode()
        # The figures of the last table but one; years and dates stand before it.
        start = self.text.index("本年新收政府信息公开申请数量")
        self.figures = [m.span(1) for m in re.finditer(r"<w:t[^>]*>(\d+)</w:t>", self.text)]
        self.figures = [span for span in self.figures if span[0] > start]

    def make(self, characters: dict[str, str], dice: random.Random, is_wrong: bool) -> bytes:
        text = self.text
        if is_wrong:
            start, end = dice.choice(self.figures)
            text = text[:start] + str(dice.randrange(1, 1000)) + text[end:]
        text = text.translate(str.maketrans(characters))
        file = BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            for part in self.names:
                data = self.parts.read(part) if part != "word/document.xml" else text.encode()
                made.writestr(part, data)
        return file.getvalue()


class Doc:
    def __init__(self):
        self.bytes = (SAMPLES / "doc").read_bytes()
        # A figure of one digit between two marks of cells.
        figures = re.finditer(rb"(?<=\x07\x00)[0-9]\x00(?=\x07\x00)", self.bytes)
        self.figures = [match.start() for match in figures]
        # Each character begins at an even place.
        pairs = ((at, self.bytes[at : at + 2].decode("utf-16-le", "replace")) for at in range(0, len(self.bytes), 2))
        self.places = [(at, character) for at, character in pairs if character in COUNTY + OWN]

    def make(self, characters: dict[str, str], dice: random.Random, is_wrong: bool) -> bytes:
        made = bytearray(self.bytes)
        if is_wrong:
            made[dice.choice(self.figures)] = ord(str(dice.randrange(1, 10)))
        for place, old in self.places:
            made[place : place + 2] = characters[old].encode("utf-16-le")
        return bytes(made)


class Pdf:
    """What the glyphs stand for is written anew, as an incremental update. Figures stay."""

    def __init__(self):
        self.bytes = (SAMPLES / "pdf").read_bytes()
        objects = re.finditer(rb"\n(\d+) 0 obj\s*<<[^>]*>>\s*stream\r?\n(.*?)endstream", self.bytes, re.S)
        for found in objects:
            try:
                text = zlib.decompress(found[2])
            except zlib.error:
                continue
            if b"begincmap" in text and self.code(COUNTY[0]) in text:
                self.number, self.map = int(found[1]), text
        self.size = re.search(rb"/Size (\d+)", self.bytes)[1].decode()
        self.root = re.search(rb"/Root (\d+ 0 R)", self.bytes)[1].decode()
        self.previous = re.findall(rb"startxref\s+(\d+)", self.bytes)[-1].decode()

    @staticmethod
    def code(character: str) -> bytes:
        return f"<{ord(character):04X}>".encode()

    def make(self, characters: dict[str, str], dice: random.Random, is_wrong: bool) -> bytes:
        text = self.map
        for old, new in characters.items():
            text = text.replace(self.code(old), self.code(new))
        data = zlib.compress(text)
        at = len(self.bytes)
        head = f"{self.number} 0 obj\n<</Length {len(data)}/Filter/FlateDecode>>\nstream\n"
        made = self.bytes + head.encode() + data + b"\nendstream\nendobj\n"
        tail = f"xref\n{self.number} 1\n{at:010} 00000 n \n"
        tail += f"trailer\n<</Size {self.size}/Root {self.root}/Prev {self.previous}>>\n"
        return made + tail.encode() + f"startxref\n{len(made)}\n%%EOF\n".encode()


class Backlog:
    def __init__(self):
        self.kinds = {"docx": Docx(), "doc": Doc(), "pdf": Pdf()}
        self.dice = random.Random(7)
        self.made = 0

    def write(self, folder: Path, count: int, kinds=MIX):
        """Writes so many further reports."""
        folder.mkdir(parents=True, exist_ok=True)
        for _ in range(count):
            kind = kinds[self.made % len(kinds)]
            is_wrong = self.dice.random() < 0.2
            data = self.kinds[kind].make(translation(self.made), self.dice, is_wrong)
            (folder / f"{self.made:06}.{kind}").write_bytes(data)
            self.made += 1


class Office:
    """A folder with a configuration and a database."""

    def __init__(self, gouji: Path, root: Path, keys: str = ""):
        self.gouji, self.root = gouji, root
        self.drop = root / "drop"
        self.drop.mkdir(parents=True)
        config = f'[drop]\nsettle = "1s"\n{keys}\n[mail]\ncoalesce = "1h"\n'
        (root / "gouji.toml").write_text(config)

    def command(self, *arguments: str) -> list[str]:
        return [str(self.gouji), "--config", str(self.root / "gouji.toml"), *arguments]

    def status(self) -> str:
        """What `gouji status` says; empty: it cannot say anything yet."""
        return subprocess.run(self.command("status", "--json"), stdout=subprocess.PIPE, text=True).stdout

    def cpu(self, *arguments: str, before: list[str] = []) -> float:
        """Seconds of processor time of a command and all processes it started; `before` stands before it."""
        command = [*before, *self.command(*arguments)]
        begun = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in (0, 1):
            sys.exit(f"{arguments}: {done.stdout.decode()}")
        self.said = done.stdout.decode().strip()
        return ended.ru_utime - begun.ru_utime + ended.ru_stime - begun.ru_stime


class Daemon:
    def __init__(self, office: Office, before: list[str] = []):
        self.office = office
        # Not a pipe: gouji would wait for somebody to read it.
        self.log = office.root / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen([*before, *office.command("run")], stderr=log)

    def wait_for(self, words: str):
        while words not in self.log.read_text():
            if self.process.poll() is not None:
                sys.exit(f"gouji ended without {words!r}")
            time.sleep(0.02)

    def cpu(self) -> float:
        """Seconds of processor time so far, its own and of those it has waited for."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, stat[11:15])) / TICKS

    def wakeups(self) -> int:
        """How often one of its threads has been given a processor."""
        statuses = Path(f"/proc/{self.process.pid}/task").glob("*/status")
        switches = re.compile(r"^(?:non)?voluntary_ctxt_switches:\s+(\d+)", re.M)
        return sum(int(n) for status in statuses for n in switches.findall(status.read_text()))

    def memory(self, line: str) -> float:
        """MB, by a line of /proc/PID/status."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{line}:\s+(\d+)", status, re.M)[1]) / 1024

    def workers(self, line: str) -> float:
        """MB of the largest of its workers, by a line of /proc/PID/status. One that is just being started
        still has the memory of the daemon, and its command line: it is left out."""
        sizes = [0.0]
        for children in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            try:
                for pid in children.read_text().split():
                    if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                        status = Path(f"/proc/{pid}/status").read_text()
                        sizes += [int(kb) / 1024 for kb in re.findall(rf"^{line}:\s+(\d+)", status, re.M)]
            except OSError:
                pass
        return max(sizes)

    def stop(self):
        # strace hands no signal on to the one it has started.
        child = subprocess.run(["pgrep", "-P", str(self.process.pid)], stdout=subprocess.PIPE, text=True)
        traced = self.process.args[0] == "strace"
        os.kill(int(child.stdout.split()[0]) if traced else self.process.pid, signal.SIGTERM)
        self.process.wait()


def database(gouji: Path, root: Path, most: int) -> list[tuple[int, float]]:
    """CPU in ms for each further report, by how many the database has then."""
    backlog, office = Backlog(), Office(gouji, root)
    empty = root / "empty"
    empty.mkdir()
    office.cpu("import", str(empty))
    start = office.cpu("import", str(empty))
    points = []
    have = 0
    for size in (10, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000):
        if size > most:
            break
        folder = root / f"to-{size}"
        backlog.write(folder, size - have)
        cpu = office.cpu("import", str(folder))
        each = (cpu - start) / (size - have) * 1000
        points.append((size, each))
        print(f"  {size:>7} reports in the database: {each:6.2f} ms for each further; {office.said}")
        shutil.rmtree(folder)
        have = size
    files = [path for path in (root / "gouji.db", root / "gouji.db-wal") if path.exists()]
    size = sum(path.stat().st_size for path in files)
    print(f"  the database has {size / have / 1024:.1f} KB for each report")
    return points


def formats(gouji: Path, root: Path) -> None:
    """CPU for each report of one format, by `import`."""
    for kind in ("docx", "pdf", "doc"):
        office, backlog = Office(gouji, root / kind), Backlog()
        folder = root / kind / "reports"
        backlog.write(folder, 500, [kind])
        cpu = office.cpu("import", str(folder))
        print(f"  {kind:5} {cpu / 500 * 1000:6.2f} ms for each report, its process and the start included")


def fsyncs(gouji: Path, root: Path) -> None:
    """Calls of fsync and fdatasync for each report, of `import` and of a daemon that finds a backlog."""
    if shutil.which("strace") is None:
        return print("  strace is not installed")
    count, made = 3_000, Backlog()
    office = Office(gouji, root / "import")
    made.write(office.root / "reports", count)
    calls = synced(office, lambda strace: office.cpu("import", str(office.root / "reports"), before=strace))
    print(f"  import: {calls} for {count} reports, one for {count / calls:.0f}")
    office = Office(gouji, root / "daemon")
    made.write(office.drop, count)
    calls = synced(office, lambda strace: recorded(Daemon(office, before=strace), count).stop())
    print(f"  daemon: {calls} for {count} reports, one for {count / calls:.0f}, start and end included")


def synced(office: Office, run: Callable[[list[str]], object]) -> int:
    """How often the disk is waited for in a run."""
    out = office.root / "strace"
    run(["strace", "-f", "--seccomp-bpf", "-c", "-e", "trace=fsync,fdatasync", "-o", str(out)])
    rows = [line.split() for line in out.read_text().splitlines()]
    return sum(int(row[3]) for row in rows if row and row[-1] in ("fsync", "fdatasync"))


def recorded(running: Daemon, count: int) -> Daemon:
    """The daemon when it has recorded so many reports."""
    while json.loads(running.office.status() or "{}").get("reports", {}).get("current", 0) < count:
        if running.process.poll() is not None:
            sys.exit("gouji ended")
        time.sleep(2)
    return running


def latency(gouji: Path, root: Path) -> None:
    """Milliseconds by the clock from taking up a file that stands still to its report on the disk."""
    office, made = Office(gouji, root), Backlog()
    running = Daemon(office)
    running.wait_for("The first scan is over")

    def drop(count: int, pause: float) -> float:
        """Drops files one after the other; MB of the largest worker that was seen by looking so often."""
        largest = 0.0
        for _ in range(count):
            made.write(office.drop, 1)
            while running.log.read_text().count(" Recorded ") < made.made:
                largest = max(largest, running.workers("VmHWM"))
                time.sleep(pause)
        return largest

    drop(20, pause=0.1)
    log = running.log.read_text()
    workers, daemon = drop(20, pause=0.002), running.memory("VmHWM")
    running.stop()
    moments = {}
    for moment, name, what in re.findall(r'^(\S+) .*file="(.*?)".*?(Reading|Recorded) ', log, re.M):
        moments.setdefault(name, {})[what] = datetime.fromisoformat(moment)
    took = sorted((m["Recorded"] - m["Reading"]).total_seconds() * 1000 for m in moments.values())
    print(f"  median {statistics.median(took):.1f} ms, longest {took[-1]:.1f} ms of {len(took)}")
    print(f"  daemon at most {daemon:.1f} MB, workers {workers:.1f} MB")


def daemon(gouji: Path, root: Path, sizes: list[int], rescan: int) -> list[tuple[int, float]]:
    """What an idle daemon takes for each look, in ms, by how many known files are in its folder."""
    points = []
    backlog, office = Backlog(), Office(gouji, root, f'rescan = "{rescan}s"')
    for size in sizes:
        backlog.write(office.drop, size - backlog.made)
        office.cpu("import", str(office.drop))
        begun = time.monotonic()
        running = Daemon(office)
        running.wait_for("Ready")
        ready = time.monotonic() - begun
        start = running.cpu()
        time.sleep(1.5 * rescan if rescan > 5 else 8)
        looks = 5
        before, wakes = running.cpu(), running.wakeups()
        time.sleep(looks * rescan)
        cpu = (running.cpu() - before) / (looks * rescan) * 1000
        wakes = (running.wakeups() - wakes) / looks
        points.append((size, cpu * rescan))
        print(
            f"  {size:>6} files: {cpu:.3f} ms/s with a look every {rescan} s, {wakes:.0f} wake-ups a look; "
            f"ready after {ready:.2f} s by the clock, {start:.2f} s CPU; "
            f"RSS {running.memory('VmRSS'):.1f} MB, spare worker {running.workers('VmRSS'):.1f} MB"
        )
        running.stop()
    return points


def backlog(gouji: Path, root: Path, count: int) -> None:
    """A daemon that finds so many new files."""
    office, made = Office(gouji, root), Backlog()
    made.write(office.drop, count)
    running = Daemon(office)
    running.wait_for("Ready")
    recorded(running, count)
    print(
        f"  {running.cpu() / count * 1000:.2f} ms for each of {count} reports; "
        f"daemon at most {running.memory('VmHWM'):.1f} MB"
    )
    running.stop()


def plot(path: Path, in_database: list, in_folder: list) -> None:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    left.semilogx(*zip(*in_database), marker="o")
    left.set(xlabel="reports in the database", ylabel="ms CPU for each further report", ylim=(0, None))
    right.loglog(*zip(*in_folder), marker="o")
    right.set(xlabel="known files in the folder", ylabel="ms CPU for a look, idle")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("gouji", type=Path)
    parser.add_argument("--reports", type=int, default=10_000, help="the largest database")
    parser.add_argument("--files", type=int, default=10_000, help="the fullest folder")
    parser.add_argument("--rescan", type=int, default=10, help="seconds between two looks of an idle daemon")
    parser.add_argument("--plot", type=Path, metavar="SVG")
    options = parser.parse_args()
    gouji = options.gouji.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        print("each format, by import")
        formats(gouji, root / "formats")
        print("from taking up a file to its report on the disk")
        latency(gouji, root / "latency")
        print("fsyncs")
        fsyncs(gouji, root / "fsyncs")
        print("a backlog that the daemon finds")
        backlog(gouji, root / "backlog", min(1_000, options.reports))
        print("growth of the database, by import")
        in_database = database(gouji, root / "database", options.reports)
        print("an idle daemon")
        sizes = [size for size in (10, 100, 1_000, 10_000, 100_000) if size <= options.files]
        in_folder = daemon(gouji, root / "folder", sizes, options.rescan)
    if options.plot:
        plot(options.plot, in_database, in_folder)


main()
