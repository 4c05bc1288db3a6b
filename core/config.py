"""All settings of an installation: one frozen object, read once from the environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import N_, BadInput
from core.kept import kept

ROOT = Path(__file__).resolve().parent.parent

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Config:
    """Settings; `docs/operations.md` lists each with its variable and default."""

    var: Path
    secret_key: str = field(repr=False)
    # Those of a server hold its password.
    database_url: str = field(repr=False)
    jobs_url: str = field(repr=False)
    demo: bool = False
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    # A 50-megapixel phone photo is about 25 MB; twice that leaves room for PNG.
    max_upload_bytes: int = 50 * _MEGABYTE
    smtp_host: str | None = None
    smtp_port: int = 25
    smtp_user: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    smtp_starttls: bool = False
    mail_from: str = "beeldpoort@localhost"
    # The address of a reverse proxy whose X-Forwarded-For is believed.
    proxy: str | None = None
    # The name of this worker: unfinished jobs are taken up again by the worker of the same name.
    worker: str = "worker"
    # Seals face templates (R12): 32 bytes in base64; none: a file in `var`, made at first use.
    template_key: str | None = field(default=None, repr=False)
    rate_limits: bool = True
    https: bool = False
    testing: bool = False

    @property
    def storage(self) -> Path:
        """The folder of the stored files."""
        return self.var / "files"

    @property
    def cache(self) -> Path:
        """The folder of what can be made again: converted networks."""
        return self.var / "cache"


def read(env: Mapping[str, str] | None = None) -> Config:
    """Read the settings; raises BadInput naming the variable that cannot be used."""
    env = os.environ if env is None else env
    var = Path(env.get("BEELDPOORT_VAR", "var")).absolute()
    var.mkdir(parents=True, exist_ok=True)
    port = _number(env, "BEELDPOORT_PORT", 8000)
    host = env.get("BEELDPOORT_HOST", "127.0.0.1")
    base_url = env.get("BEELDPOORT_URL", f"http://{host}:{port}").rstrip("/")
    return Config(
        var=var,
        secret_key=env.get("BEELDPOORT_SECRET") or kept(var / "secret", _new_secret),
        database_url=env.get("BEELDPOORT_DATABASE", f"sqlite:///{var / 'beeldpoort.db'}"),
        jobs_url=env.get("BEELDPOORT_JOBS", f"sqlite:///{var / 'jobs.db'}"),
        demo=_yes(env, "BEELDPOORT_DEMO"),
        base_url=base_url,
        host=host,
        port=port,
        max_upload_bytes=_number(env, "BEELDPOORT_MAX_UPLOAD_MB", 50) * _MEGABYTE,
        smtp_host=env.get("BEELDPOORT_SMTP_HOST") or None,
        smtp_port=_number(env, "BEELDPOORT_SMTP_PORT", 25),
        smtp_user=env.get("BEELDPOORT_SMTP_USER") or None,
        smtp_password=env.get("BEELDPOORT_SMTP_PASSWORD") or None,
        smtp_starttls=_yes(env, "BEELDPOORT_SMTP_STARTTLS"),
        mail_from=env.get("BEELDPOORT_MAIL_FROM", "beeldpoort@localhost"),
        proxy=env.get("BEELDPOORT_PROXY") or None,
        worker=env.get("BEELDPOORT_WORKER", "worker"),
        template_key=env.get("BEELDPOORT_TEMPLATE_KEY") or None,
        https=base_url.startswith("https://"),
    )


def _yes(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").lower() in {"1", "true", "yes", "on"}


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isdigit() or int(text) == 0:
        raise BadInput(
            N_("%(name)s is “%(value)s”; it must be a whole number above 0."), name=name, value=text
        )
    return int(text)


def _new_secret() -> str:
    return secrets.token_hex(32)
