// A picture file as the pixels that the model is to see.

import { ShownError } from "./errors.js";

// { height, width, pixels }: upright, RGBA with every pixel opaque. As onnxcam does, transparency is dropped, not laid
// over a colour, and colour profiles are ignored.
export async function readPicture(blob) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, {
      imageOrientation: "from-image",
      premultiplyAlpha: "none",
      colorSpaceConversion: "none",
    });
  } catch {
    throw new ShownError("This file is not a picture that this browser can read. Try a PNG, JPEG or WebP.");
  }
  try {
    const { height, width } = bitmap;
    const pixels = read(bitmap);
    for (let at = 3; at < pixels.length; at += 4) {
      pixels[at] = 255;
    }
    return { height, width, pixels };
  } finally {
    bitmap.close();
  }
}

function read(bitmap) {
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) {
    throw tooLarge(bitmap);
  }
  let pixels;
  try {
    context.drawImage(bitmap, 0, 0);
    pixels = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  } catch {
    throw tooLarge(bitmap);
  }
  return isOpaque(pixels) ? pixels : (readTransparent(bitmap) ?? pixels);
}

function tooLarge({ width, height }) {
  return new ShownError(`This picture of ${width} x ${height} is larger than this browser can draw. Make it smaller first.`);
}

function isOpaque(pixels) {
  for (let at = 3; at < pixels.length; at += 4) {
    if (pixels[at] !== 255) {
      return false;
    }
  }
  return true;
}

// A 2D canvas keeps colours multiplied by their opacity, and so loses those of transparent pixels; WebGL keeps them.
function readTransparent(bitmap) {
  const gl = document.createElement("canvas").getContext("webgl", { premultipliedAlpha: false });
  if (gl === null || Math.max(bitmap.width, bitmap.height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) {
    return null;
  }
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, gl.getParameter(gl.TEXTURE_BINDING_2D), 0);
  const pixels = new Uint8ClampedArray(bitmap.width * bitmap.height * 4);
  const bytes = new Uint8Array(pixels.buffer);
  gl.readPixels(0, 0, bitmap.width, bitmap.height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
  const isRead = gl.getError() === gl.NO_ERROR;
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return isRead ? pixels : null;
}
