"""The chat format in which providers with OpenAI's API take examples for fine-tuning: a conversation a line."""

import json
from collections.abc import Iterable, Iterator

from copilot.datasets import Example
from copilot.pipeline.types import Catalog

NAME_TOPIC = (
    "You read messages that customers write to a helpdesk. Answer with the slug of the message's topic, or with the "
    "reason why it is no question that we may answer. Answer with nothing else."
)
ANSWER = (
    "You answer customers of a helpdesk, and say only what is approved. Where something is to be filled in, keep its "
    "{{variable}}."
)


def write_topics(examples: Iterable[Example], _catalog: Catalog) -> Iterator[bytes]:
    """Yield a conversation for each example, whose answer is its topic or reason; what has neither is left out."""
    for example in examples:
        if label := example.reason or example.topic:
            yield _line(NAME_TOPIC, example.text, str(label))


def write_answers(examples: Iterable[Example], catalog: Catalog) -> Iterator[bytes]:
    """Yield a conversation for each example with an approved answer that may be sent to customers."""
    texts = {answer.slug: answer.text for answer in catalog.answers if answer.public and not answer.expired}
    for example in examples:
        if text := texts.get(example.answer or ""):
            yield _line(ANSWER, example.text, text)


def _line(system: str, user: str, assistant: str) -> bytes:
    said = (("system", system), ("user", user), ("assistant", assistant))
    messages = [{"role": role, "content": content} for role, content in said]
    return json.dumps({"messages": messages}, ensure_ascii=False).encode() + b"\n"
