"""Secrets that an installation makes for itself, and keeps."""

from __future__ import annotations

from pathlib import Path

from core.config import Config, read
from core.kept import kept


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert kept(path, lambda: "first") == "first"
    assert kept(path, lambda: "second") == "first"
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    """A disk that was full when it was written leaves one; everybody could guess it."""
    (tmp_path / "secret").touch()
    assert len(read({"BEELDPOORT_VAR": str(tmp_path)}).secret_key) == 64


def test_no_secret_is_in_the_settings_as_they_are_printed(config: Config) -> None:
    env = {
        "BEELDPOORT_VAR": str(config.var),
        "BEELDPOORT_SECRET": "hush-1",
        "BEELDPOORT_DATABASE": "postgresql://school:hush-2@db/school",
        "BEELDPOORT_JOBS": "postgresql://school:hush-3@db/jobs",
        "BEELDPOORT_SMTP_PASSWORD": "hush-4",
        "BEELDPOORT_TEMPLATE_KEY": "hush-5",
    }
    assert "hush" not in repr(read(env))
