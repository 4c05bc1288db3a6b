"""Whoever decided gets the receipt again; anybody may have the public keys (R9, R31)."""

from __future__ import annotations

import json

from flask import Flask
from flask.testing import FlaskClient

from consent.model import Answer
from consent.receipt_files import checked
from consent.tables import Role
from core import signing
from core.config import Config
from tests.databases import sqlite_alone
from tests.make import Maker, sign_in
from tests.web.test_guardian import Home

pytestmark = sqlite_alone


def test_the_history_leads_to_the_receipt_on_paper_and_for_computers(
    make: Maker, client: FlaskClient
) -> None:
    """R9"""
    home = Home(make, client)
    make.decided(home.child, home.parent, home.channel)
    links = [str(link["href"]) for link in home.get("geschiedenis/").select("a[href*=bewijs]")]
    assert [link.rpartition(".")[2] for link in links] == ["pdf", "json"]
    for link in links:
        answer = client.get(link)
        assert "attachment" in answer.headers["Content-Disposition"]
        assert checked(answer.data).record["dpv:hasDataSubject"]["dpv:hasName"] == "Noor van Test"


def test_the_other_guardian_has_no_receipt_of_it(
    make: Maker, app: Flask, client: FlaskClient
) -> None:
    """R31"""
    home = Home(make, client)
    row = make.decided(home.child, home.parent, home.channel, Answer.NO)
    other = app.test_client()
    sign_in(other, make.guardian(home.child))
    for ending in ("pdf", "json"):
        path = f"/mijn/kind/{home.child.id}/bewijs/{row.id}.{ending}"
        assert other.get(path).status_code == 404
        assert client.get(path).status_code == 200


def test_anybody_finds_the_public_keys_and_no_private_one(
    make: Maker, client: FlaskClient, config: Config
) -> None:
    make.account(make.school(), Role.ADMINISTRATOR)
    answer = client.get("/.well-known/beeldpoort-keys.json")
    (first,) = json.loads(answer.text)["keys"]
    old = first["key"]
    secret = (config.var / signing.KEY).read_text().strip()
    assert secret not in answer.text
    signing.renew(config)
    now, before = json.loads(client.get("/.well-known/beeldpoort-keys.json").text)["keys"]
    assert now["signs_now"] and not before["signs_now"] and before["key"] == old
