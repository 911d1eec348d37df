"""Import cases, and let the copilot look at them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from copilot import expecting, releases, replaying
from copilot.models import Suggestion
from helpdesk.management.commands import import_cases
from helpdesk.models import Case, Message


class Command(import_cases.Command):
    help = import_cases.Command.help

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--suggest", action="store_true", help="queue a suggestion for every case that awaits a reply"
        )
        parser.add_argument(
            "--shadow",
            action="store_true",
            help="compute what would have been suggested before every reply, and record the match",
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        total = self.import_file(file, options["rejects"])
        if options["shadow"]:
            self._replay(total.case_ids)
        if options["suggest"]:
            self._suggest(total.case_ids)

    def _suggest(self, case_ids: list[int]) -> None:
        waiting = Case.objects.awaiting_reply().filter(pk__in=case_ids)
        newest = (
            Message.objects.filter(case__in=waiting)
            .order_by("case_id", "-sent_at", "-pk")
            .distinct("case_id")
        )
        asked = set(Suggestion.objects.filter(message__in=list(newest)).values_list("message_id", flat=True))
        rows = expecting.expect([row for row in newest if row.pk not in asked], now=timezone.now())
        self.stdout.write(f"{len(rows)} suggestions queued for cases that await a reply.")

    def _replay(self, case_ids: list[int]) -> None:
        release = releases.live()
        if release is None:
            raise CommandError("no release is live: train and promote one, then run the same command again.")
        try:
            pipeline = releases.pipeline_of(release)
        except releases.ReleaseError as error:
            raise CommandError(str(error)) from error
        pairs = replaying.turns_to_replay(case_ids)
        total = replaying.Replay()
        with tqdm(total=len(pairs), unit="turn", desc="Shadow", mininterval=1) as bar:
            try:
                for total in replaying.replay(pairs, pipeline=pipeline, release=release, now=timezone.now()):
                    bar.update(total.n_turns - bar.n)
            except KeyboardInterrupt:
                raise CommandError(
                    f"stopped after {total.n_turns} turns; the same command goes on."
                ) from None
        self._report(total)

    def _report(self, total: replaying.Replay) -> None:
        self.stdout.write(f"{total.n_turns} turns replayed, {total.turns_per_second:.0f} turns/s.")
        for heading, counts in (
            ("would have been", total.states),
            ("withheld", total.reasons),
            ("match", total.kinds),
        ):
            for name, count in counts.most_common():
                self.stdout.write(f"  {heading} {name}: {count} ({count / total.n_turns:.1%})")
