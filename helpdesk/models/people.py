"""Who works here: teams, and people with one role each."""

from django.contrib.auth.models import AbstractUser
from django.db import models

NAMED_BY = ("username", "first_name", "last_name")  # all that a person's name needs


class Role(models.TextChoices):
    AGENT = "agent", "Agent"
    SME = "sme", "Subject-matter expert"
    DATA_SCIENTIST = "data_scientist", "Data scientist"
    ADMIN = "admin", "Administrator"


class Team(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """Somebody who signs in; the role decides what they may do, the team which cases they see."""

    role = models.CharField(max_length=20, choices=Role, default=Role.AGENT)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="members")

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def answers_cases(self) -> bool:
        """Whether this person may write to customers and change cases."""
        return self.role in {Role.AGENT, Role.ADMIN} or self.is_superuser

    @property
    def sees_every_case(self) -> bool:
        """Whether this person reads the cases of all teams."""
        return self.role != Role.AGENT or self.is_superuser

    @property
    def reads_dashboards(self) -> bool:
        """Whether this person sees figures about the copilot."""
        return self.role in {Role.DATA_SCIENTIST, Role.SME, Role.ADMIN} or self.is_superuser

    @property
    def manages_releases(self) -> bool:
        """Whether this person trains, promotes and rolls back what the copilot decides with."""
        return self.role in {Role.DATA_SCIENTIST, Role.ADMIN} or self.is_superuser

    @property
    def labels_messages(self) -> bool:
        """Whether this person says what messages are about, and looks after the answers."""
        return self.role in {Role.SME, Role.DATA_SCIENTIST, Role.ADMIN} or self.is_superuser
