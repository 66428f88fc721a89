"""The results of sweeps in one SQLite file: a row for each job, and who is at work on which.

Only the process that called `sweep()` writes to it, in short transactions; several may do so at once. A job is claimed
before it runs, for some time that is prolonged while its sweep lives. Who dies loses its claims: at once where that can
be seen, on the same machine, else when their time is over.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..errors import PathError, one_line
from .results import JobResult, Status

VERSION = 1
_OURS = 0x4D584E42  # "MXNB": SQLite keeps a number for whose file it is
_TERM = 60.0  # seconds that a claim holds
_PATIENCE = 30.0  # seconds to wait for another process's transaction
_AS_JSON = ("measures", "stages", "versions", "notes")
_COLUMNS = tuple(field.name for field in fields(JobResult) if field.name != "kept")
_KINDS = {
    **dict.fromkeys(("opset", "nodes", "bytes", "peak_bytes", "attempt"), "INTEGER"),
    **dict.fromkeys(("max_abs", "seconds", "ended_at"), "REAL"),
}
_SCHEMA = f"""
CREATE TABLE jobs ({", ".join(f"{name} {_KINDS.get(name, 'TEXT')}" for name in _COLUMNS)}, PRIMARY KEY (name));
CREATE TABLE claims (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL, attempt INTEGER NOT NULL);
PRAGMA application_id = {_OURS};
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True)
class Owner:
    """A running sweep: the machine, the process, when that began, and a token of its own."""

    host: str
    pid: int
    since: str
    token: str

    @classmethod
    def me(cls, token: str) -> Owner:
        """This process."""
        return cls(socket.gethostname(), os.getpid(), _began(os.getpid()), token)

    @classmethod
    def read(cls, text: str) -> Owner:
        """From what `str` gives."""
        host, pid, since, token = json.loads(text)
        return cls(host, pid, since, token)

    def __str__(self) -> str:
        return json.dumps([self.host, self.pid, self.since, self.token])

    @property
    def surely_gone(self) -> bool:
        """Whether this machine knows that the process has ended."""
        return self.host == socket.gethostname() and bool(self.since) and _began(self.pid) != self.since


def _began(pid: int) -> str:
    """When a process began, in the system's own units; empty where there is none, or where that is not told."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


class Store:
    """An open store, of the thread that opened it.

    Args:
        path: the file; it is made where there is none.
        token: of the sweep that uses it.

    Raises:
        PathError: it cannot be read or written, is no store, or one of another version.
    """

    def __init__(self, path: str | Path, token: str) -> None:
        self.path = Path(path).expanduser().absolute()
        self._owner = Owner.me(token)
        self._renewed = time.monotonic()
        if not self.path.parent.is_dir():
            raise PathError(f'The folder "{self.path.parent}" does not exist. Create it, or choose another store.')
        if self.path.is_dir():
            raise PathError(f'"{self.path}" is a folder. Give the name of a file in it, such as sweep.db.')
        with self._telling():
            self._data = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
        try:
            self._check()
        except BaseException:
            self._data.close()
            raise

    def close(self) -> None:
        """Give up all claims, and the file."""
        with self._telling():
            try:
                self._data.execute("DELETE FROM claims WHERE owner = ?", (str(self._owner),))
            finally:
                self._data.close()

    # ---- results ----

    def results(self) -> dict[str, JobResult]:
        """All that it keeps, by the jobs' names."""
        with self._telling():
            rows = self._data.execute(f"SELECT {', '.join(_COLUMNS)} FROM jobs").fetchall()
        return {row[0]: _read(row) for row in rows}

    def result(self, name: str) -> JobResult | None:
        """What it keeps of a job."""
        with self._telling():
            row = self._data.execute(f"SELECT {', '.join(_COLUMNS)} FROM jobs WHERE name = ?", (name,)).fetchone()
        return None if row is None else _read(row)

    # ---- claims ----

    def claim(self, name: str) -> int | None:
        """Let a job be this sweep's to do: how often it was begun, this time included. None when it is another's."""
        with self._transaction() as data:
            found = data.execute("SELECT owner, until, attempt FROM claims WHERE name = ?", (name,)).fetchone()
            if found is not None and found[0] != str(self._owner) and _holds(found[0], found[1]):
                return None
            known = data.execute("SELECT attempt FROM jobs WHERE name = ?", (name,)).fetchone()
            attempt = 1 + (found[2] if found is not None else known[0] if known is not None else 0)
            claim = (name, str(self._owner), time.time() + _TERM, attempt)
            data.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?)", claim)
            return int(attempt)

    def renew(self) -> None:
        """Prolong the claims, where it is time to."""
        if time.monotonic() - self._renewed < _TERM / 4:
            return
        with self._transaction() as data:
            data.execute("UPDATE claims SET until = ? WHERE owner = ?", (time.time() + _TERM, str(self._owner)))
        self._renewed = time.monotonic()

    def release(self, name: str) -> None:
        """Give up the claim on a job that was not done."""
        with self._transaction() as data:
            data.execute("DELETE FROM claims WHERE name = ? AND owner = ?", (name, str(self._owner)))

    def keep(self, result: JobResult) -> bool:
        """Keep the result of a claimed job; whether it was still this sweep's to do."""
        values = [_written(name, getattr(result, name)) for name in _COLUMNS]
        with self._transaction() as data:
            mine = "DELETE FROM claims WHERE name = ? AND owner = ?"
            if data.execute(mine, (result.name, str(self._owner))).rowcount == 0:
                return False
            data.execute(f"INSERT OR REPLACE INTO jobs VALUES ({', '.join('?' * len(_COLUMNS))})", values)
            return True

    # ---- the file ----

    def _check(self) -> None:
        with self._transaction() as data:
            ours = data.execute("PRAGMA application_id").fetchone()[0]
            version = data.execute("PRAGMA user_version").fetchone()[0]
            if ours != _OURS:
                if ours or data.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise PathError(f'"{self.path}" is a database of something else. Choose another store.')
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    data.execute(statement)
            elif version != VERSION:
                raise PathError(
                    f'"{self.path}" is a store of version {version}, and this one reads {VERSION}. Choose another.'
                )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing, alone."""
        with self._telling():
            self._data.execute("BEGIN IMMEDIATE")
            try:
                yield self._data
            except BaseException:
                if self._data.in_transaction:
                    self._data.execute("ROLLBACK")
                raise
            self._data.execute("COMMIT")

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if "not a database" in str(error) or "malformed" in str(error):
                raise PathError(f'"{self.path}" is no store of sweeps. Choose another one.') from error
            raise PathError(f'The store "{self.path}" cannot be used: {one_line(error)}.') from error


def _holds(owner: str, until: float) -> bool:
    return until > time.time() and not Owner.read(owner).surely_gone


def _written(name: str, value: Any) -> Any:
    if name in _AS_JSON:
        return json.dumps(dict(value) if name != "notes" else list(value), ensure_ascii=False)
    return str(value) if name == "status" else value


def _read(row: tuple[Any, ...]) -> JobResult:
    found = dict(zip(_COLUMNS, row, strict=True))
    for name in _AS_JSON:
        found[name] = json.loads(found[name])
    return JobResult(**{**found, "status": Status(found["status"]), "notes": tuple(found["notes"])})
