"""Labeling's addresses below /labeling/."""

from django.urls import include, path

from labeling.views import datasets, trainings

app_name = "labeling"

dataset_urls = [
    path("", datasets.datasets, name="datasets"),
    path("freezes/<int:freeze_id>/", datasets.freeze, name="freeze"),
    path("<str:name>/", datasets.dataset, name="dataset"),
    path("<str:name>/export/", datasets.export_dataset, name="export_dataset"),
]

urlpatterns = [
    path("datasets/", include(dataset_urls)),
    path("trainings/", trainings.trainings, name="trainings"),
    path("trainings/<int:run_id>/", trainings.training, name="training"),
    path("trainings/<int:run_id>/cancel/", trainings.cancel, name="cancel_training"),
]
