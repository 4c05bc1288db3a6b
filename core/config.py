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
# A child may use 1.5 GB (`media.children`); what is left is for the web server and the system.
_CHILD_MEMORY = 2_000 * _MEGABYTE

# How long a writer waits for its turn at the database. A photo's transaction takes milliseconds, so
# that ten seconds mean that something is wrong; and whoever waits holds a thread of the web server.
BUSY_SECONDS = 10.0


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
    web_processes: int = 1
    # Prometheus asks there; without a port nothing is counted for it.
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    # Uploads stop below this, so that withdrawals, and the files that hide more, always have room:
    # a withdrawal takes kilobytes, a new file of a photo about one megabyte.
    keep_free_bytes: int = 500 * _MEGABYTE
    busy_seconds: float = BUSY_SECONDS
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
    # How many photos a worker looks at at the same time, each in a child process of its own.
    children: int = 1
    # Seals face templates (R12): 32 bytes in base64; none: a file in `var`, made at first use.
    template_key: str | None = field(default=None, repr=False)
    # Signs receipts (R9): 32 bytes in base64; none: a file in `var`, made at first use.
    signing_key: str | None = field(default=None, repr=False)
    # Where each entry of the log is copied to as it is written; none: nowhere.
    log_copy: Path | None = None
    # Seven years: a claim for damages can be brought for five years from when somebody knows of it
    # (Dutch Civil Code 3:310), which may be some time after what happened.
    log_years: int = 7
    # How long the answers of somebody who has left are kept, for the same reason.
    answer_years: int = 7
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

    @property
    def log_key(self) -> Path:
        """The file of the key that signs checkpoints of the log."""
        return self.var / "log.key"

    @property
    def metrics(self) -> Path:
        """The folder in which the processes of this machine count together, until a restart."""
        return self.var / "metrics"


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
        web_processes=_number(env, "BEELDPOORT_WEB_PROCESSES", 1),
        metrics_host=env.get("BEELDPOORT_METRICS_HOST") or "127.0.0.1",
        metrics_port=(
            _number(env, "BEELDPOORT_METRICS_PORT", 0)
            if env.get("BEELDPOORT_METRICS_PORT")
            else None
        ),
        max_upload_bytes=_number(env, "BEELDPOORT_MAX_UPLOAD_MB", 50) * _MEGABYTE,
        keep_free_bytes=_number(env, "BEELDPOORT_KEEP_FREE_MB", 500) * _MEGABYTE,
        busy_seconds=_number(env, "BEELDPOORT_BUSY_SECONDS", 10),
        smtp_host=env.get("BEELDPOORT_SMTP_HOST") or None,
        smtp_port=_number(env, "BEELDPOORT_SMTP_PORT", 25),
        smtp_user=env.get("BEELDPOORT_SMTP_USER") or None,
        smtp_password=env.get("BEELDPOORT_SMTP_PASSWORD") or None,
        smtp_starttls=_yes(env, "BEELDPOORT_SMTP_STARTTLS"),
        mail_from=env.get("BEELDPOORT_MAIL_FROM", "beeldpoort@localhost"),
        proxy=env.get("BEELDPOORT_PROXY") or None,
        worker=env.get("BEELDPOORT_WORKER", "worker"),
        children=_number(env, "BEELDPOORT_CHILDREN", _usual_children()),
        template_key=env.get("BEELDPOORT_TEMPLATE_KEY") or None,
        signing_key=env.get("BEELDPOORT_SIGNING_KEY") or None,
        log_copy=_log_copy(env, var),
        log_years=_number(env, "BEELDPOORT_LOG_YEARS", 7),
        answer_years=_number(env, "BEELDPOORT_ANSWER_YEARS", 7),
        https=base_url.startswith("https://"),
    )


def _log_copy(env: Mapping[str, str], var: Path) -> Path | None:
    """On by default: it costs a line per entry, and is what makes up for the hours since the last
    backup. On another disk it survives this one, which only an operator can arrange."""
    name = env.get("BEELDPOORT_LOG_COPY", "")
    if name.lower() in {"no", "off"}:
        return None
    return Path(name).absolute() if name else var / "log-copy"


def _usual_children() -> int:
    """One per core, as far as the memory goes."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(len(os.sched_getaffinity(0)), memory // _CHILD_MEMORY))


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
