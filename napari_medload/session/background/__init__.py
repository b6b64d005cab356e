"""What goes on in other threads: reading, preparing, scanning, checking, trying."""
