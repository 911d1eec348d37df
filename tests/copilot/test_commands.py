"""The loop on the command line: evaluate, compare, promote, roll back, list."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from threadpoolctl import threadpool_info, threadpool_limits

from copilot import datasets, evaluating, releases
from copilot.code_version import code_version
from copilot.datasets import Split, key_of
from copilot.models import Evaluation, Promotion, QuestionVector, Release
from tests.copilot.making import make_suggestion
from tests.making import make_case
from tests.pipelines import make_dataset, make_example
from tests.releasing import make_other_encoder, make_release

pytestmark = pytest.mark.django_db


@pytest.fixture
def candidate(release: Release) -> Release:
    made = make_release(Release.State.CANDIDATE)
    Release.objects.filter(pk=made.pk).update(dataset="ours")
    return made


@pytest.fixture(autouse=True)
def dataset(settings: object, tmp_path: Path) -> None:
    """A test split of 120 questions."""
    settings.DATASETS_ROOT = tmp_path
    texts = [f"where is payout number {n} of the {n * 7 % 31} I wait for" for n in range(120)]
    examples = [
        make_example(n, text, topic="payout-timing", split=Split.TEST) for n, text in enumerate(texts)
    ]
    datasets.write(tmp_path / "ours", examples, {})
    datasets.write(tmp_path / "untested", make_dataset().examples, {})


def out(capsys: pytest.CaptureFixture[str], *arguments: object, **options: object) -> str:
    call_command(*map(str, arguments), **options)
    return capsys.readouterr().out


def test_evaluate_runs_the_live_release_once(release: Release, capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "evaluate", dataset="ours")
    assert f"Release {release.pk} on the test split of ours, 120 rows" in text
    assert "payout-timing" in text
    first = Evaluation.objects.get()
    figures = json.loads(out(capsys, "evaluate", release.pk, dataset="ours", json=True))
    assert figures["figures"]["topic"]["n"] == 120
    assert set(figures["latency_ms"]) == {"all", "encoder", "validity", "topic", "answer"}
    assert Evaluation.objects.get() == first


def test_it_is_evaluated_on_one_thread_as_it_was_trained(release: Release, now: datetime) -> None:
    seen: set[int] = set()

    def note(_: float) -> None:
        seen.update(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas")

    with threadpool_limits(2):
        evaluating.evaluate(release, "ours", now=now, done=note)
    assert seen == {1}


def test_what_other_code_evaluated_is_evaluated_again(
    release: Release, candidate: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    out(capsys, "evaluate", release.pk, dataset="ours")
    Evaluation.objects.update(code="another", rows=[])
    assert "120 rows" in out(capsys, "evaluate", release.pk, dataset="ours")
    assert Evaluation.objects.get().code == code_version()
    Evaluation.objects.update(code="another")
    out(capsys, "compare", release.pk, candidate.pk)
    assert set(Evaluation.objects.values_list("code", flat=True)) == {code_version()}


def test_compare_prints_both(
    release: Release, candidate: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    text = out(capsys, "compare", release.pk, candidate.pk)
    assert (
        f"release {release.pk} and release {candidate.pk} on the test split of ours, 120 rows (0 left out)"
        in text
    )
    assert "no difference at all" in text
    found = json.loads(out(capsys, "compare", release.pk, candidate.pk, dataset="ours", json=True))
    assert found["figures"]["topic"]["difference"]["estimate"] == 0


def test_promote_compares_on_the_candidates_dataset(
    release: Release, candidate: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    text = out(capsys, "promote", candidate.pk, reason="new labels")
    assert "passed  120 rows of the test split were compared" in text
    assert releases.live() == candidate
    assert Promotion.objects.get().reason == "new labels"
    assert f"release {release.pk} is live again" in out(capsys, "rollback", reason="complaints")
    assert releases.live() == release


def test_promote_says_what_is_lost_until_past_questions_are_embedded(
    release: Release, candidate: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    make_suggestion(make_case(), release=release)
    Release.objects.filter(pk=candidate.pk).update(encoder=make_other_encoder(release))
    text = out(capsys, "promote", candidate.pk)
    assert (
        "0 of 1 past questions have a vector of its encoder: while it is live, only those are found" in text
    )
    assert releases.live() == candidate


def test_rollback_says_so_too(
    release: Release, candidate: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the release before the last one the vectors are gone, if its encoder was another one."""
    call_command("promote", str(candidate.pk), override=True, reason="a better encoder")
    make_suggestion(make_case(), release=candidate)
    QuestionVector.objects.all().delete()
    text = out(capsys, "rollback")
    assert "0 of 1 past questions have a vector of its encoder" in text
    assert f"release {release.pk} is live again" in text


def test_rows_that_a_release_learned_from_judge_neither(
    release: Release, candidate: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    known = [key_of(f"where is payout number {n} of the {n * 7 % 31} I wait for") for n in range(50)]
    Release.objects.filter(pk=release.pk).update(learned_from=known)
    text = out(capsys, "compare", release.pk, candidate.pk)
    assert "70 rows (50 left out)" in text
    with pytest.raises(CommandError, match="70 rows of the test split were compared, 50 were left out"):
        call_command("promote", str(candidate.pk))


def test_releases_lists_states_and_history(
    release: Release, candidate: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("promote", str(candidate.pk), reason="new labels")
    text = out(capsys, "releases")
    assert f"the command line promoted release {candidate.pk}: new labels" in text
    assert "retired" in text


def test_no_release_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "No release yet" in out(capsys, "releases")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "--dataset", "ours"], "no release is live: name one, or train and promote one"),
        (["evaluate", "9999", "--dataset", "ours"], "there is no release 9999"),
        (["compare", "9998", "9999"], "there is no release 9998: `manage.py releases` lists them"),
        (["promote", "9999"], "there is no release 9999"),
        (["rollback"], "there is no earlier release to roll back to: promote one instead"),
    ],
)
def test_what_is_not_there_is_said(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command(*arguments)


def test_a_dataset_without_a_test_split_is_refused(release: Release) -> None:
    with pytest.raises(CommandError, match="untested has no test split: freeze it again"):
        call_command("evaluate", dataset="untested")


def test_a_name_leads_nowhere_else(release: Release) -> None:
    with pytest.raises(CommandError, match=r"there is no dataset '../ours': name one of ours, untested"):
        call_command("evaluate", dataset="../ours")
