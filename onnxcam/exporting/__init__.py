"""The explanation as part of the model: one file with the map as an output."""
