"""Both themes a page is looked at in: the dark one has the same markup, and is left to the slow tests."""

import pytest

THEMES = ["light", pytest.param("dark", marks=pytest.mark.slow)]
