"""Bytes on disk to numbers and back: compressed, in several files, whole or not at all."""
