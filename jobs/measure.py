"""Compute every metric of finerweb/metrics, language by language."""

from finerweb import job, metrics, tables
from finerweb.lake import Lake
from finerweb.report.views import VIEWS
from finerweb.settings import Settings
from finerweb.tables import measures


def main(lake: Lake, settings: Settings) -> None:
    """Compute every metric of finerweb/metrics, language by language."""
    lake.replace(measures.TABLE, measures.gather(*metrics.measure_all(lake.read)))
    lake.define(VIEWS, tables.every())


if __name__ == "__main__":
    job.main(main)
