"""The table: what must be chosen for each architecture, written down from its code and the literature.

`Source:` in this folder's tables is pytorch-grad-cam's README: ResNet `layer4[-1]`, ViT `blocks[-1].norm1`, Swin
`layers[-1].blocks[-1].norm1`, and for VGG, DenseNet, MobileNet and MNASNet the end of `features` or `layers`; of these
last the paper's own layer is taken, the last convolution, with the batch normalisation that exporters fold into it.
"""

from __future__ import annotations

from tests.oracles.architectures.convolutions import CONVOLUTIONS

TABLE = CONVOLUTIONS
