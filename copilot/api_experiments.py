"""Experiments as JSON: data scientists list, draft, start and end them."""

import secrets
from typing import Any

from django.db.models import Count, Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from copilot import contamination, experimenting
from copilot.experimenting import ExperimentError, Plan, Treatment
from copilot.experiments import MILLION
from copilot.models import Arm, Contamination, Experiment, Release, SuggestionEvent, Variant
from helpdesk.api.problems import Problem
from helpdesk.api.serializers import StrictSerializer, Text
from helpdesk.api.views import PROBLEMS
from helpdesk.requests import ApiRequest

EXPERIMENT_ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The experiment's number.")
CONFLICT = {(409, "application/problem+json"): Problem}
LARGEST_ID = 2**63 - 1


class Conflict(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "That can't be done with this experiment."


class ReadsOrManages(permissions.BasePermission):
    """Who reads figures reads experiments; who manages releases makes them."""

    message = (
        "Experiments are read by data scientists, experts and administrators, and made by the first and last."
    )

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        if not user.is_authenticated:
            return False
        return user.reads_dashboards if request.method in permissions.SAFE_METHODS else user.manages_releases


class VariantIn(StrictSerializer):
    name = Text(max_length=60)
    share = serializers.IntegerField(
        min_value=1, max_value=MILLION - 1, help_text="Of a million; the shares of all variants sum to it."
    )
    arm = serializers.ChoiceField(
        Arm.choices, help_text="`off` and a release are for cases as the unit only."
    )
    release = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=LARGEST_ID,
        help_text="The release that serves it; null: the live one.",
    )


class ExperimentIn(StrictSerializer):
    name = Text(max_length=100)
    hypothesis = Text(max_length=5000)
    salt = Text(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="Used once; empty: one is made.",
    )
    unit = serializers.ChoiceField(Experiment.Unit.choices, required=False, default=Experiment.Unit.CASE)
    primary_outcome = serializers.ChoiceField(
        Experiment.Outcome.choices, required=False, default=Experiment.Outcome.HANDLE_TIME
    )
    n_planned = serializers.IntegerField(min_value=1, max_value=10_000_000)
    variants = VariantIn(many=True)


class NewExperimentIn(ExperimentIn):
    predecessor = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=LARGEST_ID,
        help_text="The experiment that this one changes, since one that was started stays as it is.",
    )


class EndIn(StrictSerializer):
    reason = Text(max_length=2000, help_text="Why now.")


class VariantOut(serializers.ModelSerializer):
    release = serializers.IntegerField(source="release_id", allow_null=True)

    class Meta:
        model = Variant
        fields = ["name", "share", "arm", "release"]


class ExperimentOut(serializers.ModelSerializer):
    made_by = serializers.CharField(source="made_by.username", default=None, allow_null=True)
    started_by = serializers.CharField(source="started_by.username", default=None, allow_null=True)
    ended_by = serializers.CharField(source="ended_by.username", default=None, allow_null=True)
    predecessor = serializers.IntegerField(source="predecessor_id", allow_null=True)
    variants = VariantOut(many=True)

    class Meta:
        model = Experiment
        fields = [
            "id", "name", "hypothesis", "salt", "unit", "primary_outcome", "n_planned", "state", "predecessor",
            "variants", "made_by", "made_at", "started_by", "started_at", "ended_by", "ended_at", "end_reason",
        ]  # fmt: skip


class CountsOut(serializers.Serializer):
    variant = serializers.CharField()
    n_cases = serializers.IntegerField(help_text="Assigned; none where agents are divided.")
    n_exposures = serializers.IntegerField(
        help_text="Suggestions that its agents worked on, where agents are divided."
    )
    n_fallbacks = serializers.IntegerField(help_text="Suggestions for which the live release stood in.")


class ContaminationOut(serializers.Serializer):
    kind = serializers.ChoiceField(Contamination.Kind.choices)
    says = serializers.CharField()
    n = serializers.IntegerField()


class ExperimentDetailOut(ExperimentOut):
    counts = serializers.SerializerMethodField()
    contamination = serializers.SerializerMethodField()

    class Meta(ExperimentOut.Meta):
        fields = [*ExperimentOut.Meta.fields, "counts", "contamination"]

    @extend_schema_field(CountsOut(many=True))
    def get_counts(self, experiment: Experiment) -> list[dict[str, Any]]:
        fell_back = Q(
            assignments__case__suggestions__events__type=SuggestionEvent.Type.RELEASE_FALLBACK,
        )
        rows = experiment.variants.annotate(
            n_cases=Count("assignments", distinct=True),
            n_exposures=Count("exposures", distinct=True),
            n_fallbacks=Count("assignments__case__suggestions", filter=fell_back, distinct=True),
        )
        names = ("n_cases", "n_exposures", "n_fallbacks")
        return [{"variant": row.name} | {name: getattr(row, name) for name in names} for row in rows]

    @extend_schema_field(ContaminationOut(many=True))
    def get_contamination(self, experiment: Experiment) -> list[dict[str, Any]]:
        counts = contamination.count_of(experiment)
        return [{"kind": kind, "says": Contamination.Kind(kind).label, "n": n} for kind, n in counts.items()]


class ExperimentList(APIView):
    permission_classes = [ReadsOrManages]

    @extend_schema(operation_id="experiments_list", responses={200: ExperimentOut(many=True), **PROBLEMS})
    def get(self, request: ApiRequest) -> Response:
        return Response(ExperimentOut(Experiment.objects.with_people(), many=True).data)

    @extend_schema(
        request=NewExperimentIn,
        responses={201: ExperimentDetailOut, **PROBLEMS, **CONFLICT},
        description="Drafts an experiment; nothing happens until it is started. A plan that can't be carried out is "
        "refused (409) and says why.",
    )
    def post(self, request: ApiRequest) -> Response:
        form = NewExperimentIn(data=request.data)
        form.is_valid(raise_exception=True)
        fields = form.validated_data
        predecessor = _predecessor(fields.pop("predecessor"))
        try:
            made = experimenting.draft(
                _plan(fields), by=request.user, now=timezone.now(), predecessor=predecessor
            )
        except ExperimentError as error:
            raise Conflict(str(error)) from error
        where = reverse("copilot_api:experiment", args=[made.pk])
        return Response(_told(made.pk), status=status.HTTP_201_CREATED, headers={"Location": where})


class ExperimentDetail(APIView):
    permission_classes = [ReadsOrManages]

    @extend_schema(parameters=[EXPERIMENT_ID], responses={200: ExperimentDetailOut, **PROBLEMS})
    def get(self, request: ApiRequest, id: int) -> Response:  # noqa: A002  the path's word
        return Response(_told(id))

    @extend_schema(
        parameters=[EXPERIMENT_ID],
        request=ExperimentIn,
        responses={200: ExperimentDetailOut, **PROBLEMS, **CONFLICT},
        description="Gives a draft another plan. One that can't be carried out is refused (409), and so is changing an "
        "experiment that was started: post a new one that names it as its `predecessor`.",
    )
    def put(self, request: ApiRequest, id: int) -> Response:  # noqa: A002
        experiment = _experiment(id)
        form = ExperimentIn(data=request.data)
        form.is_valid(raise_exception=True)
        fields = form.validated_data
        try:
            experimenting.change(experiment, _plan(fields | {"salt": fields["salt"] or experiment.salt}))
        except ExperimentError as error:
            raise Conflict(str(error)) from error
        return Response(_told(id))


class ExperimentStart(APIView):
    permission_classes = [ReadsOrManages]

    @extend_schema(
        parameters=[EXPERIMENT_ID],
        request=None,
        responses={200: ExperimentDetailOut, **PROBLEMS, **CONFLICT},
        description="From now on it divides the cases that are opened, and is never changed. One runs at a time.",
    )
    def post(self, request: ApiRequest, id: int) -> Response:  # noqa: A002
        try:
            experimenting.start(_experiment(id), by=request.user, now=timezone.now())
        except ExperimentError as error:
            raise Conflict(str(error)) from error
        return Response(_told(id))


class ExperimentEnd(APIView):
    permission_classes = [ReadsOrManages]

    @extend_schema(
        parameters=[EXPERIMENT_ID],
        request=EndIn,
        responses={200: ExperimentDetailOut, **PROBLEMS, **CONFLICT},
        description="It divides no more cases; those that it divided keep their arm for good.",
    )
    def post(self, request: ApiRequest, id: int) -> Response:  # noqa: A002
        experiment = _experiment(id)
        form = EndIn(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            experimenting.end(
                experiment, by=request.user, now=timezone.now(), reason=form.validated_data["reason"]
            )
        except ExperimentError as error:
            raise Conflict(str(error)) from error
        return Response(_told(id))


def _experiment(number: int) -> Experiment:
    found = Experiment.objects.with_people().filter(pk=number).first()
    if found is None:
        raise Http404(f"there is no experiment {number}")
    return found


def _told(number: int) -> Any:
    return ExperimentDetailOut(_experiment(number)).data


def _plan(fields: dict[str, Any]) -> Plan:
    """Return what was asked for as a plan; a salt is made where none was given."""
    asked = {variant["release"] for variant in fields["variants"]} - {None}
    known = Release.objects.in_bulk(asked)
    if unknown := sorted(asked - set(known)):
        raise exceptions.NotFound(f"variants: there is no release {unknown[0]}")
    treatments = [
        Treatment(each["name"], each["share"], each["arm"], known.get(each["release"]))
        for each in fields["variants"]
    ]
    plan = {name: value for name, value in fields.items() if name != "variants"}
    return Plan(**plan | {"salt": plan["salt"] or secrets.token_hex(8)}, treatments=treatments)


def _predecessor(number: int | None) -> Experiment | None:
    if number is None:
        return None
    found = Experiment.objects.filter(pk=number).first()
    if found is None:
        raise exceptions.NotFound(f"predecessor: there is no experiment {number}")
    return found
