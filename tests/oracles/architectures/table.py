"""The table: what must be chosen for each architecture, written down from its code and the literature.

Source: the README of pytorch-grad-cam, which names ResNet's `layer4[-1]`, DenseNet's `features[-1]`, ViT's
`blocks[-1].norm1` and Swin's `layers[-1].blocks[-1].norm1`. For VGG, MobileNet and MNASNet it names what stands behind
the last convolution; of these the convolution is taken, as in the Grad-CAM paper (section 3).
"""

from __future__ import annotations

from tests.oracles.architectures.convolutions import CONVOLUTIONS
from tests.oracles.architectures.joins import JOINS
from tests.oracles.architectures.tokens import TOKENS

TABLE = (*CONVOLUTIONS, *JOINS, *TOKENS)
