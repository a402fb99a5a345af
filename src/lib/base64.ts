/** null for text that is not padded base64 in the standard alphabet (RFC 4648, section 4): one sequence of bytes has one spelling. */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  // Node skips spaces and junk, takes the URL alphabet, and ignores stray bits in the last letter.
  return bytes.toString('base64') === text ? bytes : null;
}
