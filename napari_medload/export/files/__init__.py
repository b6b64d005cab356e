"""The files of the samples that are exported: names, whether they are there, what they hold."""
