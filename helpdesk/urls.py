"""The helpdesk's addresses, grouped by what they are about."""

from django.urls import include, path

from helpdesk import events, health
from helpdesk.views import attachments, case, changing, inbox, merging, signing_in, working, writing

app_name = "helpdesk"

case_urls = [
    path("", case.case, name="case"),
    path("timeline/", case.timeline, name="timeline"),
    path("list/", case.cases, name="cases"),
    path("reply/", writing.reply, name="reply"),
    path("note/", writing.note, name="note"),
    path("draft/", writing.draft, name="draft"),
    path("beat/", working.beat, name="beat"),
    path("assign/", changing.assign, name="assign"),
    path("team/", changing.move, name="team"),
    path("priority/", changing.prioritise, name="priority"),
    path("tag/", changing.tag, name="tag"),
    path("untag/", changing.untag, name="untag"),
    path("snooze/", changing.snooze, name="snooze"),
    path("escalate/", changing.escalate, name="escalate"),
    path("settle/", changing.settle, name="settle"),
    path("merge/", merging.merge, name="merge"),
    path("close/", changing.close, name="close"),
    path("reopen/", changing.reopen, name="reopen"),
]

urlpatterns = [
    path("", inbox.home, name="home"),
    path("sign-in/", signing_in.sign_in, name="sign_in"),
    path("sign-out/", signing_in.sign_out, name="sign_out"),
    path("cases/", inbox.inbox, name="inbox"),
    path("cases/bulk/", inbox.bulk_act, name="bulk"),
    path("cases/<int:case_id>/", include(case_urls)),
    path("attachments/<int:attachment_id>/", attachments.attachment, name="attachment"),
    path("events/", events.stream, name="events"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/", include("helpdesk.api.urls")),
]
