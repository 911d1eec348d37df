"""The dumb baseline of validity: what five regular expressions catch. A trained head must earn its keep beside it."""

import re
from collections.abc import Collection

from copilot.pipeline.types import Question, Reason
from copilot.pipeline.validity import decide_by_rule

RULES = (
    (
        Reason.AUTO_REPLY,
        r"out of (?:the )?office|\bautomat(?:ic|ed|ically)\b|auto-?reply|do not reply|undeliver|delivery status|"
        r"mail delivery|failure notice|^read:|\bon (?:annual|parental) leave\b|ticket .{0,40}(?:received|created)",
    ),
    (
        Reason.SPAM,
        r"\bseo\b|unsubscribe|guest post|followers|book a (?:call|demo)|quick call|no credit check|casino|crypto|"
        r"we (?:offer|help businesses)|verify your (?:account|identity)|click (?:here|the)|dear (?:valued|sir or)",
    ),
    (
        Reason.OUT_OF_SCOPE,
        r"\b(?:loan|overdraft|lawyer|solicitor|tax advice|journalist|vacanc(?:y|ies)|job|bitcoin|weather)\b",
    ),
    (
        Reason.THANKS,
        r"\A(?:(?!\?).){0,200}\b(?:thank(?:s| you)|cheers|much appreciated|sorted|works now)\b(?:(?!\?).){0,100}\Z",
    ),
    (Reason.NO_REQUEST, r"\A(?=.{0,80}\Z)(?!.*(?:\?|\b(?:how|what|why|when|where|can|not|help|need)\b))"),
)
PATTERNS = tuple(
    (reason, re.compile(rule, re.IGNORECASE | re.MULTILINE | re.DOTALL)) for reason, rule in RULES
)
READ = 2_000


def reason_by_regex(question: Question, *, languages: Collection[str]) -> Reason | None:
    """The first rule that fires, after the rules that need no regular expression; None for a question.

    >>> reason_by_regex(Question("Automatic reply: I am at the fair until Tuesday"), languages=("en",))
    <Reason.AUTO_REPLY: 'auto_reply'>
    >>> reason_by_regex(Question("thanks, but where is my money?"), languages=("en",)) is None
    True
    """
    verdict = decide_by_rule(question, languages=languages)
    if verdict:
        return verdict.reason
    text = question.text[:READ]
    return next((reason for reason, pattern in PATTERNS if pattern.search(text)), None)
