"""Write the report: one HTML page on what went in, what came out and how good it is."""

from finerweb import findings, job, reporting
from finerweb.lake import Lake
from finerweb.settings import Settings


def main(lake: Lake, settings: Settings) -> None:
    """Write the report: one HTML page on what went in, what came out and how good it is."""
    page = reporting.render(findings.gather(lake, settings))
    lake.outputs[f"file:{reporting.write(page, settings.report.path)}"] = "there"


if __name__ == "__main__":
    job.main(main)
