"""The bench of exports runs the real command and says seconds, memory and rows redacted a second."""

import json

import pytest
from django.core.management import call_command


@pytest.mark.slow
@pytest.mark.django_db
def test_exports_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("bench", "export", "--rows", "300", "--format", "csv", "--json")
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) == {"csv", "redaction"}
    assert figures["csv"]["seconds of 300 rows"] > 0
    assert figures["csv"]["MB of 30 rows"] > 1
    assert figures["redaction"]["rows a second"] > 0
