"""The one place where a turn becomes a Question; training, evaluation and serving all call it."""

import re
from collections.abc import Sequence

from copilot.pipeline.types import Question
from helpdesk.bodies import language, split

PREFIXES = re.compile(r"^\s*(?:(?:re|fw|fwd|aw|wg|tr|sv|antw)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
EMPTY_SUBJECT_WORD = re.compile(
    r"an?|about|and|asap|enquiry|for|from|hello|help|hey|hi|i|info|inquiry|issue|me|message|my|need|new|no|of|on|please|pls|"
    r"problem|query|question|quick|re|request|subject|support|team|the|there|to|urgent|with|your?"
)


def question_from(
    bodies: Sequence[str],
    *,
    subject: str = "",
    languages: Sequence[str],
    case_language: str | None = None,
) -> Question:
    """Make one question of the messages of a turn, oldest first.

    `languages` are those to tell apart, which must be more than the ones that are answered: the detector always
    names one of them. `case_language` decides for texts too short to tell. Pass the subject with a case's first
    turn only: later turns are about something new under an old subject.
    """
    text = "\n".join(filter(None, (split(body).text.strip() for body in bodies)))
    heading = informative_subject(subject, text=text)
    return Question(
        text="\n".join(filter(None, (heading, text))),
        language=language(text, allowed=languages, fallback=case_language),
        subject=subject.strip(),
    )


def informative_subject(subject: str, *, text: str) -> str:
    """The subject without reply marks; empty if it says nothing that the text does not say.

    >>> informative_subject("Re: FW: payout late", text="where is it")
    'payout late'
    >>> informative_subject("Question", text="where is it"), informative_subject("it is where", text="Where is it?")
    ('', '')
    """
    heading = PREFIXES.sub("", subject).strip()
    said = {word.casefold() for word in WORD.findall(text)}
    words = {word.casefold() for word in WORD.findall(heading)} - said
    return heading if any(not EMPTY_SUBJECT_WORD.fullmatch(word) for word in words) else ""
