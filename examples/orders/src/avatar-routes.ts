import { randomUUID } from 'node:crypto';
import multipart, { type MultipartFile } from '@fastify/multipart';
import { AppError, type Gateway, requireViewer } from 'menjin';
import type { Avatars } from './avatars.js';

const MAX_BYTES = 1024 * 1024;
/** The first bytes decide: the name and the type that the sender gives are only claims. */
const KINDS = [
  { type: 'image/png', extension: 'png', magic: Buffer.from('89504e470d0a1a0a', 'hex') },
  { type: 'image/jpeg', extension: 'jpg', magic: Buffer.from('ffd8ff', 'hex') },
];

/** `POST /avatar` takes what wx.uploadFile sends, `GET /avatars/:name` shows it. */
export async function addAvatarRoutes(app: Gateway['app'], avatars: Avatars): Promise<void> {
  // In a scope of its own: /graphql goes on refusing multipart bodies.
  await app.register(async (scope) => {
    await scope.register(multipart, {
      limits: { files: 1, fileSize: MAX_BYTES, fields: 10, fieldSize: 1024 },
      throwFileSizeLimit: false,
    });

    scope.post('/avatar', async (request, reply) => {
      const { user } = requireViewer(request); // first: nobody else's body is read
      if (!request.isMultipart()) return reply.code(415).send(refusal('Send a form, as wx.uploadFile does.'));
      const { bytes, isTooLarge } = await readUpload(request.files());
      if (isTooLarge) return reply.code(413).send(refusal('An avatar has at most 1 MiB.'));
      const kind = KINDS.find(({ magic }) => bytes.subarray(0, magic.length).equals(magic));
      if (kind === undefined) return reply.code(415).send(refusal('An avatar is a PNG or a JPEG.'));

      const name = `${randomUUID()}.${kind.extension}`;
      avatars.keep(user.id, { name, type: kind.type, bytes });
      return { url: `/avatars/${name}` };
    });

    scope.get<{ Params: { name: string } }>('/avatars/:name', async ({ params }, reply) => {
      const avatar = avatars.find(params.name);
      if (avatar === null) throw new AppError('NOT_FOUND');
      reply.headers({
        'content-type': avatar.type,
        'x-content-type-options': 'nosniff',
        // A new avatar has a new name.
        'cache-control': 'public, max-age=31536000, immutable',
        'cross-origin-resource-policy': 'cross-origin',
      });
      return avatar.bytes;
    });
  });
}

/** Reads the form to its end, so that its sender hears the answer. Of a file that is too large the rest is thrown away. */
async function readUpload(parts: AsyncIterable<MultipartFile>): Promise<{ bytes: Buffer; isTooLarge: boolean }> {
  try {
    let upload = null;
    for await (const part of parts) {
      const bytes = await part.toBuffer();
      if (part.fieldname === 'file') upload = { bytes, isTooLarge: part.file.truncated };
    }
    if (upload === null) throw new Error('no file of that name');
    return upload;
  } catch (cause) {
    throw new AppError('BAD_REQUEST', { message: 'The form must have one file, named file.', cause });
  }
}

/** The shape of every error menjin answers, so that a client needs one parser. */
function refusal(message: string) {
  return { errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] };
}
