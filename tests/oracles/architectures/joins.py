"""Networks whose last convolution is one branch of several: the layer is where the branches have met."""

from __future__ import annotations

from tests.oracles.architectures.architecture import Architecture, channels_last, tokens

README = "pytorch-grad-cam's README names layer4[-1]"
SUM = "the last block's sum after ReLU: the last Conv is one branch of it"
BARE_SUM = (
    "the last block's sum: the last product of channels is one branch of it, and a norm follows behind the pooling"
)
NORM = "the last norm before the pooling: everything passes through it, and the block before it is a sum"
SLICED = "the last block's sum: attention reads some of the channels only"
CONCAT = "the last Concat: the last Conv is one branch of it"
BARE = {"init_weights": False, "aux_logits": False}

JOINS = (
    Architecture("resnet18", "layer4.-1", f"{SUM}; {README}", library="torchvision", is_traced=True),
    Architecture("resnet50", "layer4.-1", f"{SUM}; {README}", library="torchvision"),
    Architecture("resnet10t", "layer4.-1", f"{SUM}; {README}", is_quick=True, is_traced=True),
    Architecture("resnext50_32x4d", "layer4.-1", f"{SUM}; {README}", library="torchvision", is_traced=True),
    Architecture("wide_resnet50_2", "layer4.-1", f"{SUM}; {README}", library="torchvision"),
    Architecture("legacy_seresnet18", "layer4.-1", SUM),
    Architecture("skresnet18", "layer4.-1", SUM),
    Architecture("ecaresnet26t", "layer4.-1", SUM),
    Architecture("res2net50_14w_8s", "layer4.-1", SUM),
    Architecture("resnest14d", "layer4.-1", SUM, is_traced=True),
    Architecture("resnetv2_18", ">norm.act", f"{NORM}; a ReLU follows"),
    Architecture("tresnet_m", "body.layer4.-1", SUM),
    Architecture("dpn48b", ">features.conv5_bn_ac.bn.act", f"{NORM}; a ReLU follows"),
    Architecture("regnet_y_400mf", "trunk_output", SUM, library="torchvision", is_traced=True),
    Architecture("regnetx_002", "s4", SUM, is_quick=True),
    Architecture("repvgg_a0", "stages.-1.-1", "the sum of three branches after ReLU", is_traced=True),
    Architecture("mobileone_s0", "stages.-1.-1", "the sum of the last block's branches after ReLU"),
    Architecture("nf_resnet26", "final_act", SUM),
    Architecture("botnet26t_256", "stages.-1.-1", f"{SUM}; attention is within the branch", size=256),
    Architecture("lambda_resnet26t", "stages.-1.-1", f"{SUM}; no attention by softmax between places follows"),
    Architecture(
        "densenet121",
        "features.norm5",
        "the last norm: the last Conv is a slice of 32 channels; pytorch-grad-cam's README names features[-1]",
        library="torchvision",
        is_traced=True,
    ),
    Architecture("densenet121", ">features.norm5.act", "as in torchvision", label="densenet121-timm", is_quick=True),
    Architecture(
        "googlenet",
        "inception5b",
        CONCAT,
        library="torchvision",
        options=BARE,
        is_traced=True,
    ),
    Architecture(
        "inception_v3",
        "Mixed_7c",
        CONCAT,
        library="torchvision",
        size=139,
        options=BARE,
        is_traced=True,
    ),
    Architecture("inception_v4", "features.-1", CONCAT, size=160),
    Architecture(
        "squeezenet1_1",
        "features.-1",
        "the last Fire's Concat: the last Conv is the classifier",
        library="torchvision",
        is_quick=True,
        is_traced=True,
    ),
    Architecture(
        "squeezenet1_0", "features.-1", "the last Fire's Concat: the last Conv is the classifier", library="torchvision"
    ),
    Architecture("convnext_tiny", "features.-1.-1", BARE_SUM, library="torchvision", is_traced=True),
    Architecture("convnext_atto", "stages.-1", BARE_SUM, is_traced=True),
    Architecture("convnextv2_atto", "stages.-1", BARE_SUM),
    Architecture("inception_next_atto", "stages.-1", BARE_SUM, is_quick=True),
    Architecture("mambaout_femto", "stages.-1", BARE_SUM, channels_last),
    Architecture("poolformer_s12", "stages.-1", BARE_SUM, is_traced=True),
    Architecture("poolformerv2_s12", "stages.-1", BARE_SUM),
    Architecture("convformer_s18", "stages.-1", BARE_SUM),
    Architecture("focalnet_tiny_srf", "norm", NORM, is_traced=True),
    Architecture("starnet_s1", "norm", NORM, is_quick=True),
    Architecture("repvit_m0_9", "stages.-1", BARE_SUM),
    Architecture("fastvit_t8", "final_conv", "the last block's gated Conv after GELU: the gate itself has no space"),
    Architecture("fastvit_sa12", "final_conv", "the last block's gated Conv after GELU, behind the last attention"),
    Architecture("fasternet_t0", "stages.-1.blocks.-1", BARE_SUM, is_traced=True),
    Architecture("rdnet_tiny", "dense_stages.-1", CONCAT),
    Architecture("mixer_s32_224", "norm", NORM, tokens(), options={"img_size": 64}, is_traced=True),
    Architecture("resmlp_12_224", "norm", NORM, tokens(), options={"img_size": 64}, is_quick=True),
    Architecture("gmlp_ti16_224", "norm", NORM, tokens(), options={"img_size": 64}),
    Architecture("sequencer2d_s", "norm", NORM, channels_last),
    Architecture("swiftformer_xs", "norm", f"{NORM}; no attention by softmax between places comes before it"),
    Architecture("efficientvit_m0", "stages.-1", SLICED, size=224),
    Architecture("shvit_s1", "stages.-1", SLICED, size=128),
)
