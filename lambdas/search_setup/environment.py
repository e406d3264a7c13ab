"""What the stack tells this function: SETTINGS, JSON of the deployment's file with the domain's address."""

import json
import os

from ragtune.settings import Settings, settings_of


def settings() -> Settings:
    """From the function's variables. Raises SettingsError that names the value."""
    return settings_of(json.loads(os.environ["SETTINGS"]), "SETTINGS")
