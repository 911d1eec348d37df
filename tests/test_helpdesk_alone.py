"""The helpdesk works without copilot and labeling: its own tests pass with both taken out."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_helpdesk_works_alone(db: None) -> None:
    from tests.processes import environment

    database = environment()["DATABASE_URL"].replace("/test_", "/alone_")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "tests/helpdesk", "--ignore", "tests/helpdesk/test_api_schema.py",
         "--ignore", "tests/helpdesk/test_bodies.py", "-p", "no:cacheprovider"],
        cwd=ROOT, env=os.environ | {"HELPDESK_ONLY": "true", "DATABASE_URL": database}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
