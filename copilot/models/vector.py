"""Questions as vectors, by which the nearest past cases are found."""

from django.db import models
from pgvector.django import HalfVectorField, HnswIndex

from copilot.models.release import Artifact
from copilot.models.suggestion import Suggestion

DIMENSIONS = 384


class QuestionVector(models.Model):
    """A suggestion's question as one encoder reads it; there may be one of each encoder that serves, or may soon."""

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="vectors")
    encoder = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="+", db_index=False)
    embedding = HalfVectorField(dimensions=DIMENSIONS)

    class Meta:
        constraints = [
            # The encoder comes first: which questions lack a vector of one is read from the index alone.
            models.UniqueConstraint(fields=["encoder", "suggestion"], name="question_vector_once_by_encoder")
        ]
        indexes = [
            HnswIndex(
                name="question_vector_nearest",
                fields=["embedding"],
                m=24,
                ef_construction=128,
                opclasses=["halfvec_cosine_ops"],
            ),
        ]

    def __str__(self) -> str:
        return f"vector of suggestion {self.suggestion_id} by encoder {self.encoder_id}"
