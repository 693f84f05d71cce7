"""SQL views over the tables: the questions that people ask, answered in one place.

A view is a query with the tables' names in braces; `Lake.define` puts in where they are. It carries no struct, and
names every column that has a namesake in an array, so that sqlglot can put it into other engines' SQL (dialects/).
"""

VIEWS = {
    # What was asked, of whom, and what it cost: by run, question, model, engine and language.
    "ledger": """
        SELECT run, min(answered) AS began, max(answered) AS ended, question, model, engine, language,
               count(*) AS answers, count(problem) AS problems, count(CASE WHEN attempt > 1 THEN 1 END) AS repeated,
               sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out, sum(usd) AS usd, sum(seconds) AS seconds
        FROM {completions}
        GROUP BY run, question, model, engine, language
    """,
    # Answers that could not be used: why, how many, and whether they were asked again.
    "problems": """
        SELECT question, model, engine, language, problem, count(*) AS answers, max(attempt) AS attempts
        FROM {completions}
        WHERE problem IS NOT NULL
        GROUP BY question, model, engine, language, problem
    """,
    # How many entities of each coarse class there are; one with labels of two classes counts in both.
    "entity_types": """
        SELECT language, coarse, count(DISTINCT passage_id, start, `end`, joined) AS entities,
               count(DISTINCT passage_id) AS passages, count(DISTINCT mention) AS mentions
        FROM (
            SELECT language, passage_id, start, `end`, mention, label AS joined, part AS label
            FROM {entities} LATERAL VIEW explode(labels) AS part
        ) AS parts LEFT JOIN {labels} USING (label, language)
        GROUP BY language, coarse
    """,
    # Two annotators who said different things of the same place, and what came of it. `reason` is what made the second
    # give way (shorter, other_type); or, where both were kept as one entity, in what they differ (label, span, both).
    "disagreements": """
        SELECT language, passage_id, if(
                   source.label = other.label, 'span',
                   if(source.start = other.start AND source.`end` = other.`end`, 'label', 'both')
               ) AS reason,
               source.annotator, source.start, source.`end`,
               substring(text, source.start + 1, source.`end` - source.start) AS mention, source.label,
               other.annotator AS other_annotator, other.start AS other_start, other.`end` AS other_end,
               substring(text, other.start + 1, other.`end` - other.start) AS other_mention, other.label AS other_label
        FROM {entities} LATERAL VIEW explode(sources) AS source LATERAL VIEW explode(sources) AS other
        WHERE source.annotator < other.annotator
          AND (source.start <> other.start OR source.`end` <> other.`end` OR source.label <> other.label)
        UNION ALL
        SELECT language, passage_id, other.problem,
               source.annotator, source.start, source.`end`,
               substring(text, source.start + 1, source.`end` - source.start), source.label,
               other.annotator, other.start, other.`end`,
               substring(text, other.start + 1, other.`end` - other.start), other.label
        FROM {entities} LATERAL VIEW explode(sources) AS source LATERAL VIEW explode(lost) AS other
        WHERE source.annotator <> other.annotator
    """,
    # Of the mentions that an annotator named, how many were found, by which tier, and how many were lost, and why.
    "retention_by_reason": """
        SELECT language, annotator, outcome, reason, mentions,
               mentions / sum(mentions) OVER (PARTITION BY language, annotator) AS share
        FROM (
            SELECT language, annotator, outcome, reason, count(*) AS mentions
            FROM (
                SELECT DISTINCT language, annotator, request_id, position,
                       if(problem IS NULL, 'found', 'lost') AS outcome, coalesce(problem, tier) AS reason
                FROM {mentions}
            ) AS named
            GROUP BY language, annotator, outcome, reason
        ) AS counted
    """,
    # The mentions of a language, the most frequent first: `rank` counts from 1 in each language.
    "frequent_mentions": """
        SELECT language, row_number() OVER (PARTITION BY language ORDER BY entities DESC, mention) AS rank,
               mention, entities, passages, labels
        FROM (
            SELECT language, mention, count(*) AS entities, count(DISTINCT passage_id) AS passages,
                   array_sort(collect_set(label)) AS labels
            FROM {entities}
            GROUP BY language, mention
        ) AS counted
    """,
    # Where a span is from: each annotator who said so, the answer in which, the model, prompt and run that gave the
    # answer, and the document that the passage is of.
    "provenance": """
        WITH claims AS (
            SELECT e.language, e.passage_id, e.start, e.`end`, e.mention, e.label, who.annotator,
                   who.label AS said_label, who.start AS said_start, who.`end` AS said_end, who.tier
            FROM {entities} AS e LATERAL VIEW explode(e.sources) AS who
        ), said AS (
            SELECT DISTINCT passage_id, annotator, start, `end`, label, request_id
            FROM {mentions}
            WHERE problem IS NULL
        ), answers AS (
            SELECT request_id, engine, prompt, run, answered,
                   row_number() OVER (PARTITION BY request_id ORDER BY attempt DESC) AS nth
            FROM {completions}
        )
        SELECT c.language, c.passage_id, c.start, c.`end`, c.mention, c.label,
               c.annotator, c.said_label, c.said_start, c.said_end, c.tier,
               s.request_id, a.engine, a.prompt, a.run, a.answered,
               p.document_id, d.url, d.licence, d.source
        FROM claims AS c
        LEFT JOIN said AS s
          ON s.passage_id = c.passage_id AND s.annotator = c.annotator AND s.start = c.said_start
             AND s.`end` = c.said_end AND s.label = c.said_label
        LEFT JOIN answers AS a ON a.request_id = s.request_id AND a.nth = 1
        LEFT JOIN {passages} AS p ON p.passage_id = c.passage_id
        LEFT JOIN {documents} AS d ON d.document_id = p.document_id
    """,
    # What each question has cost for each accepted passage: one that is selected and has a usable answer of an
    # annotator. Every answer counts, also those that were thrown away; `unpriced` ones are not in `usd`.
    "cost_per_passage": """
        WITH accepted AS (
            SELECT s.language, count(DISTINCT s.passage_id) AS passages
            FROM {selection} AS s
            JOIN {completions} AS c ON c.subject_id = s.passage_id AND c.question = 'ner' AND c.problem IS NULL
            WHERE s.is_selected
            GROUP BY s.language
        ), spent AS (
            SELECT language, question, count(*) AS answers, count(*) - count(usd) AS unpriced, sum(usd) AS usd,
                   sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out
            FROM {completions}
            GROUP BY language, question
        )
        SELECT language, question, coalesce(passages, 0) AS passages, answers, unpriced, usd, tokens_in, tokens_out,
               try_divide(usd, passages) AS usd_per_passage,
               try_divide(tokens_in + tokens_out, passages) AS tokens_per_passage
        FROM spent LEFT JOIN accepted USING (language)
    """,
    # The entities that students found in passages and in other tables.
    "tagged_entities": """
        SELECT source, passage_id, language, student, entity.start, entity.`end`, entity.mention, entity.label,
               entity.score
        FROM {tags} LATERAL VIEW explode(entities) AS entity
    """,
    # How good taggers are, each by its newest run on each benchmark. `*` stands for all languages, scripts or labels
    # together; `experiment` is null for what evaluate_student measured.
    "benchmark_figures": """
        SELECT experiment, benchmark, tagger, names, subset, language, script, label, texts, gold, predicted, correct,
               precision, recall, f1, low, high, auprc, threshold
        FROM (
            SELECT *, first_value(run) OVER (
                PARTITION BY experiment, tagger, benchmark ORDER BY evaluated DESC, run DESC
            ) AS newest
            FROM {evaluations}
        ) AS dated
        WHERE run = newest AND measure = 'tagger'
    """,
}
