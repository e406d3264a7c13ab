#!/bin/sh
# Lambda starts this with its interpreter and its own runtime client; ours takes the client's place.
exec "$1" "$LAMBDA_TASK_ROOT/streaming.py"
