"""Sessions of a Spark Connect server."""

import logging
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from pyspark.errors import PySparkException, PySparkImportError
from pyspark.sql import SparkSession

from finerweb import shipping
from finerweb.errors import NotInstalled, NotReached

PORT, PATIENCE = 15002, 10.0  # where it listens if its URL does not say; seconds in which it takes a call
LOGGER = logging.getLogger(__name__)


def connected(remote: str, options: Mapping[str, str]) -> SparkSession:
    """A session of a Spark Connect server, whose workers get this code; raises NotReached, NotInstalled."""
    _require_server(remote)
    with client_installed():
        spark = SparkSession.builder.remote(remote).getOrCreate()
    for key, value in options.items():
        _offer(spark, key, value)
    shipping.ship_code(spark)
    return spark


@contextmanager
def client_installed() -> Iterator[None]:
    """Raise NotInstalled where a package is missing that PySpark's client of Spark Connect needs."""
    try:
        yield
    except PySparkImportError as error:
        raise NotInstalled(
            f"Spark Connect: {str(error).rstrip('.')}",
            way_out="install it: pip install grpcio-status 'zstandard>=0.25'",
        ) from error


def _require_server(remote: str) -> None:
    """Raise NotReached where nobody listens: PySpark would try for ten minutes. The URL may have a token in it."""
    url = urlsplit(remote)
    host, port = url.hostname or "", url.port or PORT
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except OSError as error:
        raise NotReached(
            f"Spark Connect at {host}:{port}",
            found=error.strerror or str(error),
            wanted="a server that listens",
            way_out="start it, or name another: SPARK_REMOTE=sc://host:port, or the setting spark.remote",
        ) from error


def _offer(spark: SparkSession, key: str, value: str) -> None:
    """Set what a session of a server may have of its own; the rest is the server's to say."""
    try:
        if spark.conf.isModifiable(key):
            spark.conf.set(key, value)
    except PySparkException as error:
        LOGGER.warning("setting spark.%s: the server does not take it: %s", key, str(error).partition("\n")[0])
