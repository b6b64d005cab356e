"""Views draw scenes and emit intents; they never load and never decide."""
