"""The copilot's addresses below /copilot/."""

from django.urls import path

<<<<<<< HEAD
from copilot.views import (
    accuracy,
    answer_figures,
    catalog,
    conflicts,
    drift,
    editing,
    experiments,
    floors,
    method,
    monitor,
    quality,
    releases,
    suggestions,
    support,
    topics,
)
=======
from copilot.monitor import pages
from copilot.views import catalog, editing, monitor, quality, releases, suggestions, today, topics
>>>>>>> c058ba8 (today: Show what differs from the same weekdays before, and alert.)

app_name = "copilot"

urlpatterns = [
    path("cases/<int:case_id>/suggestion/", suggestions.suggestion, name="suggestion"),
    path("readiness/", suggestions.readiness, name="readiness"),
    path("suggestions/<int:suggestion_id>/events/", suggestions.suggestion_event, name="suggestion_event"),
    path("suggestions/<int:suggestion_id>/why/", suggestions.why, name="why"),
    path("answers/", catalog.answers, name="answers"),
    path("catalog/", catalog.catalog, name="catalog"),
    path("catalog/waiting/", editing.waiting, name="waiting"),
    path("catalog/retired/", editing.retired, name="retired"),
    path("catalog/answers/new/", editing.new_answer, name="new_answer"),
    path("catalog/answers/<int:answer_id>/", editing.answer, name="answer"),
    path("catalog/answers/<int:answer_id>/text/", editing.edit_text, name="edit_text"),
    path("catalog/answers/<int:answer_id>/edit/", editing.edit_answer, name="edit_answer"),
    path("catalog/answers/<int:answer_id>/review/", editing.review_answer, name="review_answer"),
    path("catalog/answers/<int:answer_id>/retire/", editing.retire_answer, name="retire_answer"),
    path("catalog/answers/<int:answer_id>/restore/", editing.restore_answer, name="restore_answer"),
    path("catalog/versions/<int:version_id>/", editing.decide_version, name="decide_version"),
    path("catalog/topics/new/", topics.new_topic, name="new_topic"),
    path("catalog/topics/<int:topic_id>/", topics.topic, name="topic"),
<<<<<<< HEAD
    path("match-rate/", accuracy.moved),
    path("monitor/accuracy/", accuracy.accuracy, name="accuracy"),
=======
    path("match-rate/", pages.match_rate, name="match_rate"),
    path("monitor/today/", today.today, name="today"),
    path("monitor/alerts/<int:alert_id>/", today.alert, name="alert"),
>>>>>>> c058ba8 (today: Show what differs from the same weekdays before, and alert.)
    path("monitor/adoption/", monitor.adoption, name="adoption"),
    path("monitor/experiments/", experiments.experiments, name="experiments"),
    path("monitor/experiments/<int:experiment_id>/", experiments.experiment, name="experiment"),
    path(
        "monitor/experiments/<int:experiment_id>/start/",
        experiments.start_experiment,
        name="start_experiment",
    ),
    path("monitor/experiments/<int:experiment_id>/end/", experiments.end_experiment, name="end_experiment"),
    path("monitor/support/", support.support, name="support"),
    path("monitor/floors/", floors.floors, name="floors"),
    path("monitor/drift/", drift.drift, name="drift"),
    path("monitor/influence/", accuracy.influence, name="influence"),
    path("monitor/answers/", answer_figures.answer_figures, name="answer_figures"),
    path("monitor/answers/<int:answer_id>/", answer_figures.answer_figure, name="answer_figure"),
    path("monitor/conflicts/", conflicts.conflicts, name="conflicts"),
    path("monitor/method/", method.method, name="method"),
    path("releases/", releases.release_list, name="releases"),
    path("releases/compare/", releases.compare, name="compare"),
    path("releases/evaluate/", releases.evaluate, name="evaluate"),
    path("releases/roll-back/", releases.roll_back, name="roll_back"),
    path("releases/<int:release_id>/", releases.release_card, name="release"),
    path("releases/<int:release_id>/quality/", quality.quality, name="quality"),
    path("releases/<int:release_id>/shadow/", releases.shadow, name="shadow"),
    path("releases/<int:release_id>/vectors/", releases.vectors, name="vectors"),
    path("releases/<int:release_id>/promote/", releases.promote, name="promote"),
]
