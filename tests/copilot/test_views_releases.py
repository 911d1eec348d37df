"""The pages of releases: the list, a card, two compared, promotion with its reasons, rollback."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from copilot import datasets, embedding, evaluating, releases
from copilot.datasets import Split
from copilot.evaluation.comparison import ComparisonError
from copilot.evaluation.rows import Row, as_lists
from copilot.models import Artifact, Evaluation, EvaluationOrder, Promotion, QuestionVector, Release
from helpdesk.models import User
from tests.copilot.evaluation.test_gate import calibrated, rows
from tests.copilot.making import make_suggestion
from tests.making import make_case
from tests.pipelines import make_example
from tests.releasing import make_other_encoder, make_release

pytestmark = pytest.mark.django_db

BAD = rows(400, wrong=range(0, 400, 3), is_topic_right=False)


@pytest.fixture
def candidate(release: Release) -> Release:
    made = make_release(Release.State.CANDIDATE)
    Release.objects.filter(pk=made.pk).update(dataset="ours")
    return Release.objects.get(pk=made.pk)


@pytest.fixture
def evaluated(
    settings: object, tmp_path: Path, release: Release, candidate: Release, now: datetime
) -> Callable[[list[Row]], None]:
    """Evaluate both on a dataset: the live one as it should be, the candidate as the test says."""
    settings.DATASETS_ROOT = tmp_path
    sha256 = datasets.write(tmp_path / "ours", [make_example(1, "a text")], {})

    def evaluate(found: list[Row]) -> None:
        for row, said in ((release, calibrated()), (candidate, found)):
            Evaluation.objects.create(
                release=row, dataset="ours", dataset_sha256=sha256, rows=as_lists(said), evaluated_at=now,
                latency={"all": [4.0, 6.0]}, n_timed=100,
            )  # fmt: skip

    return evaluate


@pytest.mark.parametrize(("n_judging", "says_so"), [(29, True), (30, False)])
def test_a_release_of_weak_labels_says_what_its_floors_rest_on(
    client: Client, sana: User, release: Release, n_judging: int, says_so: bool
) -> None:
    floor = {"value": 0.5, "n": 40, "n_passed": 30, "n_wrong": 2, "upper_risk": 0.2, "is_bounded": True}
    card = {"floors": {"scope": floor | {"target_risk": 0.02}, "topic": floor}, "n_judging": n_judging}
    Release.objects.filter(pk=release.pk).update(card=card)

    client.force_login(sana)
    text = client.get(f"/copilot/releases/{release.pk}/").text

    assert (f"People labelled {n_judging} of its messages" in text) is says_so
    assert "an answer offered, of what is out of scope" in text
    assert "<td>2 %</td>" in text
    assert "not kept" in text, "older cards hold no target"


def pages(release: Release) -> list[str]:
    return [
        "/copilot/releases/",
        f"/copilot/releases/{release.pk}/",
        f"/copilot/releases/{release.pk}/vectors/",
        f"/copilot/releases/compare/?old={release.pk}&new={release.pk}",
    ]


def test_the_list_marks_the_live_one_and_tells_the_history(
    client: Client, sana: User, release: Release, candidate: Release, now: datetime
) -> None:
    Promotion.objects.create(
        release=release, actor=sana, at=now, reason="Half the topics are new.", is_override=True,
        findings=[[False, "topics: worse"]],
    )  # fmt: skip
    client.force_login(sana)
    text = client.get("/copilot/releases/").text
    assert f"Release {release.pk} serves" in text
    assert f"/copilot/releases/{candidate.pk}/promote/" in text
    assert "<q>Half the topics are new.</q>" in text
    assert "gate overridden" in text


def test_without_releases_the_list_says_what_to_do(client: Client, sana: User) -> None:
    client.force_login(sana)
    assert "manage.py train all --dataset NAME" in client.get("/copilot/releases/").text


def test_the_list_asks_few_questions(
    client: Client, sana: User, release: Release, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for _ in range(5):
        make_release(Release.State.CANDIDATE)
    client.force_login(sana)
    with django_assert_max_num_queries(8):
        client.get("/copilot/releases/")


def test_the_card_shows_what_it_was_made_of(client: Client, sana: User, release: Release) -> None:
    client.force_login(sana)
    text = client.get(f"/copilot/releases/{release.pk}/").text
    for told in (
        "Majority class",
        "Nearest example",
        "Milliseconds of one question",
        "scikit-learn",
        "Floors",
    ):
        assert told in text


def test_the_card_says_which_topic_was_added_and_what_was_kept(
    client: Client, sana: User, release: Release
) -> None:
    release.card = {
        **release.card,
        "grown": {"topic": "gift-cards", "n_examples": 8, "n_others": 120},
        "trained_stage": "topic",
        "kept_from": release.pk,
        "topic_sets": {"coverage": 0.95, "n": 959, "floor": 0.02, "mean_size": 4.27},
    }
    release.save()
    client.force_login(sana)
    text = client.get(f"/copilot/releases/{release.pk}/").content.decode()
    assert (
        "gift-cards added, from 8 examples beside 120 of other topics; all else, floors too, is that" in text
    )
    assert f">release {release.pk}</a>" in text
    assert (
        "for 95 % of questions about a known topic (chosen on n = 959, cross-fitted); 4.3 on average" in text
    )


def test_a_release_without_a_card_is_shown_too(client: Client, sana: User, release: Release) -> None:
    Release.objects.update(card={})
    client.force_login(sana)
    assert "It was not evaluated when it was made" in client.get(f"/copilot/releases/{release.pk}/").text


def test_two_are_compared_in_words(
    client: Client, sana: User, release: Release, candidate: Release, evaluated: Callable[[list[Row]], None]
) -> None:
    evaluated(BAD)
    client.force_login(sana)
    text = client.get(f"/copilot/releases/compare/?old={release.pk}&new={candidate.pk}&dataset=ours").text
    assert f"The gate would refuse release {candidate.pk}" in text
    assert "Worse by 33.5 points (" in text


def test_what_different_code_evaluated_is_not_compared(
    client: Client, sana: User, release: Release, candidate: Release, evaluated: Callable[[list[Row]], None]
) -> None:
    evaluated(calibrated())
    Evaluation.objects.filter(release=release).update(code="older")
    client.force_login(sana)
    text = client.get(f"/copilot/releases/compare/?old={release.pk}&new={candidate.pk}&dataset=ours").text
    assert "by the same version of the code" in text
    assert "Evaluate both" in text
    assert "was not yet compared" in client.get(f"/copilot/releases/{candidate.pk}/promote/").text
    with pytest.raises(ComparisonError, match="different versions of the code: evaluate both again"):
        evaluating.compare(*Evaluation.objects.all())


def test_what_was_not_evaluated_can_be_asked_for(
    client: Client, sana: User, release: Release, candidate: Release, evaluated: Callable[[list[Row]], None]
) -> None:
    client.force_login(sana)
    address = f"/copilot/releases/compare/?old={release.pk}&new={candidate.pk}&dataset=ours"
    assert "Evaluate both" in client.get(address).text
    answer = client.post(
        "/copilot/releases/evaluate/", {"release": [release.pk, candidate.pk], "dataset": "ours"}
    )
    assert (answer.status_code, answer.url) == (302, address)


def test_an_evaluation_that_fails_says_so_on_the_page(
    client: Client, sana: User, release: Release, candidate: Release, evaluated: Callable[[list[Row]], None]
) -> None:
    """The dataset has no test split; and one of the releases can't be loaded at all."""
    client.force_login(sana)
    address = f"/copilot/releases/compare/?old={release.pk}&new={candidate.pk}&dataset=ours"
    order = {"release": [release.pk, candidate.pk], "dataset": "ours"}
    client.post("/copilot/releases/evaluate/", order)
    text = client.get(address).text
    assert f"Release {release.pk} waits for a worker or is being evaluated since" in text
    assert 'hx-trigger="every 5s"' in text

    for row in EvaluationOrder.objects.all():
        evaluating.fulfil(row.pk, now=timezone.now())
    text = client.get(address).text
    for row in (release, candidate):
        assert f"Release {row.pk} could not be evaluated: ours has no test split: freeze it again" in text
    assert "Evaluate both again" in text
    assert "hx-trigger" not in text.split('id="compared"')[1].split(">")[0]

    client.post("/copilot/releases/evaluate/", order)
    assert "could not be evaluated" not in client.get(address).text


def test_an_evaluation_that_succeeds_leaves_no_order(
    sana: User, release: Release, settings: object, tmp_path: Path
) -> None:
    settings.DATASETS_ROOT = tmp_path
    datasets.write(tmp_path / "ours", [make_example(1, "a text", split=Split.TEST)], {})
    order = evaluating.order(release, "ours", now=timezone.now())
    for _ in range(2):
        evaluating.fulfil(order.pk, now=timezone.now())
    assert not EvaluationOrder.objects.exists()
    assert Evaluation.objects.get().release == release


def test_an_unforeseen_error_is_noted_and_raised(
    release: Release, settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(evaluating, "run_over", fail)
    settings.DATASETS_ROOT = tmp_path
    datasets.write(tmp_path / "ours", [make_example(1, "a text", split=Split.TEST)], {})
    order = evaluating.order(release, "ours", now=timezone.now())
    with pytest.raises(MemoryError):
        evaluating.fulfil(order.pk, now=timezone.now())
    assert EvaluationOrder.objects.get().problem == "MemoryError: no room"


@pytest.mark.parametrize("query", ["", "?old=1", "?old=a&new=b", "?old=999999&new=999999"])
def test_only_releases_are_compared(client: Client, sana: User, query: str) -> None:
    client.force_login(sana)
    assert client.get(f"/copilot/releases/compare/{query}").status_code == 404


def test_a_dataset_that_is_not_there_is_said(
    client: Client, sana: User, release: Release, candidate: Release
) -> None:
    client.force_login(sana)
    address = f"/copilot/releases/compare/?old={release.pk}&new={candidate.pk}&dataset=../etc"
    assert "there is no dataset" in client.get(address).text


def test_promotion_shows_what_the_gate_finds_and_acts(
    client: Client, sana: User, candidate: Release, evaluated: Callable[[list[Row]], None]
) -> None:
    evaluated(calibrated())
    client.force_login(sana)
    address = f"/copilot/releases/{candidate.pk}/promote/"
    assert "The gate lets release" in client.get(address).text
    assert client.post(address, {"reason": "new labels"}).status_code == 302
    promotion = Promotion.objects.get()
    assert (promotion.release, promotion.actor, promotion.reason) == (candidate, sana, "new labels")
    assert all(passed for passed, _ in promotion.findings)


def test_the_pages_say_what_is_lost_until_past_questions_are_embedded(
    client: Client, sana: User, release: Release, candidate: Release, evaluated: Callable[[list[Row]], None]
) -> None:
    evaluated(calibrated())
    client.force_login(sana)
    address, progress = (f"/copilot/releases/{candidate.pk}/{page}/" for page in ("promote", "vectors"))
    assert "All 0 past questions have a vector of its encoder" in client.get(address).text
    make_suggestion(make_case(), release=release)
    Release.objects.filter(pk=candidate.pk).update(encoder=make_other_encoder(release))

    for page in (address, progress, f"/copilot/releases/{candidate.pk}/"):
        text = client.get(page).text
        assert "0 of 1 past questions have a vector of its encoder: while it is live, only those" in text
        assert "0 %, 1 left" in text
        assert f'hx-get="{progress}"' in text
    embedding.embed(now=timezone.now())
    text = client.get(progress).text
    assert "All 1 past questions have a vector of its encoder" in text
    assert "hx-get" not in text


def test_a_refused_one_needs_an_override_with_a_reason(
    client: Client, sana: User, candidate: Release, evaluated: Callable[[list[Row]], None]
) -> None:
    evaluated(BAD)
    client.force_login(sana)
    address = f"/copilot/releases/{candidate.pk}/promote/"
    assert "is not promoted: Topic right" in client.post(address).text
    assert "an override needs a reason" in client.post(address, {"override": "on"}).text
    assert not Promotion.objects.exists()
    client.post(address, {"override": "on", "reason": "The old topics are gone."})
    assert Promotion.objects.get().is_override


def test_what_was_not_compared_is_not_promoted(client: Client, sana: User, candidate: Release) -> None:
    client.force_login(sana)
    answer = client.post(f"/copilot/releases/{candidate.pk}/promote/", {"override": "on", "reason": "now"})
    assert "was not compared with" in answer.text
    assert not Promotion.objects.exists()


def test_a_live_one_that_cannot_be_loaded_is_replaced_without_a_comparison(
    client: Client, sana: User, release: Release, candidate: Release, evaluated: Callable[[list[Row]], None]
) -> None:
    evaluated(calibrated())
    Evaluation.objects.filter(release=release).delete()
    client.force_login(sana)
    address = f"/copilot/releases/{candidate.pk}/promote/"
    gone = Artifact.objects.create(kind="topic", sha256="0" * 64, folder="gone", created_at=timezone.now())
    Release.objects.filter(pk=release.pk).update(topics=gone)
    assert "was not yet compared" in client.get(address).text
    EvaluationOrder.objects.create(
        release=release, dataset="ours", ordered_at=timezone.now(), problem="it can't be loaded"
    )
    assert "the live release can&#x27;t be loaded, so anything is better" in client.get(address).text
    assert client.post(address).status_code == 302
    assert releases.live() == candidate


def test_a_live_one_that_can_be_loaded_again_is_compared_first(
    client: Client, sana: User, release: Release, candidate: Release, evaluated: Callable[[list[Row]], None]
) -> None:
    evaluated(calibrated())
    Evaluation.objects.filter(release=release).delete()
    EvaluationOrder.objects.create(
        release=release, dataset="ours", ordered_at=timezone.now(), problem="it could not be loaded"
    )
    client.force_login(sana)
    assert "was not yet compared" in client.get(f"/copilot/releases/{candidate.pk}/promote/").text


def test_rolling_back_takes_a_click(
    client: Client, sana: User, candidate: Release, release: Release, now: datetime
) -> None:
    Release.objects.filter(pk=release.pk).update(state=Release.State.RETIRED)
    Release.objects.filter(pk=candidate.pk).update(state=Release.State.LIVE)
    Promotion.objects.create(release=candidate, previous=release, at=now - timedelta(days=1))
    client.force_login(sana)
    assert f"Roll back to release {release.pk}" in client.get("/copilot/releases/").text
    client.post("/copilot/releases/roll-back/", {"reason": "complaints"})
    assert Release.objects.get(state="live") == release
    assert Promotion.objects.first().reason == "complaints"
    answer = client.post("/copilot/releases/roll-back/", follow=True)
    assert "no earlier release to roll back to" in answer.text


def test_rolling_back_says_which_past_cases_are_not_found_yet(
    client: Client, sana: User, candidate: Release, release: Release, now: datetime
) -> None:
    Release.objects.filter(pk=release.pk).update(state=Release.State.RETIRED)
    Release.objects.filter(pk=candidate.pk).update(state=Release.State.LIVE)
    Promotion.objects.create(release=candidate, previous=release, at=now - timedelta(days=1))
    make_suggestion(make_case(), release=candidate)
    QuestionVector.objects.all().delete()
    client.force_login(sana)
    text = client.post("/copilot/releases/roll-back/", follow=True).text
    assert "0 of 1 past questions have a vector of its encoder" in text


def test_agents_see_no_releases(client: Client, ana: User, release: Release) -> None:
    client.force_login(ana)
    assert [client.get(page).status_code for page in pages(release)] == [403, 403, 403, 403]
    assert "/copilot/releases/" not in client.get("/cases/").text


def test_experts_read_but_change_nothing(client: Client, nadia: User, release: Release) -> None:
    client.force_login(nadia)
    assert [client.get(page).status_code for page in pages(release)] == [200, 200, 200, 200]
    for act in (f"{release.pk}/promote/", "roll-back/", "evaluate/"):
        assert client.post(f"/copilot/releases/{act}").status_code == 403


def test_other_verbs_are_refused(client: Client, sana: User, release: Release) -> None:
    client.force_login(sana)
    assert [client.post(page).status_code for page in pages(release)] == [405, 405, 405, 405]
    assert client.get("/copilot/releases/roll-back/").status_code == 405
    assert client.get("/copilot/releases/evaluate/").status_code == 405
    assert client.delete(f"/copilot/releases/{release.pk}/promote/").status_code == 405


def test_strangers_are_sent_to_the_door(client: Client, release: Release) -> None:
    assert all("/sign-in/" in client.get(page).url for page in pages(release))
