"""Words, sentences, languages and passages of texts in many scripts: nothing is lost, nothing is too long."""

from itertools import pairwise
from pathlib import Path

import pytest
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from finerweb import settings
from finerweb.encoders import pretrained
from finerweb.encoders.pretrained import Encoder
from finerweb.formats import marked
from finerweb.languages import Language
from finerweb.project import resource
from finerweb.tables.passages import Counter, Piece, bands, chunks, is_in
from finerweb.text import segment
from finerweb.text.spans import Span

LANGUAGES = settings.load_languages()

# locale -> text, its words, its sentences
TEXTS = {
    "th": (
        "กรุงเทพมหานครเป็นเมืองหลวง 👍🏽 ในปี 2568",
        ["กรุงเทพมหานคร", "เป็น", "เมือง", "หลวง", "ในปี", "2568"],
        ["กรุงเทพมหานครเป็นเมืองหลวง 👍🏽 ในปี 2568"],
    ),
    "zh": ("北京是中国的首都。上海很大！", ["北京", "是", "中国", "的", "首都", "上海", "很大"], ["北京是中国的首都。", "上海很大！"]),
    "ja": ("東京は日本の首都です。\n大阪も。", ["東京", "は", "日本", "の", "首都", "です", "大阪", "も"], ["東京は日本の首都です。\n", "大阪も。"]),
    "ar": ("القاهرة عاصمة مصر. كَتَبَ أحمد؟ نعم.", ["القاهرة", "عاصمة", "مصر", "كَتَبَ", "أحمد", "نعم"], ["القاهرة عاصمة مصر. ", "كَتَبَ أحمد؟ ", "نعم."]),
    "am": ("አዲስ አበባ ዋና ከተማ ናት። ሰላም።", ["አዲስ", "አበባ", "ዋና", "ከተማ", "ናት", "ሰላም"], ["አዲስ አበባ ዋና ከተማ ናት። ", "ሰላም።"]),
    "hi": ("दिल्ली राजधानी है। मुंबई।", ["दिल्ली", "राजधानी", "है", "मुंबई"], ["दिल्ली राजधानी है। ", "मुंबई।"]),
    "en": ("Dr. Smith met J. R. Doe.\r\n\r\nThey left.", ["Dr", "Smith", "met", "J", "R", "Doe", "They", "left"], ["Dr. Smith met J. R. Doe.\r\n\r\n", "They left."]),
    "fr": ("E\u0301te\u0301 👩🏽\u200d🚀🇫🇷. Fin", ["E\u0301te\u0301", "Fin"], ["E\u0301te\u0301 👩🏽\u200d🚀🇫🇷. ", "Fin"]),
}  # fmt: skip


def cut(text: str, spans: list[Span]) -> list[str]:
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize("locale", TEXTS)
def test_words_of_each_script(locale: str) -> None:
    text, words, _ = TEXTS[locale]
    assert cut(text, segment.words(text, locale)) == words


@pytest.mark.parametrize("locale", TEXTS)
def test_sentences_of_each_script(locale: str) -> None:
    text, _, sentences = TEXTS[locale]
    assert cut(text, segment.sentences(text, locale)) == sentences


def test_khmer_has_words_without_spaces() -> None:
    text = "ភ្នំពេញជារាជធានី។"
    assert cut(text, segment.words(text, "km")) == ["ភ្នំពេញ", "ជា", "រាជធានី"]


def test_khmer_sentences_end_with_a_khan() -> None:
    text = "ភ្នំពេញជារាជធានី។ វានៅទីនេះ។"
    assert cut(text, segment.sentences(text, "km")) == ["ភ្នំពេញជារាជធានី។ ", "វានៅទីនេះ។"]


def sample(code: str) -> list[marked.Document]:
    return list(marked.documents(resource("sample", f"{code}.txt").read_text(encoding="utf-8")))


SAMPLED = sorted(file.name[:3] for file in resource("sample").iterdir() if file.name.endswith(".txt"))

ODD = [
    "", " ", "\n\n", "\r\n", "  a.  b  ", "a\x00b. c", "a\u2028b.\u2029c", "👩🏽\u200d🚀🇫🇷", "e\u0301", "\u0301", "\ufeffa b", "...", "a.\r\n\r\n\r\nb",
]  # fmt: skip


@pytest.mark.parametrize("code", SAMPLED)
def test_pieces_and_sentences_tile_real_texts(code: str) -> None:
    for text in [document.text for document in sample(code)] + ODD:
        for spans in (segment.pieces(text, LANGUAGES[code].locale), segment.sentences(text, LANGUAGES[code].locale)):
            assert [0, *(span.end for span in spans)] == [*(span.start for span in spans), len(text)]
            assert all(span.start < span.end for span in spans)


@pytest.mark.parametrize("code", SAMPLED)
def test_names_of_real_texts_begin_and_end_with_words(code: str) -> None:
    """At least nine in ten: dictionaries do not know every name. Korean particles follow a name without a break."""
    if code == "kor":
        pytest.skip("see test_grounding: particles")
    kept = total = 0
    for document in sample(code):
        words = segment.words(document.text, LANGUAGES[code].locale)
        edges = {word.start for word in words} | {word.end for word in words}
        named = [
            entity
            for entity in document.entities
            if document.text[entity.start].isalnum() and document.text[entity.end - 1].isalnum()
        ]
        total += 2 * len(named)
        kept += sum((entity.start in edges) + (entity.end in edges) for entity in named)
    assert kept / total > 0.9


@pytest.mark.parametrize("code", SAMPLED)
def test_real_texts_are_in_their_language(code: str) -> None:
    rich = [document.text for document in sample(code) if document.kind == "rich"]
    assert rich
    assert all(is_in(LANGUAGES[code], segment.language(text)) for text in rich)


def test_white_space_belongs_to_the_sentence_before_it_or_to_the_first() -> None:
    text = " \n One 👍🏽 here. \n\n\t Two here.\r\n Three.  "
    assert cut(text, segment.sentences(text, "en")) == [" \n One 👍🏽 here. \n\n\t ", "Two here.\r\n ", "Three.  "]


@pytest.mark.parametrize("code", SAMPLED)
def test_no_sentence_of_a_real_text_but_the_first_begins_with_white_space(code: str) -> None:
    for text in [document.text.replace("\n", " \r\n\r\n ") for document in sample(code)]:
        sentences = segment.sentences(text, LANGUAGES[code].locale)
        assert not any(text[sentence.start].isspace() for sentence in sentences[1:])


def test_a_text_without_letters_has_no_language() -> None:
    assert [segment.language(text) for text in ("", " \n", "12:30 | 👍🏽", "---")] == [segment.Detected("und", 0.0)] * 4


ENGLISH, THAI, OROMO = LANGUAGES["eng"], LANGUAGES["tha"], LANGUAGES["gaz"]
VERDICTS: list[tuple[Language, str, float, bool]] = [
    (THAI, "th", 0.9, True),
    (THAI, "en", 0.9, False),
    (THAI, "en", 0.49, True),
    (THAI, "und", 0.0, True),
    (ENGLISH, "en", 0.9, True),
    (ENGLISH, "de", 0.9, False),
    (OROMO, "so", 0.9, True),
    (OROMO, "en", 0.9, False),
]


@pytest.mark.parametrize(("language", "code", "score", "verdict"), VERDICTS)
def test_a_passage_is_in_its_language_unless_another_is_sure(
    language: Language, code: str, score: float, verdict: bool
) -> None:
    assert is_in(language, segment.Detected(code, score)) is verdict


class Letters(Counter):
    """A counter that remembers how much it was given."""

    read = 0

    def ends(self, text: str) -> list[int]:
        self.read += len(text)
        return super().ends(text)


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Letters:
    """Every character is a subword."""
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    path = tmp_path_factory.mktemp("letters") / "tokenizer.json"
    tokenizer.save(str(path))
    return Letters(str(path))


@pytest.fixture(scope="module")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> Counter:
    """A real tokenizer, with special tokens."""
    folder = pretrained.fetch(Encoder("minilm"), tmp_path_factory.mktemp("work"))
    return Counter(str(pretrained.tokenizer_file(folder)))


# text, words, subwords -> passages with their words
CUTS = [
    ("", 9, 99, []),
    ("One two. Three four. Five.", 9, 99, [("One two. Three four. Five.", 5)]),
    ("One two. Three four. Five.", 4, 99, [("One two. Three four. ", 4), ("Five.", 1)]),
    ("One two. Three four. Five.", 3, 99, [("One two. ", 2), ("Three four. Five.", 3)]),
    ("One two. Three four. Five.", 9, 10, [("One two. ", 2), ("Three four", 2), (". Five.", 1)]),
    ("one two three four", 3, 99, [("one two three ", 3), ("four", 1)]),
    ("one two three four", 1, 99, [("one ", 1), ("two ", 1), ("three ", 1), ("four", 1)]),
    ("  one.\r\n\r\nTwo. \n ", 1, 99, [("  one.\r\n\r\n", 1), ("Two. \n ", 1)]),
    ("Abcdefghijklmnopqrst uv.", 9, 8, [("Abcdefgh", 1), ("ijklmnop", 0), ("qrst uv.", 1)]),
    ("👩🏽\u200d🚀 👩🏽\u200d🚀 👩🏽\u200d🚀", 9, 9, [("👩🏽\u200d🚀 ", 0), ("👩🏽\u200d🚀 👩🏽\u200d🚀", 0)]),
    ("Ame\u0301lie a e\u0301te\u0301.", 2, 99, [("Ame\u0301lie a ", 2), ("e\u0301te\u0301.", 1)]),
    ("...", 9, 8, [("...", 0)]),
    ("!!!!!!!!!!", 9, 8, [("!!!!!!!!", 0), ("!!", 0)]),
]


@pytest.mark.parametrize(("text", "max_words", "max_subwords", "wanted"), CUTS)
def test_passages_end_with_a_sentence_or_a_word(
    letters: Letters, text: str, max_words: int, max_subwords: int, wanted: list[tuple[str, int]]
) -> None:
    pieces = list(chunks(text, "en", letters, max_words=max_words, max_subwords=max_subwords))
    assert [(text[piece.span.start : piece.span.end], piece.words) for piece in pieces] == wanted
    assert all(piece.subwords == piece.span.end - piece.span.start for piece in pieces)


def check(text: str, pieces: list[Piece], locale: str, counter: Counter, max_words: int, max_subwords: int) -> None:
    assert [0, *(piece.span.end for piece in pieces)] == [*(piece.span.start for piece in pieces), len(text)]
    for piece in pieces:
        passage = text[piece.span.start : piece.span.end]
        assert len(counter.ends(passage)) == piece.subwords <= max_subwords
        assert piece.words <= max_words
    assert sum(piece.words for piece in pieces) == len(segment.words(text, locale))


@pytest.mark.parametrize("code", SAMPLED)
@pytest.mark.parametrize(("max_words", "max_subwords"), [(256, 512), (20, 512), (256, 24), (1, 8)])
def test_passages_of_real_texts_tile_them_within_their_budgets(
    minilm: Counter, code: str, max_words: int, max_subwords: int
) -> None:
    locale = LANGUAGES[code].locale
    for document in sample(code)[:4]:
        text = document.text.replace("\n", "\r\n") + "\r\n \t\n"
        pieces = list(chunks(text, locale, minilm, max_words=max_words, max_subwords=max_subwords))
        check(text, pieces, locale, minilm, max_words, max_subwords)
        if max_subwords > 8:  # a long word fits
            assert not any(text[piece.span.start].isspace() for piece in pieces[1:])


@pytest.mark.parametrize("code", SAMPLED)
def test_passages_are_as_long_as_they_can_be(minilm: Counter, code: str) -> None:
    """No passage could take the next sentence as well, and none cuts a sentence that fits by itself."""
    locale = LANGUAGES[code].locale
    for document in sample(code)[:4]:
        text = document.text
        sentences = segment.sentences(text, locale)
        words = segment.words(text, locale)
        pieces = list(chunks(text, locale, minilm, max_words=40, max_subwords=512))
        # ICU keeps "60.000" together, where sentencex may end a sentence.
        ends = {sentence.end for sentence in sentences} & {piece.end for piece in segment.pieces(text, locale)}
        for piece, _ in pairwise(pieces):
            if piece.span.end in ends:
                following = min(end for end in ends if end > piece.span.end)
                assert sum(piece.span.start <= word.start < following for word in words) > 40
            else:
                before = max((end for end in ends if end < piece.span.end), default=0)
                after = min(end for end in ends if end > piece.span.end)
                assert sum(before <= word.start < after for word in words) > 40


GIANTS = {
    "letters": "x" * 30_000,
    "hexadecimal": "0aF9" * 8_000,
    "thai": "ก" * 5_000,
    "signs": "= " * 5_000,
    "spaces": "a" + " " * 30_000 + "b",
    "marks": "\u0301" * 5_000,
}


@pytest.mark.parametrize("text", GIANTS.values(), ids=GIANTS)
def test_one_giant_word_is_cut(minilm: Counter, text: str) -> None:
    check(text, list(chunks(text, "th", minilm, max_words=256, max_subwords=512)), "th", minilm, 256, 512)


@pytest.mark.parametrize("text", ["x" * 20_000, "= " * 10_000], ids=["letters", "signs"])
def test_a_giant_word_is_read_a_few_times_over(letters: Letters, text: str) -> None:
    letters.read = 0
    list(chunks(text, "en", letters, max_words=256, max_subwords=512))
    assert letters.read < 20 * len(text)


def test_no_passage_begins_with_white_space_after_a_giant_word(letters: Letters) -> None:
    text = "Abcdefgh ij."
    pieces = list(chunks(text, "en", letters, max_words=9, max_subwords=8))
    assert not any(text[piece.span.start].isspace() for piece in pieces)


def test_near_duplicates_share_a_band() -> None:
    words = [
        "the",
        "ferry",
        "between",
        "cairo",
        "and",
        "aswan",
        "sails",
        "every",
        "day",
        "at",
        "nine",
        "and",
        "takes",
        "🚢",
        "two",
        "days",
        "and",
        "one",
        "night",
    ]
    text = " ".join(words * 3)
    same, near, other = bands(text, "en"), bands(text.upper() + "!", "en"), bands(" ".join(reversed(words)), "en")
    assert len(set(same)) == 14
    assert same == near
    assert not set(same) & set(other)
    assert bands("only four words here", "en") == []


def test_a_tokenizer_with_truncation_counts_everything(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=9)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert Counter(str(tmp_path / "tokenizer.json")).ends("a bc 👩🏽\u200d🚀 d") == [1, 4, 9, 11]
