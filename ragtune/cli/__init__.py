"""The command line. `main` composes it; each other module is one room of it."""
