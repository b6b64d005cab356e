"""Files shown alone: the layers that the reader makes, and what is written of layers."""
