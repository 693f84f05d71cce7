"""Which processes live."""

import os
import subprocess

from finerweb.processes import is_running


def test_one_that_has_ended_does_not_live_whether_or_not_somebody_waited_for_it() -> None:
    sleeper = subprocess.Popen(["sleep", "60"])
    assert is_running(sleeper.pid)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert not is_running(sleeper.pid)
    sleeper.wait()
    assert not is_running(sleeper.pid)


def test_that_of_another_user_and_ones_own_live() -> None:
    assert is_running(1)
    assert is_running(os.getpid())
