"""Write the report: one HTML page on what went in, what came out and how good it is."""

from finerweb import job
from finerweb.lake import Lake
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
        model_name=f"{registry.model}@{registry.alias}",
        model=findings.registered(lake, registry.model, registry.alias),
        passages_per_language=settings.report.passages_per_language,
    )
    lake.outputs[f"file:{page.write(page.render(gathered), settings.report.path)}"] = "there"


if __name__ == "__main__":
    job.main(main)
