"""Texts to label come in through the API: a file is taken at once, its rows by a worker."""

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import permissions, serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from helpdesk.api.problems import BodyTooLarge
from helpdesk.api.serializers import StrictSerializer
from helpdesk.api.views import PROBLEMS
from helpdesk.requests import ApiRequest
from labeling import importing, tasks
from labeling.models import ImportReject, TextImport

IMPORT_ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The import's number.")


class LabelsMessages(permissions.BasePermission):
    """Only who labels messages may bring some."""

    message = "Your role does not label messages."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.is_authenticated and request.user.labels_messages


class TextsIn(StrictSerializer):
    file = serializers.FileField(
        allow_empty_file=True,
        help_text="JSON Lines or CSV with a header. A row has a `text`, and may have an `external_id`, a time `at` "
        "(ISO 8601), a `subject` and a `label`: a topic's slug, or why the text is no question.",
    )
    format = serializers.ChoiceField(
        TextImport.Format.choices, help_text="Of the file, whatever its name says."
    )


class RejectOut(serializers.ModelSerializer):
    class Meta:
        model = ImportReject
        fields = ["line", "reason"]


class ImportOut(serializers.ModelSerializer):
    url = serializers.SerializerMethodField(help_text="Where to ask how far it is.")
    share = serializers.FloatField(help_text="Of the file that is read, 0 to 1.")
    rejects = serializers.SerializerMethodField(
        help_text="The first thousand rows that were not taken, and why."
    )

    class Meta:
        model = TextImport
        fields = [
            "id", "url", "name", "state", "share", "n_rows", "n_stored", "n_known", "n_rejected", "problem", "rejects",
            "ordered_at", "ended_at",
        ]  # fmt: skip

    def get_url(self, row: TextImport) -> str:
        return reverse("labeling_api:import", args=[row.pk])

    @extend_schema_field(RejectOut(many=True))
    def get_rejects(self, row: TextImport) -> Any:
        return RejectOut(row.rejects.all()[: importing.MOST_REJECTS], many=True).data


class ImportList(APIView):
    permission_classes = [LabelsMessages]
    parser_classes = [MultiPartParser]

    @extend_schema(
        request={"multipart/form-data": TextsIn},
        responses={202: ImportOut, **PROBLEMS},
        description="Takes a file of texts to label and answers at once; a worker takes the rows in. They become "
        "closed cases on channel `import`, which no agent sees. The same `external_id` is stored once; rows without "
        "one are known by their file and line.",
    )
    def post(self, request: ApiRequest) -> Response:
        form = TextsIn(data=request.data)
        form.is_valid(raise_exception=True)
        file = form.validated_data["file"]
        if file.size > importing.LARGEST_FILE:
            raise BodyTooLarge(
                f"At most {importing.LARGEST_FILE // 2**20} MB are taken at once: split the file."
            )
        row = importing.order(
            file=file, form=form.validated_data["format"], by=request.user, now=timezone.now()
        )
        tasks.import_texts.delay_on_commit(job_id=row.pk)  # type: ignore[attr-defined]  # not in celery's stubs
        made = ImportOut(row).data
        return Response(made, status=status.HTTP_202_ACCEPTED, headers={"Location": made["url"]})


class ImportDetail(APIView):
    permission_classes = [LabelsMessages]

    @extend_schema(parameters=[IMPORT_ID], responses={200: ImportOut, **PROBLEMS})
    def get(self, request: ApiRequest, id: int) -> Response:  # noqa: A002  the path's word
        row = TextImport.objects.filter(pk=id).first()
        if row is None:
            raise Http404(f"there is no import {id}")
        return Response(ImportOut(row).data)
