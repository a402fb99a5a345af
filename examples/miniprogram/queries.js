/** Everything that is asked of the gateway. */
module.exports = {
  ME: `query Me {
    viewer {
      openid
      platform
      user { nickname phoneNumber }
      sessions { id }
    }
  }`,

  BIND_PHONE_NUMBER: `mutation BindPhoneNumber($input: BindPhoneNumberInput!) {
    bindPhoneNumber(input: $input) {
      viewer { user { phoneNumber } }
    }
  }`,

  SESSIONS: `query Sessions {
    viewer {
      session { id device lastSeenAt }
      sessions { id device lastSeenAt current }
    }
  }`,

  END_SESSION: `mutation EndSession($input: RevokeSessionInput!) {
    revokeSession(input: $input) { ended }
  }`,

  END_OTHER_SESSIONS: `mutation EndOtherSessions {
    revokeSessions { ended }
  }`,
};
