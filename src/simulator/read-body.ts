import type { IncomingMessage } from 'node:http';

/** @returns null when the connection ended or failed meanwhile: nobody is left to answer */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | 'too large' | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // The connection stays, for the refusal of what is too large.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > limitBytes) return 'too large';
      chunks.push(chunk as Buffer);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}
