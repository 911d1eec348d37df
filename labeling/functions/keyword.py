"""Kind keyword: any of some words, together with others, and without others again."""

from labeling.functions.engine import Rule
from labeling.functions.errors import SpecError
from labeling.functions.patterns import WHERE, pattern_of_words
from labeling.functions.reading import check_keys, choice_at, texts_at


def read(spec: object) -> Rule:
    """Check `{"any": [...], "all": [...], "none": [...], "field": "text"}`: any one of, all of, and none of the words.

    Raises:
        SpecError: it can't be used.
    """
    known = check_keys(spec, {"any", "all", "none", "field"})
    where = choice_at(known, "field", WHERE, default="text")
    some, every, never = (texts_at(known, key) for key in ("any", "all", "none"))
    if not some and not every:
        raise SpecError("any has no words: name at least one that tells the label")
    needs = [pattern_of_words(some, where=where)] if some else []
    needs += [pattern_of_words([word], where=where) for word in every]
    return Rule(needs=tuple(needs), refuses=(pattern_of_words(never, where=where),) if never else ())
