"""Planes of a scene as plain arrays and pictures, for views that have no canvas of their own."""
