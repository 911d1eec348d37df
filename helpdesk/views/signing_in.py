"""Signing in and out."""

from django.conf import settings
from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse
from django_htmx.http import HttpResponseClientRefresh

from helpdesk.forms import SignInForm


class SignIn(views.LoginView):
    """The one page an anonymous visitor sees; a fragment asked for after the session ended reloads its page."""

    authentication_form = SignInForm
    template_name = "helpdesk/sign_in.html"
    redirect_authenticated_user = True
    extra_context = {"site_name": settings.SITE_NAME}  # Django's view sets the host's name

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if "HX-Request" in request.headers:
            return HttpResponseClientRefresh()
        return super().get(request, *args, **kwargs)


sign_in = SignIn.as_view()
sign_out = views.LogoutView.as_view()
