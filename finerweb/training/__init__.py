"""The models' lives, in MLflow: train, promote, score, evaluate."""
