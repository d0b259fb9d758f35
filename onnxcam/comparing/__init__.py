"""Two models on the same pictures: do they say the same, and look at the same places?

pair_maker = PairMaker(Settings("a.onnx"), Settings("b.onnx"))      one for each process
rows = pair_maker(records)                                          plain values in, plain values out
compare("a.onnx", "b.onnx", "pictures", "comparison")               a whole data set: streamed, resumable
"""

from onnxcam.comparing.comparer import Comparison, compare
from onnxcam.comparing.pairs import PairMaker

__all__ = ["Comparison", "PairMaker", "compare"]
