"""Labeling's addresses below /labeling/."""

from django.urls import path

from labeling.views import trainings

app_name = "labeling"

urlpatterns = [
    path("trainings/", trainings.trainings, name="trainings"),
    path("trainings/<int:run_id>/", trainings.training, name="training"),
    path("trainings/<int:run_id>/cancel/", trainings.cancel, name="cancel_training"),
]
