"""A work directory: finished stages of an export, each with the fingerprint of what it was made from.

A stage is a folder that appears by one rename, so that a process may be killed at any time. What was kept is checked
byte by byte before it is used; what is damaged or was made from something else counts as absent.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path

import filelock

from .errors import PathError, one_line
from .fingerprint import Fingerprint

_PREFIX = "modelexport-"  # of everything that is ours in the folder
_MARK = f"{_PREFIX}work-dir.txt"
_LOCK = f"{_PREFIX}lock"
_UNFINISHED = f"{_PREFIX}unfinished-"
_MADE_FROM = "made_from.json"


class WorkDir:
    """What an export kept, and `notes` for the reader on what could not be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: list[str] = []

    def take(self, stage: str, fingerprint: Fingerprint) -> Path | None:
        """The folder of a finished stage, undamaged and made from just this; None where there is none."""
        folder = self._home(stage)
        if not folder.is_dir():
            return None
        kept = _read(folder)
        if kept is None:
            self.damaged(stage)
        elif differences := fingerprint.differences(kept):
            more = f" and {len(differences) - 1} more" if len(differences) > 1 else ""
            self._note(stage, f"was made from something else (other: {differences[0]}{more})")
        else:
            return folder
        return None

    def damaged(self, stage: str) -> None:
        """Note that a stage cannot be used."""
        self._note(stage, "is damaged")

    def keep(self, stage: str, fingerprint: Fingerprint, write: Callable[[Path], None]) -> Path:
        """Keep a finished stage in place of an older one; its folder.

        Args:
            write: writes the stage's files into a folder.

        Raises:
            PathError: the disk is full or read-only; the work directory holds what it held before.
        """
        home = self._home(stage)
        try:
            with _unfinished(self.folder) as folder:
                write(folder)
                made_from = {"fingerprint": fingerprint.to_json(), "files": _digests(folder)}
                (folder / _MADE_FROM).write_text(json.dumps(made_from), encoding="utf-8")
                if home.exists():
                    home.rename(folder.parent / "old")
                folder.rename(home)
        except (OSError, PathError) as error:
            cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
            reason = getattr(cause, "strerror", None) or one_line(cause).rstrip(".")
            raise PathError(
                f'Cannot write to the work directory "{self.folder}": {reason}. Make room or choose another.'
            ) from error
        return home

    def content(self, stage: str) -> str:
        """A short text for what a stage that was taken or kept holds and was made from."""
        return sha256((self._home(stage) / _MADE_FROM).read_bytes()).hexdigest()[:32]

    def _home(self, stage: str) -> Path:
        return self.folder / f"{_PREFIX}{stage}"

    def _note(self, stage: str, why: str) -> None:
        self.notes.append(f"The stage {stage} was done again: what the work directory held of it {why}.")


@contextmanager
def opened_work_dir(path: str | Path) -> Iterator[WorkDir]:
    """The work directory at `path`, made if need be, for one export at a time.

    Raises:
        PathError: the folder cannot be made or written to, holds other things, or another export uses it.
    """
    folder = Path(path).expanduser().absolute()
    _prepare(folder)
    lock = filelock.FileLock(folder / _LOCK, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise PathError(
            f'The work directory "{path}" is in use by another export. Wait for its end, or choose another.'
        ) from None
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        _write_mark(folder)
        yield WorkDir(folder)
    finally:
        lock.release()


def _prepare(folder: Path) -> None:
    """Make the folder, or make sure that it is ours: nothing of anybody else is ever touched."""
    if folder.exists() and not folder.is_dir():
        raise PathError(f'The work directory "{folder}" is a file. Give a folder.')
    if not folder.parent.is_dir():
        raise PathError(f'The folder "{folder.parent}" does not exist. Create it, or choose another work directory.')
    try:
        folder.mkdir(exist_ok=True)
        others = [file.name for file in folder.iterdir() if not file.name.startswith(_PREFIX)]
    except OSError as error:
        raise _unwritable(folder, error) from error
    if others and not (folder / _MARK).is_file():
        raise PathError(
            f'The folder "{folder}" is no work directory: it holds {others[0]}. Choose an empty or a new folder.'
        )
    if not os.access(folder, os.W_OK):
        raise PathError(f'The work directory "{folder}" cannot be written to. Choose another.')


def _write_mark(folder: Path) -> None:
    """Mark the folder as ours, and remove what a killed process left unfinished."""
    try:
        (folder / _MARK).write_text(
            "What modelexport_nb keeps to go on with an interrupted export. It can be removed.\n", encoding="utf-8"
        )
    except OSError as error:
        raise _unwritable(folder, error) from error
    for left in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)


def _unwritable(folder: Path, error: OSError) -> PathError:
    return PathError(f'Cannot write to the work directory "{folder}": {error.strerror or error}. Choose another.')


@contextmanager
def _unfinished(work_dir: Path) -> Iterator[Path]:
    """A folder to write a stage to, gone afterwards unless it was renamed."""
    around = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=work_dir))
    try:
        (around / "new").mkdir()
        yield around / "new"
    finally:
        shutil.rmtree(around, ignore_errors=True)


def _read(folder: Path) -> Fingerprint | None:
    """What a stage was made from; None unless all its files are as they were written."""
    try:
        made_from = json.loads((folder / _MADE_FROM).read_text(encoding="utf-8"))
        return Fingerprint.from_json(made_from["fingerprint"]) if made_from["files"] == _digests(folder) else None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _digests(folder: Path) -> dict[str, str]:
    return {file.name: digest_of(file) for file in sorted(folder.iterdir()) if file.name != _MADE_FROM}


def digest_of(file: Path) -> str:
    """32 hexadecimal digits for a file's bytes."""
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()[:32]
