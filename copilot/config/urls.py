"""Every address of the site; each app brings its own."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("helpdesk.urls")),
]
if apps.is_installed("copilot"):
    urlpatterns.insert(0, path("copilot/", include("copilot.urls")))
    urlpatterns.insert(0, path("api/", include("copilot.api_urls")))
