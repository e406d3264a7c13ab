"""What stands behind the ports; only `ragtune.wiring` imports it, and lazily."""
