"""The experts' labeling functions of the demo world: loaded, tried by a worker, and active where they earn it."""

from datetime import datetime

from copilot.config.demo.world import FIXTURES
from labeling import gates, sharing
from labeling.applying import apply_everything
from labeling.collecting import collect
from labeling.measuring import measure_changed
from labeling.models import LabelingFunction

MOST_ITEMS = 20_000
State = LabelingFunction.State


def load_functions(*, now: datetime) -> int:
    """Load what `fixtures/functions.yaml` holds, and return how many are new; none has voted yet."""
    return sharing.import_from((FIXTURES / "functions.yaml").read_text("utf-8"), by=None, now=now).n_new


def try_functions(*, now: datetime) -> int:
    """Let them vote, as the experts would have left them: return how many of those on trial are active now."""
    collect(now=now, limit=MOST_ITEMS)
    apply_everything(now=now)
    measure_changed(now=now)
    ready = [
        each for each in LabelingFunction.objects.filter(state=State.TRIAL) if not gates.reason_against(each)
    ]
    for function in ready:
        gates.move(function, State.ACTIVE)
    return len(ready)
