"""What goes wrong outside this code, and can be mended there: one tree of exceptions.

    FinerwebError
        BadSettings      a setting that is unknown, or has an impossible value
        UnknownName      no engine, question, metric or job of that name
        NotInstalled     Java, a package or a file of the project that is missing
        NotReached       a Spark Connect server that does not answer
        WrongTable       a table of another version, or none
        NotMade          a schema or volume that is not there, and may not be made
        BadInput         a file or record that cannot be read
            BadSource        a source of documents
            BadSheet         a sheet of a human audit
            BadVocabulary    a file of labels
            BadMark          a mark in a text with inline entities
            BadLine          a line of BIO
            BadTokens        tokens that are not those of their text
            BadBenchmark     a file of benchmark texts, or of rated ones
            Unreadable       a model's answer
        NoSuchDocument   a document that is to be taken down, and never was there
        EngineFailed     an engine that cannot answer anything
        BudgetSpent      nothing more may be asked
        SpoolFailed      answers cannot be kept, or somebody else asks
        BadModel         an encoder or a regression that cannot be used
            WrongModel       trained for other passages
            NoModel          not registered
            TooLarge         no memory for one passage
            Diverged         predictions that are no numbers
        TooFewRatings    nothing to learn from, to test on or to score
        TooFewExamples   nothing for a student to learn from
        RegistryFailed   a tracking server that does not answer
        NotPushed        a data set that did not go to a hub
        BadRelease       a published release that is gone, or lacks a file

Each becomes a message and an exit status. Whatever else is raised is a bug, and shows its stack.
"""


class FinerwebError(Exception):
    """Names the thing; says what was found, what was wanted and the way out, each where there is more to say.

    `FinerwebError("table runs", found="version 1", wanted="version 2", way_out="run finerweb migrate")` reads
    `table runs: found version 1, wanted version 2. Run finerweb migrate`.
    """

    def __init__(self, text: str, *, found: str = "", wanted: str = "", way_out: str = "") -> None:
        parts = [f"found {found}" if found else "", f"wanted {wanted}" if wanted else ""]
        middle = ", ".join(filter(None, parts))
        sentence = ": ".join(filter(None, [text, middle]))
        self.found, self.wanted, self.way_out = found, wanted, way_out
        super().__init__(f"{sentence}. {way_out[0].upper()}{way_out[1:]}" if way_out else sentence)


class BadSettings(FinerwebError):
    """A setting that is unknown or has an impossible value; the text names it and where it stands."""


class UnknownName(FinerwebError):
    """No engine, question, metric or job of that name; the text lists those that there are."""


class NotInstalled(FinerwebError):
    """Java, a package or a file of the project that is missing or too old."""


class NotReached(FinerwebError):
    """A Spark Connect server that does not answer; the text never has the token of its URL in it."""


class WrongTable(FinerwebError):
    """A table that another version of finerweb wrote, or that is no Delta table, or is not there yet."""


class NotMade(FinerwebError):
    """A schema or volume that is not there and that we may not make; the text has the statement that makes it."""


class BadInput(FinerwebError):
    """A file or record that cannot be read."""


class BadSource(BadInput):
    """A source of documents that cannot be read."""


class BadSheet(BadInput):
    """A file that cannot be read as a sheet of a human audit."""


class BadVocabulary(BadInput):
    """A file that is no vocabulary; the text names its line."""


class BadMark(BadInput):
    """A mark that cannot be read; `line` is where."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class BadLine(BadInput):
    """A line that is no BIO; `line` is which, from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line}: {text}")
        self.line = line


class BadTokens(BadInput):
    """Tokens that are not those of their text."""


class BadBenchmark(BadInput):
    """A file of benchmark texts or of rated ones, or a line of it."""


class Unreadable(BadInput):
    """An answer that cannot be read; the text says what was found and what was wanted."""


class NoSuchDocument(FinerwebError):
    """A document that is not there and never was."""


class EngineFailed(FinerwebError):
    """An engine that cannot answer anything: dead, unreachable, misconfigured. Names who was asked, what came back
    and the way out; never a key."""


class BudgetSpent(FinerwebError):
    """Nothing more can be asked within the budget; all answers until then are in the table."""


class SpoolFailed(FinerwebError):
    """A spool that cannot be written or read, or that another run holds."""


class BadModel(FinerwebError):
    """An encoder or a regression that cannot be used."""


class WrongModel(BadModel):
    """A model that was trained for other passages."""


class NoModel(BadModel):
    """A registered model or alias that is not there."""


class TooLarge(BadModel):
    """A single passage for which the memory is too small."""


class Diverged(BadModel):
    """Training that ended in a model whose predictions are no numbers."""


class TooFewExamples(FinerwebError):
    """Examples without an entity: nothing for a student to learn from, or to choose by."""


class TooFewRatings(FinerwebError):
    """Ratings or passages that are not enough to learn from, to test on or to score."""


class RegistryFailed(FinerwebError):
    """A tracking server or registry that does not answer, or does not let us read."""


class NotPushed(FinerwebError):
    """The data set or the student did not go to a hub; the text never has the token in it."""


class BadRelease(FinerwebError):
    """A published release that is gone, or lacks a file."""


def excerpt(text: str, length: int = 80) -> str:
    """The start of a text, on one line, for an error's text."""
    line = " ".join(text.split())
    return repr(line if len(line) <= length else line[: length - 1] + "…")
