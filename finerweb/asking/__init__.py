"""A question, put to models, so that an answer is paid for once.

One word for each thing, in code, columns and settings:

    question    what a model can be asked: a file of finerweb/questions
    subject     what it is asked about: a passage, a passage with its entities, a label
    payload     what of a subject a request carries
    model       who is asked: a key of the setting `models`. What it does gives it another name in tables of what it
                said: a rater rates, an annotator annotates, a judge judges, a namer names
    engine      what answers for a model: a file of finerweb/engines, with settings (`Spec`)
    request     one question to one model's engine about one subject; `request_id` is a hash of these
    answer      what came back; `completions` has a row for every one that ever came
    attempt     how often a request was put by then; the last answer counts
    spool       where answers wait on their way to `completions`
"""
