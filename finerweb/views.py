"""SQL views over the tables: the questions that people ask, answered in one place.

A view is a query with the tables' names in braces; `Lake.define` puts in where they are.
"""

VIEWS = {
    # What was asked, of whom, and what it cost: by run, question, annotator, engine and language.
    "ledger": """
        SELECT run, min(answered) AS began, max(answered) AS ended, question, annotator, engine, language,
               count(*) AS answers, count(problem) AS problems, count_if(attempt > 1) AS repeated,
               sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out, sum(usd) AS usd, sum(seconds) AS seconds
        FROM {completions}
        GROUP BY run, question, annotator, engine, language
    """,
    # Answers that could not be used: why, how many, and whether they were asked again.
    "problems": """
        SELECT question, annotator, engine, language, problem, count(*) AS answers, max(attempt) AS attempts
        FROM {completions}
        WHERE problem IS NOT NULL
        GROUP BY question, annotator, engine, language, problem
    """,
}
