"""What benches have in common."""

import psutil

from helpdesk.benching.memory import peak_mb


def test_the_peak_of_memory_is_in_mb() -> None:
    now = psutil.Process().memory_info().rss / 2**20

    assert 0.9 * now < peak_mb() < 100 * now, "on any platform: in kB or bytes it is a thousand times as much"
