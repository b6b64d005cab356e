"""HDF5 datasets, and MedSegPy's slices, which are HDF5 files of their own."""
