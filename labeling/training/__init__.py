"""From a dataset to a release's artifacts: scikit-learn and torch, never in a web process."""
