"""Compute every metric of finerweb/metrics, language by language."""

from finerweb import job, metrics
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import measures


def main(lake: Lake, settings: Settings) -> None:
    """Compute every metric of finerweb/metrics, language by language."""
    lake.replace(measures.TABLE, measures.gather(*metrics.measure_all(lake.read)))


if __name__ == "__main__":
    job.main(main)
