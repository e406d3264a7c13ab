"""A stand-in for SageMaker that really runs the project's jobs and models, each by its own role.

    pipeline execution → training jobs: `python -m training.start`, SageMaker's folders, S3 by the job's role
    model package      → approved or rejected; each change is an event
    endpoint           → `inference.server` on weights that the model's role fetched; asked by signed requests

No container: image, instance, VPC and network isolation are read and kept, not enforced (docs/rehearsal.md).
"""
