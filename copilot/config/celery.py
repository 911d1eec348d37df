"""The Celery application: two queues, `suggest` for what an agent waits for and `work` for the rest."""

import gc
import os
from pathlib import Path

from celery import Celery
from celery.signals import worker_process_init
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "copilot.config.settings")

app = Celery("copilot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()  # for every thread, not only the one that imports this

for folder in ("data_folder_in", "control_folder"):  # kombu makes neither
    if path := getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {}).get(folder):
        try:
            Path(path).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(
                f"the embedded broker's folder can't be made: {path} ({error.strerror}). "
                "Set DATA_DIR to a folder that can be written, or CELERY_BROKER_URL to a broker of your own."
            ) from error


@worker_process_init.connect
def _freeze_what_is_loaded(**_: object) -> None:
    """Spare the collector the modules, as the web process does: work that makes many objects is a tenth faster."""
    gc.collect()
    gc.freeze()
