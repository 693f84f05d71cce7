"""SQL views over the tables: the questions that people ask, answered in one place.

A view is a query with the tables' names in braces; `Lake.define` puts in where they are.
"""

VIEWS = {
    # What was asked, of whom, and what it cost: by run, question, model, engine and language.
    "ledger": """
        SELECT run, min(answered) AS began, max(answered) AS ended, question, model, engine, language,
               count(*) AS answers, count(problem) AS problems, count_if(attempt > 1) AS repeated,
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
            SELECT language, passage_id, start, `end`, mention, label AS joined, explode(labels) AS label
            FROM {entities}
        ) LEFT JOIN {labels} USING (label, language)
        GROUP BY language, coarse
    """,
    # Two annotators who said different things of the same place, and what came of it. `reason` is what made the second
    # give way (shorter, other_type); or, where both were kept as one entity, in what they differ (label, span, both).
    "disagreements": """
        WITH pairs AS (
            SELECT language, passage_id, text, source, other, if(
                       source.label = other.label, 'span',
                       if(source.start = other.start AND source.`end` = other.`end`, 'label', 'both')
                   ) AS reason
            FROM {entities} LATERAL VIEW explode(sources) AS source LATERAL VIEW explode(sources) AS other
            WHERE source.annotator < other.annotator
              AND (source.start, source.`end`, source.label) <> (other.start, other.`end`, other.label)
            UNION ALL
            SELECT language, passage_id, text, source, struct(
                       other.annotator, other.start, other.`end`, other.label, other.tier
                   ) AS other, other.problem
            FROM {entities} LATERAL VIEW explode(sources) AS source LATERAL VIEW explode(lost) AS other
            WHERE source.annotator <> other.annotator
        )
        SELECT language, passage_id, reason,
               source.annotator, source.start, source.`end`,
               substring(text, source.start + 1, source.`end` - source.start) AS mention, source.label,
               other.annotator AS other_annotator, other.start AS other_start, other.`end` AS other_end,
               substring(text, other.start + 1, other.`end` - other.start) AS other_mention, other.label AS other_label
        FROM pairs
    """,
    # Of the mentions that an annotator named, how many were found, by which tier, and how many were lost, and why.
    "retention_by_reason": """
        SELECT language, annotator, if(problem IS NULL, 'found', 'lost') AS outcome, coalesce(problem, tier) AS reason,
               count(DISTINCT request_id, position) AS mentions,
               count(DISTINCT request_id, position)
                   / sum(count(DISTINCT request_id, position)) OVER (PARTITION BY language, annotator) AS share
        FROM {mentions}
        GROUP BY language, annotator, outcome, reason
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
        )
    """,
    # Where a span is from: each annotator who said so, the answer in which, the model, prompt and run that gave the
    # answer, and the document that the passage is of.
    "provenance": """
        WITH last AS (
            SELECT request_id, max_by(struct(engine, prompt, run, answered), attempt) AS answer
            FROM {completions}
            GROUP BY request_id
        ), said AS (
            SELECT DISTINCT passage_id, annotator, start, `end`, label, request_id
            FROM {mentions}
            WHERE problem IS NULL
        )
        SELECT e.language, e.passage_id, e.start, e.`end`, e.mention, e.label,
               who.annotator, who.label AS said_label, who.start AS said_start, who.`end` AS said_end, who.tier,
               s.request_id, a.answer.engine, a.answer.prompt, a.answer.run, a.answer.answered,
               p.document_id, d.url, d.licence, d.source
        FROM (SELECT *, explode(sources) AS who FROM {entities}) AS e
        LEFT JOIN said AS s
          ON s.passage_id = e.passage_id AND s.annotator = who.annotator AND s.start = who.start
             AND s.`end` = who.`end` AND s.label = who.label
        LEFT JOIN last AS a ON a.request_id = s.request_id
        LEFT JOIN {passages} AS p ON p.passage_id = e.passage_id
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
            SELECT language, question, count(*) AS answers, count_if(usd IS NULL) AS unpriced, sum(usd) AS usd,
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
        FROM (SELECT *, explode(entities) AS entity FROM {tags})
    """,
    # How good taggers are, each by its newest run on each benchmark. `*` stands for all languages, scripts or labels
    # together; `experiment` is null for what evaluate_student measured.
    "benchmark_figures": """
        SELECT experiment, benchmark, tagger, names, subset, language, script, label, texts, gold, predicted, correct,
               precision, recall, f1, low, high, auprc, threshold
        FROM (
            SELECT *, max(struct(evaluated, run)) OVER (PARTITION BY experiment, tagger, benchmark) AS last
            FROM {evaluations}
        )
        WHERE run = last.run AND measure = 'tagger'
    """,
}
