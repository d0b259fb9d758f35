"""The table: what must be chosen for each architecture, written down from its code and the literature.

Source: the Grad-CAM paper, section 3: the last convolutional layer. For VGG, MobileNet and MNASNet pytorch-grad-cam's
README names what stands behind it, the end of `features` or `layers`; the convolution is taken.
"""

from __future__ import annotations

from tests.oracles.architectures.convolutions import CONVOLUTIONS

TABLE = CONVOLUTIONS
