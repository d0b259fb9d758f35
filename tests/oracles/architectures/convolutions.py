"""Networks whose last convolution with space is the right layer: everything passes through it, and it is no classifier.

The exporters fold the batch normalisation behind it into it, so the layer is the normalisation's output.
"""

from __future__ import annotations

from torch import nn

from tests.oracles.architectures.architecture import Architecture

LAST = "the last Conv, through which everything passes"
BEFORE_HEAD = "the last Conv with space, through which everything passes; the Conv of the head comes behind the pooling"


def small_classifier(network: nn.Module) -> None:
    """In place of 4096 x 25088 weights that say nothing about the layer, 64 of each."""
    linear = [i for i, module in enumerate(network.classifier) if isinstance(module, nn.Linear)]
    network.classifier[linear[0]] = nn.Linear(network.classifier[linear[0]].in_features, 64)
    network.classifier[linear[1]] = nn.Linear(64, 64)
    network.classifier[linear[2]] = nn.Linear(64, network.classifier[linear[2]].out_features)


def four_blocks(network: nn.Module) -> None:
    network.blocks = network.blocks[:4]


def reparametrise(network: nn.Module) -> None:
    from timm.utils.model import reparameterize_model

    reparameterize_model(network, inplace=True)


CONVOLUTIONS = (
    Architecture(
        "alexnet", "features.10", LAST, size=224, library="torchvision", change=small_classifier, is_traced=True
    ),
    Architecture("vgg11", "features.18", LAST, size=224, library="torchvision", change=small_classifier),
    Architecture(
        "vgg11",
        "features.18",
        "the last Conv that is no fully connected layer: those of the head are, as 7 x 7 and 1 x 1",
        size=224,
        options={"mlp_ratio": 0.02},
        label="vgg11-fully-convolutional",
        is_traced=True,
    ),
    Architecture("vgg11_bn", "features.26", LAST, size=224, library="torchvision", change=small_classifier),
    Architecture("mobilenet_v2", "features.18.1", LAST, library="torchvision", is_traced=True),
    Architecture("mobilenet_v3_small", "features.12.1", LAST, library="torchvision", is_traced=True),
    Architecture("mobilenetv3_small_050", ">blocks.-1.0.bn1.act", BEFORE_HEAD, is_traced=True),
    Architecture("mobilenetv4_conv_small_035", ">blocks.-1.0.bn1.act", BEFORE_HEAD, is_traced=True),
    Architecture("mobilenetv4_hybrid_medium", ">blocks.-1.0.bn1.act", f"{BEFORE_HEAD}, and behind the attention"),
    Architecture("mobilenetv1_100", ">blocks.-1.-1.bn2.act", LAST, is_quick=True),
    Architecture("efficientnet_b0", "features.8.1", LAST, library="torchvision", is_traced=True),
    Architecture("test_efficientnet", ">bn2.act", LAST, is_traced=True, is_quick=True),
    Architecture("tf_efficientnetv2_b0", ">bn2.act", LAST),
    Architecture("efficientnet_lite0", ">bn2.act", LAST),
    Architecture("mnasnet0_5", "layers.15", LAST, library="torchvision", is_traced=True),
    Architecture("mixnet_s", ">bn2.act", LAST),
    Architecture("tinynet_e", ">bn2.act", LAST, is_quick=True),
    Architecture("fbnetc_100", ">bn2.act", LAST),
    Architecture("lcnet_050", ">blocks.-1.-1.bn2.act", BEFORE_HEAD, is_quick=True),
    Architecture("rexnet_100", ">features.-1.bn.act", LAST, is_quick=True),
    Architecture("shufflenet_v2_x0_5", "conv5.1", LAST, library="torchvision", is_traced=True),
    Architecture("ghostnet_050", ">blocks.-1.0.bn1.act", BEFORE_HEAD, is_traced=True),
    Architecture("repghostnet_050", ">blocks.-1.0.bn1.act", BEFORE_HEAD),
    Architecture(
        "hgnetv2_b0",
        ">stages.-1.blocks.-1.aggregation.1.act",
        f"{BEFORE_HEAD}; the last block has no shortcut",
        is_traced=True,
    ),
    Architecture("legacy_xception", "bn4", LAST, size=96),
    Architecture("xception41", ">blocks.-1.stack.conv3.act_pw", f"{LAST}: the last block has no shortcut"),
    Architecture("inception_resnet_v2", ">conv2d_7b.bn.act", LAST, size=160),
    Architecture("hrnet_w18_small", "final_layer.1", f"{LAST}: all resolutions have met before it"),
    Architecture(
        "dla46_c",
        "level5.root.bn",
        "the last Conv, where the tree's branches meet; the classifier is a Conv behind the pooling",
        is_traced=True,
    ),
    Architecture("dla34", "level5.root.bn", "the last Conv with space, where the tree's branches meet", is_traced=True),
    Architecture("ese_vovnet19b_slim", ">stages.-1.blocks.-1.conv_concat.bn.act", f"{LAST}; its gate has no space"),
    Architecture("cs3darknet_s", ">stages.-1.conv_transition.bn.act", f"{LAST}, where the two parts of the stage meet"),
    Architecture("hardcorenas_a", ">blocks.-1.0.bn1.act", BEFORE_HEAD),
    Architecture("regnetz_b16", ">final_conv.bn.act", f"{LAST}, behind the blocks' sums"),
    Architecture("gernet_s", ">final_conv.bn.act", f"{LAST}, behind the blocks' sums"),
    Architecture("selecsls42", ">head.-1.2", LAST, size=128),
    Architecture(
        "convmixer_1024_20_ks9_p14",
        "blocks.-1.1",
        f"{LAST}; its normalisation stands behind an activation, not to be folded",
        size=70,
        change=four_blocks,
    ),
    Architecture("nfnet_l0", "final_conv", f"{LAST}; its weights are standardised on the way"),
    Architecture("dm_nfnet_f0", "final_conv", f"{LAST}; its weights are standardised on the way"),
    Architecture(
        "repvgg_a0",
        ">stages.-1.-1.act",
        f"{LAST}: reparametrised, the three branches of a block are one Conv",
        change=reparametrise,
        label="repvgg_a0-reparametrised",
    ),
    Architecture("mobilevit_xxs", ">final_conv.bn.act", f"{LAST}, behind the last attention"),
    Architecture("mobilevitv2_050", "stages.-1.-1.conv_proj", f"{LAST}, behind the last attention", is_traced=True),
    Architecture("efficientvit_b0", ">head.in_conv.act", f"{LAST}, behind the last attention"),
    Architecture(
        "tiny_vit_5m_224",
        "stages.-1.blocks.-1.local_conv.bn",
        f"{LAST}, behind the last attention: a block's perceptron has a shortcut, its Conv has none",
        size=224,
    ),
)
