"""Images for the eye: stills, films, plots, and the card in a notebook."""
