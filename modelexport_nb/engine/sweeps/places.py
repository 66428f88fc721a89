"""Where artifacts go: a folder, or any URL that fsspec knows."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..errors import ModelExportError, PathError, one_line
from ..files import remove_folder
from ..temporary import process_folder

NEEDS_FSSPEC = 'Artifacts at a URL need fsspec. Install it: pip install "modelexport_nb[dask]"'
NOT_SEEN = "whoever does the job does not see their folder. Choose one that all machines see, or a URL"
_NOT_IN_NAMES = re.compile(r"[^0-9A-Za-z.-]+")
_LONGEST = 60


@dataclass(frozen=True)
class Place:
    """A folder, absolute, or a URL."""

    url: str

    @classmethod
    def of(cls, where: str | Path) -> Place:
        """The place of that name; a folder is made where there is none.

        Raises:
            PathError: nothing can be written there.
            ModelExportError: it is a URL, and fsspec is missing or lacks what that URL needs.
        """
        place = cls(str(where) if "://" in str(where) else str(Path(where).expanduser().absolute()))
        try:
            place.make()
        except OSError as error:
            raise PathError(f'Cannot write to "{where}": {error.strerror or one_line(error)}.') from error
        return place

    @property
    def is_folder(self) -> bool:
        """Whether this machine sees it as a folder."""
        return "://" not in self.url

    def __truediv__(self, name: str) -> Place:
        return Place(self.join(name))

    def join(self, name: str) -> str:
        """What a file in it is called."""
        return f"{self.url.rstrip('/')}/{name}"

    def make(self) -> None:
        """Let it be there; an OSError where it cannot."""
        if self.is_folder:
            Path(self.url).mkdir(parents=True, exist_ok=True)
            if not os.access(self.url, os.W_OK):
                raise PermissionError(13, "Permission denied")
        else:
            files, path = self._remote()
            files.makedirs(path, exist_ok=True)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A file in it to write to."""
        self.make()
        if self.is_folder:
            with Path(self.join(name)).open("wb") as file:
                yield file
        else:
            files, path = self._remote()
            with files.open(f"{path}/{name}", "wb") as file:
                yield file

    @contextmanager
    def staged(self, drafts: Place) -> Iterator[Path]:
        """A folder of this machine to write to; when the block ends well it stands in this place, whole, in place of
        what stood there. An OSError where it cannot.

        Args:
            drafts: where the folder is made when this place is one: on the same disk, and taken away by whoever made
                `drafts`, should this process be killed.
        """
        if self.is_folder and not Path(drafts.url).is_dir():
            raise FileNotFoundError(2, NOT_SEEN)
        home = Path(tempfile.mkdtemp(dir=drafts.url if self.is_folder else process_folder()))
        try:
            if self.is_folder:
                Path(self.url).parent.mkdir(parents=True, exist_ok=True)
            yield home
            self._take(home)
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def _take(self, home: Path) -> None:
        if self.is_folder:
            home.chmod(0o755)
            here = Path(self.url)
            old = home.with_name(f"{home.name}-old")
            with suppress(FileNotFoundError):
                here.rename(old)
            home.rename(here)
            shutil.rmtree(old, ignore_errors=True)
        else:
            files, path = self._remote()
            if files.exists(path):
                files.rm(path, recursive=True)
            files.put(f"{home}/", path, recursive=True)

    def fetch(self, name: str, folder: Path) -> Path:
        """A file of it that this machine can read, copied into the folder where it is elsewhere; a PathError where
        there is none."""
        if self.is_folder:
            found = Path(self.join(name))
            if not found.is_file():
                raise PathError(f'There is no "{found}".')
            return found
        files, path = self._remote()
        try:
            files.get(f"{path}/{name}*", f"{folder}/")  # an ONNX file may have its weights beside it
        except OSError as error:
            raise PathError(f'There is no "{self.join(name)}": {one_line(error)}') from error
        return folder / name

    def remove(self) -> None:
        """Let it be gone, as far as that can be."""
        if self.is_folder:
            remove_folder(Path(self.url))
        else:
            files, path = self._remote()
            with suppress(OSError):
                files.rm(path, recursive=True)

    def _remote(self) -> tuple[Any, str]:
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise ModelExportError(NEEDS_FSSPEC) from None
        try:
            found: tuple[Any, str] = url_to_fs(self.url)
        except (ImportError, ValueError) as error:  # a package for this kind of URL is missing; there is no such kind
            raise ModelExportError(f'"{self.url}" cannot be used: {one_line(error)}') from error
        return found


def folder_name(text: str) -> str:
    """The name of a folder for a model or a variant: readable, and another one for each text."""
    plain = _NOT_IN_NAMES.sub("_", text).strip("._")[:_LONGEST]
    return plain if plain == text else f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
