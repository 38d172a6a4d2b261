#!/usr/bin/env python3
"""Opens gouji's database as strangers do, while reports stream in, after gouji has stopped, and after
it was killed: sqlite3, Python's sqlite3 as another user, pandas, DuckDB, Datasette.

    python3 -m venv venv && venv/bin/pip install -r tests/tools/requirements.txt
    venv/bin/python tests/tools/strangers.py target/release/gouji

Proves B30, B31 (a reader that stays) and B33 of what must survive. A tool that is not installed is an
error; only "another user" needs root, and is skipped without.
"""

import glob
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

import datasette
import duckdb
import duckdb_ext
import pandas

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOUJI = pathlib.Path(sys.argv[1]).resolve()
SAMPLE = (ROOT / "tests/data/samples/自然资源局2022.md").read_text()
NOBODY = 65534


class Office:
    """A folder with gouji at work in it."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.database = self.root / "gouji.db"
        self.copy = self.root / "public/copy.db"
        for folder in ("drop", "public"):
            (self.root / folder).mkdir()
        (self.root / "gouji.toml").write_text(
            '[drop]\nsettle = "100ms"\nrescan = "200ms"\n[database]\nsnapshot = "public/copy.db"\n'
        )
        self.count = 0

    def start(self):
        log = open(self.root / "log", "ab")
        self.process = subprocess.Popen(
            [GOUJI, "--config", self.root / "gouji.toml", "run"], stderr=log, cwd=self.root
        )
        wait("gouji is ready", lambda: b"Ready" in (self.root / "log").read_bytes())

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait()

    def hand_in(self, many):
        """Reports of units of their own; every second one has no figure for last year's rest."""
        for _ in range(many):
            self.count += 1
            unit = f"禾川县第{self.count}镇人民政府"
            (self.root / f"drop/{self.count}.md").write_text(
                SAMPLE.replace("禾川县自然资源局", unit)
            )

    def reports(self):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM current_reports").fetchone()[0]

    def wait_for_all(self):
        wait(f"{self.count} reports", lambda: self.reports() == self.count)


def wait(what, is_so, seconds=60):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def say(what):
    print(f"ok  {what}", flush=True)


def sqlite_cli(database):
    sql = "SELECT count(*), sum(new_requests_total) FROM requests"
    shown = subprocess.run(
        ["sqlite3", "-readonly", database, sql], capture_output=True, text=True, check=True
    )
    count, total = shown.stdout.strip().split("|")
    assert int(total) == 33 * int(count), shown.stdout


def as_another_user(database):
    """Python's sqlite3 in a process that may read the files and write nothing."""
    if os.getuid() != 0:
        return False
    group = database.stat().st_gid
    code = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)\n"
        "print(db.execute('SELECT count(*) FROM cells').fetchone()[0])\n"
    )
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={group}", "--clear-groups"]
    shown = subprocess.run(
        [*command, "/usr/bin/env", "python3", "-c", code, database],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
    )
    assert shown.returncode == 0, shown.stderr
    assert int(shown.stdout) > 0
    return True


def with_pandas(database):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    requests = pandas.read_sql("SELECT * FROM requests", connection)
    for column in ("report_id", "year", "new_requests_total", "result_total_total"):
        assert requests[column].dtype.kind == "i", (column, requests[column].dtype)
    assert (requests["new_requests_total"] == 33).all()
    reports = pandas.read_sql(
        "SELECT * FROM current_reports", connection, parse_dates=["published", "recorded_at"]
    )
    assert reports["recorded_at"].dtype.kind == "M" and reports["published"].dtype.kind == "M"
    figures = pandas.read_sql("SELECT value, cell_kind FROM figures", connection)
    assert (figures["value"].isna() == (figures["cell_kind"] != "number")).all()
    connection.close()


def with_duckdb(copy):
    extensions = pathlib.Path(next(iter(duckdb_ext.__path__))) / "extensions"
    [extension] = glob.glob(str(extensions / "*/*/sqlite_scanner.duckdb_extension"))
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    connection.execute(f"ATTACH '{copy}' AS gouji (TYPE sqlite, READ_ONLY)")
    rows = connection.execute(
        "SELECT unit, year, new_requests_total, disclosure.admin_fees_amount FROM gouji.requests"
        " JOIN gouji.disclosure USING (report_id, unit, year)"
    )
    types = [str(column[1]) for column in rows.description]
    assert types[:3] == ["VARCHAR", "BIGINT", "BIGINT"], types
    assert types[3] in ("BIGINT", "DOUBLE"), types
    assert all(row[1:3] == (2022, 33) for row in rows.fetchall())
    sums = connection.execute(
        "SELECT verdict, count(*), sum(errors) FROM gouji.current_reports GROUP BY verdict"
    ).fetchall()
    assert [row[0] for row in sums] == ["passed"], sums
    connection.close()


def with_datasette(database):
    program = pathlib.Path(sys.executable).parent / "datasette"
    metadata = ROOT / "config/datasette.json"

    def get(path):
        shown = subprocess.run(
            [program, database, "-m", metadata, "--get", path],
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(shown.stdout)

    name = urllib.parse.quote(database.stem)
    rows = get(f"/{name}/requests.json?_shape=objects&_size=1&_nocount=1")["rows"]
    assert rows[0]["new_requests_total"] == 33, rows
    described = get("/-/metadata.json")["databases"]["gouji"]["tables"]
    assert described["open_findings"]["columns"]["cause"], "no description"
    return datasette.__version__


def open_with_everything(office, when):
    sqlite_cli(office.database)
    other = as_another_user(office.database)
    with_pandas(office.database)
    say(f"sqlite3, pandas{', Python as another user' if other else ''}: {when}")


def main():
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        office = Office(root)
        office.hand_in(5)
        office.start()
        office.wait_for_all()
        office.hand_in(40)
        open_with_everything(office, "while reports stream in")
        # A reader that stays in a transaction holds up nobody and sees what it saw.
        reader = sqlite3.connect(f"file:{office.database}?mode=ro", uri=True)
        reader.execute("BEGIN")
        seen = reader.execute("SELECT count(*) FROM current_reports").fetchone()[0]
        office.hand_in(20)
        office.wait_for_all()
        assert reader.execute("SELECT count(*) FROM current_reports").fetchone()[0] == seen
        doctor = subprocess.run(
            [GOUJI, "--config", office.root / "gouji.toml", "doctor"],
            capture_output=True,
            text=True,
        )
        assert "being read by python" in doctor.stdout, doctor.stdout
        assert f"(process {os.getpid()})" in doctor.stdout, doctor.stdout
        reader.close()
        say(f"a reader that stays, and is named: {office.count} recorded, it sees {seen}")
        say(f"Datasette {with_datasette(office.database)}: while gouji runs")
        wait("a snapshot", office.copy.exists)
        with_duckdb(office.copy)
        with_pandas(office.copy)
        sqlite_cli(office.copy)
        say(f"DuckDB {duckdb.__version__}, pandas {pandas.__version__}, sqlite3: the snapshot")
        office.end(signal.SIGTERM)
        open_with_everything(office, "after gouji has stopped")
        office.start()
        office.hand_in(20)
        time.sleep(0.5)
        office.end(signal.SIGKILL)
        open_with_everything(office, "after gouji was killed")
        office.start()
        office.wait_for_all()
        office.end(signal.SIGTERM)
        say("nothing was lost")


if __name__ == "__main__":
    main()
