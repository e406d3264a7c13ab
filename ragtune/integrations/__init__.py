"""Other frameworks' seams over ragtune's own; each needs its extra."""
