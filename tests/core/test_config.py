"""Settings come from the environment; one that cannot be used is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.config import read
from core.errors import BadInput


def test_a_setting_that_is_no_number_is_named_with_its_value(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read({"BEELDPOORT_VAR": str(tmp_path), "BEELDPOORT_PORT": "eight"})
    assert str(caught.value) == "BEELDPOORT_PORT is “eight”; it must be a whole number above 0."


def test_the_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first = read({"BEELDPOORT_VAR": str(tmp_path)})
    second = read({"BEELDPOORT_VAR": str(tmp_path)})
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 64
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_the_secret_does_not_appear_when_settings_are_printed(tmp_path: Path) -> None:
    config = read({"BEELDPOORT_VAR": str(tmp_path), "BEELDPOORT_SECRET": "hush"})
    assert "hush" not in repr(config)


def test_an_https_address_makes_cookies_secure(tmp_path: Path) -> None:
    config = read(
        {"BEELDPOORT_VAR": str(tmp_path), "BEELDPOORT_URL": "https://foto.school.example/"}
    )
    assert config.https
    assert config.base_url == "https://foto.school.example"


def test_a_worker_looks_at_one_photo_per_core_unless_told_otherwise(tmp_path: Path) -> None:
    usual = read({"BEELDPOORT_VAR": str(tmp_path)}).children
    assert 1 <= usual <= (os.cpu_count() or 1)
    told = read({"BEELDPOORT_VAR": str(tmp_path), "BEELDPOORT_CHILDREN": "7"})
    assert told.children == 7
