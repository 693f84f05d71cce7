"""What the code runs on, and the packages that it finds there: what is supported, said before anything is paid."""

import platform
from collections.abc import Sequence
from importlib import metadata

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from finerweb import supported
from finerweb.errors import NotInstalled
from finerweb.running import machines
from finerweb.running.machines import Machine, Machines

JAVA = "SELECT java_method('java.lang.System', 'getProperty', 'java.version') AS java"


def look(spark: SparkSession) -> str:
    """The versions of what the code runs on, in words; raises NotInstalled for one that it was not tried with."""
    python = platform.python_version()
    try:
        java = str(spark.sql(JAVA).collect()[0]["java"])
    except PySparkException:
        java = ""  # a platform that lets no one call Java has its own
    for name, version, choices in (("Spark", spark.version, supported.SPARK), ("Python", python, supported.PYTHON)):
        if not any(version == choice or version.startswith(f"{choice}.") for choice in choices):
            raise NotInstalled(
                f"{name}",
                found=version,
                wanted=" or ".join(choices),
                way_out="take a platform that has it (docs/databricks.md: runtime 17.3 or 18)",
            )
    if java and int(java.split(".")[0]) < supported.JAVA:
        raise NotInstalled(
            "Java", found=java, wanted=f"{supported.JAVA} or newer", way_out="set JAVA_HOME to a newer JDK"
        )
    return ", ".join(filter(None, [f"Spark {spark.version}", java and f"Java {java}", f"Python {python}", _delta()]))


def _delta() -> str:
    """The version of Delta where it is a package, and not the platform's own; raises NotInstalled for one too old."""
    try:
        version = metadata.version("delta-spark")
    except metadata.PackageNotFoundError:
        return ""
    if version.split(".")[0] != supported.DELTA:
        raise NotInstalled(
            "delta-spark", found=version, wanted=f"{supported.DELTA}.x", way_out="install finerweb[local]"
        )
    return f"Delta {version}"


def packages(modules: Sequence[str], fleet: Machines) -> str:
    """Whether modules are installed on the driver and where tasks run; raises NotInstalled."""
    places = {"the driver": machines.here([module for module in modules if module != "torch"]), **_by_host(fleet())}
    for place, machine in places.items():
        if machine.missing:
            ways = "; ".join(dict.fromkeys(map(supported.way_out, machine.missing)))
            raise NotInstalled(
                f"on {place}",
                found=f"no package {', '.join(machine.missing)}",
                wanted="it installed there",
                way_out=ways,
            )
    return f"{', '.join(modules) or 'those of the wheel'}, on the driver and where tasks run"


def _by_host(fleet: Sequence[Machine]) -> dict[str, Machine]:
    return {f"{machine.host}, where a task runs": machine for machine in fleet}
