"""What administrators keep without a page of its own: the names of products, plans and features."""

from django.contrib import admin

from copilot.models import Term

admin.site.register(Term)
