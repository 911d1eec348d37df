"""The addresses below /api/."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from helpdesk.api import views

app_name = "helpdesk_api"
urlpatterns = [
    path("messages/", views.MessageList.as_view(), name="messages"),
    path("cases/", views.CaseList.as_view(), name="cases"),
    path("cases/<int:id>/", views.CaseDetail.as_view(), name="case"),
    path("cases/<int:id>/replies/", views.ReplyList.as_view(), name="replies"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="helpdesk_api:schema"), name="docs"),
    path("<path:path>", views.Nothing.as_view(), name="nothing"),
]
