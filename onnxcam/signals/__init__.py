"""Sounds and volumes from files, and their fit into what a model takes; numpy out, nothing here knows of models.

sound = read_wav(path)                  int16 (channels, T), and the sample rate
cuts  = windows(samples, length)        (N, channels, length): one behind the other, the last filled with zeros
volume = read_volume(path)              (channels, X, Y, Z), and where its axes point
centred(voxels, size)                   the middle, or the whole with zeros around
"""

from onnxcam.signals.fitting import centred, mixed, resampled, windows
from onnxcam.signals.nifti import Volume, read_volume
from onnxcam.signals.wav import Sound, read_wav

__all__ = ["Sound", "Volume", "centred", "mixed", "read_volume", "read_wav", "resampled", "windows"]
