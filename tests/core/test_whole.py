"""Files are there whole or not at all, also when the process is killed in the middle."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import whole
from core.clock import now
from core.config import ROOT
from core.db import Database
from media import stored
from media.vault import Vault
from tests.databases import on_sqlite
from tests.disk import mounted
from tests.length import THOROUGH

KILLS = 40 if THOROUGH else 12
# Puts different photos of 8 MB for ever, one after another, and says so before each.
PUTTING = (
    "import os, sys\n"
    "from pathlib import Path\n"
    "from media.vault import Vault\n"
    "vault = Vault.in_folder(Path(sys.argv[1]))\n"
    "while True:\n"
    "    data = os.urandom(64) * 125_000\n"
    "    sys.stdout.write('.')\n"
    "    sys.stdout.flush()\n"
    "    vault.put(1, 'originals', data)\n"
)


@on_sqlite
@pytest.mark.slow
def test_a_process_that_is_killed_in_the_middle_of_a_put_leaves_no_half_file(
    tmp_path: Path, database: Database
) -> None:
    folder = tmp_path / "files"
    cut_off = 0
    for number in range(KILLS):
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-c", PUTTING, str(folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.read(1)
        time.sleep(number % 20 * 0.005)  # at another point of the first puts, of 20 ms each
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    vault = Vault.in_folder(folder)
    for path in vault.files():
        key = vault.key_of(path)
        if key is None:
            assert path.name.endswith(whole.PART)
            cut_off += 1
        else:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    assert cut_off > 0, "no put was hit; the test says nothing"
    # And what was cut off is cleared away, but not while it may still be written.
    assert stored.tidy(database, vault, now()) == 0
    assert stored.tidy(database, vault, now() + timedelta(hours=2)) == cut_off


def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that survives a power cut; the calls are the real ones, written down."""
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def what(handle: int) -> str:
        return Path(os.readlink(f"/proc/self/fd/{handle}")).relative_to(tmp_path).as_posix()

    def noted_fsync(handle: int) -> None:
        done.append(what(handle))
        fsync(handle)

    def noted_replace(source: str, target: Path) -> None:
        done.append("named")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    whole.write(tmp_path / "a" / "b" / "photo", [b"x" * 100])
    assert done[0].startswith("a/b/photo.")
    assert done[1:] == ["named", "a/b", "a", "."]
    assert (tmp_path / "a" / "b" / "photo").stat().st_mode & 0o077 == 0


def test_a_file_for_which_there_is_no_room_is_not_there_at_all(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", 1) as disk:
        target = disk.folder / "photo"
        whole.write(target, [b"as it was"])
        with pytest.raises(OSError, match="No space left"):
            whole.write(target, [bytes(2_000_000)])
        assert [path.name for path in disk.folder.iterdir()] == ["photo"]
        assert target.read_bytes() == b"as it was"


def test_parts_that_another_request_took_away_meanwhile_are_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, token = Vault.in_folder(tmp_path / "storage"), "0" * 32
    for part in (b"one", b"two", b"three"):
        vault.put_part(1, token, part)
    really = os.scandir

    def cleared_just_before(folder: Any) -> Any:
        if not isinstance(folder, int) and re.fullmatch("[0-9a-f]{2}", Path(folder).name):
            shutil.rmtree(folder)
        return really(folder)

    monkeypatch.setattr(os, "scandir", cleared_just_before)
    vault.remove_parts(1, token)
    monkeypatch.undo()
    assert list(vault.files()) == []
