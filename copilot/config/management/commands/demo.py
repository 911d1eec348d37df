"""Set up the demo world and run the whole product on this machine."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.utils import timezone

from copilot import expecting, releases, tasks
from copilot.config import supervising
from copilot.config import tasks as config_tasks
from copilot.config.demo import functions, loading, training
from copilot.config.demo.world import read_world
from copilot.config.simulation import running
from copilot.models import Suggestion
from helpdesk.models import Case, Message
from labeling import tasks as labeling_tasks
from labeling import weak_runs
from labeling.models import LabelingFunction, Task

OF_PROCESSES = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
SIGN_INS = (("agent", "ana"), ("agent, Money Desk", "gwen"), ("subject-matter expert", "nadia"),
            ("data scientist", "sana"), ("administrator", "admin"))  # fmt: skip


class Command(BaseCommand):
    help = "Set up the demo world (once) and run web, workers and beat until Ctrl+C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", default=os.environ.get("PORT") or "8000")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--set-up-only", action="store_true", help="stop before the site is started")
        parser.add_argument(
            "--simulate",
            type=int,
            default=running.N_CASES,
            help="cases of twelve weeks, by workers; 0 for none",
        )

    def handle(
        self, *args: Any, port: str, host: str, set_up_only: bool, simulate: int, **options: Any
    ) -> None:
        # The first too: who is started in the background by a script is born ignoring it.
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, _interrupt)
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # what fails is said once, by the step
        started = time.monotonic()
        try:
            with supervising.alone(settings.DATA_DIR):
                if not set_up_only:
                    _check_port(host, port)
                self._set_up(n_simulated=simulate)
                if not set_up_only:
                    self._run(host, int(port), started)
        except supervising.RunningError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stdout.write(
                "\nStopped; all data is kept. `make demo` goes on where you left, `make reset` starts anew."
            )

    def _set_up(self, *, n_simulated: int) -> None:
        """Every step does only what is missing, so that a set-up that was killed half-way is repaired by the next."""
        with self._step("Database"):
            with transaction.atomic():  # who is killed in between leaves no table that isn't recorded
                call_command("migrate", verbosity=0)
        world = read_world()
        if not loading.is_loaded(world):
            with self._step(f"Demo world: {len(world.messages)} messages, {len(world.answers)} answers"):
                loading.load_world(world, now=timezone.now())
        if not LabelingFunction.objects.exists():
            with self._step("Labeling functions"):
                functions.load_functions(now=timezone.now())
        self._train_if_needed()
        if not Suggestion.objects.exists():
            with self._step("Suggestions for open cases"):
                self._ask_for_suggestions()
        if n_simulated:
            running.begin(n_cases=n_simulated, now=timezone.now())

    def _train_if_needed(self) -> None:
        live = releases.live()
        if live is None:
            with self._step("First release: encoder, validity, topics, answers"):
                training.train_release()
            return
        try:
            releases.pipeline_of(live)
        except releases.ReleaseError as error:
            with self._step(f"New release, since the live one can't be loaded ({error})"):
                training.train_release()

    def _ask_for_suggestions(self) -> None:
        """Queue what the workers do once they run, what people wait for first."""
        newest = Message.objects.filter(case__in=Case.objects.awaiting_reply())
        newest = newest.order_by("case_id", "-sent_at", "-pk").distinct("case_id")
        expecting.expect(list(newest), now=timezone.now())
        config_tasks.try_functions.delay()
        for task in (Task.VALIDITY, Task.TOPIC):
            run = weak_runs.order(task=task, method="", seed=1, by=None, now=timezone.now())
            labeling_tasks.label_weakly.delay(job_id=run.pk)
        tasks.renew_matching.delay()
        tasks.replay_history.delay()
        labeling_tasks.fill_queues.delay()  # by then there is something to be unsure of

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.stdout.write(f"  {name} ... ", ending="")
        self.stdout.flush()
        started = time.monotonic()
        try:
            yield
        except (training.TrainingError, OSError, DatabaseError) as error:
            self.stdout.write("failed")
            why = str(error).partition("\n")[0].rstrip(".")
            raise CommandError(
                f"{name}: {why}. If the disk is full, free space in {settings.DATA_DIR} or set DATA_DIR to another "
                "folder; running the same command again goes on from here."
            ) from error
        self.stdout.write(f"{time.monotonic() - started:.1f} s")

    def _run(self, host: str, port: int, started: float) -> None:
        file = supervising.write_configuration(settings.DATA_DIR, supervising.processes(port=port, host=host))
        supervisor = subprocess.Popen(  # noqa: S603  our own programs
            [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-c", str(file)],
            stdin=subprocess.DEVNULL, start_new_session=True, env=os.environ | OF_PROCESSES,
        )  # fmt: skip
        try:
            address = f"http://{host if host != '0.0.0.0' else 'localhost'}:{port}/"  # noqa: S104
            _wait_for(address, supervisor)
            self._greet(address, time.monotonic() - started)
            supervisor.wait()
            raise CommandError(f"the supervisor ended; its log is {settings.DATA_DIR / 'logs'}")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is impatient must not leave processes behind
            self.stdout.write("\nStopping ...")
            supervisor.terminate()
            try:
                supervisor.wait(timeout=30)
            except subprocess.TimeoutExpired:
                supervisor.kill()

    def _greet(self, address: str, seconds: float) -> None:
        self.stdout.write(self.style.SUCCESS(f"\nReady after {seconds:.0f} s: {address}\n"))
        for role, username in SIGN_INS:
            self.stdout.write(f"  {role:<24} {username:<8} {loading.PASSWORD}")
        self.stdout.write("\nCtrl+C ends it.")
        self.stdout.flush()


def _check_port(host: str, port: str) -> None:
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise CommandError(f"{port!r} is no port. Choose one from 1 to 65535: PORT=8001 make demo")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            other = int(port) % 65535 + 1
            raise CommandError(
                f"port {port} can't be used ({error.strerror}). Choose another one: PORT={other} make demo"
            ) from error


def _wait_for(address: str, supervisor: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if supervisor.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address + "readyz", timeout=5):  # noqa: S310  our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise CommandError(f"the site did not answer within 90 s; see the logs in {settings.DATA_DIR / 'logs'}")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
