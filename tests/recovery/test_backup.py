"""A backup is whole or it is not there, holds every file that its rows name, and never a key."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from sqlmodel import select

from consent.model import Answer
from consent.tables import Account
from core import closing, log, manifest, migrate, pgtools, signing
from core.clock import now
from core.config import Config
from core.db import Database
from core.errors import BadInput
from core.manifest import UnusableBackup
from core.migrate import is_current
from core.signing import Signer
from core.snapshot import NotEmpty
from core.tables import Closure
from media import backup, items, keys, restore
from media.backup import Busy, Made, NoBackup
from media.keys import WrongPlace
from media.seal import Seal
from media.tables import Item
from tests.recovery.recovering import House, Town, town
from tests.web.out import Story

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, "sqlite") as found:
        yield found


@pytest.fixture
def house(place: Town) -> House:
    return place.new()


@pytest.fixture
def story(house: House) -> Story:
    found = house.story()
    found.published([found.photo([0])])
    return found


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def kept(backups: Path) -> set[str]:
    stored = (backups / "files").rglob("*")
    return {path.name for path in stored if path.is_file() and path.name != "vault-id"}


@pytest.mark.usefixtures("story")
def test_every_file_that_a_row_names_is_in_the_backup_once(house: House, backups: Path) -> None:
    first = house.back_up(backups)
    assert first.new == first.manifest.file_count == len(kept(backups)) > 1
    assert kept(backups) == {key.rpartition("/")[2] for key in house.vault.every_key()}
    second = house.back_up(backups)
    assert (second.new, second.manifest.file_count) == (0, first.manifest.file_count)
    assert manifest.backups_in(backups) == [first.folder, second.folder]


def test_old_backups_go_and_take_only_the_files_that_nobody_names(
    house: House, story: Story, backups: Path
) -> None:
    photo = story.photo([1])
    first = house.back_up(backups)
    with house.database.write() as session:
        items.remove(session, photo.id or 0, story.teacher.id or 0, now())
    items.erase_files(house.database, house.vault, photo)
    second = house.back_up(backups, keep=2)
    assert photo.sha256 in kept(backups) and second.removed == ()
    third = house.back_up(backups, keep=2)
    assert third.removed == (first.folder,)
    assert manifest.backups_in(backups) == [second.folder, third.folder]
    assert kept(backups) == {key.rpartition("/")[2] for key in house.vault.every_key()}


def test_the_new_backup_is_never_the_one_that_goes_even_with_a_clock_set_back(
    house: House, backups: Path
) -> None:
    later = house.back_up(backups)
    (backups / "2099-01-01T000000-000Z").mkdir()
    shutil.copytree(later.folder, backups / "2099-01-01T000000-000Z", dirs_exist_ok=True)
    newest = house.back_up(backups, keep=1)
    assert newest.folder in manifest.backups_in(backups)


@pytest.mark.usefixtures("story")
def test_no_byte_of_a_key_is_in_a_backup(house: House, backups: Path) -> None:
    """R12: a backup alone opens no face template and signs nobody in."""
    Seal.of(house.config)
    key = (house.config.var / "template.key").read_bytes().strip()
    Signer.of(house.config)
    signs = (house.config.var / "signing.key").read_bytes().strip()
    (house.config.var / "secret").write_text("a secret of this house")
    house.back_up(backups)
    written = [path for path in backups.rglob("*") if path.is_file()]
    assert len(written) > 4
    for path in written:
        data = path.read_bytes()
        for secret in (key, signs, b"a secret of this house", house.config.secret_key.encode()):
            assert secret not in data, path


def test_keys_are_not_written_beside_backups_and_come_back_as_they_were(
    house: House, backups: Path, tmp_path: Path
) -> None:
    Seal.of(house.config)
    house.back_up(backups)
    for wrong in (backups / "keys.json", backups / "files" / "keys.json"):
        with pytest.raises(WrongPlace, match="must not find its keys"):
            keys.write(house.config, wrong)
    safe = tmp_path / "keys.json"
    signing.renew(house.config)
    keys.write(house.config, safe)
    assert safe.stat().st_mode & 0o077 == 0
    with pytest.raises(WrongPlace, match="cannot be written"):
        keys.write(house.config, safe)
    other = tmp_path / "other"
    other.mkdir()
    config = replace(house.config, var=other)
    keys.put_back(config, safe)
    assert (other / "secret").read_text() == house.config.secret_key
    sealed = Seal.of(house.config).close(b"a face", "person 1")
    assert Seal.of(config).open(sealed, "person 1") == b"a face"
    assert signing.public_keys(config) == signing.public_keys(house.config) != []
    assert len(signing.public_keys(config)) == 2, "receipts of before stay known"
    with pytest.raises(BadInput, match="is not what"):
        keys.put_back(config, backups / "beeldpoort-backups.txt")


def test_a_file_that_cannot_be_read_is_said_and_costs_no_other(
    house: House, story: Story, backups: Path, place: Town
) -> None:
    photo = story.photo([2])
    stored = house.config.storage / photo.original_key
    stored.write_bytes(b"rotten")
    made = house.back_up(backups)
    assert made.manifest.unreadable == (photo.original_key,)
    restored = place.restored(backups)
    assert photo.original_key not in set(restored.vault.every_key())


def test_a_photo_that_was_taken_away_meanwhile_is_no_damage(
    house: House, story: Story, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = story.photo([2])
    taken = backup._heads

    def meanwhile(*given: object) -> object:
        with house.database.write() as session:
            items.remove(session, photo.id or 0, story.teacher.id or 0, now())
        items.erase_files(house.database, house.vault, photo)
        return taken(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(backup, "_heads", meanwhile)
    assert house.back_up(backups).manifest.unreadable == ()


def test_two_backups_at_once_are_refused(house: House, backups: Path) -> None:
    with backup._alone_in(backups), pytest.raises(Busy, match="Another backup is being made"):
        house.back_up(backups)


def test_a_backup_is_not_made_among_the_files_themselves(house: House) -> None:
    with pytest.raises(NoBackup, match="keeps its own files"):
        house.back_up(house.config.storage / "backups")


def test_a_damaged_database_is_not_backed_up(house: House, story: Story, backups: Path) -> None:
    good = house.back_up(backups)
    house.database.dispose()
    path = house.config.var / "beeldpoort.db"
    data = bytearray(path.read_bytes())
    data[4096 * 4 : 4096 * 40] = os.urandom(4096 * 36)
    path.write_bytes(bytes(data))
    with pytest.raises(BadInput, match="damaged"):
        house.back_up(backups)
    assert manifest.backups_in(backups) == [good.folder]
    assert list(backups.glob("*.part")) == []
    assert story.people


# --- putting back ------------------------------------------------------------


@pytest.mark.parametrize("kind", BOTH)
def test_a_backup_is_put_back_only_where_nothing_is(
    tmp_path: Path, backups: Path, kind: str
) -> None:
    with town(tmp_path, kind) as place:
        house = place.new()
        house.back_up(backups)
        with pytest.raises(NotEmpty, match="only"):
            restore.restore(house.config, backups, now())


def test_photos_of_another_installation_are_not_mixed_in(
    house: House, place: Town, backups: Path
) -> None:
    house.back_up(backups)
    config = place.config()
    other = House.opened(replace(config, database_url="sqlite://", log_copy=None))
    other.vault.put(1, "originals", b"somebody else's photo")
    with pytest.raises(NotEmpty, match="not of this backup"):
        restore.restore(config, backups, now())


def spoil_database(made: Made) -> Path:
    return made.folder / "database.sqlite"


def spoil_list(made: Made) -> Path:
    return made.folder / "files.txt"


def spoil_photo(made: Made) -> Path:
    stored = (made.folder.parent / "files").rglob("*")
    return next(path for path in stored if path.is_file() and path.name != "vault-id")


def spoil_manifest(made: Made) -> Path:
    return made.folder / "manifest.json"


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("which", [spoil_database, spoil_list, spoil_photo, spoil_manifest])
@pytest.mark.parametrize("how", ["changed", "cut", "gone"])
def test_a_backup_that_is_not_as_it_was_written_is_refused_and_nothing_is_put_in_place(
    house: House, place: Town, backups: Path, which: object, how: str
) -> None:
    path = which(house.back_up(backups))  # type: ignore[operator]
    data = path.read_bytes()
    if how == "changed":
        path.write_bytes(data[:50] + bytes([data[50] ^ 1]) + data[51:])
    elif how == "cut":
        path.write_bytes(data[: len(data) // 2])
    else:
        path.unlink()
    config = place.config()
    with pytest.raises(UnusableBackup):
        restore.restore(config, backups, now())
    assert not (config.var / "beeldpoort.db").exists()


def test_a_folder_without_a_backup_is_refused(place: Town, tmp_path: Path) -> None:
    with pytest.raises(UnusableBackup, match="There is no finished backup"):
        restore.restore(place.config(), tmp_path, now())


def test_a_backup_of_a_later_version_says_so(house: House, place: Town, backups: Path) -> None:
    made = house.back_up(backups)
    replace(made.manifest, revision="9999").write(made.folder)
    with pytest.raises(UnusableBackup, match="by a later version of Beeldpoort"):
        restore.restore(place.config(), backups, now())


@pytest.mark.parametrize("kind", BOTH)
def test_a_backup_of_an_older_shape_is_brought_up_to_date_with_the_gate_closed(
    tmp_path: Path, backups: Path, kind: str
) -> None:
    with town(tmp_path, kind) as place:
        house = place.new()
        house.story().says(0, Answer.NO)
        with house.database.engine.connect() as connection:
            alembic = migrate._config()
            alembic.attributes["connection"] = connection
            command.downgrade(alembic, "-1")
            connection.commit()
        assert not is_current(house.database)
        made = house.back_up(backups)
        restored = place.restored(backups)
        assert is_current(restored.database)
        with restored.database.read() as session:
            assert log.verify(session, 1).broken is None
            closure = session.exec(select(Closure)).one()
        assert closure.backup_at == made.manifest.at
        assert closure.backup_hash == made.manifest.heads[0].hash


@pytest.mark.parametrize("kind", BOTH)
def test_what_was_written_while_the_backup_was_made_is_in_it_whole_or_not_at_all(
    tmp_path: Path, backups: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows and the list of files are of one moment, whatever is written meanwhile."""
    with town(tmp_path, kind) as place:
        house = place.new()
        story = house.story()
        before = story.photo([0])
        taken = backup._keys

        def meanwhile(session: object) -> set[str]:
            story.photo([1])
            return taken(session)  # type: ignore[arg-type]

        monkeypatch.setattr(backup, "_keys", meanwhile)
        made = house.back_up(backups)
        assert made.manifest.file_count == 1
        restored = place.restored(backups)
        with restored.database.read() as session:
            assert session.exec(select(Item.original_key)).all() == [before.original_key]


@pytest.mark.postgres
def test_a_restore_that_dies_half_way_leaves_nothing_that_starts(
    tmp_path: Path, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables are there, the gate is not closed yet: then nothing of ours may run on them."""
    with town(tmp_path, "postgresql") as place:
        place.new().back_up(backups)

        def die(*_given: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(closing, "close", die)
        monkeypatch.setattr(restore, "_prepare", die)
        config = place.config()
        with pytest.raises(KeyboardInterrupt):
            restore.restore(config, backups, now())
        database = Database(config.database_url)
        assert pgtools.tables(database) > 0 and not is_current(database)
        with pytest.raises(NotEmpty):
            restore.restore(config, backups, now())
        database.dispose()


def test_a_restore_that_dies_half_way_can_be_done_again(
    house: House, place: Town, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.back_up(backups)
    config = place.config()

    def die(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(restore, "_prepare", die)
        restore.restore(config, backups, now())
    assert not (config.var / "beeldpoort.db").exists()
    restore.restore(config, backups, now())
    assert is_current(Database(config.database_url))


# --- PostgreSQL's own programs -----------------------------------------------


def program(folder: Path, text: str) -> None:
    folder.mkdir()
    path = folder / "pg_dump"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "The program pg_dump is not there"),
        ("echo 'pg_dump (PostgreSQL) 9.6.24'", "pg_dump is of version 9, and the server of"),
        (
            """case "$1" in --version) echo "pg_dump (PostgreSQL) 99.0";;
            *) echo "pg_dump: error: no space left" >&2; exit 1;; esac""",
            "no space left",
        ),
    ],
)
def test_what_is_wrong_with_pg_dump_is_one_sentence_and_leaves_no_backup(
    tmp_path: Path, backups: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, said: str
) -> None:
    with town(tmp_path, "postgresql") as place:
        house = place.new()
        bin_folder = tmp_path / "bin"
        if text is None:
            bin_folder.mkdir()
        else:
            program(bin_folder, text)
        with monkeypatch.context() as patched:
            patched.setenv("PATH", str(bin_folder))
            with pytest.raises(BadInput, match=said):
                house.back_up(backups)
        assert manifest.backups_in(backups) == [] and list(backups.glob("*.part")) == []


def test_a_password_is_not_on_a_command_line() -> None:
    address, env = pgtools._login(
        "postgresql+psycopg://piet:geheim@db.example/school?sslmode=require"
    )
    assert address == "postgresql://piet@db.example/school?sslmode=require"
    assert env == {"PGPASSWORD": "geheim"}


def test_accounts_begin_with_a_number_of_their_own_for_their_sessions(
    config: Config, house: House, story: Story
) -> None:
    """After a restore a new account may get the number of a lost one, never its sessions."""
    with house.database.read() as session:
        epochs = session.exec(select(Account.session_epoch)).all()
    assert len(set(epochs)) == len(epochs) > 3
    assert story.school and config
