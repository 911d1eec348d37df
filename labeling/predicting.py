"""What the live release said of a message, for the eyes of who confirms and of nobody else."""

from collections.abc import Mapping

from copilot.models import Suggestion
from labeling.labels import QUESTION
from labeling.models import Task


def likely_labels(message_id: int, task: str) -> Mapping[str, float]:
    """Return the labels that were predicted for a message, with their probabilities; none if nothing was."""
    found = Suggestion.objects.filter(message=message_id, validity_probability__isnull=False)
    suggestion = found.select_related("topic", "second_topic", "answer__answer").first()
    if suggestion is None:
        return {}
    if task == Task.VALIDITY:
        return _validity(suggestion)
    if task == Task.TOPIC:
        named = {
            suggestion.topic: suggestion.topic_probability,
            suggestion.second_topic: suggestion.second_topic_probability,
        }
        return {topic.slug: probability or 0.0 for topic, probability in named.items() if topic}
    ranked = {
        each.answer.answer.slug: each.probability
        for each in suggestion.alternatives.select_related("answer__answer")
    }
    if suggestion.answer:
        ranked[suggestion.answer.answer.slug] = suggestion.answer_probability or 0.0
    return ranked


def _validity(suggestion: Suggestion) -> Mapping[str, float]:
    """Return that it is a question, and the reason why not if one was given."""
    probability = suggestion.validity_probability or 0.0
    if suggestion.topic_probability is not None or not suggestion.reason:
        return {QUESTION: probability}
    return {suggestion.reason: 1 - probability, QUESTION: probability}
