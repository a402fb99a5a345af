import { connect } from 'node:net';

/** Sends bytes to a loopback port and returns the first bytes of the answer; null when none came in time. */
export function rawRequest(port: number, bytes: string | Uint8Array, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(null);
    }, timeoutMs);
    socket.once('data', (data) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(data.toString('latin1'));
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('end', () => {
      clearTimeout(timer);
      reject(new Error('closed without an answer'));
    });
  });
}

/** Whether the answer to these bytes begins as it should; a refused connection is no answer. */
export async function answersWith(port: number, bytes: string | Uint8Array, beginning: string): Promise<boolean> {
  const answer = await rawRequest(port, bytes, 1_000).catch(() => null);
  return answer?.startsWith(beginning) ?? false;
}
