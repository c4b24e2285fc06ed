// A photo as a phone makes one: a real JPEG, with an EXIF block which says where and by whom it was taken.

export const SECRET_PLACE = 'Taken at 53.5511N 9.9937E by G. Hopper';

/** Drawn and coded by the browser of `page`; the EXIF block is put in here. */
export async function photo(page, width = 1600, height = 1200) {
  const base64 = await page.evaluate(
    async ([w, h]) => {
      const canvas = new OffscreenCanvas(w, h);
      const pen = canvas.getContext('2d');
      const sky = pen.createLinearGradient(0, 0, 0, h);
      sky.addColorStop(0, '#7db9e8');
      sky.addColorStop(0.6, '#fde6b5');
      sky.addColorStop(1, '#3a6b52');
      pen.fillStyle = sky;
      pen.fillRect(0, 0, w, h);
      pen.fillStyle = '#f6a531';
      pen.beginPath();
      pen.arc(w * 0.7, h * 0.35, h * 0.12, 0, 7);
      pen.fill();
      for (let i = 0; i < 400; i++) {
        pen.fillStyle = `hsl(${100 + (i % 60)} 40% ${20 + (i % 30)}%)`;
        pen.fillRect((i * 73) % w, h * 0.7 + ((i * 37) % (h * 0.3)), 40, 6);
      }
      const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
      let text = '';
      for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
      return btoa(text);
    },
    [width, height],
  );
  const plain = Buffer.from(base64, 'base64');
  return Buffer.concat([plain.subarray(0, 2), exif(), plain.subarray(2)]);
}

/** APP1: a little-endian TIFF with one directory, ImageDescription alone. */
function exif() {
  const text = Buffer.from(`${SECRET_PLACE}\0`, 'latin1');
  const tiff = Buffer.alloc(26);
  tiff.write('II', 0, 'latin1');
  tiff.writeUInt16LE(42, 2);
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(1, 8);
  tiff.writeUInt16LE(0x010e, 10);
  tiff.writeUInt16LE(2, 12);
  tiff.writeUInt32LE(text.length, 14);
  tiff.writeUInt32LE(26, 18);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff, text]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}
