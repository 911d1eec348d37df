"""The copilot's addresses below /copilot/."""

from django.urls import path

from copilot.monitor import pages
from copilot.views import catalog, suggestions

app_name = "copilot"

urlpatterns = [
    path("cases/<int:case_id>/suggestion/", suggestions.suggestion, name="suggestion"),
    path("readiness/", suggestions.readiness, name="readiness"),
    path("suggestions/<int:suggestion_id>/events/", suggestions.suggestion_event, name="suggestion_event"),
    path("suggestions/<int:suggestion_id>/why/", suggestions.why, name="why"),
    path("answers/", catalog.answers, name="answers"),
    path("catalog/", catalog.catalog, name="catalog"),
    path("match-rate/", pages.match_rate, name="match_rate"),
]
