"""Labeling's addresses below /api/labeling/."""

from django.urls import path

from labeling import api

app_name = "labeling_api"
urlpatterns = [
    path("imports/", api.ImportList.as_view(), name="imports"),
    path("imports/<int:id>/", api.ImportDetail.as_view(), name="import"),
]
