"""Who may be shown where, and until when. Knows nothing of pixels."""
