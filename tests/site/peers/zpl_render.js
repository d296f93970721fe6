// npm zpl-renderer-js 2.0.2 renders a label. Arguments: ZPL file, PNG file, width and height in millimetres, dots per millimetre.
const { readFileSync, writeFileSync } = require('fs');
const { ready } = require('zpl-renderer-js');

async function main() {
  const [zpl, png, width, height, dots] = process.argv.slice(2);
  const { api } = await ready;
  const image = await api.zplToBase64Async(readFileSync(zpl, 'utf8'), Number(width), Number(height), Number(dots));
  writeFileSync(png, Buffer.from(image, 'base64'));
  console.log('rendered');
  process.exit(0);
}

main().catch((error) => {
  console.log('failed', error);
  process.exit(1);
});
