"""A simulation from order to end: in pieces of some seconds, so that other work of the same queue comes between them.

1. `order` stores its row, and queues the first piece.
2. A piece trains the release of the week that is next, or lives as many days as fit into it and rolls these days up;
   the last pieces let experts judge samples. It notes how far it is, and queues the next piece. Whatever kills it, what
   is lived stays, and nothing is lived twice.
3. `sweep` queues again what a killed process left behind.
"""

import math
from collections import deque
from datetime import date, datetime, timedelta
from functools import cache, partial
from time import monotonic

from django.utils import timezone

from copilot import meaning
from copilot.config.demo.clock import WEEKS
from copilot.config.demo.loading import clock_of_world
from copilot.config.demo.world import PREFIX, World, read_world
from copilot.config.simulation import schooling
from copilot.config.simulation.behaviour import Behaviour, read_behaviour
from copilot.config.simulation.judging import Panel
from copilot.config.simulation.living import Life
from copilot.models import Simulation
from copilot.monitor import rolling
from helpdesk.models import Message
from labeling.holding import held, is_free

State = Simulation.State
LOCKS = 20_258
SECONDS = 5.0  # of a piece
LOST_AFTER = timedelta(minutes=10)  # longer than other work keeps a piece waiting
SEED = 1
N_CASES = 2_000


class SimulationRefusedError(Exception):
    """A simulation can't be ordered; the message says why and what to do."""


def order(*, n_cases: int, seed: int, now: datetime) -> Simulation:
    """Store a simulation that is to be run, unless it is there: what is lived is not lived again.

    Raises:
        SimulationRefusedError: this is not the demo world, or the same seed was simulated with another number of cases.
    """
    if not Message.objects.filter(external_id__startswith=PREFIX).exists():
        raise SimulationRefusedError(
            "Simulated customers and agents live in the demo world, which this database does not hold: "
            "run `make demo` first, and never simulate where real cases are answered."
        )
    row, _ = Simulation.objects.get_or_create(
        seed=seed, defaults={"n_cases": n_cases, "ordered_at": now, "told_at": now}
    )
    if row.n_cases != n_cases:
        raise SimulationRefusedError(
            f"seed {seed} was simulated with {row.n_cases} cases: choose another seed for {n_cases}"
        )
    Simulation.objects.filter(pk=row.pk, state=State.FAILED).update(state=State.WAITING, problem="")
    row.refresh_from_db()
    return row


def begin(*, n_cases: int, now: datetime) -> Simulation:
    """Let workers live the demo's own simulation, or go on with it; what is finished stays as it is."""
    begun = Simulation.objects.filter(seed=SEED).first()
    row = order(n_cases=begun.n_cases if begun else n_cases, seed=SEED, now=now)
    if row.is_active:
        queue(row.pk, now=now)
    return row


def go_on(simulation_id: int, *, queued_at: datetime | None = None, seconds: float = SECONDS) -> bool:
    """Do a piece of a simulation and return whether there is more to do.

    A piece that was queued again since `queued_at` is left to the later one. An unforeseen error is stored and raised
    again.
    """
    with held(LOCKS, simulation_id) as is_ours:
        row = Simulation.objects.unfinished().filter(pk=simulation_id).first()
        if not is_ours or row is None or (queued_at and row.told_at != queued_at):
            return False
        try:
            return _piece(row, until=monotonic() + seconds)
        except BaseException as error:
            if isinstance(error, Exception):
                _note(row, state=State.FAILED, problem=f"{type(error).__name__}: {error}"[:2000])
            raise


def sweep(*, now: datetime) -> None:
    """Queue again the simulations that no process works on."""
    for row in Simulation.objects.unfinished().filter(told_at__lte=now - LOST_AFTER):
        if is_free(LOCKS, row.pk):
            queue(row.pk, now=now)


def queue(simulation_id: int, *, now: datetime) -> None:
    """Queue the next piece; what was queued before is void, so that there is one at a time."""
    from copilot.config import tasks  # tasks import this module

    Simulation.objects.filter(pk=simulation_id).update(told_at=now)
    tasks.simulate.delay(simulation_id=simulation_id, queued_at=now.isoformat())


def _piece(row: Simulation, *, until: float) -> bool:
    now = timezone.now()
    _note(row, state=State.RUNNING, started_at=row.started_at or now)
    clock = clock_of_world(now)
    world, behaviour = _files()
    life = Life(world, behaviour, clock, row.seed, partial(schooling.release_of, clock=clock, now=now))
    life.remember()
    n_lived = life.n_lived()
    days = deque(day for day in life.days(row.n_cases) if day.asked[-1].number >= n_lived)
    if days and not schooling.is_schooled(days[0].week):
        schooling.release_of(days[0].week, clock=clock, now=now, tell=partial(_tell, row, days[0].week))
        return True
    touched: set[date] = set()
    while days and schooling.is_schooled(days[0].week) and monotonic() < until:
        day = days.popleft()
        touched |= {timezone.localdate(truth.turn.message.sent_at) for truth in life.live(day)}
        _note(
            row,
            step=f"Week {day.week} of {WEEKS}",
            share=(day.asked[-1].number + 1) / row.n_cases,
            n_weeks=day.week - 1,
        )
    for each in sorted(touched):
        rolling.roll_day(each, now=timezone.now())
    if days:
        return True
    meaning.settle(seconds=math.inf)  # a sample is drawn from what is compared
    panel = Panel(life, row.n_cases)
    weeks = deque(panel.weeks(now=timezone.now()))
    while weeks and monotonic() < until:
        _note(row, step=f"Experts judge the week of {weeks[0]:%-d %B}", share=1.0)
        panel.judge(weeks.popleft())
    if not weeks:
        _note(row, state=State.FINISHED, step="", share=1.0, n_weeks=WEEKS, finished_at=timezone.now())
    return bool(weeks)


@cache
def _files() -> tuple[World, Behaviour]:
    """A process reads them once, however many pieces it does."""
    return read_world(), read_behaviour()


def _tell(row: Simulation, week: int, step: str, share: float) -> None:
    _note(row, step=f"Training for week {week}: {step}"[:60])


def _note(row: Simulation, **fields: object) -> None:
    Simulation.objects.filter(pk=row.pk).update(told_at=timezone.now(), **fields)
