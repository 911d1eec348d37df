"""Labeling's addresses below /labeling/."""

from django.urls import include, path

from labeling.views import (
    annotate,
    datasets,
    freshness,
    function,
    functions,
    imports,
    judge,
    reshaping,
    reviewing,
    sharing,
    trainings,
    weak_labels,
)

app_name = "labeling"

dataset_urls = [
    path("", datasets.datasets, name="datasets"),
    path("freezes/<int:freeze_id>/", datasets.freeze, name="freeze"),
    path("freezes/<int:freeze_id>/cancel/", datasets.cancel_freeze, name="cancel_freeze"),
    path("<str:name>/", datasets.dataset, name="dataset"),
    path("<str:name>/export/", datasets.export_dataset, name="export_dataset"),
]

annotating = [
    path("", annotate.annotate, name="annotate"),
    path("submit/", annotate.submit, name="submit"),
    path("skip/", annotate.skip, name="skip"),
    path("flag/", annotate.flag, name="flag"),
    path("undo/", annotate.undo, name="undo"),
    path("disagreements/", reviewing.disagreements, name="disagreements"),
    path("disagreements/decide/", reviewing.adjudicate, name="adjudicate"),
    path("flags/<int:flag_id>/settle/", reviewing.settle_flag, name="settle_flag"),
    path("agreement/", reviewing.agreement, name="agreement"),
    path("queue/", reviewing.queue, name="queue"),
]

judging = [
    path("", judge.judge, name="judge"),
    path("<int:turn_id>/submit/", judge.submit, name="submit_judgment"),
    path("<int:turn_id>/skip/", judge.skip, name="skip_judgment"),
    path("undo/", judge.undo, name="undo_judgment"),
    path("draw/", judge.draw, name="draw_turns"),
]

urlpatterns = [
    path("annotate/", include(annotating)),
    path("judge/", include(judging)),
    path("datasets/", include(dataset_urls)),
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:import_id>/", imports.text_import, name="import"),
    path("imports/<int:import_id>/cancel/", imports.cancel, name="cancel_import"),
    path("trainings/", trainings.trainings, name="trainings"),
    path("trainings/<int:run_id>/", trainings.training, name="training"),
    path("trainings/<int:run_id>/cancel/", trainings.cancel, name="cancel_training"),
    path("functions/", functions.functions, name="functions"),
    path("functions/new/", function.new_function, name="new_function"),
    path("functions/preview/", function.preview_function, name="preview_function"),
    path("functions/suggest/", functions.suggest_functions, name="suggest_functions"),
    path("functions/export/", sharing.export_functions, name="export_functions"),
    path("functions/import/", sharing.import_functions, name="import_functions"),
    path("functions/<slug:slug>/", function.function, name="function"),
    path("functions/<slug:slug>/state/", functions.move_function, name="move_function"),
    path("functions/<slug:slug>/again/", functions.run_again, name="run_function_again"),
    path("freshness/", freshness.freshness, name="freshness"),
    path("freshness/announce/", freshness.announce, name="announce"),
    path("changes/<int:change_id>/undo/", freshness.undo_change, name="undo_change"),
    path("topics/<int:topic_id>/reshape/", reshaping.reshape, name="reshape"),
    path("topic-changes/<int:change_id>/", reshaping.topic_change, name="topic_change"),
    path("topic-changes/<int:change_id>/decide/", reshaping.decide, name="decide_topic_change"),
    path("moves/<int:move_id>/", reshaping.choose, name="choose_move"),
    path("weak-labels/", weak_labels.weak_labels_page, name="weak_labels"),
    path("weak-labels/<int:run_id>/", weak_labels.weak_label_run, name="weak_label_run"),
    path("weak-labels/<int:run_id>/cancel/", weak_labels.cancel, name="cancel_weak_labels"),
]
