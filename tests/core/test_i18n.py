"""The catalogues of texts are made by whoever starts first, also when several start at once."""

from __future__ import annotations

import multiprocessing
import shutil
from pathlib import Path

from core import i18n

PROCESSES, ROUNDS = 4, 3


def _compile(folder: Path, together: object) -> None:
    i18n._TRANSLATIONS = folder
    together.wait()  # type: ignore[attr-defined]
    i18n.compile_catalogues()


def test_processes_that_start_together_do_not_trip_over_each_other(tmp_path: Path) -> None:
    others = shutil.ignore_patterns("*.mo", "ar", "de", "pl")
    shutil.copytree(i18n._TRANSLATIONS, tmp_path / "all", ignore=others)
    made = tmp_path / "all" / "nl" / "LC_MESSAGES" / "messages.mo"
    starting = multiprocessing.get_context("fork")
    for _round in range(ROUNDS):
        made.unlink(missing_ok=True)
        together = starting.Barrier(PROCESSES)
        processes = [
            starting.Process(target=_compile, args=(tmp_path / "all", together))
            for _process in range(PROCESSES)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * PROCESSES
        assert made.stat().st_size > 0
    assert [path.name for path in made.parent.iterdir() if path.suffix == ".part"] == []
