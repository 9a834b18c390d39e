import type { FileContent } from '../connection.js';
import type { ShrinkImage } from '../ports.js';

const QUALITY = 0.85;
/** Far enough to meet the mark of an animation, which stands before the first picture. */
const HEAD_BYTES = 64 * 1024;

/** Pictures that are still: drawn anew they are the same, only smaller. */
const TYPES: readonly string[] = ['image/png', 'image/jpeg', 'image/webp'];

/**
 * Makes images smaller by a canvas. Gives back what it got where that is no still image of a kind it knows, where it
 * is small enough, and where the smaller one would have more bytes.
 */
export function createShrinkImage(): ShrinkImage {
  return async (content, { longestSide }) => {
    if (!(content instanceof Blob) || !TYPES.includes(content.type)) return content;
    try {
      if (await isAnimated(content)) return content;
      const image = await createImageBitmap(content);
      try {
        const scale = longestSide / Math.max(image.width, image.height);
        if (!(scale > 0 && scale < 1)) return content;
        const smaller = await drawn(image, scale, content.type);
        // Some browsers write no WebP, and give another type.
        return smaller.type === content.type && smaller.size < content.size ? smaller : content;
      } finally {
        image.close();
      }
    } catch {
      return content satisfies FileContent;
    }
  };
}

async function drawn(image: ImageBitmap, scale: number, type: string): Promise<Blob> {
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('There is no canvas to draw on.');
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  return canvas.convertToBlob({ type, quality: QUALITY });
}

/** `acTL` makes a PNG move, `ANIM` a WebP; elsewhere they only cost a picture its smaller form. */
async function isAnimated(content: Blob): Promise<boolean> {
  if (content.type === 'image/jpeg') return false;
  const head = new Uint8Array(await content.slice(0, HEAD_BYTES).arrayBuffer());
  return new TextDecoder('latin1').decode(head).includes(content.type === 'image/png' ? 'acTL' : 'ANIM');
}
