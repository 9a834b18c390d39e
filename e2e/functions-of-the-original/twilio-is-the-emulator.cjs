// Loaded before anything else in each process of twilio-run, by NODE_OPTIONS in its .env file: calls to Twilio's hosts
// go to the emulator, and the code that makes them stays as it is.
const http = require('node:http');
const https = require('node:https');

const emulator = process.env.EMULATOR_URL ? new URL(process.env.EMULATOR_URL) : undefined;
const toTwilio = https.request;

https.request = (options, ...rest) => {
  const name = String(options.hostname ?? options.host ?? '');
  if (!emulator || !name.endsWith('.twilio.com')) return toTwilio(options, ...rest);
  const { agent: _secure, agents: _all, ...call } = options;
  const { hostname, port } = emulator;
  return http.request({ ...call, protocol: 'http:', hostname, host: hostname, port }, ...rest);
};
