// `node signing.mjs SIGNER SECONDS`: tokens one after the other, with no service around the signer.
const [signer = '', seconds = ''] = process.argv.slice(2);
const { createTokenSigner } = await import(
  signer === 'helper' ? './helper-signer.mjs' : '../../packages/backend/dist/access-token.js'
);
const sign = createTokenSigner({
  accountSid: `AC${'1'.repeat(32)}`,
  apiKeySid: `SK${'2'.repeat(32)}`,
  apiKeySecret: 'a-secret-of-the-length-of-twilios',
  serviceSid: `IS${'3'.repeat(32)}`,
  tokenTtl: 3600,
});
const now = Math.floor(Date.now() / 1000);

function signFor(milliseconds) {
  const until = performance.now() + milliseconds;
  let tokens = 0;
  while (performance.now() < until) {
    sign(`visitor-${tokens}`, now);
    tokens += 1;
  }
  return tokens;
}

signFor(Number(seconds) * 200);
const before = process.cpuUsage();
const began = performance.now();
const tokens = signFor(Number(seconds) * 1000);
const took = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({ tokensPerSecond: tokens / took, microsecondsPerToken: (user + system) / tokens }),
);
