"""A real HDFS on loopback, one name node and one data node: Hadoop's own mini cluster, in a JVM of its own.

python tests/support/hdfs.py      prints its ports and class path when it is up, and ends when its input does
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

PATIENCE = 180  # seconds, the first time for its packages to come from Maven
HADOOP = "3.4.2"
PACKAGES = (
    f"org.apache.hadoop:hadoop-client-minicluster:{HADOOP}",
    # What it takes for given, as a part of Hadoop's own tests.
    *("junit:junit:4.13.2", "org.mockito:mockito-core:4.11.0", "org.bouncycastle:bcpkix-jdk18on:1.78.1"),
    *("javax.xml.bind:jaxb-api:2.3.1", "org.glassfish.jaxb:jaxb-runtime:2.3.9"),
)
SPARKS_OWN = "org.apache.hadoop:hadoop-client-api,org.apache.hadoop:hadoop-client-runtime"
JAVA = ["--add-opens=java.base/java.lang=ALL-UNNAMED", "-Djava.net.preferIPv4Stack=true", "-Xmx512m"]


@dataclass(frozen=True)
class Hdfs:
    """Where it is: its web API as fsspec takes it, the address for Spark, and the class path that it runs with."""

    web: str
    rpc: str
    jars: list[str]


@contextmanager
def started() -> Iterator[Hdfs | None]:
    """A running one; None where it does not start, such as without Maven."""
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        line = next((line for line in process.stdout if line.startswith("ports ")), "")
        try:
            if line:
                _, web, rpc, classes = line.split()
                yield Hdfs(f"webhdfs://127.0.0.1:{web}", f"hdfs://127.0.0.1:{rpc}", classes.split(":"))
            else:
                yield None
        finally:
            process.stdin.close()
            process.wait(PATIENCE)


@contextmanager
def served() -> Iterator[str | None]:
    """The address of its web API as fsspec takes it; None where it does not start."""
    with started() as files:
        yield files and files.web


def jars() -> list[str]:
    """The packages as Spark takes them from Maven, and Spark's own jars, which have Hadoop's client."""
    import pyspark
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.jars.packages", ",".join(PACKAGES)).config("spark.jars.excludes", SPARKS_OWN)
    spark = builder.getOrCreate()
    packages = [url.removeprefix("file:").replace("//", "", 1) for url in str(spark.conf.get("spark.jars")).split(",")]
    spark.stop()
    own = Path(pyspark.__file__).parent / "jars"
    return [*packages, *map(str, own.glob("*.jar"))]


def main() -> None:
    """Start it, and wait for the end of the input."""
    # Its classes want to be in one loader with the client's, which those of `spark.jars.packages` are not.
    classes = ":".join(jars())
    port = launch_gateway(classpath=classes, javaopts=JAVA, die_on_exit=True)
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))
    with tempfile.TemporaryDirectory(prefix="finerweb-hdfs-") as folder:
        conf = gateway.jvm.org.apache.hadoop.conf.Configuration()
        conf.set("hdfs.minidfs.basedir", folder)
        conf.set("dfs.permissions.enabled", "false")
        builder = getattr(gateway.jvm.org.apache.hadoop.hdfs, "MiniDFSCluster$Builder")(conf)
        cluster = builder.numDataNodes(1).build()
        cluster.waitActive()
        web = str(cluster.getNameNode().getHttpAddress()).rpartition(":")[2]
        print("ports", web, cluster.getNameNodePort(), classes, flush=True)
        sys.stdin.read()
        cluster.shutdown()
    gateway.shutdown()


if __name__ == "__main__":
    main()
