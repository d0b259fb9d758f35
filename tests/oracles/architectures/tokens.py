"""Networks of tokens: the layer is what the last attention reads of the patches."""

from __future__ import annotations

from tests.oracles.architectures.architecture import Architecture, Array, Layout, channels_last, tokens


def spread_windows(step: int, count: int) -> Layout:
    """(N, windows, places, K) -> (N, K, h, w), for windows of `count` x `count` places that lie `step` apart."""

    def place(array: Array) -> Array:
        apart = array.reshape(len(array), step, step, count, count, -1)
        return apart.transpose(0, 5, 3, 1, 4, 2).reshape(len(array), -1, count * step, count * step)

    return place


NORM = "what the last attention reads of the patches"
README = f"{NORM}; pytorch-grad-cam's README names blocks[-1].norm1"
SWIN = f"{NORM}; pytorch-grad-cam's README names layers[-1].blocks[-1].norm1"
STREAM = "the stream that the last attention reads: this block normalises behind it"
CLASS = "what the last attention of the class token reads of the patches"
SMALL = {"img_size": 64}
PLAIN = {"exportable": True}
"""Attention as products and a softmax: one of the exporters stumbles over PyTorch's fused attention in these."""
TINY = {"img_size": 64, "depth": 3, "embed_dim": 96, "num_heads": 3}

TOKENS = (
    Architecture(
        "vit_tiny_patch16_224", "blocks.-1.norm1", README, tokens(1), options=SMALL, is_quick=True, is_traced=True
    ),
    Architecture(
        "VisionTransformer",
        "encoder.layers.-1.ln_1",
        README,
        tokens(1),
        library="torchvision",
        options={"image_size": 64, "patch_size": 16, "num_layers": 3, "num_heads": 3, "hidden_dim": 96, "mlp_dim": 192},
        label="vit-torchvision",
        is_traced=True,
    ),
    Architecture("vit_medium_patch16_gap_256", "blocks.-1.norm1", README, tokens(), options=TINY),
    Architecture("vit_base_patch16_siglip_224", "norm", f"{NORM}: attention pools them", tokens(), options=TINY),
    Architecture("test_vit3", "norm", f"{NORM}: attention pools them", tokens(1), options=SMALL),
    Architecture(
        "vit_small_patch14_reg4_dinov2",
        "blocks.-1.norm1",
        f"{README}; four registers behind the class token",
        tokens(5),
        size=56,
        options={**TINY, "img_size": 56},
        is_traced=True,
    ),
    Architecture("vit_relpos_small_patch16_224", "blocks.-1.norm1", README, tokens(), options=TINY, is_quick=True),
    Architecture("vit_small_r26_s32_224", "blocks.-1.norm1", README, tokens(1), size=128, options={"img_size": 128}),
    Architecture(
        "samvit_base_patch16_224",
        "blocks.-1.norm1",
        README,
        channels_last,
        options={"img_size": 64, "embed_dim": 64, "num_heads": 2},
    ),
    Architecture(
        "eva02_tiny_patch14_224",
        "blocks.-1.norm1",
        README,
        tokens(1),
        size=56,
        options={"img_size": 56, **PLAIN},
        is_traced=True,
    ),
    Architecture(
        "vit_tiny_patch16_224",
        "blocks.-1.norm1",
        README,
        tokens(1, rows=3),
        size=(48, 80),
        options={**TINY, "img_size": (48, 80)},
        label="vit-wide",
        is_traced=True,
    ),
    Architecture("deit_tiny_patch16_224", "blocks.-1.norm1", README, tokens(1), options=SMALL, is_traced=True),
    Architecture(
        "deit_tiny_distilled_patch16_224",
        "blocks.-1.norm1",
        f"{README}; a second token is distilled",
        tokens(2),
        options=SMALL,
    ),
    Architecture("deit3_small_patch16_224", "blocks.-1.norm1", README, tokens(1), options=TINY, is_quick=True),
    Architecture(
        "beit_base_patch16_224", "blocks.-1.norm1", README, tokens(1), options={**TINY, **PLAIN}, is_traced=True
    ),
    Architecture("beitv2_base_patch16_224", "blocks.-1.norm1", README, tokens(1), options=TINY, is_quick=True),
    Architecture(
        "cait_xxs24_224", "blocks_token_only.-1.norm1", CLASS, tokens(1), options={**SMALL, "depth": 4}, is_traced=True
    ),
    Architecture("xcit_nano_12_p16_224", "cls_attn_blocks.-1.norm1", CLASS, tokens(1), options=SMALL, is_traced=True),
    Architecture(
        "swin_tiny_patch4_window7_224",
        "layers.-1.blocks.-1.norm1",
        SWIN,
        channels_last,
        size=224,
        options={"depths": (1, 1, 2, 2), "embed_dim": 24},
        is_traced=True,
    ),
    Architecture(
        "swin_tiny_patch4_window7_224",
        "layers.-1.blocks.-1.norm1",
        SWIN,
        channels_last,
        options={"img_size": 64, "depths": (1, 1, 2, 2), "embed_dim": 24},
        label="swin-padded-windows",
        is_quick=True,
    ),
    Architecture(
        "swin_tiny_patch4_window7_224",
        "layers.-1.blocks.-1.norm1",
        SWIN,
        channels_last,
        size=(64, 96),
        options={"img_size": (64, 96), "depths": (1, 1, 2, 2), "embed_dim": 24},
        label="swin-wide",
    ),
    Architecture(
        "swin_t",
        "features.-1.-1.norm1",
        f"{SWIN}; the windows are padded",
        channels_last,
        library="torchvision",
        is_traced=True,
    ),
    Architecture("swin_v2_t", ">features.-1.-1", STREAM, channels_last, library="torchvision"),
    Architecture(
        "swinv2_tiny_window8_256",
        ">layers.-1.blocks.-1",
        STREAM,
        channels_last,
        options={"img_size": 64, "depths": (1, 1, 2, 2), "embed_dim": 24},
        is_traced=True,
    ),
    Architecture("swinv2_cr_tiny_224", ">stages.-1.blocks.-1", STREAM, channels_last, options=SMALL),
    Architecture(
        "maxvit_rmlp_pico_rw_256",
        "stages.-1.blocks.-1.attn_grid.norm1",
        NORM,
        channels_last,
        options={**SMALL, **PLAIN},
        is_traced=True,
    ),
    Architecture(
        "MaxVit",
        "blocks.-1.layers.-1.layers.grid_attention.attn_layer.0",
        NORM,
        spread_windows(4, 2),
        size=64,
        library="torchvision",
        options={
            "input_size": (64, 64),
            "stem_channels": 16,
            "partition_size": 2,
            "block_channels": [16, 32],
            "block_layers": [1, 1],
            "head_dim": 8,
            "stochastic_depth_prob": 0.0,
        },
        label="maxvit-torchvision",
    ),
    Architecture("coatnet_nano_rw_224", "stages.-1.blocks.-1.norm1", NORM, options=SMALL, is_traced=True),
    Architecture("coatnet_rmlp_nano_rw_224", "stages.-1.blocks.-1.norm1", NORM, options=SMALL, is_traced=True),
    Architecture("pvt_v2_b0", "stages.-1.blocks.-1.norm1", NORM, tokens(), is_traced=True),
    Architecture(
        "pvt_v2_b0", "stages.-1.blocks.-1.norm1", NORM, tokens(rows=2), size=(64, 128), label="pvt-wide", is_quick=True
    ),
    Architecture("twins_svt_small", "blocks.-1.-1.norm1", NORM, tokens(), options={**SMALL, **PLAIN}, is_traced=True),
    Architecture("twins_pcpvt_small", "blocks.-1.-1.norm1", NORM, tokens(), options=SMALL),
    Architecture(
        "levit_128s", ">stages.-1.blocks.-1", STREAM, tokens(), size=128, options={"img_size": 128}, is_traced=True
    ),
    Architecture("levit_conv_128s", ">stages.-1.blocks.-1", STREAM, size=128, options={"img_size": 128}),
    Architecture("efficientformer_l1", "stages.-1.blocks.-1.norm1", NORM, tokens(), size=224, is_traced=True),
    Architecture("efficientformerv2_s0", ">stages.-1.blocks.-1", STREAM, size=224),
    Architecture("caformer_s18", "stages.-1.blocks.-1.norm1", NORM, tokens()),
    Architecture("gcvit_xxtiny", "stages.-1.blocks.-1.norm1", NORM, channels_last, options=SMALL),
    Architecture(
        "davit_tiny", "stages.-1.blocks.-1.-1.norm1", f"{NORM}: attention between channels", tokens(), is_traced=True
    ),
    Architecture("mvitv2_tiny", "stages.-1.blocks.-1.norm1", NORM, tokens(), options=SMALL, is_traced=True),
    Architecture("nest_tiny", "levels.-1.transformer_encoder.-1.norm1", NORM, tokens(), options=SMALL),
    Architecture("hiera_tiny_224", "blocks.-1.norm1", NORM, tokens(), options=SMALL),
    Architecture("coat_lite_tiny", "serial_blocks4.-1.norm1", NORM, tokens(1), options=SMALL),
    Architecture("visformer_tiny", "stage3.-1.norm1", NORM, options=SMALL),
    Architecture("convit_tiny", "blocks.-1.norm1", NORM, tokens(1), options=SMALL),
    Architecture("pit_ti_224", "transformers.-1.blocks.-1.norm1", NORM, tokens(1), options=SMALL),
    Architecture(
        "edgenext_xx_small",
        "stages.-1.blocks.-1.norm_xca",
        f"{NORM}: attention between channels",
        tokens(),
        is_traced=True,
    ),
    Architecture("maxxvit_rmlp_nano_rw_256", "stages.-1.blocks.-1.attn_grid.norm1", NORM, channels_last, options=SMALL),
    Architecture("swin_s3_tiny_224", "layers.-1.blocks.-1.norm1", SWIN, channels_last, size=224),
    Architecture("vitamin_small_224", "blocks.-1.norm1", README, tokens(), options=SMALL),
    Architecture("tnt_s_patch16_224", "blocks.-1.norm_out", f"{NORM}: the outer one of two", tokens(1), options=SMALL),
)
