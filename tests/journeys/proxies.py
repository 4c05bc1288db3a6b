"""The reverse proxies of `docs/examples`, started with a certificate made for the test."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.config import ROOT

EXAMPLES = ROOT / "docs" / "examples"
NAME = "fotos.school.example"

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/main.error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/beeldpoort.conf;
}}
"""
CADDY = """{{
    admin off
    skip_install_trust
    http_port {http}
    https_port {https}
    auto_https disable_redirects
}}
"""


def program(name: str) -> str:
    """The program, or the test is skipped, loudly; failed where it is required."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        said = f"NO {name.upper()}: its example is not tested (BEELDPOORT_REQUIRE={name} to fail)"
        if name in os.environ.get("BEELDPOORT_REQUIRE", ""):
            pytest.fail(said)
        pytest.skip(said)
    return found


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "fullchain.pem", folder / "privkey.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, private


class Proxy:
    """One of the examples at work, on ports of the test's own."""

    def __init__(self, name: str, folder: Path, behind: int, http: int, https: int) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.http, self.https = folder, http, https
        chain, private = certificate(folder)
        self.trust = ssl.create_default_context(cafile=str(chain))
        ports = {"127.0.0.1:8000": f"127.0.0.1:{behind}", NAME: "localhost"}
        if name == "nginx":
            command = self._nginx(ports, chain.parent)
        else:
            command = self._caddy(ports, chain, private)
        with (folder / "output").open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - found above
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
            )

    def _nginx(self, changed: dict[str, str], certificates: Path) -> list[str]:
        changed |= {
            "listen 80": f"listen {self.http}",
            "listen 443": f"listen {self.https}",
            "/etc/ssl/beeldpoort": str(certificates),
            "/var/log/nginx": str(self.folder),
        }
        self._example("nginx.conf", "beeldpoort.conf", changed)
        (self.folder / "nginx.conf").write_text(NGINX.format(folder=self.folder))
        return [program("nginx"), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]

    def _caddy(self, changed: dict[str, str], chain: Path, private: Path) -> list[str]:
        changed |= {"\n\t# BEELDPOORT_MAX": f"\n\ttls {chain} {private}\n\t# BEELDPOORT_MAX"}
        self._example("Caddyfile", "example", changed)
        options = CADDY.format(http=self.http, https=self.https)
        site = (self.folder / "example").read_text(encoding="utf-8")
        (self.folder / "Caddyfile").write_text(options + site, encoding="utf-8")
        file = str(self.folder / "Caddyfile")
        return [program("caddy"), "run", "--config", file, "--adapter", "caddyfile"]

    def _example(self, name: str, target: str, changed: dict[str, str]) -> None:
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        for old, new in changed.items():
            assert old in text, f"{name} does not say “{old}” any more"
            text = text.replace(old, new)
        (self.folder / target).write_text(text, encoding="utf-8")

    def handlers(self, source: str = "127.0.0.1") -> tuple[urllib.request.BaseHandler, ...]:
        """For a visitor whose own address is `source`."""
        return (_From(source, self.trust),)

    def written(self) -> str:
        """Everything that the proxy has written down."""
        files = [path for path in self.folder.iterdir() if path.suffix in {".log", ""}]
        return "".join(path.read_text("utf-8", "replace") for path in files if path.is_file())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


class _From(urllib.request.HTTPSHandler):
    """HTTPS from a certain address of this machine."""

    def __init__(self, source: str, trust: ssl.SSLContext) -> None:
        super().__init__(context=trust)
        self._source, self._trust = source, trust

    def https_open(self, asked: urllib.request.Request) -> Any:
        def connect(host: str, **options: Any) -> HTTPConnection:
            return HTTPSConnection(
                host, context=self._trust, source_address=(self._source, 0), **options
            )

        return self.do_open(connect, asked)
