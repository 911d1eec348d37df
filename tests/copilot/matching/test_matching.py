"""A suggestion and the reply that was sent: which pairs match, which conflict, which have nothing to do with it."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from copilot.matching.comparing import MatchKind, compare, survival
from copilot.matching.normalising import normal

EXACT, NEAR, RETAINED, CONFLICT, NONE = (
    MatchKind.EXACT,
    MatchKind.NEAR,
    MatchKind.RETAINED,
    MatchKind.CONFLICT,
    MatchKind.NONE,
)
TERMS = frozenset({"Wren Mini", "Wren Counter", "Wren Stand", "Go plan", "Plus plan", "Chain plan"})

RETURNS = (
    "You can send the reader back within 30 days of delivery for a full refund. Print the label in Dashboard > Shop > "
    "Orders. The refund is on your card 5 working days after it arrives."
)
PAYOUTS = (
    "Standard payouts leave on the next working day at 07:00 and arrive by 12:00. Sales after 23:30 count to the next "
    "day. Weekend sales arrive on Monday."
)
INSTANT = (
    "Instant payouts arrive within 30 minutes, day and night, up to £2,500.00 a day. The fee is 1 %, taken from the "
    "payout itself."
)
PAIRING = (
    "You cannot pair one Wren Mini with two phones at the same time. Remove it on the old phone first, then add it on "
    "the new one."
)
DELIVERY = (
    "Delivery takes 2-3 working days and is free above £50.00. You can follow your order at "
    "https://tillwren.example/orders once the courier has it."
)
VERIFYING = (
    "Please upload a passport or driving licence and a proof of address. It must not be older than 3 months. We check "
    "it within 1 working day and write to you."
)
FEES = (
    "On the Plus plan you pay 1.19 % a card payment in person. The plan itself is £19.00 a month, billed on the 1st. "
    "You may change it on any day."
)
STEPS = (
    "Here is how to restart it:\n\n1. Hold the power button for 10 seconds.\n2. Wait until the light blinks blue.\n"
    "3. Open the app and tap Connect."
)


def with_greeting(text: str) -> str:
    return f"Hi Ana,\n\n{text}\n\nHappy selling,\nMaya"


OPENING = "Please unlock the reader before the first payment, and keep it close to the phone while the light is green."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("before", "after"),
        ("green", "red"),
        ("unlock", "lock"),
        ("first", "last"),
        ("Please unlock", "Now lock"),
    ],
)
@pytest.mark.parametrize("further", ["", f" {RETURNS}"])
def test_a_word_that_its_opposite_stands_in_for_is_a_conflict(one: str, other: str, further: str) -> None:
    match = compare(OPENING + further, OPENING.replace(one, other) + further)
    assert match.kind is CONFLICT
    assert [str(fact.kind) for fact in (*match.delta.only_suggested, *match.delta.only_sent)] == [
        "opposite"
    ] * 2


def test_an_opposite_in_a_sentence_of_its_own_is_none() -> None:
    added = "You can lock it again with the button on its left side, whenever you leave the shop."
    assert compare(OPENING, f"{OPENING} {added}").kind is RETAINED
    assert compare(OPENING, OPENING.replace("keep it close", "hold it close")).kind is NEAR


@pytest.mark.parametrize(
    ("suggested", "sent", "kind"),
    [
        # what is around the text is no edit
        (RETURNS, RETURNS, EXACT),
        (RETURNS, with_greeting(RETURNS), EXACT),
        (with_greeting(RETURNS), f"Dear Ms Poole,\n\n{RETURNS}\n\nKind regards,\nMaya Lind\nMoney Desk", EXACT),
        (RETURNS, f"{RETURNS}\n\n-- \nMaya Lind\nTillwren, 1 Quay Street\n020 7946 0000", EXACT),
        (RETURNS, f"{RETURNS}\n\nOn Mon, 4 May 2026 at 10:12, Ana wrote:\n> within 60 days?", EXACT),
        (RETURNS, f"{RETURNS}\n\nThis e-mail is intended solely for Ana.", EXACT),
        # nor are typography, wrapping and list marks
        (PAYOUTS, PAYOUTS.replace(" ", "  ").upper(), EXACT),
        (PAYOUTS, PAYOUTS.replace(". ", ".\n\n"), EXACT),
        ("It's the bank's “decision” – not ours.", "It’s the bank’s \"decision\" — not ours.", EXACT),
        (STEPS, STEPS.replace("1. ", "- ").replace("2. ", "- ").replace("3. ", "- "), EXACT),
        (DELIVERY, DELIVERY.replace("https://", "http://www.").replace("/orders", "/orders/?utm_source=mail"), EXACT),
        # the same facts in other words
        (INSTANT, INSTANT.replace("£2,500.00", "2500 pounds"), NEAR),
        (INSTANT, INSTANT.replace("£2,500.00", "GBP 2500"), NEAR),
        (INSTANT, INSTANT.replace("1 %", "1 percent"), NEAR),
        (INSTANT, INSTANT.replace("1 %", "one per cent"), NEAR),
        (INSTANT, INSTANT.replace("a day.", "per day."), NEAR),
        (PAYOUTS, PAYOUTS.replace("07:00", "7am").replace("12:00", "noon"), NEAR),
        (PAYOUTS, PAYOUTS.replace("on Monday", "on Mondays"), NEAR),
        (DELIVERY, DELIVERY.replace("2-3 working", "2 to 3 business"), NEAR),
        (DELIVERY, DELIVERY.replace("2-3", "two to three"), NEAR),
        (DELIVERY, DELIVERY.replace("£50.00", "£50"), NEAR),
        (PAIRING, PAIRING.replace("cannot", "can't"), NEAR),
        (PAIRING, PAIRING.replace("one Wren Mini", "a Wren Mini"), NEAR),
        (VERIFYING, VERIFYING.replace("It must not", "It mustn't"), NEAR),
        (VERIFYING, VERIFYING.replace("1 working day", "one working day"), NEAR),
        (FEES, FEES.replace("may change", "can change"), NEAR),
        (FEES, FEES.replace("£19.00", "19 GBP"), NEAR),
        # small edits without facts
        (RETURNS, RETURNS.replace("the reader", "your reader"), NEAR),
        (RETURNS, RETURNS.replace("Print the label", "You'll find the label"), NEAR),
        (RETURNS, RETURNS + " Have a lovely week!", NEAR),
        # half of it kept, or a good deal added: friendly words are no facts
        (RETURNS, "Sorry to hear that it is not for you! " + RETURNS, RETAINED),
        (RETURNS, RETURNS + " Please don't hesitate to write again if anything is unclear.", RETAINED),
        (RETURNS, RETURNS + " You may want to keep the box until then, it travels best in it.", RETAINED),
        (RETURNS, RETURNS + " I should add that the courier brings good moods but no tape.", RETAINED),
        (PAYOUTS, PAYOUTS + " I can see why you ask, and I must say it is a good question.", RETAINED),
        (PAIRING, PAIRING + " Is there anything else that I can do for the shop at the moment?", RETAINED),
        (VERIFYING, "You have not sent all of it. " + VERIFYING.replace("write to you", "tell you by mail"), RETAINED),
        (STEPS, STEPS.replace("3. Open the app and tap Connect.", "3. Then go on as you always do."), RETAINED),
        (DELIVERY + " Old orders must not be opened.", DELIVERY + " Old orders are opened.", CONFLICT),
        (PAIRING.replace(". ", ".\n"), " ".join(reversed(PAIRING.split(". "))), RETAINED),
        # another number, amount, date, link, name
        (RETURNS, RETURNS.replace("30 days", "14 days"), CONFLICT),
        (RETURNS, RETURNS.replace("30 days", "30 weeks"), CONFLICT),
        (RETURNS, RETURNS.replace("5 working days", "5 days"), CONFLICT),
        (RETURNS, RETURNS.replace("within 30 days of delivery", "after delivery"), CONFLICT),
        (INSTANT, INSTANT.replace("1 %", "1.5 %"), CONFLICT),
        (INSTANT, INSTANT.replace("£", "€"), CONFLICT),
        (INSTANT, INSTANT.replace("2,500.00", "25,000"), CONFLICT),
        (INSTANT, INSTANT.replace("a day.", "a week."), CONFLICT),
        (PAYOUTS, PAYOUTS.replace("Monday", "Tuesday"), CONFLICT),
        (PAYOUTS, PAYOUTS.replace("07:00", "7pm"), CONFLICT),
        (PAYOUTS, PAYOUTS.replace("07:00", "x").replace("12:00", "07:00").replace("x", "12:00"), CONFLICT),
        (PAYOUTS, PAYOUTS.replace("next working day", "same working day"), CONFLICT),
        (DELIVERY, DELIVERY.replace("2-3", "4-5"), CONFLICT),
        (DELIVERY, DELIVERY.replace("/orders", "/parcels"), CONFLICT),
        (DELIVERY, DELIVERY.replace("https://tillwren.example", "https://tillwren.evil.example"), CONFLICT),
        (FEES, FEES.replace("Plus plan", "Chain plan"), CONFLICT),
        (PAIRING, PAIRING.replace("Wren Mini", "Wren Counter"), CONFLICT),
        (RETURNS, RETURNS.replace("30 days", "one month"), CONFLICT),
        # a fact more, a fact less, also in a sentence of its own
        (RETURNS, RETURNS + " A new one is with you in 2-3 working days.", CONFLICT),
        (RETURNS, RETURNS + " The 30 days start with the parcel.", CONFLICT),
        (RETURNS, RETURNS + " Enjoy your Friday!", CONFLICT),
        (RETURNS, RETURNS + " See tillwren.example/returns for more.", CONFLICT),
        (RETURNS, RETURNS.rsplit(". ", 1)[0] + ".", CONFLICT),
        (FEES, FEES.replace(", billed on the 1st", ""), CONFLICT),
        # negation
        (RETURNS, RETURNS.replace("You can send", "You cannot send"), CONFLICT),
        (RETURNS, RETURNS.replace("You can send", "You can never send"), CONFLICT),
        (PAIRING, PAIRING.replace("cannot", "can"), CONFLICT),
        (VERIFYING, VERIFYING.replace("must not be", "must be"), CONFLICT),
        (DELIVERY, DELIVERY.replace("and is free", "and isn't free"), CONFLICT),
        ("Yes. " + PAYOUTS, "No. " + PAYOUTS, CONFLICT),
        ("The fee of the sale is given back, the chargeback fee is not refunded. " + DELIVERY,
         "The fee of the sale is not given back, the chargeback fee is refunded. " + DELIVERY, CONFLICT),
        ("A used reader cannot be returned. " + DELIVERY, "Used readers can be returned, too. " + DELIVERY, CONFLICT),
        # the same negation in other words
        ("Refunds are not possible on that day. " + DELIVERY, "Refunds aren't possible on that day. " + DELIVERY, NEAR),
        ("The cover is never charged. " + DELIVERY, "The cover isn't charged. " + DELIVERY, NEAR),
        ("There is no fee for that. " + DELIVERY, "There isn't any fee for that. " + DELIVERY, NEAR),
        ("You cannot change it later. " + DELIVERY, "You are unable to change it later. " + DELIVERY, NEAR),
        # strength
        (RETURNS, RETURNS.replace("You can send", "You must send"), CONFLICT),
        (RETURNS, RETURNS.replace("You can send", "You have to send"), CONFLICT),
        (VERIFYING, VERIFYING.replace("must not", "should not"), CONFLICT),
        (PAYOUTS, PAYOUTS.replace("sales arrive", "sales may arrive"), CONFLICT),
        ("You must sign it. " + PAYOUTS, "You need to sign it. " + PAYOUTS, NEAR),
        # nothing in common, or nothing at all
        (RETURNS, PAYOUTS, NONE),
        (RETURNS, "Thanks for getting in touch. Could you send us a photo of the label, please?", NONE),
        (RETURNS, "We have 30 days and 5 working days to answer you.", NONE),
        (RETURNS, "", NONE),
        ("", RETURNS, NONE),
        ("", "", NONE),
        ("> only a quote", "> only a quote", NONE),
        (RETURNS, "-- \nMaya Lind\nTillwren", NONE),
        (RETURNS, "Kind regards,\nMaya Lind", NONE),
        (RETURNS, "👍", NONE),
        ("5 days", "7 days", NONE),
    ],
)  # fmt: skip
def test_pairs(suggested: str, sent: str, kind: MatchKind) -> None:
    match = compare(suggested, sent, terms=TERMS)
    assert match.kind is kind
    assert match.is_match == (kind in {EXACT, NEAR, RETAINED})
    assert bool(match.delta) == (kind is CONFLICT) or kind is NONE


def test_the_delta_says_what_differs() -> None:
    delta = compare(
        INSTANT, INSTANT.replace("1 %", "1.5 %").replace("£2,500.00", "£2,500"), terms=TERMS
    ).delta
    assert delta.as_dict() == {
        "suggested": [{"kind": "number", "value": "1 percent"}],
        "sent": [{"kind": "number", "value": "1.5 percent"}],
    }


# Variables


@pytest.mark.parametrize(
    ("suggested", "sent", "kind"),
    [
        ("Hi {{name}}, your order {{case.order_id}} left today.", "Hi Ana, your order TW-20412 left today.", EXACT),
        ("Your order {{ case.order_id }} left today, {{name}}.", "Your order tw-20412 left today, Ana.", EXACT),
        ("Order {{case.order_id}} left our house today.", "Order TW-20413 left our house today.", CONFLICT),
        ("Your fee of {{case.fee}} is back on your card.", "Your fee of £15.00 is back on your card.", EXACT),
        ("Your fee of {{case.fee}}, less 5 %, is back now.", "Your fee of £15, less 3 %, is back now.", CONFLICT),
        ("Your fee of {{case.fee}} is back on your card.", "Your fee is back on your card.", RETAINED),
        ("{{case.fee}}", "no", NONE),
    ],
)  # fmt: skip
def test_filling_in_a_variable_is_no_edit(suggested: str, sent: str, kind: MatchKind) -> None:
    assert compare(suggested, sent, values={"name": "Ana", "case.order_id": "TW-20412"}).kind is kind


# Semantic matches

OTHER_WORDS = (
    "An unwanted reader goes back to us within 30 days, and 5 working days later your bank has the money."
)


@pytest.mark.parametrize(
    ("closeness", "floor", "kind"),
    [
        (None, None, NONE),
        (0.99, None, NONE),
        (None, 0.8, NONE),
        (0.79, 0.8, NONE),
        (0.80, 0.8, MatchKind.SEMANTIC),
    ],
)
def test_semantic_needs_a_closeness_and_its_floor(
    closeness: float | None, floor: float | None, kind: MatchKind
) -> None:
    match = compare(RETURNS, OTHER_WORDS, closeness=closeness, semantic_floor=floor)
    assert (match.kind, match.is_match) == (kind, kind is MatchKind.SEMANTIC)


def test_a_semantic_match_with_other_facts_is_a_conflict() -> None:
    other_facts = OTHER_WORDS.replace("30", "14")
    assert compare(RETURNS, other_facts, closeness=0.95, semantic_floor=0.8).kind is CONFLICT


# Figures


def test_the_figures_of_a_retained_reply() -> None:
    kept = "Print the label in Dashboard > Shop > Orders."
    match = compare(f"Thanks a lot. {kept}", f"{kept} Then bring it to the post, or to us if you like.")
    assert match.kind is RETAINED
    assert match.n_suggested_tokens == 10
    assert match.n_sent_tokens == 19
    assert match.retained == pytest.approx(7 / 10)
    assert match.share == pytest.approx(7 / 19)
    assert match.kept_characters == len("print the label in dashboard shop orders")
    assert match.survival == pytest.approx(2 * 4 / (7 + 16))


def test_runs_of_two_words_are_not_retained() -> None:
    match = compare(
        "the fee is back in the bank by then", "in the morning the fee we had is what you see by noon"
    )
    assert (match.retained, match.kept_characters) == (0.0, 0)


def test_an_exact_short_text_has_full_figures() -> None:
    match = compare("Yes!", "Hi Ana,\n\nyes!")
    assert (match.kind, match.retained, match.share, match.survival, match.kept_characters) == (
        EXACT,
        1,
        1,
        1,
        3,
    )


@pytest.mark.parametrize(
    ("suggested", "sent", "share"),
    [
        ("a b c d", "a b c d", 1.0),
        ("a b c d", "d c b a", 0.0),
        ("a b", "a b", 1.0),
        ("a b", "a c", 0.0),
        ("", "", 1.0),
    ],
)
def test_survival(suggested: str, sent: str, share: float) -> None:
    assert survival(suggested.split(), sent.split()) == share


# Properties

SENTENCES = [
    sentence.strip() + "."
    for text in (RETURNS, PAYOUTS, PAIRING, VERIFYING, FEES)
    for sentence in text[:-1].split(". ")
]
TEXTS = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6, unique=True).map(" ".join)
ANYTHING = st.one_of(
    TEXTS,
    st.text(max_size=80),
    st.lists(
        st.sampled_from(["a", "b", "1", "2", "%", "£", "not", "n't", "may", ".", ">", "--", "{{x}}", "hi"])
    ).map(" ".join),
)
GREETINGS = st.sampled_from(["", "Hi Ana,\n\n", "Dear Ms Poole,\n\n", "Hello there!\n", "Hallo Ana,\n\n"])
CLOSINGS = st.sampled_from(
    [
        "",
        "\n\nKind regards,\nMaya",
        "\n\nHappy selling,\nMaya",
        "\n\nCheers",
        "\n\nThanks,\nMaya Lind\nMoney Desk",
    ]
)
SIGNATURES = st.sampled_from(
    [
        "",
        "\n\n-- \nMaya Lind\nTillwren",
        "\n\nSent from my iPhone",
        "\n\nOn 4 May 2026, Ana wrote:\n> Where is it?",
    ]
)


@settings(deadline=None)
@given(ANYTHING)
def test_equal_texts_are_exact_unless_they_are_empty(text: str) -> None:
    assert compare(text, text).kind is (EXACT if normal(text).text else NONE)


@settings(deadline=None)
@given(ANYTHING, ANYTHING)
def test_shares_are_shares_and_exactness_is_symmetric(one: str, other: str) -> None:
    assume("{{" not in one + other)  # only a suggestion has open variables
    match, back = compare(one, other), compare(other, one)
    assert all(0 <= share <= 1 for share in (match.similarity, match.retained, match.share, match.survival))
    assert (match.kind is EXACT) == (back.kind is EXACT)


@settings(deadline=None)
@given(TEXTS, GREETINGS, CLOSINGS, SIGNATURES)
def test_greeting_closing_and_signature_are_never_an_edit(
    text: str, greeting: str, closing: str, signature: str
) -> None:
    assert compare(text, greeting + text + closing + signature).kind is EXACT


@settings(deadline=None)
@given(
    TEXTS,
    st.integers(0, 9999),
    st.integers(0, 9999),
    st.sampled_from(["{} days", "£{}", "{} %", "{} taps", "code TW-{}", "{}.5 hours"]),
)
def test_one_changed_number_is_always_a_conflict(text: str, number: int, other: int, pattern: str) -> None:
    assume(number != other)
    before, _, after = text.partition(" ")
    suggested, sent = (f"{before} {pattern.format(value)} {after}" for value in (number, other))
    assert compare(suggested, sent).kind is CONFLICT


@pytest.mark.parametrize(
    "text",
    [
        "word " * 40_000,
        "1 " * 100_000,
        "not a thing. " * 15_000,
        "a.a." * 50_000,
        "x" * 200_000,
        "{{a}} " * 30_000,
        "https://" * 20_000,
        "a@" * 90_000,
    ],
    ids=lambda text: text[:8],
)
def test_long_texts_are_taken(text: str) -> None:
    compare(text, text[: len(text) // 2] + " not 7 " + text[len(text) // 2 :])
