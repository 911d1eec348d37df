"""The Celery application: two queues, `suggest` for what an agent waits for and `work` for the rest."""

import os
from pathlib import Path

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "copilot.config.settings")

app = Celery("copilot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()  # for every thread, not only the one that imports this

for folder in ("data_folder_in", "control_folder"):  # kombu makes neither
    if path := getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {}).get(folder):
        Path(path).mkdir(parents=True, exist_ok=True)
