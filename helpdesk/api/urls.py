"""The addresses below /api/."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from helpdesk.api import views

# drf-spectacular's page has one small style of its own, which the content security policy knows by its hash.
STYLE_OF_DOCS = "'sha256-MMpT0iDxyjALd9PdfepImGX3DBfJPXZ4IlDWdPAgtn0='"
docs = csp_update({"style-src": [SELF, STYLE_OF_DOCS]})(
    SpectacularSwaggerSplitView.as_view(url_name="helpdesk:helpdesk_api:schema")
)

app_name = "helpdesk_api"
urlpatterns = [
    path("messages/", views.MessageList.as_view(), name="messages"),
    path("cases/", views.CaseList.as_view(), name="cases"),
    path("cases/<int:id>/", views.CaseDetail.as_view(), name="case"),
    path("cases/<int:id>/replies/", views.ReplyList.as_view(), name="replies"),
    path("cases/<int:id>/escalation/", views.Escalation.as_view(), name="escalation"),
    path("cases/<int:id>/merge/", views.Merge.as_view(), name="merge"),
    path("ratings/", views.RatingList.as_view(), name="ratings"),
    path("attachments/<int:id>/", views.AttachmentContent.as_view(), name="attachment"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    path("<path:path>", views.Nothing.as_view(), name="nothing"),
]
