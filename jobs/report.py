"""Write the report: one HTML page on what went in, what came out and how good it is."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.file import File
from finerweb.report import findings, page
from finerweb.settings import Settings


def main(lake: Lake, settings: Settings) -> None:
    """Write the report: one HTML page on what went in, what came out and how good it is."""
    html = page.render(findings.gather(lake, settings))
    lake.log.wrote(File(page.write(html, settings.report.path)))


if __name__ == "__main__":
    job.main(main)
