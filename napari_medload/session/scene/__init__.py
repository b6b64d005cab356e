"""Samples drawn: a sample and the options become frozen layers on one display grid."""
