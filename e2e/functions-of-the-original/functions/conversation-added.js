// Puts a Studio flow on each new conversation, in the words of the original: the platform's own client, the default
// service's paths, option names with dots.
exports.handler = (context, event, callback) => {
  const { webhooks } = context.getTwilioClient().conversations.v1.conversations(event.ConversationSid);
  const attached = webhooks.create({
    target: 'studio',
    'configuration.flowSid': context.FLOW_SID,
    'configuration.filters': ['onMessageAdded'],
  });
  attached.then(
    () => callback(null, {}),
    (error) => callback(new Error(`not attached: ${error.code ?? error.message}`)),
  );
};
