"""Kind regex: a regular expression in RE2's syntax, and words that must not be there."""

from labeling.functions.engine import Rule
from labeling.functions.patterns import WHERE, Pattern, check_pattern, pattern_of_words
from labeling.functions.reading import check_keys, choice_at, text_at, texts_at


def read(spec: object) -> Rule:
    """Check `{"pattern": "...", "none": [...], "field": "text"}`; small and capital letters are alike.

    Raises:
        SpecError: RE2 refuses the pattern, or it would fire on everything.
    """
    known = check_keys(spec, {"pattern", "none", "field"})
    where = choice_at(known, "field", WHERE, default="text")
    never = texts_at(known, "none")
    return Rule(
        needs=(Pattern(check_pattern(text_at(known, "pattern")), where, is_free=True),),
        refuses=(pattern_of_words(never, where=where),) if never else (),
    )
