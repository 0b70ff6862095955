"""The faces of ``talk`` and ``demo``: a screen, lines of JSON, a player. Each only reads events."""
