"""Small transformers as exporters and ONNX Runtime's optimisers know them: an encoder of text, and one of pictures."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

WIDTH, HEADS, WORDS, PLACES, CLASSES = 32, 4, 30, 16, 5


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        batch, length, _ = x.shape
        by_head = (batch, length, HEADS, WIDTH // HEADS)
        q, k, v = (f(x).view(by_head).transpose(1, 2) for f in (self.query, self.key, self.value))
        scores = q @ k.transpose(-1, -2) / (WIDTH / HEADS) ** 0.5
        if mask is not None:
            scores = scores + mask
        mixed = (scores.softmax(-1) @ v).permute(0, 2, 1, 3).contiguous()
        return self.out(mixed.view(batch, length, WIDTH))


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention, self.first = Attention(), nn.LayerNorm(WIDTH)
        self.widen, self.narrow, self.second = nn.Linear(WIDTH, 64), nn.Linear(64, WIDTH), nn.LayerNorm(WIDTH)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.first(x + self.attention(x, mask))
        return self.second(x + self.narrow(gelu(self.widen(x))))


class Text(nn.Module):
    """Two layers over words, their places and their segments, as BERT has them."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places, self.segments = (nn.Embedding(n, WIDTH) for n in (WORDS, PLACES, 2))
        self.norm, self.layers = nn.LayerNorm(WIDTH), nn.ModuleList(Layer() for _ in range(2))
        self.head = nn.Linear(WIDTH, CLASSES)
        self.register_buffer("steps", torch.arange(PLACES)[None])

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor) -> Tensor:
        hidden = (1.0 - mask[:, None, None, :].to(torch.float32)) * -10000.0
        x = self.words(ids) + self.places(self.steps[:, : ids.shape[1]]) + self.segments(segments)
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x, hidden)
        return self.head(x[:, 0])

    @staticmethod
    def sample() -> dict[str, Tensor]:
        """Two texts of ten words, the second of which has seven."""
        generator = torch.Generator().manual_seed(0)
        ids, segments = (torch.randint(0, n, (2, 10), generator=generator) for n in (WORDS, 2))
        mask = torch.ones(2, 10, dtype=torch.int64)
        mask[1, 7:] = 0
        return {"ids": ids, "segments": segments, "mask": mask}


class Picture(nn.Module):
    """Two layers over the patches of a picture and a token for its class, as ViT has them."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.layers = nn.Conv2d(3, WIDTH, 8, 8), nn.ModuleList(Layer() for _ in range(2))
        self.token = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.places = nn.Parameter(torch.randn(1, 17, WIDTH))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x)[:, 0])

    @staticmethod
    def sample() -> dict[str, Tensor]:
        """Two pictures of 32 x 32."""
        return {"x": torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))}


class Stock(nn.Module):
    """PyTorch's own encoder over patches."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, 8, 8)
        one = nn.TransformerEncoderLayer(WIDTH, HEADS, 64, dropout=0.0, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(one, 2, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.encoder(self.patches(x).flatten(2).transpose(1, 2)).mean(1))

    sample = staticmethod(Picture.sample)
