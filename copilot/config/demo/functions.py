"""The experts' labeling functions of the demo world: loaded, tried on its messages, and active where they earn it."""

from datetime import datetime

from django.db import transaction

from copilot.config.demo.world import FIXTURES
from labeling import gates, sharing
from labeling.applying import apply_everything
from labeling.collecting import collect
from labeling.measuring import measure_changed
from labeling.models import LabelingFunction

MOST_ITEMS = 20_000
State = LabelingFunction.State


@transaction.atomic
def load_functions(*, now: datetime) -> int:
    """Load what `fixtures/functions.yaml` holds, as its experts would have left it, and return how many are new."""
    done = sharing.import_from((FIXTURES / "functions.yaml").read_text("utf-8"), by=None, now=now)
    collect(now=now, limit=MOST_ITEMS)
    apply_everything(now=now)
    measure_changed(now=now)
    for function in LabelingFunction.objects.filter(state=State.TRIAL):
        if not gates.reason_against(function):
            gates.move(function, State.ACTIVE)
    return done.n_new
