"""Splits: by case and by time, and no near-copy of a test text to learn from."""

import time
from dataclasses import replace

from copilot.datasets import Split
from labeling.splitting import belonging_together, drop_near_copies, split_by_time
from tests.pipelines import make_example


def test_the_latest_fifth_of_the_cases_is_the_test_split() -> None:
    examples = split_by_time([make_example(number, f"text {number}") for number in range(10)], share=0.2)
    assert [example.case for example in examples if example.split is Split.TEST] == ["c8", "c9"]


def test_a_case_is_never_parted() -> None:
    examples = [make_example(number, f"text {number}") for number in range(10)]
    examples[0] = replace(examples[0], case="c9")
    tested = [example for example in split_by_time(examples, share=0.2) if example.split is Split.TEST]
    assert {example.case for example in tested} == {"c8", "c9"}
    assert len(tested) == 3


def test_cases_and_near_copies_belong_together() -> None:
    texts = (
        "My payout of Friday has still not reached the bank, where is it?",
        "The reader lost its pairing",
        "Where is it? My payout of Friday has still not reached the banks.",
        "Thanks",
        "THANKS!",
        "A card was declined",
    )
    examples = [make_example(number, text) for number, text in enumerate(texts)]
    examples[5] = replace(examples[5], case=examples[2].case)
    assert belonging_together(examples) == [0, 1, 0, 3, 3, 0]


def test_near_copies_of_test_texts_are_left_out_of_training() -> None:
    test = "My payout of Friday has still not reached the bank, where is it?"
    copies = (
        "my payout of friday has still not reached the bank. Where is it",
        "Where is it? My payout of Friday has still not reached the bank.",
        "My payout of Friday has still not reached the banks, where is it?",
    )
    others = ("Where is my payout?", "The reader lost its pairing at the stall and I need it back today")
    examples = [make_example(number, text) for number, text in enumerate((*copies, *others))]
    examples.append(make_example(9, test, split=Split.TEST))

    kept, n = drop_near_copies(examples)

    assert n == 3
    assert [example.text for example in kept] == [*others, test]


def test_near_copies_that_differ_in_numbers_find_each_other() -> None:
    said = (
        "Hello, on {} May I paid {} pounds for a reader, order {}, and the parcel has still not come to our shop. "
        "Could you please look where it is and tell me when we may expect it?"
    )
    filled = [said.format(*numbers) for numbers in ((3, 49, 7731), (4, 59, 8812))]
    others = [f"{number} boxes" for number in (3, 49, 7731, 4, 59, 8812)]  # rare numbers, but not the rarest
    for texts in (filled, [*filled, *others]):
        examples = [make_example(number, text) for number, text in enumerate(texts)]
        assert belonging_together(examples)[:2] == [0, 0]
        examples[1] = replace(examples[1], split=Split.TEST)
        assert drop_near_copies(examples) == (examples[1:], 1)


def test_copies_within_a_split_stay() -> None:
    examples = [make_example(number, "the very same words") for number in range(3)]
    assert drop_near_copies(examples) == (examples, 0)


def test_time_grows_with_the_number_of_texts() -> None:
    def seconds(n: int) -> float:
        texts = [
            f"order {number} of {number % 97} boxes to street {number % 89} never came" for number in range(n)
        ]
        examples = [
            make_example(at, text, split=Split.TEST if at % 5 == 0 else Split.TRAIN)
            for at, text in enumerate(texts)
        ]
        started = time.process_time()
        drop_near_copies(examples)
        return time.process_time() - started

    assert seconds(8_000) < 12 * max(seconds(2_000), 0.02)
