"""Facts are read in one canonical form, however they are written."""

import pytest

from copilot.matching.facts import mentions
from copilot.matching.normalising import normal
from copilot.matching.quantities import decimal

TERMS = frozenset({"Wren", "Wren Mini", "Plus plan", "Chain"})


def firm_facts(text: str) -> list[str]:
    found = mentions(normal(text).tokens, terms=TERMS)
    return [f"{mention.fact.kind}: {mention.fact.value}" for mention in found if mention.firm]


@pytest.mark.parametrize(
    ("texts", "facts"),
    [
        (["costs £59", "costs 59.00 pounds", "costs 59 GBP", "costs GBP 59.00", "costs 59 quid"], ["money: GBP 59"]),
        (["costs €1,200", "costs 1.200,00 Euro", "costs EUR 1200"], ["money: EUR 1200"]),
        (["costs 20p", "costs £0.20", "costs 20 pence"], ["money: GBP 0.2"]),
        (["costs £1.5k", "costs £1,500"], ["money: GBP 1500"]),
        (["takes 10%", "takes 10 %", "takes 10 percent", "takes 10 per cent"], ["number: 10 percent"]),
        (["takes 1.69 %", "takes 1,69 %"], ["number: 1.69 percent"]),
        (["within 30 days", "a 30-day return", "innerhalb von 30 Tagen"], ["number: 30 day"]),
        (["1,000.00 taps", "1000 taps"], ["number: 1000"]),
        (["two readers", "2 readers", "zwei Leser"], ["number: 2"]),
        (["2-3 working days", "2–3 business days", "two to three working days", "between 2 and 3 working days"],
         ["number: 2 working day", "number: 3 working day"]),
        (["tips of 5/10/15 %"], ["number: 5 percent", "number: 10 percent", "number: 15 percent"]),
        (["£5-10", "5 to 10 pounds"], ["money: GBP 5", "money: GBP 10"]),
        (["24 hours", "24h", "24 hrs"], ["number: 24 hour"]),
        (["in 1 hour", "in one hour"], ["number: 1 hour", "period: 1 hour"]),
        (["at 07:00", "at 7am", "at 7 a.m.", "at 7:00 AM"], ["time: 07:00"]),
        (["at 19:30", "at 7.30pm", "at 7:30 p.m."], ["time: 19:30"]),
        (["at 12:00", "at noon", "at 12pm"], ["time: 12:00"]),
        (["on 12 May 2026", "on May 12th, 2026", "on 2026-05-12", "on 12/05/2026", "am 12. Mai 2026",
          "on the 12th of May 2026"], ["date: 2026-05-12"]),
        (["on 1 June", "on June 1st", "on the 1st of June"], ["date: XXXX-06-01"]),
        (["in May", "this May"], ["date: XXXX-05-XX"]),
        (["on Monday", "on Mondays", "on Mon", "am Montag"], ["date: monday"]),
        (["code TW-31", "code tw31"], ["code: tw31"]),
        (["reader WM-7F3K-2290"], ["code: wm7f3k2290"]),
        (["order 101-20203-30405"], ["code: 1012020330405"]),
        (["call 0113 496 0000", "call 0113-496-0000"], ["code: 01134960000"]),
        (["its own 4G SIM"], ["code: 4g"]),
        (["see https://www.tillwren.example/Help/?utm_source=x", "see tillwren.example/Help."],
         ["link: https://tillwren.example/Help"]),
        (["mail Care@tillwren.example.", "mail care@Tillwren.example"], ["link: care@tillwren.example"]),
        (["two Wren Minis", "2 wren minis"], ["number: 2", "term: wren mini"]),
        (["is not charged", "isn't charged", "is never charged", "wasn’t charged"], ["negation: not charg"]),
        (["no fee", "without a fee", "there isn't any fee"], ["negation: not fee"]),
        (["it is impossible", "that's not possible"], ["negation: not"]),
        (["you must pay", "you have to pay", "you need to pay"], ["modal: must"]),
        (["you should wait", "you ought to wait"], ["modal: should"]),
        (["it may take long", "it might take long"], ["modal: may"]),
        (["tomorrow", "morgen ist demain"], ["period: tomorrow"]),
        (["next working day", "the next business day"], ["period: next working day"]),
        (["monthly", "per month", "a month", "every month", "/month"], ["period: 1 month"]),
    ],
)  # fmt: skip
def test_one_fact_has_one_form(texts: list[str], facts: list[str]) -> None:
    assert [firm_facts(text) for text in texts] == [facts] * len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "Please don't hesitate to write, it's no problem.",
        "May I ask which one of them it is?",
        "Should you need more, can you write again?",
        "The sun sat low over the chain of shops.",
        "Wren is a bird.",
        "This one is for you, and so is a second one.",
        "Open Settings > About.",
    ],
)
def test_politeness_and_plain_words_are_no_facts(text: str) -> None:
    assert firm_facts(text) == []


def test_a_name_of_one_word_is_firm_with_its_capital_inside_a_sentence() -> None:
    assert firm_facts("Tell Wren.") == ["term: wren"]
    loose = mentions(normal("Wren tells.").tokens, terms=TERMS)
    assert [(mention.fact.value, mention.firm) for mention in loose] == [("wren", False)]


def test_the_longest_name_wins() -> None:
    assert firm_facts("the Wren Mini and the Plus plan") == ["term: wren mini", "term: plus plan"]


@pytest.mark.parametrize(
    "text",
    [
        "9" * 400,
        "1.2.3.4",
        "1,2,3",
        "99:99 am 1,000 am",
        "£k 5k£ 2.4.1k",
        "½ ² ٣ 1/0",
        "31/31/2026",
        "0-0-0-0",
        "-",
        "{{}}",
    ],
)
def test_no_number_breaks_the_reader(text: str) -> None:
    firm_facts(text)
    decimal(text)
