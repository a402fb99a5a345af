import { Ctx, Mutation, Resolver } from 'type-graphql';
import { RequestContext } from '../context.js';
import { LogoutPayload } from '../types/login.js';

@Resolver()
export class LogoutResolver {
  @Mutation(() => LogoutPayload, {
    description:
      'Ends the session of the token that is sent along. Never fails because that token is dead or missing. After SERVICE_UNAVAILABLE the session may have ended; the same again settles it.',
  })
  async logout(@Ctx() context: RequestContext): Promise<LogoutPayload> {
    const { ended } = await context.verbs.logOut(context.carriedToken());
    const { authentication } = context;
    const sessionId = authentication.state === 'signedIn' ? authentication.viewer.session.id : null;
    context.log.info({ ended, sessionId }, 'logout');
    return { ended };
  }
}
