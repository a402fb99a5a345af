import { z } from 'zod';

/**
 * What the request path reads, under the hash of the token: enough to know the viewer without SQL. Times are ms.
 * Holds no token and no session_key.
 */
const sessionValue = z.object({
  v: z.literal(1),
  sid: z.string(),
  userId: z.string(),
  userCreatedAt: z.number(),
  identityId: z.string(),
  tenant: z.string(),
  platform: z.enum(['WECHAT']),
  appid: z.string(),
  openid: z.string().min(1),
  unionid: z.string().nullable(),
  createdAt: z.number(),
  touchedAt: z.number(),
  until: z.number(),
  absUntil: z.number(),
  // Values of older versions have neither.
  ip: z.string().nullable().default(null),
  device: z.string().nullable().default(null),
});

export type SessionValue = z.infer<typeof sessionValue>;

/** null for anything that is not a value of ours. */
export function parseSessionValue(raw: unknown): SessionValue | null {
  const parsed = sessionValue.safeParse(raw);
  return parsed.success ? parsed.data : null;
}
