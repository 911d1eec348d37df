"""The ASGI application that a production server runs."""

import gc
import os

from django.core.asgi import get_asgi_application

# Before numpy is loaded: its products are small here, and threads that wait for each other cost more than they share.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "copilot.config.settings")
application = get_asgi_application()
# What is loaded by now stays to the end: no collection has to walk through it while somebody waits for a page.
gc.collect()
gc.freeze()
