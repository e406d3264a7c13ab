"""AWS without AWS: a local cloud that the same templates are deployed to, and the search node behind it."""
