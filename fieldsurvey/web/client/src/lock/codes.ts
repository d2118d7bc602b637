// Reading a QR code out of a picture: the phone's own detector where it has one, else a decoder that is fetched for it.

export type Reader = (picture: HTMLVideoElement | ImageBitmap) => Promise<string | null>;

interface Detector {
  detect(picture: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

export async function reader(): Promise<Reader> {
  const Found = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  if (Found && (await Found.getSupportedFormats()).includes("qr_code")) {
    const detector = new Found({ formats: ["qr_code"] });
    return async (picture) => (await detector.detect(picture))[0]?.rawValue ?? null;
  }
  const { default: decode } = await import("jsqr");
  return async (picture) => {
    const pixels = pixelsOf(picture);
    return pixels && (decode(pixels.data, pixels.width, pixels.height)?.data ?? null);
  };
}

const WIDEST = 800; // pixels; more only takes longer

function pixelsOf(picture: HTMLVideoElement | ImageBitmap): ImageData | null {
  const [width, height] = "videoWidth" in picture ? [picture.videoWidth, picture.videoHeight] : [picture.width, picture.height];
  if (!width || !height) return null;
  const scale = Math.min(1, WIDEST / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return context?.getImageData(0, 0, canvas.width, canvas.height) ?? null;
}
