"""What labeling's templates need."""
