"""A person at the page: a picture in, classes and overlays out, by mouse and by keyboard, online and not."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from onnxcam.imaging import Geometry, Preprocess, load_preprocess, overlay, read_image, to_tensor, write_png
from tests.browser.chromium import opened
from tests.browser.serving import served
from tests.exporting.web.acting import best, choose, dropped, pressed, set_opacity, shown, told
from tests.exporting.web.conftest import Visit
from tests.exporting.web.stand_in import MODELS, NAMES, PICTURES, config_of, write_stand_in, write_stand_in_page
from tests.shared import shared

if TYPE_CHECKING:
    from playwright.sync_api import FileChooser

pytestmark = pytest.mark.browser

STAR = PICTURES / "star-large.jpg"
ROUNDING = 3
"""Grey levels that a browser's blend, and a level of the map between two, may be off."""


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> onnxruntime.InferenceSession:
    path = write_stand_in(tmp_path_factory.mktemp("model") / "model.onnx")
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def explained(
    stand_in: onnxruntime.InferenceSession, path: Path, spec: Preprocess, target: int = -1
) -> tuple[NDArray[np.float32], NDArray[np.float32], int, Geometry]:
    """Logits, map, class and geometry of a picture on the CPU."""
    tensor, geometry = to_tensor(read_image(path), spec, height=96, width=96)
    feeds = {"input": tensor[None], "cam_target": np.array([target])}
    logits, saliency, index = stand_in.run(["logits", "cam", "cam_class"], feeds)
    return logits[0], saliency[0], int(index[0]), geometry


def test_it_loads_without_trouble_and_says_what_it_is(visit: Visit) -> None:
    with visit() as page:
        assert page.title() == "Where does shapes look?"
        assert page.inner_text("#status") == "Ready. Choose a picture."
        facts = page.inner_text("#facts")
        for fact in ("shapes-torchscript.onnx", "0123456789ab", "/last/Conv_output_0", "grad-cam", "1.30.0"):
            assert fact in facts


@pytest.mark.parametrize("name", ["star-large.jpg", "heart-large.jpg", "cross-0.png", "circle-1.png"])
def test_the_best_five_are_those_of_the_cpu(visit: Visit, stand_in: onnxruntime.InferenceSession, name: str) -> None:
    logits, _, index, _ = explained(stand_in, PICTURES / name, load_preprocess(MODELS / "preprocess.json"))
    shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    with visit() as page:
        choose(page, PICTURES / name)
        found = best(page)
        assert pressed(page) == NAMES[index]
        assert page.inner_text("#status") == f"The overlay shows what speaks for {NAMES[index]}."
    order = np.argsort(-logits)[:5]
    assert [text.split(" ")[0] for text in found] == [NAMES[i] for i in order]
    for text, i in zip(found, order, strict=True):
        percent = text.removeprefix(NAMES[i]).strip().removesuffix(" %")
        # a JPEG's pixels may differ by a grey level between decoders
        assert abs(float(percent.removeprefix("< ")) - 100 * shares[i]) < 0.35


@pytest.mark.parametrize(
    "spec",
    [
        load_preprocess(MODELS / "preprocess.json"),
        Preprocess(resize="shortest", mean=(0.5,), std=(0.25,)),
        Preprocess(resize="letterbox", mean=(0.5,), std=(0.25,), interpolation="bicubic"),
    ],
    ids=["stretch", "shortest", "letterbox"],
)
def test_the_overlay_is_onnxcams(
    visit: Visit, stand_in: onnxruntime.InferenceSession, tmp_path: Path, spec: Preprocess
) -> None:
    image = read_image(STAR)[:, :-40]
    write_png(tmp_path / "star.png", image)
    folder = write_stand_in_page(tmp_path / "page", preprocess=spec)
    with visit(folder) as page:
        choose(page, tmp_path / "star.png")
        for target in (-1, 5):
            if target >= 0:
                page.fill("#filter", NAMES[target])
                page.locator("#matches button").click()
                told(page, NAMES[target])
            _, saliency, _, geometry = explained(stand_in, tmp_path / "star.png", spec, target)
            for percent in (50, 0, 100, 30):
                set_opacity(page, percent)
                alpha = percent / 100
                expected = overlay(image, geometry.to_original(saliency), alpha=alpha, seen=geometry.seen)
                away = np.abs(shown(page).astype(int) - expected)
                assert away.max() <= ROUNDING + 4 * alpha, percent
                assert away.mean() < 1


def test_a_real_photograph_in_a_real_drop(visit: Visit) -> None:
    photograph = shared("images/both.png")
    with visit() as page:
        dropped(page, ("both.png", photograph.read_bytes()))
        page.wait_for_selector("button.class[aria-pressed=true]")
        assert page.locator("#best button").count() == 5
        assert shown(page).shape == read_image(photograph).shape
        set_opacity(page, 0)
        np.testing.assert_array_equal(shown(page), read_image(photograph))


def test_the_slider_changes_the_pixels(visit: Visit) -> None:
    with visit() as page:
        choose(page, PICTURES / "star-0.png")
        assert page.inner_text("#opacity-value") == "50 %"
        half = shown(page)
        page.focus("#opacity")
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)
        assert page.inner_text("#opacity-value") == "51 %"
        assert (shown(page) != half).any()
        set_opacity(page, 0)
        np.testing.assert_array_equal(shown(page), read_image(PICTURES / "star-0.png"))


def test_the_keyboard_is_enough(visit: Visit) -> None:
    choosers: list[FileChooser] = []
    with visit() as page:
        page.on("filechooser", lambda one: choosers.append(one))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "choose"
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert outline == "3px"
        page.keyboard.press("Enter")
        page.wait_for_timeout(200)
        choosers.pop().set_files(PICTURES / "star-0.png")
        page.wait_for_selector("button.class[aria-pressed=true]")
        assert page.input_value("#file") == ""  # or the same file could not be chosen again
        names = page.locator("#best .name").all_inner_texts()
        for _ in range(9):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.className") == "class":
                break
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        told(page, names[2])
        assert pressed(page) == names[2]
        page.focus("#filter")
        page.keyboard.type(names[1][:4])
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        told(page, names[1])
        assert pressed(page) == names[1]


def test_any_class_is_found_by_its_name(visit: Visit) -> None:
    with visit() as page:
        choose(page, PICTURES / "star-0.png")
        last = (set(NAMES) - set(page.locator("#best .name").all_inner_texts())).pop()
        page.fill("#filter", last[1:].upper())
        assert page.locator("#matches .name").all_inner_texts() == [last]
        assert page.inner_text("#found") == "1 class found."
        page.press("#filter", "Enter")
        told(page, last)
        assert page.locator("#best button[aria-pressed=true]").count() == 0
        page.fill("#filter", "zebra")
        assert page.locator("#matches button").count() == 0
        assert page.inner_text("#found") == "0 classes found."


def test_offline_another_picture_is_explained(visit: Visit) -> None:
    with visit() as page:
        choose(page, PICTURES / "star-0.png")
        page.context.set_offline(True)
        page.set_input_files("#file", PICTURES / "heart-0.png")
        told(page, "heart")
        second = page.locator("#best .name").nth(1).inner_text()
        page.locator("#best button").nth(1).click()
        told(page, second)
        assert pressed(page) == second
        page.context.set_offline(False)


@pytest.mark.parametrize(
    ("changes", "weights"),
    [
        ({"input_type": "float16"}, ""),
        ({"input_type": "float64"}, ""),
        ({"input_type": "uint8", "preprocess": Preprocess(scale=1.0)}, ""),
        ({"layout": "NHWC"}, ""),
        ({}, "weights.bin"),
    ],
    ids=["float16", "float64", "uint8", "channels last", "weights beside it"],
)
def test_other_inputs_and_weights_beside_the_model(
    visit: Visit, tmp_path: Path, changes: dict[str, Any], weights: str
) -> None:
    folder = write_stand_in_page(
        tmp_path / "page", weights=weights, **({"preprocess": Preprocess(mean=(0.5,), std=(0.25,))} | changes)
    )
    config = config_of(**({"preprocess": Preprocess(mean=(0.5,), std=(0.25,))} | changes))
    session = onnxruntime.InferenceSession(tmp_path / "page.onnx", providers=["CPUExecutionProvider"])
    picture = PICTURES / "cross-0.png"
    tensor, _ = to_tensor(read_image(picture), config.preprocess, height=96, width=96, layout=config.layout)
    feeds = {"input": tensor[None].astype(config.input_type), "cam_target": np.array([-1])}
    logits = session.run(["logits"], feeds)[0][0]
    shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    with visit(folder) as page:
        choose(page, picture)
        first = best(page)[0]
    assert first == f"{NAMES[shares.argmax()]} {100 * shares.max():.1f} %"


def test_a_picture_is_pasted(visit: Visit) -> None:
    with visit() as page:
        page.evaluate(
            """(content) => {
                const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
                const clipboardData = new DataTransfer();
                clipboardData.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
                document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
            }""",
            base64.b64encode((PICTURES / "heart-0.png").read_bytes()).decode(),
        )
        told(page, "heart")
        assert pressed(page) == "heart"


def test_of_two_pictures_in_a_row_the_last_counts(visit: Visit) -> None:
    large = io.BytesIO()
    Image.open(STAR).resize((3000, 2000)).save(large, "PNG", compress_level=1)
    with visit() as page:
        dropped(page, ("large.png", large.getvalue()), ("heart.png", (PICTURES / "heart-0.png").read_bytes()))
        told(page, "heart")
        page.wait_for_timeout(2000)  # the large one would be through by then
        assert best(page)[0].startswith("heart")
        assert shown(page).shape[:2] == (96, 96)


def test_a_class_picked_while_a_picture_is_read_does_not_stop_it(visit: Visit) -> None:
    large = io.BytesIO()
    Image.open(PICTURES / "heart-0.png").resize((2000, 2000)).save(large, "PNG", compress_level=1)
    with visit() as page:
        choose(page, PICTURES / "star-0.png")
        click = "() => setTimeout(() => document.querySelector('#best li:nth-child(2) button').click())"
        page.evaluate(f"() => document.addEventListener('drop', {click})")
        dropped(page, ("heart.png", large.getvalue()))
        told(page, "heart")
        assert shown(page).shape[:2] == (2000, 2000)


def test_a_map_of_zeros_is_told(visit: Visit, tmp_path: Path) -> None:
    folder = write_stand_in_page(tmp_path / "page")
    model = onnx.load(folder / "model.onnx")
    held = next(one for one in model.graph.initializer if one.name == "classifier.weight")
    against = onnx.numpy_helper.to_array(held).copy()
    against[NAMES.index("cross")] = -1
    held.CopyFrom(onnx.numpy_helper.from_array(against, held.name))
    onnx.save(model, folder / "model.onnx")
    with visit(folder) as page:
        choose(page, PICTURES / "star-0.png")
        page.fill("#filter", "cross")
        page.press("#filter", "Enter")
        page.wait_for_function(
            "() => document.getElementById('status').innerText.startsWith('Nothing in this picture')"
        )
        assert "speaks for cross at this layer" in page.inner_text("#status")
        assert page.get_attribute("#canvas", "aria-label") == "star-0.png, with the map of cross: zero everywhere"


def test_labels_stay_text(visit: Visit, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "\"'><b>bold", "four", "five", "six"
    changes = {"title": "<i>Title</i>", "source_name": "<img src=x>.onnx", "notes": ("<b>note</b>",)}
    folder = write_stand_in_page(tmp_path / "page", class_names=hostile, **changes)
    with visit(folder) as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        choose(page, {"name": "<b>star.png", "mimeType": "image/png", "buffer": (PICTURES / "star-0.png").read_bytes()})
        page.fill("#filter", "<script")
        assert page.locator("#matches .name").all_inner_texts() == [hostile[0]]
        page.press("#filter", "Enter")
        told(page, hostile[0])
        assert page.locator("#page :is(script, b, i, img:not([src^=samples]))").count() == 0
        assert page.inner_text("#title") == "<i>Title</i>"


def test_nothing_from_elsewhere_and_nothing_inline_runs(visit: Visit) -> None:
    with visit(allowed=("Content Security Policy", "violates", "failed: http://127.0.0.1:9/")) as page:
        refused = """async () => {
            window.ran = false;
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            const image = new Image();
            image.setAttribute("onerror", "window.ran = true");
            image.src = "data:,";
            await new Promise((resolve) => setTimeout(resolve, 100));
            const seen = [];
            document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
            await fetch("http://127.0.0.1:9/").catch(() => 0);
            await new Promise((resolve) => setTimeout(resolve, 100));
            return [window.ran, seen];
        }"""
        assert page.evaluate(refused) == [False, ["connect-src"]]


def test_a_file_that_is_no_picture_is_refused_in_words(visit: Visit) -> None:
    with visit() as page:
        dropped(page, ("notes.txt", b"no picture"))
        page.wait_for_selector("#error:not([hidden])")
        assert "not a picture that this browser can read" in page.inner_text("#error")
        assert page.get_attribute("#error", "role") == "alert"
        choose(page, PICTURES / "star-0.png")
        assert page.is_hidden("#error")
        page.evaluate("document.dispatchEvent(new DragEvent('drop', { dataTransfer: new DataTransfer() }))")
        assert "not a file" in page.inner_text("#error")


def test_a_model_that_fails_says_so(visit: Visit, tmp_path: Path) -> None:
    folder = write_stand_in_page(tmp_path / "page", height=64, width=64, preprocess=Preprocess())
    with visit(folder, allowed=("console",)) as page:
        page.set_input_files("#file", PICTURES / "star-0.png")
        page.wait_for_selector("#error:not([hidden])")
        assert page.inner_text("#error").startswith("The model failed on this picture: ")
        assert page.get_attribute("#answers", "aria-busy") == "false"


def test_a_model_that_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    folder = write_stand_in_page(tmp_path / "page")
    (folder / "model.onnx").write_bytes(b"no model")
    with served(folder) as url, opened(url, allowed=("console",)) as page:
        page.wait_for_selector("#error:not([hidden])")
        assert page.inner_text("#error").startswith("The model cannot be loaded: ")


def test_opened_as_a_file_it_says_to_serve_it(page_folder: Path) -> None:
    url = (page_folder / "index.html").as_uri()
    with opened(url, origin="file:", allowed=("CORS", "failed", "ERR_FAILED")) as page:
        page.wait_for_timeout(700)
        assert page.is_visible("#unserved")
        assert "python -m http.server" in page.inner_text("#unserved")
        assert page.is_hidden("#page")


@pytest.mark.parametrize("width", [375, 320])
def test_a_phone_needs_no_sideways_scrolling(visit: Visit, width: int) -> None:
    with visit(viewport={"width": width, "height": 667}, has_touch=True, is_mobile=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        choose(page, STAR)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [box.bounding_box() for box in page.locator("button:visible").all()]
        assert min(box["height"] for box in boxes if box) >= 44


def test_transparency_and_profiles_are_dropped_and_pictures_stand_upright(visit: Visit, tmp_path: Path) -> None:
    rgba = np.random.default_rng(0).integers(0, 256, (40, 60, 4), np.uint8)
    rgba[:10, :, 3] = 0
    Image.fromarray(rgba).save(tmp_path / "clear.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    linear = PngInfo()
    linear.add(b"gAMA", (100_000).to_bytes(4, "big"))
    Image.fromarray(rgba[..., :3]).save(tmp_path / "linear.png", pnginfo=linear)
    Image.fromarray(rgba[..., :3]).save(tmp_path / "turned.png", exif=exif)
    with visit() as page:
        for name in ("clear.png", "turned.png", "linear.png"):
            choose(page, tmp_path / name)
            set_opacity(page, 0)
            np.testing.assert_array_equal(shown(page), read_image(tmp_path / name))


def test_a_sample_is_tried_with_a_click(visit: Visit, tmp_path: Path) -> None:
    folder = write_stand_in_page(tmp_path / "page", samples=(PICTURES / "cross-0.png", STAR))
    with visit(folder) as page:
        page.get_by_role("button", name="Explain cross-0.png").click()
        told(page, "cross")
        assert page.get_attribute("#canvas", "aria-label").startswith("cross-0.png, with the map of cross: strongest ")


def test_the_overlay_is_saved_as_it_is_seen(visit: Visit, tmp_path: Path) -> None:
    with visit() as page:
        choose(page, PICTURES / "star-0.png")
        seen = shown(page)
        with page.expect_download() as download:
            page.click("#save")
        assert download.value.suggested_filename == "star-0.overlay.png"
        download.value.save_as(tmp_path / "saved.png")
    np.testing.assert_array_equal(read_image(tmp_path / "saved.png"), seen)


def test_numbers_that_are_no_shares_are_told_as_they_are(visit: Visit, tmp_path: Path) -> None:
    folder = write_stand_in_page(tmp_path / "page", score_scale="numbers", class_names=None)
    with visit(folder) as page:
        choose(page, PICTURES / "star-0.png")
        first, second = (text.rsplit(" ", 1) for text in best(page)[:2])
        assert first[0] == "class 3"
        assert "%" not in first[1]
        assert float(first[1]) > float(second[1])


def test_without_scores_the_predicted_class_is_told(visit: Visit, tmp_path: Path) -> None:
    folder = write_stand_in_page(tmp_path / "page", score_output=None)
    with visit(folder) as page:
        choose(page, PICTURES / "star-0.png")
        assert best(page) == ["star"]
        page.fill("#filter", "heart")
        page.press("#filter", "Enter")
        told(page, "heart")
        assert page.locator("#matches button").all_inner_texts() == ["heart"]
