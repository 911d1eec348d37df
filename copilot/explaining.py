"""Why a suggestion was made, as far as only a worker can tell: the web process has no encoder."""

from collections.abc import Sequence

from copilot.catalog import CatalogMoment
from copilot.models import DecidingSentence, Suggestion
from copilot.models.suggestion import State
from copilot.pipeline.run import Pipeline
from copilot.pipeline.sentences import Sentence, most_telling, sentences_to_weigh
from copilot.pipeline.types import CatalogAnswer, Question


def note_deciding_sentences(
    rows: Sequence[Suggestion], *, pipeline: Pipeline, moment: CatalogMoment
) -> list[DecidingSentence]:
    """Store which sentence of its question decided for each offered suggestion, where it has several."""
    noted = []
    for row in rows:
        if row.state != State.OFFERED or row.answer is None:
            continue  # what is held out is never explained
        if sentence := _deciding(row.question, moment.entry_of(row.answer), pipeline):
            noted.append(DecidingSentence(suggestion=row, start=sentence.start, end=sentence.end))
    return DecidingSentence.objects.bulk_create(noted, ignore_conflicts=True)


def _deciding(question: str, answer: CatalogAnswer, pipeline: Pipeline) -> Sentence | None:
    sentences = sentences_to_weigh(question)
    if not sentences:
        return None
    [text] = pipeline.texts.texts([answer], encoder=pipeline.encoder, head=pipeline.answers)
    features = pipeline.encoder.features([Question(sentence.text) for sentence in sentences])
    return most_telling(sentences, features, answer=answer, text=text, head=pipeline.answers)
