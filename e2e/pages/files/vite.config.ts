// The SDK in the form that the widget bundles it in, which has no XMLHttpRequest of its own.
const sdk =
  /^(twilsock|twilio-sync|@twilio\/(?:conversations|notifications|mcs-client|operation-retrier|replay-event-emitter|declarative-type-validator|deprecation-decorator))$/;

export default {
  resolve: {
    alias: [{ find: sdk, replacement: '$1/dist/index.js' }],
    conditions: ['source', 'module', 'browser', 'production'],
  },
};
