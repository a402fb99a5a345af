export interface Avatar {
  /** Random, with an extension: the last part of its URL. */
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

export interface Avatars {
  /** Replaces the one that person had. */
  keep(userId: string, avatar: Avatar): void;
  find(name: string): Avatar | null;
}

/** Avatars of the latest `limit` people until the process ends: a bucket, or a folder, stands here. */
export function createAvatars({ limit = 100 }: { limit?: number } = {}): Avatars {
  const avatars = new Map<string, Avatar>();

  return {
    keep(userId, avatar) {
      avatars.delete(userId);
      avatars.set(userId, avatar);
      const [oldest] = avatars.keys();
      if (avatars.size > limit && oldest !== undefined) avatars.delete(oldest);
    },
    find: (name) => [...avatars.values()].find((avatar) => avatar.name === name) ?? null,
  };
}
