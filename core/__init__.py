"""What both wings (consent, media) stand on and what knows neither."""
