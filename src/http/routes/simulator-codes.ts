import type { FastifyInstance } from 'fastify';
import { AppError } from '../../errors.js';

/** What `wx.login` is on a phone: a fresh code of a test user. Only where a simulator runs. */
export function simulatorCodesRoute(app: FastifyInstance, code: (username: string) => string): void {
  app.post('/simulator/codes', async (request) => {
    const { user } = (request.body ?? {}) as { user?: unknown };
    try {
      return { code: code(typeof user === 'string' ? user : '') };
    } catch (error) {
      throw new AppError('BAD_USER_INPUT', { message: error instanceof Error ? error.message : 'unknown user' });
    }
  });
}
