"""Training as a whole: reproducible, honest about its data, and what it writes is what serves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from copilot.artifacts import load
from copilot.datasets import Dataset, Opinion, Source, Split, key_of
from copilot.evaluation.backtest import backtest
from copilot.pipeline.answers import N_SIGNALS_BEFORE, AnswerHead
from copilot.pipeline.run import Pipeline
from copilot.pipeline.topics import TopicHead, decide_topic
from copilot.pipeline.types import Floors, HeadError, Question, Stage
from copilot.pipeline.validity import ValidityHead
from labeling.splitting import belonging_together
from labeling.training.answers import train_answers
from labeling.training.crossfit import crossfit
from labeling.training.fitting import fit_temperature
from labeling.training.prepared import folds, prepare
from labeling.training.topics import promise_sets, train_topics, trainable_topics
from labeling.training.train import TrainedRelease, fit, train
from tests.pipelines import CATALOG, DIMENSIONS, FakeEncoder, make_dataset, make_example, prepared


def trained(out: Path, *, seed: int = 1) -> TrainedRelease:
    return train(make_dataset(), encoder=FakeEncoder(), seed=seed, out=out, target_risk=0.2)


def test_same_seed_and_data_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = trained(tmp_path / "one"), trained(tmp_path / "other")

    assert one.sha256 == other.sha256
    assert one.floors == other.floors
    assert one.card == other.card


def test_what_is_written_serves(tmp_path: Path) -> None:
    release = trained(tmp_path)
    arrays = {
        stage: load(folder, sha256=release.sha256[stage]).arrays for stage, folder in release.folders.items()
    }
    pipeline = Pipeline(
        encoder=FakeEncoder(),
        validity=ValidityHead.from_arrays(arrays[Stage.VALIDITY]),
        topics=TopicHead.from_arrays(arrays[Stage.TOPIC]),
        answers=AnswerHead.from_arrays(arrays[Stage.ANSWER]),
        floors=Floors(),
    )

    outcome = pipeline.run([Question("payout still not in the bank", "en")], catalog=CATALOG)[0]

    assert outcome.offered.slug == "payout-time"


def test_an_artifact_from_before_sentences_were_weighed_still_serves(tmp_path: Path) -> None:
    release = trained(tmp_path)
    arrays = dict(load(release.folders[Stage.ANSWER]).arrays)
    weights = arrays["weights"]

    before = AnswerHead.from_arrays(arrays | {"weights": weights[:N_SIGNALS_BEFORE]})
    assert before.weights.tolist() == [*weights[:N_SIGNALS_BEFORE], 0.0]
    with pytest.raises(HeadError, match="are not 6 numbers: train it again"):
        AnswerHead.from_arrays(arrays | {"weights": weights[:4]})


def test_the_towers_that_choose_better_are_taken() -> None:
    topics = train_topics(prepared())
    trained = train_answers(prepared(), topics)
    is_deep = len(trained.head.towers.question.mean) == 2 * DIMENSIONS
    assert is_deep is (trained.loss["deep towers"] < trained.loss["plain towers"])


def test_with_few_pairs_towers_stay_plain() -> None:
    few = prepared().only(np.arange(len(prepared().examples))[::2])
    trained = train_answers(few, train_topics(few))
    assert trained.loss["deep towers"] == trained.loss["plain towers"]
    assert len(trained.head.towers.question.mean) == DIMENSIONS


def test_the_card_says_what_it_was_made_of(tmp_path: Path) -> None:
    release = trained(tmp_path)
    card = load(release.folders[Stage.TOPIC]).card

    assert (card["stage"], card["seed"], card["encoder"], card["dataset"]) == ("topic", 1, "fake", "test")
    assert card["topics"] == ["payouts", "reader", "refunds"]
    assert set(card["floors"]) == {"validity", "topic", "answer", "scope", "confidence"}
    assert card["floors"]["validity"]["n"] > 0
    assert set(card["answer_loss"]) == {"plain towers", "deep towers"}
    n_with_topic = sum(example.topic is not None for example in make_dataset().examples)
    assert (card["topic_sets"]["coverage"], card["topic_sets"]["n"]) == (0.95, n_with_topic)
    assert 1.0 <= card["topic_sets"]["mean_size"] <= 3.0


def test_sets_of_plausible_topics_hold_the_right_one_as_often_as_stated() -> None:
    rng = np.random.default_rng(7)
    covered, sizes = [], []
    for _ in range(200):
        probabilities = rng.dirichlet(np.full(6, 0.4), size=600)
        right = np.array([rng.choice(6, p=row) for row in probabilities])
        chosen = right[:, None] == np.arange(6)
        sets = promise_sets(probabilities[:300], chosen[:300], coverage=0.95)
        plausible = [
            dict(decide_topic(row, classes=tuple("abcdef"), floor=1.0, set_floor=sets.floor).plausible)
            for row in probabilities[300:320]
        ]
        covered += ["abcdef"[at] in names for at, names in zip(right[300:320], plausible, strict=True)]
        sizes.append(sets.mean_size)

    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)  # 4 000 questions
    assert np.mean(sizes) < 5


def test_too_few_questions_promise_nothing_but_all_topics() -> None:
    sets = promise_sets(np.full((10, 2), 0.5), np.tile([True, False], (10, 1)), coverage=0.95)

    assert (sets.floor, sets.mean_size) == (0.0, 2.0)


def test_an_artifact_without_the_floor_of_sets_is_refused(tmp_path: Path) -> None:
    arrays = dict(load(trained(tmp_path).folders[Stage.TOPIC]).arrays)
    del arrays["set_floor"]

    with pytest.raises(HeadError, match="no array 'set_floor': .* train it again"):
        TopicHead.from_arrays(arrays)


def test_the_test_split_is_never_seen(tmp_path: Path) -> None:
    dataset = make_dataset()
    poisoned = replace(
        dataset,
        examples=(
            *dataset.examples,
            *(
                make_example(900 + n, "payout refund reader", topic="nonsense", split=Split.TEST)
                for n in range(20)
            ),
        ),
    )

    release = train(poisoned, encoder=FakeEncoder(), seed=1, out=tmp_path / "poisoned", target_risk=0.2)

    assert release.sha256 == trained(tmp_path / "clean").sha256


def test_folds_keep_near_copies_together() -> None:
    examples = list(make_dataset().examples)
    copies = [
        make_example(900 + n, f"{e.text.upper()}!", topic=e.topic, reason=e.reason)
        for n, e in enumerate(examples)
    ]

    whole = prepare(replace(make_dataset(), examples=(*examples, *copies)), encoder=FakeEncoder(), seed=3)

    assert len(np.unique(whole.fold)) == 5
    np.testing.assert_array_equal(whole.fold[: len(examples)], whole.fold[len(examples) :])
    part = whole.only(np.flatnonzero(whole.fold != 0))
    half = len(part.examples) // 2
    np.testing.assert_array_equal(part.fold[:half], part.fold[half:])


def test_too_few_cases_for_folds_are_said() -> None:
    few = replace(make_dataset(), examples=make_dataset().examples[:4])
    with pytest.raises(ValueError, match="4 cases of different texts, 5 are needed to cross-fit: label more"):
        prepare(few, encoder=FakeEncoder(), seed=1)


def test_folds_keep_cases_together() -> None:
    examples = [
        replace(example, case=f"c{number // 3}") for number, example in enumerate(make_dataset().examples)
    ]

    group = np.array(belonging_together(examples))
    fold = folds(examples, group, seed=3)

    for case in {example.case for example in examples}:
        assert len({fold[row] for row, example in enumerate(examples) if example.case == case}) == 1
    np.testing.assert_array_equal(fold, folds(examples, group, seed=3))
    assert (fold != folds(examples, group, seed=4)).any()


def test_crossfit_answers_every_example_by_heads_that_never_saw_it() -> None:
    dataset, done = make_dataset(), []

    outcomes = crossfit(dataset, encoder=FakeEncoder(), seed=1, floors=Floors(validity=0.5), done=done.append)
    found = backtest(outcomes, dataset.examples, languages=("en",))

    assert done == [0, 1, 2, 3, 4]
    assert len(outcomes) == len(dataset.examples)
    assert found.overall.topic.k / found.overall.topic.n > 0.9
    assert found.overall.offered.k / found.overall.offered.n > 0.7


def test_a_topic_with_too_few_cases_is_left_out_and_named(tmp_path: Path) -> None:
    dataset = make_dataset()
    rare = tuple(make_example(900 + n, "a rare thing", case="same", topic="rare") for n in range(9))
    whole = replace(dataset, examples=dataset.examples + rare)

    release = train(whole, encoder=FakeEncoder(), seed=1, out=tmp_path, target_risk=0.2)

    assert "rare" not in release.card["topics"]
    assert release.card["topics_left_out"] == ["rare"]
    assert trainable_topics(prepare(whole, encoder=FakeEncoder(), seed=1)) == ("payouts", "reader", "refunds")


def test_too_little_data_is_said() -> None:
    thanks = tuple(example for example in make_dataset().examples if example.reason is not None)

    with pytest.raises(ValueError, match="topic: 0 topics have 3 cases, two are needed: label more"):
        fit(
            prepare(replace(make_dataset(), examples=thanks), encoder=FakeEncoder(), seed=1),
            languages=("en",),
            target_risk=0.2,
        )


def benchmark_of_topics() -> Dataset:
    """Questions and topics only, as a public benchmark has them."""
    asked = (example for example in make_dataset().examples if example.topic)
    return replace(make_dataset(), examples=tuple(replace(example, answer=None) for example in asked))


def test_what_a_dataset_does_not_teach_is_said_and_done_without(tmp_path: Path) -> None:
    release = train(benchmark_of_topics(), encoder=FakeEncoder(), seed=1, out=tmp_path)
    loaded = {stage: load(folder).arrays for stage, folder in release.folders.items()}
    pipeline = Pipeline(
        encoder=FakeEncoder(),
        validity=ValidityHead.from_arrays(loaded[Stage.VALIDITY]),
        topics=TopicHead.from_arrays(loaded[Stage.TOPIC]),
        answers=AnswerHead.from_arrays(loaded[Stage.ANSWER]),
        floors=release.floors,
    )

    outcomes = pipeline.run(
        [Question("customer wants a refund", "en"), Question("thanks", "en")], catalog=CATALOG
    )

    assert release.card["untaught"] == ["validity", "answer"]
    assert [outcome.validity.is_question for outcome in outcomes] == [True, True]
    assert outcomes[0].topic.topics[0][0] == "refunds"
    assert [outcome.offered for outcome in outcomes] == [None, None]


def test_answers_are_not_weighed_on_what_the_encoder_knows_by_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts as right for the known half changes nothing; for the new half it does."""
    monkeypatch.setattr("labeling.training.prepared.FEWEST_NEW", 10)
    whole = prepared()
    is_new = np.arange(len(whole.examples)) % 2 == 0

    def weights(judged_otherwise: np.ndarray) -> np.ndarray:
        """With the first answer of a topic being right as well, where somebody judged otherwise."""
        first = {answer.topic: answer.slug for answer in reversed(CATALOG.answers)}
        examples = tuple(
            replace(e, second=Opinion(topic=e.topic, answer=first[e.topic])) if e.topic and other else e
            for e, other in zip(whole.examples, judged_otherwise, strict=True)
        )
        changed = replace(whole, examples=examples, is_new=is_new)
        return train_answers(changed, train_topics(changed)).head.weights

    none = weights(np.zeros(len(is_new), dtype=bool))
    np.testing.assert_array_equal(weights(~is_new), none)
    assert not np.allclose(weights(is_new), none)


def test_what_calibrates_comes_in_the_proportion_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tuned encoder has learned from questions only: of the rest no larger share may be left."""
    monkeypatch.setattr("labeling.training.prepared.FEWEST_TO_SCALE", 10)
    examples = make_dataset().examples
    asked = [example for example in examples if example.topic]
    tuned = FakeEncoder()
    tuned.learned_from = frozenset(key_of(example.text) for example in asked[len(asked) // 4 :])

    whole = prepare(make_dataset(), encoder=tuned, seed=1)

    kinds = np.array([example.topic is not None for example in examples])
    assert whole.is_new[kinds].sum() == len(asked) // 4
    assert 0 < whole.is_new[~kinds].mean() < 0.5
    assert abs(kinds[whole.is_new].mean() - kinds.mean()) < 0.1


@pytest.mark.parametrize("why", [{"stale": ("topic",)}, {"anchored": True}, {"source": Source.WEAK}])
def test_what_may_not_judge_calibrates_nothing(
    monkeypatch: pytest.MonkeyPatch, why: dict[str, object]
) -> None:
    monkeypatch.setattr("labeling.training.prepared.FEWEST_TO_SCALE", 10)
    whole = make_dataset()
    examples = tuple(replace(each, **why) if at % 3 else each for at, each in enumerate(whole.examples))

    found = prepare(replace(whole, examples=examples), encoder=FakeEncoder(), seed=1)

    np.testing.assert_array_equal(found.is_new, [each.may_judge for each in examples])


def test_few_new_examples_make_the_whole_less_sure() -> None:
    """The mix is weighed on all, and scaled by those that the encoder does not know by heart."""
    whole = prepared()
    asked = np.flatnonzero([example.topic is not None for example in whole.examples])
    few = np.isin(np.arange(len(whole.examples)), asked[::2])
    wrong = {row: whole.examples[asked[-1 - at]].topic for at, row in enumerate(asked[::4].tolist())}
    examples = tuple(replace(e, topic=wrong.get(at, e.topic)) for at, e in enumerate(whole.examples))
    assert 30 <= few.sum() < 100

    known, scaled = (
        train_topics(replace(whole, examples=examples, is_new=rows)) for rows in (few | True, few)
    )

    shares = scaled.head.mix / known.head.mix
    np.testing.assert_allclose(shares, shares[0])
    assert shares[0] < 1
    at = np.array([scaled.head.classes.index(examples[row].topic or "") for row in asked[::2]])
    assert fit_temperature(scaled.logits[asked[::2]], at) == pytest.approx(1.0, abs=1e-3)


def test_floors_are_not_chosen_on_what_the_encoder_knows_by_heart() -> None:
    whole = prepared()
    is_new = np.arange(len(whole.examples)) % 2 == 0

    fitted = fit(replace(whole, is_new=is_new), languages=("en",), target_risk=0.2)

    assert fitted.floor_of["validity"].n == is_new.sum()
