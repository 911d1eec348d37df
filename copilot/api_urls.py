"""The copilot's addresses below /api/."""

from django.urls import path

from copilot import api, api_experiments

app_name = "copilot_api"
urlpatterns = [
    path("cases/<int:id>/suggestion/", api.SuggestionDetail.as_view(), name="suggestion"),
    path("experiments/", api_experiments.ExperimentList.as_view(), name="experiments"),
    path("experiments/<int:id>/", api_experiments.ExperimentDetail.as_view(), name="experiment"),
    path("experiments/<int:id>/start/", api_experiments.ExperimentStart.as_view(), name="start_experiment"),
    path("experiments/<int:id>/end/", api_experiments.ExperimentEnd.as_view(), name="end_experiment"),
]
