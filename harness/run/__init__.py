"""What the steps of the pipeline do; the story itself is `harness.pipeline`."""
