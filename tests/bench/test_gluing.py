"""Tokenised sentences as the web writes them: what is joined, what is added, and that the spans move along."""

import random
from collections import Counter

import annotated
import counts
import endings
import gluing
import noise
import pytest
from annotated import Gold, Passage

from finerweb.text.spans import Span


class Seed(random.Random):
    """Draws a fixed number, and the first of any choice."""

    def __init__(self, number: float) -> None:
        super().__init__(0)
        self.number = number

    def random(self) -> float:
        return self.number

    def choice(self, options):
        return options[0]


PLAIN, CURLED_AND_ADDED = Seed(0.9), Seed(0.0)


def passage(marked: str) -> Passage:
    """`⟦Google⟧ 's`: the text without brackets, and what they enclose."""
    text, gold, starts = "", [], []
    for character in marked:
        if character == "⟦":
            starts.append(len(text))
        elif character == "⟧":
            gold.append(Gold(Span(starts.pop(), len(text)), "name"))
        else:
            text += character
    return Passage(text, gold)


def marked(passage: Passage) -> str:
    """The other way round."""
    opened = Counter(gold.span.start for gold in passage.gold)
    closed = Counter(gold.span.end for gold in passage.gold)
    pieces = ["⟧" * closed[index] + "⟦" * opened[index] + letter for index, letter in enumerate(passage.text + " ")]
    return "".join(pieces)[:-1]


@pytest.mark.parametrize(
    ("language", "tokens", "web"),
    [
        ("eng", "⟦Google⟧ 's ( ⟦GOOG⟧ ) offer , it said .", "⟦Google⟧'s (⟦GOOG⟧) offer, it said."),
        ("eng", "I ' ve seen ⟦Tim O 'Brien⟧ , you ca n't .", "I've seen ⟦Tim O'Brien⟧, you can't."),
        ("eng", 'He read " ⟦Dune , Part II⟧ " : twice', 'He read "⟦Dune, Part II⟧": twice'),
        ("eng", "the ⟦Stones⟧ ' song :) at 10 : 30 for 2 , 000", "the ⟦Stones⟧' song :) at 10:30 for 2,000"),
        ("eng", "@ ⟦ann⟧ in ⟦Lima⟧ / ⟦Cusco⟧ # 1", "@⟦ann⟧ in ⟦Lima⟧/⟦Cusco⟧ #1"),
        ("por", "a Ponte ⟦Cruzeiro de o Sul⟧ caiu em o ⟦Tietê⟧", "a Ponte ⟦Cruzeiro do Sul⟧ caiu no ⟦Tietê⟧"),
        ("por", "Em as ruas , por a ⟦Rua de os Pinheiros⟧", "Nas ruas, pela ⟦Rua dos Pinheiros⟧"),
        ("fra", "La carte de l' ⟦Italie⟧ .", "La carte de l'⟦Italie⟧."),
        ("ita", "Le lave dell' ⟦Etna⟧ e un' ⟦Alfa⟧", "Le lave dell'⟦Etna⟧ e un'⟦Alfa⟧"),
        ("tur", "Mao ⟦Pekin'i⟧ aldı .", "Mao ⟦Pekin⟧'i aldı."),
        ("fin", "Sitä sanoi ⟦EU:n⟧ mies .", "Sitä sanoi ⟦EU⟧:n mies."),
        ("hun", "⟦Kim Dae-jung⟧ és a ⟦NATO-nak⟧ .", "⟦Kim Dae-jung⟧ és a ⟦NATO⟧-nak."),
        ("hrv", "Vijeće ⟦UN-a⟧ , ⟦Jean-Claude⟧", "Vijeće ⟦UN⟧-a, ⟦Jean-Claude⟧"),
        ("kaz", "« ⟦Томирис⟧ » көрді 😀 .", "«⟦Томирис⟧» көрді 😀."),
        ("ben", "⟦ঢাকা⟧ গেছে ।", "⟦ঢাকা⟧ গেছে।"),
        ("cmn", "⟦沈阳⟧的雪。", "⟦沈阳⟧的雪。"),
    ],
)
def test_a_tokenised_sentence_is_written_as_its_language_is(language, tokens, web):
    assert marked(gluing.glued(passage(tokens), language, PLAIN)) == web


@pytest.mark.parametrize(
    ("language", "tokens", "web"),
    [
        ("eng", "⟦Lena Berg⟧ saw the ⟦Alps⟧ .", "⟦Lena Berg⟧’s saw the ⟦Alps⟧’s."),
        ("eng", "⟦⟦Lena⟧ Berg⟧ saw a ⟦dog⟧ .", "⟦⟦Lena⟧ Berg⟧’s saw a ⟦dog⟧."),
        ("tur", "⟦İzmir⟧ ve ⟦Ankara⟧ .", "⟦İzmir⟧’de ve ⟦Ankara⟧’da."),
        ("fin", "⟦EU⟧ ja ⟦Salo⟧", "⟦EU⟧:n ja ⟦Salo⟧"),
        ("deu", "„ ⟦Marx⟧ “ und ⟦Bonn⟧", "„⟦Marx⟧“ und ⟦Bonn⟧’s"),
        ("nob", "⟦Marius⟧ bok", "⟦Marius⟧’ bok"),
        ("fra", "⟦Émile⟧ voit ⟦Lyon⟧ .", "l’⟦Émile⟧ voit ⟦Lyon⟧."),
        ("cat", "⟦Universitat d'Alacant⟧ i ⟦⟦Olot⟧ Nord⟧", "l’⟦Universitat d’Alacant⟧ i l’⟦⟦Olot⟧ Nord⟧"),
        ("rus", "⟦Омск⟧ .", "⟦Омск⟧."),
    ],
)
def test_names_get_what_their_language_sets_off(language, tokens, web):
    assert marked(gluing.glued(passage(tokens), language, CURLED_AND_ADDED)) == web


def test_every_span_of_the_sets_is_moved_with_its_text(shared):
    """A mention changes by the edits inside it alone: without marks and spaces it is what it was, or lost its ending."""

    def letters(text: str) -> str:
        return "".join(character for character in text if character.isalnum())

    drawn = random.Random(0)
    for file in annotated.files([shared / "data" / "ner" / "dev"]):
        part = annotated.read(file, 150)
        for text in part.passages:
            names = {letters(text.mention(gold)) for gold in text.gold}
            glued = gluing.glued(text, part.language, drawn)
            for gold in glued.gold:
                mention = glued.mention(gold)
                assert mention == mention.strip()
                assert part.language == "por" or any(name.startswith(letters(mention)) for name in names)


def test_a_name_at_a_sign():
    text = "Google's NATO-nak EU:n Marius’ l’Italie 10:30 Omsk."
    names = ["Google", "NATO", "EU", "Marius", "Italie", "10", "Omsk"]
    places = {name: Span(text.index(name), text.index(name) + len(name)) for name in names}
    assert [name for name, span in places.items() if endings.at_sign(text, span)] == names[:5]


def test_grouped_answers_name_each_once_and_count_where_any_place_is_right():
    text = Passage(
        "Oslo, Ann, Oslo",
        [Gold(Span(0, 4), "city"), Gold(Span(6, 9), "person"), Gold(Span(11, 15), "city")],
    )
    mentions = noise.grouped(text)
    assert [(mention.mention, mention.label) for mention in mentions] == [("Oslo", "city"), ("Ann", "person")]
    answers = [counts.Answer(text, mentions, frozenset([Span(6, 9)]))]

    def last(*_):
        return [(Span(11, 15), "city", "exact"), (Span(0, 4), "city", "exact"), (Span(5, 9), "person", "fuzzy")]

    overall, at_signs, tiers = counts.count(answers, "en", last)
    assert overall == counts.Counts(right=1, given=2, wanted=2)
    assert at_signs == counts.Counts(right=0, given=0, wanted=1)
    assert tiers == {"exact": counts.Counts(1, 1), "fuzzy": counts.Counts(0, 1)}


def test_a_name_at_its_other_place_is_counted_apart():
    text = Passage("Oslo and Oslo and Bergen", [Gold(Span(9, 13), "city"), Gold(Span(18, 24), "city")])
    answers = [counts.Answer(text, noise.clean(text))]

    def first(*_):
        return [(Span(0, 4), "city", "exact"), (Span(5, 8), "city", "exact")]

    overall, _, _ = counts.count(answers, "en", first)
    assert overall == counts.Counts(right=0, given=2, wanted=2, elsewhere=1)
    assert (overall.f1, overall.names_f1) == (0, 0.5)
