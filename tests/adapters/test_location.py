"""Where the tasks are when nobody says where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import platformdirs
import pytest

from taskcore import RepositoryUnavailable, open_repository
from taskcore.adapters.location import default_database_url

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's data directory for taskcore, which is not there yet."""
    directory = tmp_path / "share" / "taskcore"
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(directory))
    return directory


def test_it_is_a_sqlite_file_in_the_users_data_directory(directory: Path) -> None:
    open_repository(default_database_url()).close()

    assert (directory / "tasks.db").is_file()


def test_the_directory_is_made_for_the_user_alone(directory: Path) -> None:
    default_database_url()

    assert directory.stat().st_mode & 0o077 == 0


def test_the_directory_is_not_made_for_who_only_asks(directory: Path) -> None:
    assert default_database_url(make_directory=False) == f"sqlite:///{directory}/tasks.db"
    assert not directory.parent.exists()


def test_a_directory_that_is_there_is_fine(directory: Path) -> None:
    directory.mkdir(parents=True)

    assert default_database_url() == default_database_url() == f"sqlite:///{directory}/tasks.db"


def test_a_directory_that_cannot_be_made_is_told_by_its_name(directory: Path) -> None:
    directory.parent.touch()

    with pytest.raises(RepositoryUnavailable, match="cannot make the directory") as caught:
        default_database_url()

    assert str(directory) in str(caught.value)
