import { describe, expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import { buildGatewaySchema } from '../../src/graphql/schema.js';
import { type Place, placesOf } from './schema-walk.js';

/** What no place of a schema may be called: it would have to carry one. */
const secretName = /secret|session_?key|password_?hash|js_?code|access_?token/i;

/** Who somebody is comes from the platform's exchange, never from what a request says. */
const identityName = /^(openid|unionid|userid|viewerid)$/i;

function ownName({ name }: Place): string {
  return /[^.()]+(?=\)?$)/.exec(name)?.[0] ?? name;
}

function undescribed(places: readonly Place[]): string[] {
  return places.filter((place) => place.description === null).map((place) => place.name);
}

function namedLikeSecrets(places: readonly Place[]): string[] {
  return places.filter((place) => secretName.test(ownName(place))).map((place) => place.name);
}

function identitiesTaken(places: readonly Place[]): string[] {
  const inputs = places.filter(({ kind }) => kind === 'argument' || kind === 'input field');
  return inputs.filter((place) => identityName.test(ownName(place))).map((place) => place.name);
}

describe('the schema', () => {
  const places = placesOf(buildGatewaySchema());

  test('describes every type, field, argument, input field and enum value', () => {
    expect(undescribed(places)).toEqual([]);
  });

  test('names nothing like a secret of the platform or of ours', () => {
    expect(namedLikeSecrets(places)).toEqual([]);
  });

  test('takes nobody’s identity as an argument', () => {
    expect(identitiesTaken(places)).toEqual([]);
  });
});

describe('the check of the schema', () => {
  const places = placesOf(
    buildSchema(`
      type Query { viewer(openid: ID): Viewer }
      type Viewer { "The person." openid: ID sessionKey: String session_key: String appSecret: String }
      input ViewerInput { userId: ID }
      enum Platform { WECHAT }
    `),
  );

  test('finds every place without a description', () => {
    expect(undescribed(places)).toEqual([
      'Query',
      'Query.viewer',
      'Query.viewer(openid)',
      'Viewer',
      'Viewer.sessionKey',
      'Viewer.session_key',
      'Viewer.appSecret',
      'ViewerInput',
      'ViewerInput.userId',
      'Platform',
      'Platform.WECHAT',
    ]);
  });

  test('finds names of secrets, and arguments that say who somebody is', () => {
    expect(namedLikeSecrets(places)).toEqual(['Viewer.sessionKey', 'Viewer.session_key', 'Viewer.appSecret']);
    expect(identitiesTaken(places)).toEqual(['Query.viewer(openid)', 'ViewerInput.userId']);
  });
});
