const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * One path part that every file system accepts: no separators, control or reserved characters, no Windows device name, no
 * leading or trailing dot or space, at most 100 bytes. Not unique by itself: add an id.
 */
export function safeFileName(title: string): string {
  const plain = title
    .toWellFormed()
    .normalize("NFC")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
    .replace(/[\u0000-\u001f\u007f<>:"/\\|?*]+/g, "_")
    .replace(/^[. ]+|[. ]+$/g, "");
  const safe = RESERVED.test(plain) ? `_${plain}` : plain;
  return cutBytes(safe, 100).replace(/[. ]+$/, "") || "_";
}

function cutBytes(text: string, most: number): string {
  let kept = "";
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > most) break;
    kept += character;
  }
  return kept;
}
