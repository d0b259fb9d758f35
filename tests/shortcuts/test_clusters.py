"""Clusters and outliers of maps, on maps of which it is known who looks where."""

from __future__ import annotations

import math
import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.metrics import Subject
from onnxcam.metrics.shape import border_energy, corner_energy

pytest.importorskip("sklearn", reason="clusters of maps need scikit-learn, of onnxcam[audit]")

from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors

from onnxcam.shortcuts import Clusters, find_clusters

Maps = NDArray[np.float32]


def blobs(count: int, rng: np.random.Generator, *, size: int = 24, at: float = 0.5, jitter: float = 0.1) -> Maps:
    """A warm spot about a place on the diagonal, of varying width, over some noise."""
    y, x = np.mgrid[:size, :size]
    row, column = (at * size - 0.5 + rng.normal(0, jitter * size, (2, count)))[..., None, None]
    width = rng.uniform(0.1, 0.18, (count, 1, 1)) * size
    heat = np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * width**2)) + 0.05 * rng.random((count, size, size))
    return scaled(heat)


def scaled(heat: NDArray[np.float64]) -> Maps:
    heat = heat - heat.min(axis=(1, 2), keepdims=True)
    return (heat / heat.max(axis=(1, 2), keepdims=True)).astype(np.float32)


def tagged(count: int, rng: np.random.Generator, *, size: int = 24, rest: float = 0.3) -> Maps:
    """A small tag in the corner, and as much of the object as `rest` says."""
    return scaled(blobs(count, rng, size=size, at=0.92, jitter=0.03) ** 3.0 + rest * blobs(count, rng, size=size))


def mixed(count: int, share: float, seed: int = 0, *, size: int = 24) -> tuple[Maps, NDArray[np.bool_]]:
    """Maps of which that share looks at a tag, in any order, and which these are."""
    rng, few = np.random.default_rng(seed), round(count * share)
    maps = np.concatenate([tagged(few, rng, size=size), blobs(count - few, rng, size=size)])
    order = rng.permutation(count)
    return maps[order], (np.arange(count) < few)[order]


@pytest.mark.parametrize("seed", [0, 1, 2], ids=lambda seed: f"seed {seed}")
@pytest.mark.parametrize("count", [200, 1000], ids=lambda count: f"{count} maps")
@pytest.mark.parametrize("share", [0.05, 0.2, 0.5], ids=lambda share: f"{share:.0%}")
def test_a_tag_in_the_corner_is_a_cluster_of_its_own_at_the_edge(share: float, count: int, seed: int) -> None:
    maps, has_tag = mixed(count, share, seed)
    found = find_clusters(maps)
    assert adjusted_rand_score(has_tag, found.labels) >= 0.9
    at_edge = int(found.border_excess.argmax())
    assert found.border_excess[at_edge] > 0.2
    assert found.corner_excess[at_edge] > 0.2
    assert has_tag[found.labels == at_edge].mean() > 0.95
    assert found.notes == ()


@pytest.mark.parametrize("seed", range(4), ids=lambda seed: f"seed {seed}")
@pytest.mark.parametrize("count", [50, 200, 1000], ids=lambda count: f"{count} maps")
def test_clean_maps_give_no_cluster_at_the_edge(count: int, seed: int) -> None:
    found = find_clusters(blobs(count, np.random.default_rng(seed)))
    assert found.border_excess.max() < 0.1
    assert found.corner_excess.max() < 0.1


def test_clean_maps_are_one_cluster() -> None:
    counts = [find_clusters(blobs(300, np.random.default_rng(seed))).count for seed in range(5)]
    assert counts == [1] * 5


def test_three_groups_are_three_clusters_sorted_by_size() -> None:
    rng = np.random.default_rng(3)
    parts = [blobs(n, rng, at=at, jitter=0.03) for n, at in ((60, 0.2), (150, 0.5), (90, 0.8))]
    found = find_clusters(np.concatenate(parts))
    assert found.count == 3
    assert found.sizes.tolist() == [150, 90, 60]
    assert found.labels.tolist() == [2] * 60 + [0] * 150 + [1] * 90
    expected = np.stack([part.mean(axis=0) for part in (parts[1], parts[2], parts[0])])
    np.testing.assert_allclose(found.means, expected, atol=1e-6)
    assert found.means.dtype == np.float32


def test_more_groups_than_asked_for_are_joined() -> None:
    rng = np.random.default_rng(3)
    maps = np.concatenate([blobs(40, rng, at=at, jitter=0.01) for at in (0.1, 0.3, 0.5, 0.7, 0.9)])
    assert find_clusters(maps).count == 5
    found = find_clusters(maps, most=3)
    assert found.count <= 3
    assert "more than 3 groups" in found.notes[-1]


@pytest.mark.parametrize("size", [7, 12, 30], ids=lambda size: f"{size} pixels")
def test_the_excess_is_that_of_the_figures_of_the_mean_maps(size: int) -> None:
    maps, _ = mixed(200, 0.2, size=size)
    maps = maps[:, ::-1]
    found = find_clusters(maps)
    assert found.count == 2
    for label in range(2):
        own, rest = (Subject(maps[mask].mean(axis=0)) for mask in halves(found, label))
        assert found.border_excess[label] == pytest.approx(border_energy(own) - border_energy(rest), abs=1e-6)
    edge = np.arange(size) + 0.5 > 0.75 * size
    corner = np.outer(edge[::-1], edge)  # where the tags are
    own, rest = (maps[mask].mean(axis=0, dtype=np.float64) for mask in halves(found, 1))
    assert corner_energy(Subject(own.astype(np.float32))) == pytest.approx(own[corner].sum() / own.sum(), abs=1e-6)
    expected = own[corner].sum() / own.sum() - rest[corner].sum() / rest.sum()
    assert found.corner_excess[1] == pytest.approx(expected, abs=1e-6)


def halves(found: Clusters, label: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return found.labels == label, found.labels != label


def test_representatives_are_the_rows_nearest_to_the_mean_of_their_cluster() -> None:
    maps, _ = mixed(120, 0.5, size=12)  # no larger than the grid, so that nothing is pooled
    found = find_clusters(maps)
    points = unit(maps)
    for label, rows in enumerate(found.representatives):
        members = np.flatnonzero(found.labels == label)
        distances = cdist(points[members], points[members].mean(axis=0)[None])[:, 0]
        assert rows.tolist() == members[np.argsort(distances)][:9].tolist()


def unit(maps: Maps) -> NDArray[np.float64]:
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def pooled(maps: Maps) -> Maps:
    count, height, width = maps.shape
    return maps.reshape(count, 12, height // 12, 12, width // 12).mean(axis=(2, 4))


@pytest.mark.parametrize("count", [40, 150, 600], ids=lambda count: f"{count} maps")
@pytest.mark.parametrize("share", [0.0, 0.2], ids=["clean", "tagged"])
def test_eigenvalues_are_those_of_the_dense_normalised_laplacian(count: int, share: float) -> None:
    maps, _ = mixed(count, share)
    distances = cdist(unit(pooled(maps)), unit(pooled(maps)))
    np.fill_diagonal(distances, np.inf)
    reach = np.sort(distances, axis=1)[:, math.ceil(math.log(count)) - 1]
    is_near = (distances <= reach[:, None]).astype(float)
    joined = (is_near + is_near.T) / 2 * np.maximum(np.exp(-(distances**2) / np.outer(reach, reach)), 1e-3)
    root = np.sqrt(joined.sum(axis=1))
    expected = np.linalg.eigvalsh(np.eye(count) - joined / root[:, None] / root[None, :])[:9]
    np.testing.assert_allclose(find_clusters(maps).eigenvalues, expected, atol=1e-7)


def test_long_thin_graphs_have_the_eigenvalues_of_the_dense_laplacian_too(monkeypatch: pytest.MonkeyPatch) -> None:
    maps, _ = mixed(700, 0.0)
    by_walking = find_clusters(maps).eigenvalues
    monkeypatch.setattr("onnxcam.shortcuts.spectrum.ROUNDS", 1)
    np.testing.assert_allclose(find_clusters(maps).eigenvalues, by_walking, atol=1e-7)


def test_loneliness_is_the_mean_distance_to_the_neighbours() -> None:
    maps, _ = mixed(150, 0.1)
    found = find_clusters(maps)
    points = unit(pooled(maps))
    distances, _ = NearestNeighbors(n_neighbors=math.ceil(math.log(150)), algorithm="kd_tree").fit(points).kneighbors()
    np.testing.assert_allclose(found.outliers, distances.mean(axis=1), atol=1e-6)
    assert found.order.tolist() == np.argsort(-found.outliers, kind="stable").tolist()
    assert found.neighbours == 6


def test_three_odd_maps_come_first() -> None:
    rng = np.random.default_rng(0)
    maps = blobs(300, rng)
    maps[17], maps[180], maps[299] = 0, 0, 0
    maps[17, 2:5, :] = 1
    maps[180, :, 20:22] = 1
    maps[299, 20:, :4] = 1
    assert set(find_clusters(maps).order[:3].tolist()) == {17, 180, 299}


def test_rows_in_another_order_give_the_same_clusters() -> None:
    maps, _ = mixed(300, 0.2)
    maps[5:25] = maps[0]  # equal maps too
    order = np.random.default_rng(1).permutation(300)
    one, other = find_clusters(maps), find_clusters(maps[order])
    assert np.array_equal(one.labels[order], other.labels)
    np.testing.assert_array_equal(one.outliers[order], other.outliers)
    np.testing.assert_array_equal(one.eigenvalues, other.eigenvalues)
    np.testing.assert_allclose(one.means, other.means, atol=1e-6)


def test_the_same_seed_gives_the_same_clusters() -> None:
    maps, _ = mixed(200, 0.2)
    one, again, other = (find_clusters(maps, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.labels, again.labels)
    assert np.array_equal(one.eigenvalues, again.eigenvalues)
    assert adjusted_rand_score(one.labels, other.labels) == 1


def test_equal_maps_share_a_cluster_however_many_they_are() -> None:
    rng = np.random.default_rng(0)
    maps = np.concatenate([blobs(150, rng), np.repeat(tagged(1, rng), 60, axis=0)])
    found = find_clusters(maps)
    assert found.labels.tolist() == [0] * 150 + [1] * 60
    assert not found.outliers[150:].any()
    assert found.notes == ("of 210 maps, 151 are different at this resolution",)


def test_empty_maps_are_in_no_cluster_and_change_nothing_else() -> None:
    maps, _ = mixed(200, 0.1)
    empty = np.zeros((70, 24, 24), np.float32)
    alone, found = find_clusters(maps), find_clusters(np.concatenate([empty[:40], maps, empty[40:]]))
    assert found.labels.tolist() == [-1] * 40 + alone.labels.tolist() + [-1] * 30
    assert found.sizes.tolist() == alone.sizes.tolist()
    assert found.notes == ("70 of 270 maps are zero everywhere, and in no cluster",)
    assert not found.outliers[:40].any()
    np.testing.assert_array_equal(found.order[:200], alone.order + 40)
    np.testing.assert_allclose(found.means, alone.means, atol=1e-6)
    np.testing.assert_array_equal(found.corner_excess, alone.corner_excess)
    assert [(rows - 40).tolist() for rows in found.representatives] == [r.tolist() for r in alone.representatives]


def test_maps_whose_neighbours_are_all_equal_are_not_cut_off_from_them() -> None:
    maps = np.zeros((140, 12, 12), np.float32)
    maps[:, 6, 6] = 1
    maps.reshape(140, -1)[np.arange(40), np.arange(40)] = 0.2  # each nearer to the hundred than to one another
    found = find_clusters(maps)
    assert found.count == 1
    assert found.notes == ("of 140 maps, 41 are different at this resolution",)


def test_cells_that_share_a_pixel_share_its_heat() -> None:
    maps = np.random.default_rng(0).random((30, 16, 13), dtype=np.float32) ** 4
    fine = maps.repeat(3, axis=1).repeat(12, axis=2)  # 48 x 156: divided evenly by 12
    np.testing.assert_allclose(find_clusters(maps).outliers, find_clusters(fine).outliers, atol=1e-6)


def test_two_maps_many_times_over_are_two_clusters() -> None:
    maps = np.zeros((20, 8, 8), np.float32)
    maps[:12, 0, 0], maps[12:, 4, 4] = 1, 1
    found = find_clusters(maps)
    assert found.labels.tolist() == [0] * 12 + [1] * 8
    assert found.border_excess.tolist() == [1, -1]
    assert found.corner_excess.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("maps", "note"),
    [
        (blobs(1, np.random.default_rng(0)), "1 maps are too few"),
        (blobs(2, np.random.default_rng(0)), "2 maps are too few"),
        (blobs(19, np.random.default_rng(0)), "19 maps are too few"),
        (np.full((40, 7, 7), 0.5, np.float32), "all 40 maps are equal"),
        (np.zeros((40, 7, 7), np.float32), "all 40 maps are zero everywhere"),
    ],
    ids=["one", "two", "nineteen", "all equal", "all zero"],
)
def test_maps_that_cannot_be_clustered_are_one_cluster_and_a_note(maps: Maps, note: str) -> None:
    found = find_clusters(maps)
    assert found.count == 1
    assert found.labels.tolist() == [0] * len(maps)
    assert found.sizes.tolist() == [len(maps)]
    assert found.border_excess.tolist() == found.corner_excess.tolist() == [0]
    assert note in found.notes[0]
    np.testing.assert_allclose(found.means[0], maps.mean(axis=0), atol=1e-6)
    assert found.eigenvalues[0] == 0
    assert np.isfinite(found.outliers).all()


@pytest.mark.parametrize("shape", [(30, 7, 5), (30, 1, 1), (30, 100, 13)], ids=str)
def test_maps_of_any_size_are_clustered(shape: tuple[int, int, int]) -> None:
    found = find_clusters(np.random.default_rng(0).random(shape, dtype=np.float32))
    assert found.means.shape == (found.count, *shape[1:])
    assert np.isfinite([*found.border_excess, *found.corner_excess]).all()


def with_value(value: float) -> Maps:
    maps = blobs(12, np.random.default_rng(0))
    maps[7, 3, 3] = value
    return maps


@pytest.mark.parametrize(
    ("maps", "told"),
    [
        (with_value(np.nan), "map 7 has values that are NaN or infinite"),
        (with_value(np.inf), "map 7 has values that are NaN or infinite"),
        (with_value(1.5), r"map 7 has values that are outside \[0, 1\]"),
        (with_value(-0.5), r"map 7 has values that are outside \[0, 1\]"),
        (np.zeros((0, 4, 4), np.float32), "there is nothing to cluster"),
        (np.zeros((4, 4), np.float32), r"the maps are float32 \(4, 4\); expected"),
        (np.zeros((4, 4, 4), np.uint8), r"the maps are uint8 \(4, 4, 4\); expected"),
        ([[[0.0]]], "the maps are list; expected"),
    ],
    ids=["NaN", "infinite", "above one", "below zero", "none", "one map", "bytes", "list"],
)
def test_what_are_no_maps_is_refused(maps: Maps, told: str) -> None:
    with pytest.raises(InputError, match=told):
        find_clusters(maps)


def test_no_clusters_at_all_are_refused() -> None:
    with pytest.raises(InputError, match="at most 0 clusters cannot be found. Give 1 or more"):
        find_clusters(blobs(20, np.random.default_rng(0)), most=0)


@pytest.mark.parametrize("seed", [-1, 2**32], ids=["below zero", "too large"])
def test_no_seeds_are_refused(seed: int) -> None:
    with pytest.raises(InputError, match=f"no seed {seed}. Give one from 0"):
        find_clusters(blobs(20, np.random.default_rng(0)), seed=seed)


def test_it_says_what_to_install_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(InputError, match=r'pip install "onnxcam\[audit\]"'):
        find_clusters(blobs(20, np.random.default_rng(0)))


@pytest.mark.slow
def test_twenty_thousand_maps_take_seconds_and_no_square_matrix(figure: Callable[[str], None]) -> None:
    maps, has_tag = mixed(20_000, 0.05, size=12)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    found = find_clusters(maps)
    seconds, grown = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    figure(f"clusters of 20,000 maps of 12 x 12: {seconds:.1f} s, at most {grown / 1024:.0f} MiB more than before")
    assert adjusted_rand_score(has_tag, found.labels) >= 0.9
    assert grown / 1024 < 1500  # N x N numbers of float64 would be 3052 MiB
