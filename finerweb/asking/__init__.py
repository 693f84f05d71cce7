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
    queue       what is to be asked, in parts: a task puts the requests of one part
    spool       the folder where queue and answers are, until the answers are in `completions`
    segment     a file with answers, of one task
    holder      the run that may ask a question now; its token is a number that grows from holder to holder
    sign        a file by which a holder or a task shows that it lives
"""
