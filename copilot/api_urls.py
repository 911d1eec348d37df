"""The copilot's addresses below /api/."""

from django.urls import path

from copilot import api

app_name = "copilot_api"
urlpatterns = [path("cases/<int:id>/suggestion/", api.SuggestionDetail.as_view(), name="suggestion")]
