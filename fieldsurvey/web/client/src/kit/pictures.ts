// Pictures made small enough for a bad line: 1024 px, 150 KB, without where and when the camera took them.

const MOST_PIXELS = 1024;
const MOST_BYTES = 150 * 1024;
const QUALITIES = [0.82, 0.7, 0.6, 0.5, 0.4, 0.3];

/** The picture as JPEG whose longer side has at most `pixels`. Raises when the phone cannot read it. */
export async function shrunk(file: Blob, pixels = MOST_PIXELS): Promise<Blob> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    let most = Math.min(pixels, MOST_PIXELS);
    for (;;) {
      const canvas = drawnOn(picture, most);
      for (const quality of QUALITIES) {
        const blob = await jpeg(canvas, quality);
        if (blob.size <= MOST_BYTES) return blob;
      }
      most = Math.floor(most * 0.75); // a picture of leaves is large at any quality
    }
  } finally {
    picture.close();
  }
}

function drawnOn(picture: ImageBitmap, most: number): HTMLCanvasElement {
  const scale = Math.min(1, most / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function jpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return blobOf(canvas, "image/jpeg", quality);
}

export function blobOf(canvas: HTMLCanvasElement, type: string, quality?: number): Promise<Blob> {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), type, quality));
}
