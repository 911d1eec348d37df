"""A database goes on with the migrations that replaced its own, or is told what to do first."""

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db
Applied = MigrationRecorder.Migration.objects


def test_a_database_with_all_replaced_migrations_lacks_nothing() -> None:
    Applied.filter(name="0001_schema").delete()
    call_command("migrate", check_unapplied=True, verbosity=0)


@pytest.mark.parametrize("what", [{}, {"check_unapplied": True}, {"app_label": "labeling"}])
def test_an_older_database_is_told_what_it_lacks_and_what_to_do(what: dict[str, object]) -> None:
    Applied.filter(name__in=["0001_schema", "0016_cases_by_assignee", "0032_suggestions_by_answer"]).delete()
    with pytest.raises(CommandError) as caught:
        call_command("migrate", **what)
    assert str(caught.value) == (
        "this database is older than the migrations that are kept: it lacks copilot.0032_suggestions_by_answer, "
        "helpdesk.0016_cases_by_assignee. Bring it up to date with the code of commit 4b4da05 first: check that "
        "out, run `python manage.py migrate`, and come back to this commit. Nothing was changed."
    )


def test_an_app_that_nothing_depends_on_is_not_left_behind_silently() -> None:
    Applied.filter(app="labeling", name__in=["0001_schema", "0015_turns_to_judge"]).delete()
    with pytest.raises(CommandError, match=r"it lacks labeling\.0015_turns_to_judge\."):
        call_command("migrate")
