"""The people who write to us."""

from django.db import models
from django.db.models.functions import Lower


class Customer(models.Model):
    """One customer, known by e-mail address; `attributes` is what the company's systems know of them."""

    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(max_length=254)
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="customer_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def first_name(self) -> str:
        """The name to greet with; empty when none is known."""
        return self.name.split()[0] if self.name.split() else ""
