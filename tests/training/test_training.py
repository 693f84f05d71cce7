"""Training, promoting and comparing, with a real registry: challengers, champions, and what MLflow keeps of them."""

import gzip
import json
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from typer.testing import CliRunner

from finerweb import __main__ as cli
from finerweb import settings
from finerweb.errors import BadBenchmark, NoModel, RegistryFailed, TooFewRatings
from finerweb.scorer.scorer import Scorer
from finerweb.settings import Settings
from finerweb.training import evaluating, fitting, promoting, tracking

FACTS = {"schema_passages": "abcd1234", "version_ratings": "7", "rater_engine": "lexicon-1", "prompt": "p1"}


@pytest.fixture(scope="module")
def chosen(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two seeds, two targets, on a tiny encoder."""
    work = tmp_path_factory.mktemp("training")
    train = f"train={{encoder: {{source: folder, name: {tiny_encoder}}}, seeds: [0, 1], targets: [binary, four_class]}}"
    more = ["train.epochs=6", "train.patience=6", "train.batch_size=4", "train.learning_rate=0.01", "train.calibrate=2"]
    return settings.load("conf/test.yml", [f"work={work}", train, *more, "train.frozen_layers=null"])


def rated(start: int = 0, *, is_upside_down: bool = False) -> pd.DataFrame:
    """Passages in two languages: rich ones are useful, or else poor ones."""
    rows = []
    for code in ("eng", "tha"):
        for number in range(start, start + 40):
            rating = 1 + number % 4
            is_rich = (rating >= 3) != is_upside_down
            split = "train" if number % 40 < 24 else "validation" if number % 40 < 32 else "test"
            rows.append((f"{code}{number}#0", code, "rich 👍🏽 x" if is_rich else "poor y", rating, split))
    return pd.DataFrame(rows, columns=["passage_id", "language", "text", "rating", "split"])


def train(chosen: Settings, rows: pd.DataFrame) -> fitting.Learned:
    registry = chosen.tracking
    tracking.connect(registry.uri, registry.experiment)
    return fitting.train(
        rows,
        chosen.train.recipe,
        model=registry.model,
        alias=registry.challenger,
        work=chosen.work,
        max_subwords=6,
        facts=FACTS,
    )


def promote(
    chosen: Settings, rows: pd.DataFrame, *, when: promoting.When = "better", margin: float = 0.0
) -> promoting.Promoted:
    return promoting.promote(
        rows[rows["split"] == "test"],
        model=chosen.tracking.model,
        challenger=chosen.tracking.challenger,
        champion=chosen.tracking.alias,
        when=when,
        margin=margin,
        threshold=chosen.select.threshold,
    )


def evaluate(chosen: Settings, file: Path) -> evaluating.Evaluated:
    return evaluating.evaluate(
        file,
        model=chosen.tracking.model,
        alias=chosen.tracking.alias,
        threshold="target",
        languages=chosen.languages,
    )


@pytest.fixture(scope="module")
def first(chosen: Settings) -> fitting.Learned:
    return train(chosen, rated())


def test_the_best_of_the_seeds_is_a_challenger_and_nobody_is_champion_yet(
    chosen: Settings, first: fitting.Learned
) -> None:
    assert first.version == "1"
    assert first.summary == "macro F1 1.00 on 16 test passages · challenger is version 1"
    assert tracking.current(chosen.tracking.model, "challenger") == "1"
    with pytest.raises(NoModel, match="^no model finerweb-scorer@champion in sqlite:.*promote_scorer first"):
        tracking.require(chosen.tracking.model, "champion")


def test_mlflow_keeps_what_went_in_and_what_came_out(chosen: Settings, first: fitting.Learned) -> None:
    model = tracking.describe(chosen.tracking.model, "challenger")
    assert (
        model.params.items()
        >= {
            **FACTS,
            "seeds": "[0, 1]",
            "targets": "['binary', 'four_class']",
            "rows_train": "48",
            "rows_test": "16",
            "useful_train": "0.5",
            "rated_1": "20",
            "max_subwords": "6",
        }.items()
    )
    assert model.metrics["test_macro_f1"] == model.metrics["test_mean_auc"] == 1
    assert model.metrics["seeds_std_macro_f1"] >= 0
    assert {"test_spearman", "test_calibration_error", "truncated", "eval_loss", "loss"} <= set(model.metrics)
    client = mlflow.MlflowClient()
    parent = client.get_model_version(chosen.tracking.model, "1").run_id
    files = {file.path for file in client.list_artifacts(parent)}
    assert {"calibration.png", "confusion_matrix.png", "quality.json", "rows.json"} <= files
    (experiment,) = client.search_experiments(filter_string="name = 'finerweb'")
    children = client.search_runs([experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent}'")
    assert sorted(run.data.params["seed"] for run in children) == ["0", "1"]
    table = tracking.table(chosen.tracking.model, "1", fitting.QUALITY)
    assert table["language"].tolist() == ["*", "mean", "eng", "tha"]
    assert table["calibrated_useful_f1"].tolist() == [1, 1, 1, 1]
    rows = tracking.table(chosen.tracking.model, "1", fitting.ROWS)
    assert sorted(rows["passage_id"]) == sorted(rated()["passage_id"])


def test_the_model_has_a_signature_and_an_example_and_a_card(chosen: Settings, first: fitting.Learned) -> None:
    model = mlflow.pyfunc.load_model(f"models:/{chosen.tracking.model}/1")
    assert model.metadata.signature.inputs.input_names() == ["text"]
    assert model.metadata.signature.outputs.input_names() == ["binary", "four_class"]
    assert model.input_example["text"].tolist() == ["poor y"]
    scores = model.predict(pd.DataFrame({"text": ["rich 👍🏽 x", "poor y"]}))
    assert (scores["binary"] > 0.5).tolist() == [True, False]
    assert (scores["four_class"] > 2.5).tolist() == [True, False]
    card = tracking.card(chosen.tracking.model, "1")
    assert card == Scorer(tracking.download(chosen.tracking.model, "1"), tokens_per_batch=None).card
    assert (card.targets, card.passages, set(card.thresholds)) == (
        ("binary", "four_class"),
        "abcd1234",
        {"*", "eng", "tha"},
    )


def test_a_challenger_becomes_champion_where_there_is_none_or_where_it_is_better(
    chosen: Settings, first: fitting.Learned
) -> None:
    assert promote(chosen, rated()) == ("1", "1", "champion is version 1: there was none")
    assert promote(chosen, rated()) == ("1", "1", "champion is version 1: as before")
    # A challenger that learned the opposite is worse on passages rated as before, and better on passages like its own.
    assert train(chosen, rated(100, is_upside_down=True)).version == "2"
    worse = promote(chosen, rated(200))
    assert (worse.challenger, worse.champion) == ("2", "1")
    assert worse.why == (
        "version 2 has macro F1 0.00, version 1 1.00 on 16 test passages new to both "
        "(difference -1.00, 95 % -1.00 to -1.00) · champion is version 1"
    )
    turned = rated(300, is_upside_down=True)
    assert promote(chosen, turned, when="never").champion == "1"
    assert promote(chosen, turned, margin=1.0).champion == "1"
    few = pd.concat([rated(200).head(44), turned.head(56)])
    by_chance = promote(chosen, few)
    assert by_chance.champion == "1", by_chance
    assert "(difference +0.20, 95 % -0.22 to +0.61)" in by_chance.why
    assert promote(chosen, turned).champion == "2"
    assert tracking.current(chosen.tracking.model, "champion") == "2"
    tracking.promote(chosen.tracking.model, "1", "champion")
    assert promote(chosen, rated(200), when="always").champion == "2"
    tracking.promote(chosen.tracking.model, "1", "champion")


def test_passages_that_one_of_them_was_trained_on_are_no_test(chosen: Settings, first: fitting.Learned) -> None:
    learned = rated().assign(split=lambda rows: rows["split"].replace({"train": "test", "test": "train"}))
    assert promote(chosen, learned).why == "no test passage is new to versions 2 and 1 · champion is version 1"


def test_a_file_of_ratings_gives_the_table_of_training(
    chosen: Settings, first: fitting.Learned, tmp_path: Path
) -> None:
    test = rated().query("split == 'test'")
    lines = [json.dumps(record) for record in test[["text", "language", "rating"]].to_dict("records")]
    bad = ["{", "[1]", '{"text": " ", "language": "eng", "rating": 1}', '{"text": "x", "language": "xx", "rating": 1}']
    bad += ['{"text": "x", "language": "eng", "rating": 5}', '{"text": "x", "language": "eng", "rating": true}']
    file = tmp_path / "rated.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join([*lines, "", *bad]).encode()))
    evaluated = evaluate(chosen, file)
    assert evaluated.model == "finerweb-scorer/1"
    trained = tracking.table(chosen.tracking.model, "1", fitting.QUALITY)
    pd.testing.assert_frame_equal(evaluated.table, trained[list(evaluated.table.columns)], check_dtype=False, atol=1e-6)
    wanted = '; wanted {"text": ..., "language": a language of languages.yml, "rating": 1, 2, 3 or 4}'
    assert [line.removesuffix(wanted) for line in evaluated.refused] == [
        "line 18: not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))",
        "line 19: found a list",
        "line 20: found no text",
        "line 21: found language 'xx'",
        "line 22: found rating 5",
        "line 23: found rating True",
    ]


def test_a_file_without_a_rating_is_an_error(chosen: Settings, tmp_path: Path) -> None:
    file = tmp_path / "none.jsonl"
    file.write_text('{"text": "x"}\n')
    with pytest.raises(
        BadBenchmark, match=r"found no rated text in 1 lines, the first for: line 1: found language None"
    ):
        evaluate(chosen, file)


def test_languages_are_read_as_sources_write_them(chosen: Settings, tmp_path: Path) -> None:
    tags = {
        **{"eng": "eng", "en": "eng", "EN": "eng", "en_US": "eng", "eng_Latn": "eng", "English": "eng"},
        **{
            "zho_Hans": "cmn",
            "zh-TW": "cmn",
            "zh": "cmn",
            "pt-BR": "por",
            "sr-Latn": "srp",
            "sr_RS.UTF-8@latin": "srp",
        },
    }
    file = tmp_path / "tagged.jsonl"
    file.write_text(
        "".join(f'{{"text": "x", "language": "{tag}", "rating": 1}}\n' for tag in [*tags, "xx-US", "", "-"])
    )
    rows, refused = evaluating.read(file, chosen.languages)
    assert dict(zip(tags, rows["language"], strict=True)) == tags
    assert [line.partition(";")[0] for line in refused] == [
        "line 13: found language 'xx-US'",
        "line 14: found language ''",
        "line 15: found language '-'",
    ]


def test_the_command_prints_the_table(chosen: Settings, first: fitting.Learned, tmp_path: Path) -> None:
    file = tmp_path / "rated.jsonl"
    rated().query("split == 'test'").to_json(file, orient="records", lines=True, force_ascii=False)
    result = CliRunner().invoke(
        cli.app, ["evaluate_scorer", str(file), "--conf", "conf/test.yml", "--set", f"work={chosen.work}", "--json"]
    )
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout.splitlines()[-1])
    assert printed["model"] == "finerweb-scorer/1"
    assert [(row["language"], row["rows"], row["macro_f1"]) for row in printed["table"]] == [
        ("*", 16, 1.0),
        ("mean", 16, 1.0),
        ("eng", 8, 1.0),
        ("tha", 8, 1.0),
    ]


def test_passages_of_a_document_that_one_of_them_was_trained_on_are_no_test(
    chosen: Settings, first: fitting.Learned
) -> None:
    cut_anew = rated().assign(passage_id=lambda rows: rows["passage_id"].str.replace("#0", "#7"), split="test")
    unseen = promoting._unseen(cut_anew, chosen.tracking.model, ["1"])
    assert sorted(unseen["passage_id"].str.replace("#7", "#0")) == sorted(
        rated().query("split == 'test'")["passage_id"]
    )


def test_a_registry_that_does_not_answer_is_not_taken_for_an_empty_one(
    first: fitting.Learned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = mlflow.get_registry_uri()
    mlflow.set_registry_uri("http://127.0.0.1:9")
    try:
        with pytest.raises(RegistryFailed, match="^registry http://127.0.0.1:9: asked for m@champion, found "):
            tracking.current("m", "champion")
    finally:
        mlflow.set_registry_uri(before)


def test_without_a_test_passage_nothing_is_trained(chosen: Settings) -> None:
    with pytest.raises(TooFewRatings, match="^table ratings, split test: found 0 ratings, wanted some"):
        train(chosen, rated().query("split != 'test'"))


def test_a_list_of_languages_is_not_longer_than_a_line() -> None:
    assert fitting.listed(["a", "b"]) == "a, b"
    assert fitting.listed(list("abcdefghijk")) == "a, b, c, d, e, f, g, h and 3 more"


def test_languages_without_a_rating_are_named() -> None:
    assert fitting.unrated(["tha", "khm", "eng", "amh"], rated()) == (
        "no rating in amh, khm: scored by what was learned from the others"
    )
    assert fitting.unrated(["eng", "tha"], rated()) == ""
