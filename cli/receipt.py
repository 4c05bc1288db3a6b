"""`receipt`: whether a receipt is what the school signed; without database or network."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from consent.receipt_files import Checked, checked
from core import config as settings
from core import signing
from core.clock import LOCAL
from core.signing import NotSigned

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
# Apart from each other, so that a script can tell them apart.
_CHANGED, _UNKNOWN = 1, 3


@click.group()
def receipt() -> None:
    """Receipts of choices, and the key that signs them."""


@receipt.command()
@click.argument("file", type=_FILE)
@click.option("--key", "keys", multiple=True, help="A public key, or its fingerprint, to trust.")
def verify(file: Path, keys: tuple[str, ...]) -> None:
    """Say what the receipt in FILE (PDF or JSON) says, and whether it is as it was signed.

    Status 1: it was changed. Status 3: whole, but signed with a key that is not known here.
    """
    try:
        found = checked(file.read_bytes())
    except NotSigned as problem:
        click.echo(f"NOT VALID. {problem}", err=True)
        sys.exit(_CHANGED)
    _say(found)
    name = signing.fingerprint(found.public)
    if name in _trusted(keys):
        click.echo(f"valid: every byte is as it was signed, with the known key {name}")
        return
    click.echo(
        f"Every byte is as it was signed, but with an UNKNOWN KEY: {name}\n"
        "Compare it with the school's own list, /.well-known/beeldpoort-keys.json, and give it with"
        " --key when it is there.",
        err=True,
    )
    sys.exit(_UNKNOWN)


@receipt.command()
def keys() -> None:
    """The public keys of this installation: the present one first."""
    for key in signing.public_keys(settings.read()):
        click.echo(f"{signing.written(key)} {signing.fingerprint(key)}")


@receipt.command("new-key")
def new_key() -> None:
    """Replace the signing key. Receipts of before stay valid: the old public key is remembered."""
    signer = signing.renew(settings.read())
    click.echo(f"New key: {signing.fingerprint(signer.public)}. Make `backup-keys` anew.")


def _trusted(keys: tuple[str, ...]) -> set[str]:
    """The fingerprints that are known: those given, and those of an installation that is here."""
    found = {"".join(key.split()).lower() for key in keys if len("".join(key.split())) == 64}
    found |= {
        signing.fingerprint(signing.read_public(key))
        for key in keys
        if len("".join(key.split())) != 64
    }
    # Looked for and never made: this may be anybody's machine.
    var = Path(os.environ.get("BEELDPOORT_VAR", "var"))
    if os.environ.get("BEELDPOORT_SIGNING_KEY") or (var / signing.KEY).exists():
        found |= {signing.fingerprint(key) for key in signing.public_keys(settings.read())}
    return found


def _say(found: Checked) -> None:
    record = found.record
    at = datetime.fromisoformat(record["dct:created"]).astimezone(LOCAL)
    click.echo(f"{record['dct:publisher']['dpv:hasName']}, {at:%Y-%m-%d %H:%M}")
    click.echo(
        f"{record['schema:recipient']['dpv:hasName']} about"
        f" {record['dpv:hasDataSubject']['dpv:hasName']}:"
    )
    for one in record["dpv:hasRecordOfActivity"]:
        process, status = one["dpv:hasProcess"], one["dpv:hasConsentStatus"]
        place = ", ".join(
            part for part in (process["bp:place"], process.get("bp:activity")) if part
        )
        notice = one["dpv:hasNotice"]
        click.echo(
            f"  {place or 'recognition'}, {process['dct:title']}: {status['bp:answer']}"
            f" (form version {notice['dct:hasVersion']}, {notice['dct:language']})"
        )
