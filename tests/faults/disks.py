"""Small disks of one's own: to fill, to make read-only, and to unmount.

Root mounts them for all to see. An ordinary user mounts them in a namespace of his own, where the
kernel lets him: programs that are to see the disk are started there, by ``Disk.words``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from attrs import frozen
from faults.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 4096


@frozen
class Disk:
    """A disk of a few megabytes, mounted at ``path``; here, its files are below ``files``."""

    path: Path
    files: Path
    _entering: tuple[str, ...] = ()

    def words(self, *words: str | Path) -> list[str]:
        """Return the words of a program that is to see the disk."""
        return [*self._entering, *map(str, words)]

    def url(self, name: str = "tasks.db") -> str:
        """Return the URL of a SQLite file on it."""
        return f"sqlite:///{self.path / name}"

    def fill(self, spare: int = 0) -> None:
        """Leave no room, but for so many bytes."""
        ballast = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        with suppress(OSError):
            while True:
                os.write(ballast, b"x" * PAGE)
        os.close(ballast)
        assert not os.statvfs(self.files).f_bavail
        if spare:
            os.truncate(self._ballast, self._ballast.stat().st_size - spare)

    def empty(self) -> None:
        """Make room again."""
        self._ballast.unlink()

    def remount(self, how: str) -> None:
        """Make it read-only (``ro``), or no longer (``rw``)."""
        _run(self.words("mount", "-o", f"remount,{how}", self.path))

    @property
    def _ballast(self) -> Path:
        return self.files / "ballast"


@contextmanager
def small_disk(megabytes: float) -> Iterator[Disk]:
    """Mount a disk of that size; skip the test where this user cannot."""
    if not sys.platform.startswith("linux"):
        pytest.skip("tmpfs is a matter of Linux")
    directory = Path(tempfile.mkdtemp(prefix="taskcore-"))
    mount = f"mount -t tmpfs -o size={int(megabytes * 1024)}k,mode=0777 none {directory}"
    mounted = _mounted_by_root if os.geteuid() == 0 else _in_namespace
    try:
        with mounted(directory, mount) as disk:
            yield disk
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _mounted_by_root(directory: Path, mount: str) -> Iterator[Disk]:
    if (done := _tried(mount.split())).returncode:
        pytest.skip(f"root may not mount here: {done.stderr.strip()}")
    try:
        yield Disk(directory, directory)
    finally:
        _tried(["umount", "-l", str(directory)])


@contextmanager
def _in_namespace(directory: Path, mount: str) -> Iterator[Disk]:
    words = ("unshare", "--user", "--map-root-user", "--mount")
    if not all(map(shutil.which, ("unshare", "nsenter"))) or _tried([*words, "true"]).returncode:
        pytest.skip("this user may not mount, and may have no namespace in which he might")
    # It lives as long as its stdin is open, also if we are killed.
    holder = subprocess.Popen(  # noqa: S603  # our own
        [*words, "sh", "-c", f"{mount} && echo mounted && exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdin
        assert holder.stdout
        if holder.stdout.readline() != b"mounted\n":
            pytest.skip("this user may not mount, not even in a namespace of his own")
        enter = ("nsenter", "-t", str(holder.pid), "-U", "-m", "--preserve-credentials", "--")
        yield Disk(directory, Path(f"/proc/{holder.pid}/root{directory}"), enter)
    finally:
        holder.kill()
        holder.communicate()


def _tried(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603


def _run(words: list[str]) -> None:
    # A file that was open for writing until now may keep it busy for a moment.
    wait_until(lambda: not _tried(words).returncode, 10, shown=lambda: _tried(words).stderr)
