"""What Spark raises: PySpark's own exceptions and, where it runs in a JVM of this process, py4j's.

A client of Spark Connect alone has no py4j.
"""

from pyspark.errors import PySparkException

SPARK_ERRORS: tuple[type[Exception], ...]
try:
    from py4j.protocol import Py4JError
except ImportError:
    SPARK_ERRORS = (PySparkException,)
else:
    SPARK_ERRORS = (PySparkException, Py4JError)
