"""The product's own settings, on an embedded database and broker of the tests' own."""

import os

os.environ.setdefault("DATA_DIR", str(__import__("pathlib").Path(__file__).parents[1] / ".data" / "test"))
from copilot.config import embedded

if "DATABASE_URL" not in os.environ:
    embedded.start()
from copilot.config.settings import *  # noqa: F403

DATABASES["default"]["OPTIONS"].pop("pool")  # noqa: F405  a test database can't be dropped under a pool
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
