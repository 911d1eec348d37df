"""Whether a later reply takes back what an earlier one said (pure).

It does if it says so ("my mistake", "ignore my last message"), or if a sentence of it states a fact otherwise than the
sentence of the earlier reply that is about the same thing. What only one of both states is news, and no correction:
whole texts are therefore not compared, as those of a suggestion and its reply are.
"""

import re
from collections.abc import Mapping

from copilot.matching.delta import Delta, contradicted
from copilot.matching.normalising import normal
from copilot.matching.signatures import without_block

ADMITS = re.compile(
    r"""\b(?: (?:small|quick|one)?\s?correction(?:\s to)?\b | (?:i|we)\s(?:was|were|got\sthat)\swrong | my\smistake
    | (?:i|we)\smade\sa\smistake | (?:ignore|disregard)\s(?:my|our|that)\s | should\shave\s(?:said|written|been)
    | ich\shabe\smich\sgeirrt | korrektur | je\sme\ssuis\stromp | correction\s: | me\sequivoqu | correcci[oó]n )""",
    re.IGNORECASE | re.VERBOSE,
)

# What opens a correction, and is about nothing.
APOLOGY = re.compile(
    r"\b(?:(?:so|very)\s)?(?:sorry|apologies|actually|pardon|entschuldigung|verzeihung|désolée?|perdón)\b[,:.]?\s*",
    re.IGNORECASE,
)


def correction(
    first: str,
    later: str,
    *,
    values: Mapping[str, str] | None = None,
    terms: frozenset[str] = frozenset(),
    signature: str = "",
) -> tuple[bool, Delta]:
    """Return whether the later reply corrects the first one, and the facts it states otherwise.

    >>> correction("Return it within 30 days.", "Sorry, you can return it within 14 days only.")[0]
    True
    >>> correction("Return it within 30 days.", "The label is attached. It is valid for 14 days.")[0]
    False
    """
    if signature:
        first, later = without_block(first, signature), without_block(later, signature)
    ours, theirs = (normal(APOLOGY.sub("", text), values=values) for text in (first, later))
    delta = contradicted(ours, theirs, terms=terms)
    return bool(delta) or bool(ADMITS.search(later)), delta
