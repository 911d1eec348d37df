"""The ASGI application that a production server runs."""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "copilot.config.settings")
application = get_asgi_application()
# What is loaded by now stays to the end: no collection has to walk through it while somebody waits for a page.
gc.collect()
gc.freeze()
