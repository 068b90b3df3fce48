/** Pictures are read at this size at most, in pixels: enough for a photo of a screen, and quick. */
const LARGEST = 1600;

/** The text of the QR code in a picture; null when there is none, or it is no picture. */
export async function ticketInPicture(picture: Blob): Promise<string | null> {
  try {
    const bitmap = await createImageBitmap(picture);
    const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale))];
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    const drawing = canvas.getContext('2d');
    if (!drawing) return null;
    // What is see-through in a picture is paper.
    drawing.fillStyle = '#fff';
    drawing.fillRect(0, 0, width, height);
    drawing.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    // Only who has a picture to read waits for the reader.
    const { default: read } = await import('jsqr');
    return read(drawing.getImageData(0, 0, width, height).data, width, height)?.data ?? null;
  } catch {
    return null;
  }
}
