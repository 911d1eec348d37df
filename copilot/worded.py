"""An answer in a team's voice for one case: the pure wording, given what is known of the case."""

from time import perf_counter

from copilot.models import AnswerVersion, Guidance
from copilot.pipeline.wording import Wording, word
from copilot.variables import agent_values, values_for
from helpdesk.models import Case, User


def word_for(case: Case, version: AnswerVersion, agent: User | None = None) -> tuple[Wording, float]:
    """Return the wording of an answer and the milliseconds it took.

    The agent is mostly unknown yet: then `agent.…` variables stay open until one inserts the text.
    """
    started = perf_counter()
    guidance = _guidance_of(case, version)
    wording = word(
        version.body,
        values=values_for(case, agent),
        greeting=guidance.greeting if guidance else "",
        closing=guidance.closing if guidance else "",
    )
    return wording, (perf_counter() - started) * 1000


def for_agent(text: str, agent: User) -> str:
    """Return a stored text with the variables that only the agent who sends it can fill."""
    return word(text, values=agent_values(agent), greeting="", closing="").text


def _guidance_of(case: Case, version: AnswerVersion) -> Guidance | None:
    """The guidance of the case's team; of a case without one, that of the team that looks after the topic."""
    team = case.team or version.answer.topic.area.team
    return getattr(team, "guidance", None)
