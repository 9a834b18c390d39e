// A token Function as sites have it that use the original widget: it trusts whatever identity it is told, and answers
// every page with the bare token. Ours must work with it; nobody should write one like it.
exports.handler = (context, event, callback) => {
  const { AccessToken } = Twilio.jwt;
  const { ACCOUNT_SID, TWILIO_API_KEY_SID, TWILIO_API_KEY_SECRET, SERVICE_SID, PUSH_CREDENTIAL_SID } =
    context;
  const response = new Twilio.Response();
  response.setHeaders({ 'Access-Control-Allow-Origin': '*' });

  const lasting = { identity: event.identity, ttl: 3600 };
  const token = new AccessToken(ACCOUNT_SID, TWILIO_API_KEY_SID, TWILIO_API_KEY_SECRET, lasting);
  const chat = {
    serviceSid: SERVICE_SID,
    ...(PUSH_CREDENTIAL_SID && { pushCredentialSid: PUSH_CREDENTIAL_SID }),
  };
  token.addGrant(new AccessToken.ChatGrant(chat));
  response.setBody(token.toJwt());
  callback(null, response);
};
