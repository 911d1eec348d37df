"""Texts that are taken in to be labeled: one upload, how far it is, and which of its rows could not be taken."""

from django.conf import settings
from django.db import models

from labeling.models.job import BackgroundJob


class TextImport(BackgroundJob):
    """One uploaded file: its rows become closed cases on channel `import`, each once.

    `n_rows` are the rows that are done with, so that whoever goes on after a crash knows where.
    """

    class Format(models.TextChoices):
        JSONL = "jsonl", "JSON Lines"
        CSV = "csv", "CSV"

    file = models.FileField(upload_to="imports/%Y/%m/", blank=True, help_text="Deleted when all is taken.")
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=5, choices=Format)
    sha256 = models.CharField(max_length=64)
    n_bytes = models.PositiveBigIntegerField()
    n_bytes_read = models.PositiveBigIntegerField(default=0)
    n_rows = models.PositiveIntegerField(default=0)
    n_stored = models.PositiveIntegerField(default=0)
    n_known = models.PositiveIntegerField(default=0)
    n_rejected = models.PositiveIntegerField(default=0)
    n_attempts = models.PositiveSmallIntegerField(default=0, help_text="Without a row done in between.")
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(BackgroundJob.Meta):
        pass

    def __str__(self) -> str:
        return f"import {self.pk} of {self.name}"


class ImportReject(models.Model):
    """A row that could not be taken; only the first thousand of an import are kept."""

    text_import = models.ForeignKey(TextImport, on_delete=models.CASCADE, related_name="rejects")
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(fields=["text_import", "line"], name="import_reject_once_a_line")
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
