"""What programs that train read: one module or folder for each."""
