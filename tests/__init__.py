"""The tests: rules (pure), stages (pictures), web (screens), journeys (a browser)."""
