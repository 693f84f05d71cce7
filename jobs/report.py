"""Write the report: one HTML page on what went in, what came out and how good it is."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.file import File
from finerweb.outside.model import Model
from finerweb.report import findings, page
from finerweb.settings import Settings
from finerweb.training import tracking


def main(lake: Lake, settings: Settings) -> None:
    """Write the report: one HTML page on what went in, what came out and how good it is."""
    registry = settings.tracking
    tracking.connect(registry.uri, registry.experiment)
    gathered = findings.gather(
        lake,
        name=settings.publish.name,
        dataset=settings.publish.path,
        languages=settings.languages,
        engines=[spec.fingerprint for spec in settings.models.values()],
        model=Model(registry.model, registry.alias),
        passages_per_language=settings.report.passages_per_language,
    )
    lake.log.wrote(File(page.write(page.render(gathered), settings.report.path)))


if __name__ == "__main__":
    job.main(main)
