"""An example as a flat row, for the formats that have columns."""

from copilot.datasets import Example

COLUMNS = (
    "case", "message", "at", "text", "subject", "language", "reason", "topic", "answer", "second_reason",
    "second_topic", "second_answer", "also", "group", "split", "source", "weight",
)  # fmt: skip


def cells_of(example: Example) -> tuple[object, ...]:
    """Return an example's cells in the order of COLUMNS; further topics are one cell, parted by blanks."""
    second = example.second
    return (
        example.case,
        example.message,
        example.at,
        example.text,
        example.subject,
        example.language,
        example.reason,
        example.topic,
        example.answer,
        second and second.reason,
        second and second.topic,
        second and second.answer,
        " ".join(example.also),
        example.group,
        example.split,
        example.source,
        example.weight,
    )
