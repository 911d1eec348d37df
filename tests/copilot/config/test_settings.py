"""Settings come from the environment; what is wrong there is said in one line, with its name."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import call_command

from copilot.config import settings
from copilot.config.languages import KNOWN_LANGUAGES

ROOT = Path(__file__).parents[3]
NOWHERE = "postgresql://helpdesk:secret@127.0.0.1:1/helpdesk"
PRODUCTION = {
    "DATABASE_URL": NOWHERE,
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "n0-one-kn0ws-this-one-which-is-long-enough-for-any-checker-0123456789",
    "ALLOWED_HOSTS": "help.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://help.example.org",
    "BEHIND_TLS": "true",
}


def manage(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in an environment of its own: no variable of ours reaches it but those that Python needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DATABASE_URL", "somewhere", 'Environment variable "DATABASE_URL" invalid: Not a valid database URL.'),
        ("DATABASE_URL", "mysql://root@localhost/helpdesk",
         "DATABASE_URL names django.db.backends.mysql: only PostgreSQL is supported, "
         "as postgresql://user:password@host:5432/name"),
        ("DATABASE_POOL", "0", 'Environment variable "DATABASE_POOL" invalid: '
         "['Must be greater than or equal to 1.']"),
        ("DEBUG", "perhaps", 'Environment variable "DEBUG" invalid: Not a valid boolean.'),
        ("LOG_LEVEL", "loud", 'Environment variable "LOG_LEVEL" invalid: Not a valid log level.'),
        ("TIME_ZONE", "Mars/Olympus", 'Environment variable "TIME_ZONE" invalid: '
         "['No known time zone: Mars/Olympus. Use one such as Europe/London.']"),
        ("COPILOT_HOLDOUT_SHARE", "2", 'Environment variable "COPILOT_HOLDOUT_SHARE" invalid: '
         "['Must be greater than or equal to 0 and less than or equal to 1.']"),
        ("COPILOT_LANGUAGES", "english,de", 'Environment variable "COPILOT_LANGUAGES" invalid: '
         "['No known languages: english. Use codes such as en,de.']"),
        ("COPILOT_LANGUAGES", "", 'Environment variable "COPILOT_LANGUAGES" invalid: '
         "['Shorter than minimum length 1.']"),
    ],
)  # fmt: skip
def test_a_wrong_variable_is_named_in_one_line(name: str, value: str, message: str) -> None:
    run = manage("check", **(PRODUCTION | {name: value}))
    assert run.returncode == 1
    assert run.stderr == f"error: {message}\n"


def test_processes_that_start_together_share_a_secret_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = settings.get_random_secret_key

    def slowly() -> str:
        time.sleep(0.05)
        return made()

    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    monkeypatch.setattr(settings, "get_random_secret_key", slowly)
    with ThreadPoolExecutor(4) as processes:
        keys = list(processes.map(lambda _: settings.secret_key(), range(4)))
    assert len(set(keys)) == 1
    assert keys[0]


def test_a_secret_key_that_can_not_be_kept_is_asked_for() -> None:
    environment = PRODUCTION | {"DATA_DIR": "/dev/null/x"}
    del environment["SECRET_KEY"]
    run = manage("check", **environment)
    assert run.returncode == 1
    assert run.stderr == (
        "error: SECRET_KEY is not set, and none can be kept in /dev/null/x/secret_key (Not a directory). "
        "Set SECRET_KEY, or DATA_DIR to a folder that can be written.\n"
    )


def test_a_broker_that_can_not_be_kept_is_asked_for() -> None:
    environment = PRODUCTION | {"DATA_DIR": "/dev/null/x"}
    del environment["CELERY_BROKER_URL"]
    run = manage("check", **environment)
    assert run.returncode == 1
    assert run.stderr == (
        "error: the embedded broker's folder can't be made: /dev/null/x/broker/queue (Not a directory). "
        "Set DATA_DIR to a folder that can be written, or CELERY_BROKER_URL to a broker of your own.\n"
    )


def test_the_deployment_check_is_silent_in_production(tmp_path: Path) -> None:
    run = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION, DATA_DIR=str(tmp_path))
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "System check identified no issues (0 silenced).\n"


def test_nothing_is_written_in_production_by_loading_settings(tmp_path: Path) -> None:
    manage("check", **PRODUCTION, DATA_DIR=str(tmp_path / "data"))
    assert not (tmp_path / "data").exists()


def test_debug_is_off_unless_asked_for() -> None:
    code = "from django.conf import settings; print(settings.DEBUG)"
    assert manage("shell", "-v", "0", "-c", code, **PRODUCTION).stdout == "False\n"


def test_static_files_are_collected(tmp_path: Path) -> None:
    run = manage("collectstatic", "--noinput", **PRODUCTION, DATA_DIR=str(tmp_path))
    assert (run.returncode, run.stderr) == (0, "")
    assert (tmp_path / "static" / "admin" / "css" / "base.css").is_file()


@pytest.mark.django_db
def test_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_the_known_languages_are_those_of_the_model() -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    assert frozenset(LanguageIdentifier.from_model_file(MODEL_FILE).labels) == KNOWN_LANGUAGES
