"""The suggestion of a case as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import APIView

from copilot.models import Suggestion
from copilot.models.suggestion import Reason, State
from copilot.showing import is_hidden
from copilot.worded import for_agent
from helpdesk import access
from helpdesk.api.views import CASE_ID, PROBLEMS
from helpdesk.models import User
from helpdesk.requests import ApiRequest


class AnswerName(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()


class AlternativeOut(serializers.Serializer):
    text = serializers.CharField()
    answer = AnswerName()
    probability = serializers.FloatField()


class MillisecondsOut(serializers.Serializer):
    encoder = serializers.FloatField(allow_null=True)
    validity = serializers.FloatField(allow_null=True)
    topic = serializers.FloatField(allow_null=True)
    answer = serializers.FloatField(allow_null=True)
    wording = serializers.FloatField(allow_null=True)


class SuggestionOut(serializers.Serializer):
    """The newest turn's suggestion; `text`, `answer` and `alternatives` are empty unless it is offered.

    What is hidden from you because its effect is being measured is told as `shadow`, and nothing else of it.
    """

    state = serializers.ChoiceField(State.choices)
    text = serializers.CharField()
    reason = serializers.ChoiceField([("", ""), *Reason.choices])
    detail = serializers.CharField()
    topic = serializers.CharField(allow_null=True)
    answer = AnswerName(allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    alternatives = AlternativeOut(many=True)
    release = serializers.IntegerField(allow_null=True)
    milliseconds = MillisecondsOut()


class SuggestionDetail(APIView):
    @extend_schema(parameters=[CASE_ID], responses={200: SuggestionOut, **PROBLEMS})
    def get(self, request: ApiRequest, id: int) -> Response:  # noqa: A002  the path's word
        case = access.get_case(request.user, id)
        suggestion = Suggestion.objects.latest_for(case)
        if suggestion is None:
            raise NotFound(
                "No suggestion was asked for: this case came in without one, as imported history does."
            )
        return Response(SuggestionOut(_shown(suggestion, request.user)).data)


def _shown(suggestion: Suggestion, user: User) -> dict[str, Any]:
    hidden = is_hidden(suggestion, user)
    offered = suggestion.is_offered and not hidden
    alternatives = suggestion.alternatives.select_related("answer__answer") if offered else []
    return {
        "state": State.SHADOW if hidden else suggestion.state,
        "text": for_agent(suggestion.text, user) if offered else "",
        "reason": Reason.HELD_OUT if hidden else suggestion.reason,
        "detail": "" if hidden else suggestion.detail,
        "topic": suggestion.topic.slug if suggestion.topic and not hidden else None,
        "answer": _named(suggestion.answer) if offered else None,
        "confidence": None if hidden else suggestion.confidence,
        "alternatives": [
            {
                "text": for_agent(other.text, user),
                "answer": _named(other.answer),
                "probability": other.probability,
            }
            for other in alternatives
        ],
        "release": None if hidden else suggestion.release_id,
        "milliseconds": dict.fromkeys(suggestion.milliseconds) if hidden else suggestion.milliseconds,
    }


def _named(version: Any) -> dict[str, Any]:
    return {"slug": version.answer.slug, "name": version.answer.name, "version": version.number}
