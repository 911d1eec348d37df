"""Texts that are taken in to be labeled: one upload, how far it is, and which of its rows could not be taken."""

from django.conf import settings
from django.db import models


class TextImportQuerySet(models.QuerySet["TextImport"]):
    def active(self) -> "TextImportQuerySet":
        """Those that wait or run."""
        return self.filter(state__in=TextImport.ACTIVE)


class TextImport(models.Model):
    """One uploaded file: its rows become closed cases on channel `import`, each once.

    `n_rows` are the rows that are done with, so that whoever goes on after a crash knows where.
    """

    class Format(models.TextChoices):
        JSONL = "jsonl", "JSON Lines"
        CSV = "csv", "CSV"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"

    ACTIVE = (State.WAITING, State.RUNNING)

    file = models.FileField(upload_to="imports/%Y/%m/", blank=True, help_text="Deleted when all is taken.")
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=5, choices=Format)
    sha256 = models.CharField(max_length=64)
    n_bytes = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    n_bytes_read = models.PositiveBigIntegerField(default=0)
    n_rows = models.PositiveIntegerField(default=0)
    n_stored = models.PositiveIntegerField(default=0)
    n_known = models.PositiveIntegerField(default=0)
    n_rejected = models.PositiveIntegerField(default=0)
    n_attempts = models.PositiveSmallIntegerField(default=0, help_text="Without a row done in between.")
    problem = models.TextField(blank=True)
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = TextImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.name}"

    @property
    def share(self) -> float:
        """Of the file that is read."""
        return 1.0 if self.state == self.State.FINISHED else self.n_bytes_read / max(1, self.n_bytes)


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
