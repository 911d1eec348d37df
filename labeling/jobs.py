"""Work in the background from order to end: each job by one process at a time, cancelled between steps, never lost.

While a process works on a job it holds an advisory lock of the database, which PostgreSQL lets go when the process
dies, however it dies: a job that is said to run and whose lock is free is nobody's, and `sweep` ends it or hands it on.
That is told at once, where a heartbeat would be waited for, and a long step need not beat.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.module_loading import import_string

from labeling.holding import held, is_free
from labeling.models.job import BackgroundJob, JobState

DIED = "its process ended before it was done: start it again"
LOST_AFTER = timedelta(
    minutes=2
)  # a job that waits so long, while none of its kind runs, was lost by the broker


class CancelledError(Exception):
    """Somebody asked to cancel the job."""


@dataclass(frozen=True)
class Jobs:
    """All jobs of a kind: their rows, the number of their locks, and the Celery task that does one.

    What a job that `goes_on` has done stays done when its process dies, so the next one takes it up.
    """

    model: type[BackgroundJob]
    locks: int
    task: str
    goes_on: bool = False

    @contextmanager
    def taken(self, pk: int, **fields: object) -> Iterator[bool]:
        """Hold a job that waits and note that it runs; False if another process has it, or it waits no more."""
        with held(self.locks, pk) as is_ours:
            yield is_ours and bool(
                self._in(pk, JobState.WAITING).update(
                    state=JobState.RUNNING, started_at=timezone.now(), **fields
                )
            )

    def note(self, pk: int, step: str, share: float) -> None:
        """Write a sign of life to a job's row.

        Raises:
            CancelledError: it is to end.
        """
        running = self._in(pk, JobState.RUNNING).filter(is_cancel_asked=False)
        if not running.update(step=step, share=Greatest(F("share"), Value(share))):
            raise CancelledError

    def end(self, pk: int, state: JobState, **fields: object) -> bool:
        """Store what came of a job that runs; False if it runs no more."""
        if state == JobState.FINISHED:
            fields["share"] = 1.0
        return bool(self._in(pk, JobState.RUNNING).update(state=state, ended_at=timezone.now(), **fields))

    def fail(self, pk: int, error: BaseException) -> None:
        """Store an error that nobody foresaw."""
        self.end(pk, JobState.FAILED, problem=f"{type(error).__name__}: {error}"[:2000])

    def cancel(self, pk: int, *, now: datetime) -> bool:
        """Ask a job to end at its next sign of life, or end it at once if it only waits; False if it has ended."""
        waiting = self._in(pk, JobState.WAITING)
        if waiting.update(state=JobState.CANCELLED, is_cancel_asked=True, ended_at=now):
            return True
        return bool(self._in(pk, JobState.RUNNING).update(is_cancel_asked=True))

    def sweep(self, *, now: datetime) -> int:
        """End the jobs whose process is gone, queue again those that nobody took, and return how many these are."""
        running = self._rows().filter(state=JobState.RUNNING)
        died = running.filter(pk__in=[row.pk for row in running if is_free(self.locks, row.pk)])
        if self.goes_on:
            n, lost = 0, [row.pk for row in died]
            died.update(state=JobState.WAITING)
        else:
            n, lost = died.update(state=JobState.FAILED, problem=DIED, ended_at=now), []
        if not running.all().exists():
            waiting = self._rows().filter(state=JobState.WAITING, ordered_at__lte=now - LOST_AFTER)
            lost = sorted({*lost, *waiting.values_list("pk", flat=True)})
        for pk in lost:
            import_string(self.task).delay(job_id=pk)  # by name: tasks import this module's users
        return n + len(lost)

    def _rows(self) -> QuerySet[BackgroundJob]:
        return self.model._default_manager.all()

    def _in(self, pk: int, state: JobState) -> QuerySet[BackgroundJob]:
        return self._rows().filter(pk=pk, state=state)
