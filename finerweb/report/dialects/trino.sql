-- The views of finerweb/report/views.py in trino's SQL. Made by `make docs`.

CREATE OR REPLACE VIEW ledger AS
SELECT
  run,
  MIN(answered) AS began,
  MAX(answered) AS ended,
  question,
  model,
  engine,
  language,
  COUNT(*) AS answers,
  COUNT(problem) AS problems,
  COUNT(CASE WHEN attempt > 1 THEN 1 END) AS repeated,
  SUM(tokens_in) AS tokens_in,
  SUM(tokens_out) AS tokens_out,
  SUM(usd) AS usd,
  SUM(seconds) AS seconds
FROM completions
GROUP BY
  run,
  question,
  model,
  engine,
  language;

CREATE OR REPLACE VIEW problems AS
SELECT
  question,
  model,
  engine,
  language,
  problem,
  COUNT(*) AS answers,
  MAX(attempt) AS attempts
FROM completions
WHERE
  NOT problem IS NULL
GROUP BY
  question,
  model,
  engine,
  language,
  problem;

CREATE OR REPLACE VIEW entity_types AS
SELECT
  language,
  coarse,
  COUNT(
    DISTINCT CASE
      WHEN passage_id IS NULL
      THEN NULL
      WHEN start IS NULL
      THEN NULL
      WHEN "end" IS NULL
      THEN NULL
      WHEN joined IS NULL
      THEN NULL
      ELSE (passage_id, start, "end", joined)
    END
  ) AS entities,
  COUNT(DISTINCT passage_id) AS passages,
  COUNT(DISTINCT mention) AS mentions
FROM (
  SELECT
    language,
    passage_id,
    start,
    "end",
    mention,
    label AS joined,
    part AS label
  FROM entities
  CROSS JOIN UNNEST(labels) AS _t0(part)
) AS parts
LEFT JOIN labels
  USING (label, language)
GROUP BY
  language,
  coarse;

CREATE OR REPLACE VIEW disagreements AS
SELECT
  language,
  passage_id,
  IF(
    source.label = other.label,
    'span',
    IF(source.start = other.start AND source."end" = other."end", 'label', 'both')
  ) AS reason,
  source.annotator,
  source.start,
  source."end",
  SUBSTR(text, source.start + 1, source."end" - source.start) AS mention,
  source.label,
  other.annotator AS other_annotator,
  other.start AS other_start,
  other."end" AS other_end,
  SUBSTR(text, other.start + 1, other."end" - other.start) AS other_mention,
  other.label AS other_label
FROM entities
CROSS JOIN UNNEST(sources) AS source(annotator, start, "end", label, tier)
CROSS JOIN UNNEST(sources) AS other(annotator, start, "end", label, tier)
WHERE
  source.annotator < other.annotator
  AND (
    source.start <> other.start
    OR source."end" <> other."end"
    OR source.label <> other.label
  )
UNION ALL
SELECT
  language,
  passage_id,
  other.problem,
  source.annotator,
  source.start,
  source."end",
  SUBSTR(text, source.start + 1, source."end" - source.start),
  source.label,
  other.annotator,
  other.start,
  other."end",
  SUBSTR(text, other.start + 1, other."end" - other.start),
  other.label
FROM entities
CROSS JOIN UNNEST(sources) AS source(annotator, start, "end", label, tier)
CROSS JOIN UNNEST(lost) AS other(annotator, start, "end", label, tier, problem)
WHERE
  source.annotator <> other.annotator;

CREATE OR REPLACE VIEW retention_by_reason AS
SELECT
  language,
  annotator,
  outcome,
  reason,
  mentions,
  CAST(mentions AS DOUBLE) / NULLIF(SUM(mentions) OVER (PARTITION BY language, annotator), 0) AS share
FROM (
  SELECT
    language,
    annotator,
    outcome,
    reason,
    COUNT(*) AS mentions
  FROM (
    SELECT DISTINCT
      language,
      annotator,
      request_id,
      position,
      IF(problem IS NULL, 'found', 'lost') AS outcome,
      COALESCE(problem, tier) AS reason
    FROM mentions
  ) AS named
  GROUP BY
    language,
    annotator,
    outcome,
    reason
) AS counted;

CREATE OR REPLACE VIEW frequent_mentions AS
SELECT
  language,
  ROW_NUMBER() OVER (PARTITION BY language ORDER BY entities DESC, mention NULLS FIRST) AS rank,
  mention,
  entities,
  passages,
  labels
FROM (
  SELECT
    language,
    mention,
    COUNT(*) AS entities,
    COUNT(DISTINCT passage_id) AS passages,
    ARRAY_SORT(ARRAY_AGG(DISTINCT label)) AS labels
  FROM entities
  GROUP BY
    language,
    mention
) AS counted;

CREATE OR REPLACE VIEW provenance AS
WITH claims AS (
  SELECT
    e.language,
    e.passage_id,
    e.start,
    e."end",
    e.mention,
    e.label,
    who.annotator,
    who.label AS said_label,
    who.start AS said_start,
    who."end" AS said_end,
    who.tier
  FROM entities AS e
  CROSS JOIN UNNEST(e.sources) AS who(annotator, start, "end", label, tier)
), said AS (
  SELECT DISTINCT
    passage_id,
    annotator,
    start,
    "end",
    label,
    request_id
  FROM mentions
  WHERE
    problem IS NULL
), answers AS (
  SELECT
    request_id,
    engine,
    prompt,
    run,
    answered,
    ROW_NUMBER() OVER (PARTITION BY request_id ORDER BY attempt DESC) AS nth
  FROM completions
)
SELECT
  c.language,
  c.passage_id,
  c.start,
  c."end",
  c.mention,
  c.label,
  c.annotator,
  c.said_label,
  c.said_start,
  c.said_end,
  c.tier,
  s.request_id,
  a.engine,
  a.prompt,
  a.run,
  a.answered,
  p.document_id,
  d.url,
  d.licence,
  d.source
FROM claims AS c
LEFT JOIN said AS s
  ON s.passage_id = c.passage_id
  AND s.annotator = c.annotator
  AND s.start = c.said_start
  AND s."end" = c.said_end
  AND s.label = c.said_label
LEFT JOIN answers AS a
  ON a.request_id = s.request_id AND a.nth = 1
LEFT JOIN passages AS p
  ON p.passage_id = c.passage_id
LEFT JOIN documents AS d
  ON d.document_id = p.document_id;

CREATE OR REPLACE VIEW cost_per_passage AS
WITH accepted AS (
  SELECT
    s.language,
    COUNT(DISTINCT s.passage_id) AS passages
  FROM selection AS s
  JOIN completions AS c
    ON c.subject_id = s.passage_id AND c.question = 'ner' AND c.problem IS NULL
  WHERE
    s.is_selected
  GROUP BY
    s.language
), spent AS (
  SELECT
    language,
    question,
    COUNT(*) AS answers,
    COUNT(*) - COUNT(usd) AS unpriced,
    SUM(usd) AS usd,
    SUM(tokens_in) AS tokens_in,
    SUM(tokens_out) AS tokens_out
  FROM completions
  GROUP BY
    language,
    question
)
SELECT
  language,
  question,
  COALESCE(passages, 0) AS passages,
  answers,
  unpriced,
  usd,
  tokens_in,
  tokens_out,
  IF(passages <> 0, CAST(usd AS DOUBLE) / passages, NULL) AS usd_per_passage,
  IF(passages <> 0, CAST((
    tokens_in + tokens_out
  ) AS DOUBLE) / passages, NULL) AS tokens_per_passage
FROM spent
LEFT JOIN accepted
  USING (language);

CREATE OR REPLACE VIEW tagged_entities AS
SELECT
  source,
  passage_id,
  language,
  student,
  entity.start,
  entity."end",
  entity.mention,
  entity.label,
  entity.score
FROM tags
CROSS JOIN UNNEST(entities) AS entity(start, "end", mention, label, score);

CREATE OR REPLACE VIEW benchmark_figures AS
SELECT
  experiment,
  benchmark,
  tagger,
  names,
  subset,
  language,
  script,
  label,
  texts,
  gold,
  predicted,
  correct,
  precision,
  recall,
  f1,
  low,
  high,
  auprc,
  threshold
FROM (
  SELECT
    *,
    FIRST_VALUE(run) OVER (PARTITION BY experiment, tagger, benchmark ORDER BY evaluated DESC, run DESC) AS newest
  FROM evaluations
) AS dated
WHERE
  run = newest AND measure = 'tagger';
