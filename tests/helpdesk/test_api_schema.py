"""The API keeps what its schema promises, over real HTTP, whatever it is sent."""

import subprocess
import sys
from pathlib import Path

import pytest
from rest_framework.authtoken.models import Token

from helpdesk.models import User
from tests.making import make_case

ALL = "examples,coverage,fuzzing"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("media", "ana", "nadia", "sana")
@pytest.mark.parametrize(
    ("name", "phases", "n_examples"),
    [
        pytest.param("ana", "examples,fuzzing", 4, id="an agent, at a glance"),
        pytest.param("ana", ALL, 15, id="an agent", marks=pytest.mark.slow),
        pytest.param("nadia", ALL, 15, id="an expert", marks=pytest.mark.slow),
        pytest.param("sana", ALL, 15, id="a data scientist", marks=pytest.mark.slow),
    ],
)
def test_api_keeps_its_schema(site: str, name: str, phases: str, n_examples: int, tmp_path: Path) -> None:
    make_case()
    token = Token.objects.create(user=User.objects.get(username=name))
    run = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", f"{site}/api/schema/",
            "--header", f"Authorization: Token {token.key}", "--phases", phases,
            "--max-examples", str(n_examples), "--seed", "20", "--checks", "all",
            # Session cookies are the second way in, and a case is made by its first message only.
            "--exclude-checks", "unsupported_method,ensure_resource_availability",
            "--warnings", "off", "--no-color",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
