"""Every address of the site; each app brings its own."""

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

icon = RedirectView.as_view(url=static("img/mark.svg"))
urlpatterns = [
    path("favicon.ico", login_not_required(icon)),  # pages that are not ours name none
    path("admin/", admin.site.urls),
    path("", include("helpdesk.urls")),
]
if apps.is_installed("copilot"):
    urlpatterns.insert(0, path("copilot/", include("copilot.urls")))
    urlpatterns.insert(0, path("api/", include("copilot.api_urls")))
if apps.is_installed("labeling"):
    urlpatterns.insert(0, path("labeling/", include("labeling.urls")))
    urlpatterns.insert(0, path("api/labeling/", include("labeling.api_urls")))
