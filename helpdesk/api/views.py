"""The endpoints of the helpdesk."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, permissions, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from helpdesk import access
from helpdesk.api.problems import Conflict, Problem
from helpdesk.api.serializers import (
    CaseDetailOut,
    CaseOut,
    EscalationIn,
    EscalationOut,
    MergeIn,
    MessageIn,
    MessageReceipt,
    RatingIn,
    RatingOut,
    ReplyIn,
    ReplyOut,
    incoming_attachments,
)
from helpdesk.escalating import escalate, settle
from helpdesk.intake import IncomingCustomer, IncomingMessage, receive_messages
from helpdesk.merging import merge_cases
from helpdesk.models import Attachment, Case, Status, Team, User
from helpdesk.rating import rate
from helpdesk.replying import send_reply
from helpdesk.requests import ApiRequest
from helpdesk.views.attachments import download_of

PROBLEMS = {
    (code, "application/problem+json"): Problem for code in (400, 401, 403, 404, 405, 406, 413, 415, 429)
}
CASE_ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The case's number.")
ATTACHMENT_ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The attachment's id.")


class AnswersCases(permissions.BasePermission):
    """Only who answers cases may write."""

    message = "Your role only reads cases."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.is_authenticated and request.user.answers_cases


class MessageList(APIView):
    permission_classes = [AnswersCases]

    @extend_schema(
        request=MessageIn,
        responses={201: MessageReceipt, 200: MessageReceipt, **PROBLEMS},
        description="Takes a customer's message. The same `external_id` on the same channel is stored once: "
        "the second time the answer is 200 with the same ids. An attachment that can't be taken (too large, one too "
        "many) never costs the message: the answer says in `refused` why.",
    )
    def post(self, request: ApiRequest) -> Response:
        form = MessageIn(data=request.data)
        form.is_valid(raise_exception=True)
        fields = form.validated_data
        if fields.get("case"):
            _case_or_problem(request.user, fields["case"], field="case")
        now = timezone.now()
        [receipt] = receive_messages([_incoming(fields, now)], now=now)
        if receipt.error:
            field, _, message = receipt.error.partition(": ")
            raise ValidationError({field: [message]} if message else receipt.error)
        files = Attachment.objects.filter(message=receipt.message_id)
        return Response(
            MessageReceipt({"id": receipt.message_id, "case": receipt.case_id, "attachments": files}).data,
            status=status.HTTP_201_CREATED if receipt.created else status.HTTP_200_OK,
        )


def _incoming(fields: dict[str, Any], now: Any) -> IncomingMessage:
    return IncomingMessage(
        channel=fields["channel"],
        external_id=fields["external_id"],
        body=fields["body"],
        customer=IncomingCustomer(email=fields["customer"]["email"], name=fields["customer"]["name"]),
        sent_at=now,
        subject=fields["subject"],
        case_id=fields.get("case"),
        attachments=incoming_attachments(fields["attachments"]),
    )


def _case_or_problem(user: User, case_id: int, *, field: str) -> Case:
    try:
        return access.get_case_to_answer(user, case_id)
    except Http404 as error:
        raise NotFound(f"{field}: {error}") from error


def _team_or_problem(slug: str | None) -> Team | None:
    team = Team.objects.filter(slug=slug).first() if slug else None
    if slug and team is None:
        raise NotFound(f"team: there is no team {slug}")
    return team


class CaseList(generics.ListAPIView):
    serializer_class = CaseOut
    request: ApiRequest

    @extend_schema(
        parameters=[
            OpenApiParameter("status", str, enum=Status.values, description="Only cases in this status.")
        ],
        responses={200: CaseOut, **PROBLEMS},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Case.objects.none()
        cases = access.cases_for(self.request.user).select_related("customer", "team", "assignee")
        wanted = self.request.query_params.get("status")
        if wanted is not None:
            if wanted not in Status.values:
                raise ValidationError({"status": [f"Unknown status; known are: {', '.join(Status.values)}."]})
            cases = cases.filter(status=wanted)
        return cases.prefetch_related("tags")


class CaseDetail(APIView):
    @extend_schema(parameters=[CASE_ID], responses={200: CaseDetailOut, **PROBLEMS})
    def get(self, request: ApiRequest, id: int) -> Response:  # noqa: A002  the path's word
        case = access.get_case(request.user, id)
        prefetch_related_objects(
            [case], "messages__attachments", "replies__attachments", "replies__author", "ratings"
        )
        return Response(CaseDetailOut(case).data)


class ReplyList(APIView):
    @extend_schema(
        parameters=[CASE_ID],
        request=ReplyIn,
        responses={201: ReplyOut, 200: ReplyOut, **PROBLEMS},
        description="Sends a reply to the customer. The same `client_key` sends once: the second time the answer "
        "is 200 with the reply that was sent.",
    )
    def post(self, request: ApiRequest, id: int) -> Response:  # noqa: A002
        case = access.get_case_to_answer(request.user, id)
        form = ReplyIn(data=request.data)
        form.is_valid(raise_exception=True)
        fields = form.validated_data
        files = incoming_attachments(fields.pop("attachments"))
        reply, is_new = send_reply(
            case=case, author=request.user, now=timezone.now(), attachments=files, **fields
        )
        return Response(
            ReplyOut(reply).data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        )


class RatingList(APIView):
    permission_classes = [AnswersCases]

    @extend_schema(
        request=RatingIn,
        responses={201: RatingOut, 200: RatingOut, (409, "application/problem+json"): Problem, **PROBLEMS},
        description="Takes a customer's rating of a case. The same `external_id` on the same channel is stored once: "
        "the second time the answer is 200 with the first rating. A customer may rate again, under another "
        "`external_id`: the last rating counts, the earlier ones stay.",
    )
    def post(self, request: ApiRequest) -> Response:
        form = RatingIn(data=request.data)
        form.is_valid(raise_exception=True)
        fields = form.validated_data
        case = _case_or_problem(request.user, fields.pop("case"), field="case")
        rating, is_new = rate(case=case, now=timezone.now(), **fields)
        if rating.case_id != case.pk:  # perhaps one that this person may not see
            raise Conflict(f"external_id: {rating.external_id} was stored for another case already")
        return Response(
            RatingOut(rating).data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        )


class Escalation(APIView):
    @extend_schema(
        parameters=[CASE_ID],
        request=EscalationIn,
        responses={200: EscalationOut, **PROBLEMS},
        description="Flags the case, with when, by whom and why, and gives it to the team that is named. A second time "
        "it goes on to another team or for another reason.",
    )
    def post(self, request: ApiRequest, id: int) -> Response:  # noqa: A002
        case = access.get_case_to_answer(request.user, id)
        form = EscalationIn(data=request.data)
        form.is_valid(raise_exception=True)
        team = _team_or_problem(form.validated_data["team"])
        reason = form.validated_data["reason"]
        escalate(case=case, team=team, reason=reason, actor=request.user, now=timezone.now())
        return Response(EscalationOut(case).data)

    @extend_schema(
        parameters=[CASE_ID],
        responses={204: None, **PROBLEMS},
        description="Takes the flag off. The case stays with its team.",
    )
    def delete(self, request: ApiRequest, id: int) -> Response:  # noqa: A002
        case = access.get_case_to_answer(request.user, id)
        settle(case=case, actor=request.user, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Merge(APIView):
    @extend_schema(
        parameters=[CASE_ID],
        request=MergeIn,
        responses={200: CaseOut, (409, "application/problem+json"): Problem, **PROBLEMS},
        description="Lets the case go on in another one of the same customer, which is the answer. Its number leads to "
        "that one from now on: here, for messages, and for replies.",
    )
    def post(self, request: ApiRequest, id: int) -> Response:  # noqa: A002
        merged = access.get_case_to_answer(request.user, id)
        form = MergeIn(data=request.data)
        form.is_valid(raise_exception=True)
        kept = _case_or_problem(request.user, form.validated_data["into"], field="into")
        try:
            kept = merge_cases(kept=kept, merged=merged, actor=request.user, now=timezone.now())
        except DjangoValidationError as error:
            raise Conflict("; ".join(error.messages)) from error
        return Response(CaseOut(kept).data)


class AttachmentContent(APIView):
    @extend_schema(
        parameters=[ATTACHMENT_ID],
        responses={(200, "*/*"): OpenApiTypes.BINARY, **PROBLEMS},
        description="The content of an attachment, as the type that its sender named.",
    )
    def get(self, request: ApiRequest, id: int) -> HttpResponse:  # noqa: A002
        return download_of(access.get_attachment(request.user, id))

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Take any Accept header: a file is of the type that it is."""
        return super().perform_content_negotiation(request, force=True)


class Nothing(APIView):
    """Whatever else is asked for below /api/."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound(f"There is nothing at {request.path}; see /api/docs/.")
