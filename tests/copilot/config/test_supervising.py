"""The processes of one machine, and the lock that keeps two demos off one folder."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from supervisor.options import ServerOptions

from copilot.config import supervising

HOLD = """
import sys, time
from pathlib import Path
from copilot.config import supervising
with supervising.alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("name", ["plain", "it's 100%d of two words", "x" * 200])
def test_supervisord_reads_the_configuration_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    programs = supervising.processes(port=8123, host="127.0.0.1")
    file = supervising.write_configuration(folder, programs)
    options = ServerOptions()
    options.realize(["-c", str(file)])
    assert options.logfile == str(folder / "logs" / "supervisord.log")
    assert options.pidfile == str(folder / "supervisord.pid")
    groups = {group.name: group.process_configs[0] for group in options.process_group_configs}
    assert set(groups) == {"suggest", "work", "beat", "web"}
    for program, found in groups.items():
        assert found.stdout_logfile == str(folder / "logs" / f"{program}.log")
        assert found.command.startswith(f'"{sys.executable}" "-m"')


def test_a_folder_is_left_to_whoever_holds_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=supervising.ROOT
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(supervising.RunningError) as caught, supervising.alone(tmp_path):
            pass
        holder.kill()
    assert str(caught.value) == (
        f"the demo is already running on {tmp_path} (process {holder.pid}): end it with Ctrl+C first, "
        "or set DATA_DIR to another folder."
    )
    with supervising.alone(tmp_path):
        pass  # what was killed holds nothing


def test_a_supervisor_that_outlived_its_demo_is_ended(tmp_path: Path) -> None:
    conf = tmp_path / "supervisord.conf"
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(conf)]) as leftover:
        (tmp_path / "supervisord.pid").write_text(str(leftover.pid))
        with supervising.alone(tmp_path):
            assert not psutil.pid_exists(leftover.pid)


def test_another_process_with_the_number_of_a_supervisor_is_let_be(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        (tmp_path / "supervisord.pid").write_text(str(stranger.pid))
        with supervising.alone(tmp_path):
            assert stranger.poll() is None
        stranger.kill()
