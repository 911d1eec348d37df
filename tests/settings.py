"""The product's own settings, on an embedded database and broker of the tests' own."""

import os
from pathlib import Path

import psycopg

from copilot.config import embedded

DATA = Path(os.environ.setdefault("DATA_DIR", str(Path(__file__).parents[1] / ".data" / "test")))
if "DATABASE_URL" not in os.environ:
    with psycopg.connect(embedded.start(), autocommit=True) as server:
        # No test pulls the plug, and each that empties tables leaves hundreds of files to be written at the end.
        server.execute("ALTER SYSTEM SET fsync = off")
        # What it happens to know of tables between two tests, empty ones above all, is a plan for the next by chance.
        server.execute("ALTER SYSTEM SET autovacuum = off")
        server.execute("SELECT pg_reload_conf()")
# Of several processes that share the tests, each has its own broker and files; databases are named after them.
if (process := os.environ.get("PYTEST_XDIST_WORKER")) and DATA.name != process:
    os.environ["DATA_DIR"] = str(DATA / process)
from copilot.config.settings import *  # noqa: E402, F403

SHARED_DIR = DATA  # what one of those processes makes for all
DATABASES["default"]["OPTIONS"].pop("pool")  # noqa: F405  a test database can't be dropped under a pool
DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"  # noqa: F405  no test pulls the plug
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True  # files are looked for when asked for, not all of them by each test's client
