/** What @menjin/miniprogram asks by itself. */
export const OWN_TEXTS = [
  'mutation LogIn($input:LoginInput!){login(input:$input){token}}',
  'mutation LogOut{logout{ended}}',
  'query Viewer{viewer{openid unionid appid platform user{id}session{id expiresAt}}}',
];
